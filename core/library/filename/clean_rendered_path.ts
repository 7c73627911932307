// From what a template printed to a path: relative, one line, never leading out of its folder.

import type { Generation } from "./filename_document.ts";

/** Python's white space: what `\s` and `str.strip` mean there. */
const SPACE = String
  .raw`[\t-\r\x1c-\x1f\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]`;
const AROUND_SLASHES = new RegExp(`${SPACE}*/${SPACE}*`, "g");
const ENDS = new RegExp(`^${SPACE}+|${SPACE}+$`, "g");
const NONE = "-none-";

/**
 * Upstream's post-processing (2.20.15, 3.0.5), in its order: normalise (v3), drop line breaks and the blanks
 * around slashes, strip, refuse paths that lead out, take out the placeholders.
 *
 * @returns null for a path that leads out of its folder or that no file can have; the empty string where
 * nothing is left
 */
export function cleanRenderedPath(
  text: string,
  generation: Generation,
  removeNone: boolean,
): string | null {
  const path = stripSlashes(
    (generation === "v3" ? text.normalize("NFC") : text)
      .replace(/[\r\n]/g, "")
      .replace(AROUND_SLASHES, "/")
      .replace(ENDS, ""),
  );
  if (path.includes("\0") || path.split("/").includes("..")) return null;
  if (!removeNone) return path.replaceAll(NONE, "none");
  return stripSlashes(
    path.replaceAll(`/${NONE}/`, "/").replaceAll(` ${NONE}`, "").replaceAll(NONE, ""),
  );
}

function stripSlashes(path: string): string {
  return path.replace(/^\/+|\/+$/g, "");
}
