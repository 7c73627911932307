// Paths that come from data: manifests, records, archives, database rows.

/** Control characters and NUL have no business in a path that we follow. */
// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x1f\x7f]/;

/**
 * Whether a path from foreign data stays inside the folder that it is relative to: not empty, not absolute,
 * no `..`, `.` or empty component, no backslash-free-for-all (`C:\`), no control characters.
 *
 * @param path with `/` between components
 */
export function isRelativePath(path: string): boolean {
  if (path === "" || path.startsWith("/") || CONTROL.test(path) || /^[A-Za-z]:[\\/]/.test(path)) {
    return false;
  }
  return path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}
