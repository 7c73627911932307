// One file name that Linux, macOS and Windows all accept, exactly as pathvalidate 3.3 with platform
// "universal" makes it. Invariant: never longer than 255 bytes, never a separator or control character.

const MAX_BYTES = 255;
// deno-lint-ignore no-control-regex
const INVALID = /[\u0000-\u001f\u007f/\\:*?"<>|]/g;
const RESERVED: ReadonlySet<string> = new Set([
  "CON",
  "PRN",
  "AUX",
  "CLOCK$",
  "NUL",
  ...["COM", "LPT"].flatMap((name) => [..."0123456789¹²³"].map((digit) => name + digit)),
]);
const encoder = new TextEncoder();

/**
 * Makes a file name out of any text, as upstream does for titles, names and export base names
 * (2.20.15 and 3.0.5, pathvalidate 3.3.1): invalid characters are replaced one by one, the result is cut
 * to 255 bytes of UTF-8 at a character, and then either a reserved device name gets a `_`, or leading
 * blanks and trailing blanks and dots go; not both.
 *
 * @param replacement what stands for each invalid character; mail attachments use the empty string.
 */
export function sanitizeFilename(text: string, replacement = "-"): string {
  if (isBlank(text)) return "";
  const name = truncateToBytes(text.replace(INVALID, replacement), MAX_BYTES);
  if (isBlank(name)) return "";
  const root = rootName(name);
  if (RESERVED.has(root.toUpperCase()) || RESERVED.has(name.toUpperCase())) {
    return name.replaceAll(root, () => `${root}_`);
  }
  if (name === "." || name === "..") return name;
  if (!/[ .]$/.test(name) && !name.startsWith(" ")) return name;
  const stripped = name.replace(/^ +/, "").replace(/ +$/, "");
  return stripped === "." || stripped === ".." ? stripped : stripped.replace(/[ .]+$/, "");
}

/**
 * Cuts text to at most `bytes` bytes of UTF-8, at a character. Lone surrogates count as the three bytes
 * that they are written as.
 */
export function truncateToBytes(text: string, bytes: number): string {
  // Every UTF-16 unit is at most three bytes, so most names need no encoding at all.
  if (text.length * 3 <= bytes) return text;
  const { read } = encoder.encodeInto(text, new Uint8Array(Math.max(bytes, 0)));
  return text.slice(0, read);
}

/** What stands before the first dot; names of dots only are their own root, names that start with one have none. */
function rootName(name: string): string {
  if (/^\.+$/.test(name) || name.startsWith("...")) return name;
  return /^[^.]+/.exec(name)?.[0] ?? "";
}

/** Nothing but what Python's `str.strip` removes. */
function isBlank(text: string): boolean {
  // deno-lint-ignore no-control-regex
  return /^[\s\u001c-\u001f\u0085]*$/.test(text) && !text.includes("\ufeff");
}
