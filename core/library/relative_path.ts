// Paths that come from data: manifests, records, archives, database rows.

/** Control characters and NUL have no business in a path that somebody else made for us to follow. */
// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x1f\x7f]/g;

/** A drive of Windows. */
const DRIVE = /^([A-Za-z]):(?=[\\/])/;

/**
 * Whether a path from foreign data stays inside the folder that it is relative to: not empty, not absolute,
 * no `..`, `.` or empty component, no backslash-free-for-all (`C:\`), no control characters.
 *
 * @param path with `/` between components
 */
export function isRelativePath(path: string): boolean {
  return staysInExport(path) && path.search(CONTROL) < 0;
}

/** Whether a path that an export's manifest has stays inside the export. Control characters there may be: upstream's
 * `-f` lets titles into names as they are, and its backups have to be restored. */
export function staysInExport(path: string): boolean {
  return staysInside(path) && !DRIVE.test(path);
}

/** Whether a path that the library's own database has stays inside its folder, whatever characters it is made of:
 * templates let titles into names as they are. */
export function staysInside(path: string): boolean {
  if (path.startsWith("/") || path.includes("\0")) return false;
  return path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

/** Replaces what {@linkcode isRelativePath} refuses of characters by `-`, as upstream's sanitised names have it. */
export function withoutOddCharacters(path: string): string {
  return path.replaceAll(CONTROL, "-").replace(DRIVE, "$1-");
}
