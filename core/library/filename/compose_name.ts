// The last step of naming: version, counter and extension behind what the template gave. Pure, so that
// one rendering serves the original, the archive and every counter that is tried.

import type { RenderedName } from "./generate_filename.ts";

/** What is put behind a rendered name. */
export interface NameParts {
  /** With its leading dot, or empty: see {@linkcode extensionForMimeType}. */
  readonly extension: string;
  /** Tried upwards from 0 until the name is free. @default {0} */
  readonly counter?: number;
  /** v3: the index of a version of a document, where it has one. The name is then the root's, and so is `pk`. */
  readonly versionIndex?: number | null;
}

/**
 * The path, relative to the originals or archive folder, of 2.20.15's and 3.0.5's `generate_filename`.
 * Without a rendered path it is the id of the document (of the root, for a version), seven digits long.
 */
export function composeName(rendered: RenderedName, parts: NameParts): string {
  const suffix = versionSuffix(parts.versionIndex) + counterSuffix(parts.counter) + parts.extension;
  if (rendered.path === null) return String(rendered.pk).padStart(7, "0") + suffix;
  // What remains of a path is its components; a path of nothing but dots has none, and so no name.
  const components = rendered.path.split("/").filter((part) => part !== "" && part !== ".");
  const name = components.pop() ?? "";
  return [...components, name + suffix].join("/");
}

/** `_01`, `_02`, … `_100`; nothing for 0. */
export function counterSuffix(counter = 0): string {
  return counter > 0 ? `_${String(counter).padStart(2, "0")}` : "";
}

function versionSuffix(index: number | null | undefined): string {
  return index === null || index === undefined ? "" : `_v${index}`;
}
