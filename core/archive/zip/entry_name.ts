// Which names of zip entries are let in. What is read may hold control characters, as upstream lets titles into
// names; what is written may not.

/** Longest name of an entry, in UTF-16 units. Linux paths end at 4,096 bytes. */
const MAX_LENGTH = 4096;

/** Why a name must not be used, or undefined if it is safe. Names are relative paths with `/` between; a
 * folder's name ends with `/`. A backslash is part of a name, as on Linux, unless read as a separator it would
 * lead out.
 * @param dos the entry was written on DOS or Windows, where a backslash separates */
export function unsafeNameReason(name: string, dos = false): string | undefined {
  if (name === "") return "its name is empty";
  if (name.length > MAX_LENGTH) return "its name is too long";
  if (name.includes("\0")) return "its name holds a NUL";
  if (!name.isWellFormed()) return "its name is not Unicode";
  if (dos && name.includes("\\")) return "its name has backslashes for separators";
  const path = name.replaceAll("\\", "/");
  if (path.startsWith("/") || /^[A-Za-z]:(?:\/|$)/.test(path)) return "its name is absolute";
  if (path.split("/").includes("..")) return "its name leads out of the archive";
  const parts = (name.endsWith("/") ? name.slice(0, -1) : name).split("/");
  if (parts.some((part) => part === "" || part === ".")) return "its name is not a plain path";
  return undefined;
}

/** The same for a name that is to be written: any system should be able to unpack it. */
export function unwritableNameReason(name: string): string | undefined {
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x1f\x7f]/.test(name)) return "its name holds a control character";
  return unsafeNameReason(name);
}
