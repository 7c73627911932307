// The split manifests of an export, told by their names: a folder is listed, but no file in it looked at.

import { join } from "node:path";
import type { Files } from "../../library/files.ts";
import { isSplitManifestPath } from "../manifest/manifest_files.ts";
import { STAGING_FOLDER } from "../staging/staging.ts";
import type { ExportSource } from "../zip/export_source.ts";

/** Paths of split manifests, sorted as an import reads them. */
export function splitManifests(files: Files, source: ExportSource): string[] {
  const found: string[] = [];
  if (source.kind === "zip") {
    for (const { path } of source.files()) if (isSplitManifestPath(path)) found.push(path);
    return found.sort();
  }
  const folders = [""];
  for (let below = folders.pop(); below !== undefined; below = folders.pop()) {
    for (const { name, kind } of files.list(join(source.path, below))) {
      const path = below === "" ? name : `${below}/${name}`;
      if (kind === "folder") {
        if (path !== STAGING_FOLDER) folders.push(path);
      } else if (isSplitManifestPath(path) && isReadable(source, path)) found.push(path);
    }
  }
  return found.sort();
}

/** Links that lead out are not followed; they are told as files that don't belong there. */
function isReadable(source: ExportSource, path: string): boolean {
  try {
    return source.find(path) !== undefined;
  } catch {
    return false;
  }
}
