// The split manifests of an export, told by their names: no file but these is looked at.

import type { Files } from "../../library/files.ts";
import type { StopSignal } from "../../sandbox/stop_signal.ts";
import { isSplitManifestPath } from "../manifest/manifest_files.ts";
import type { ExportSource } from "../zip/export_source.ts";
import { walkExport } from "./walk_export.ts";

/** Paths of split manifests, sorted as an import reads them. */
export function splitManifests(
  files: Files,
  source: ExportSource,
  stop: Pick<StopSignal, "throwIfRequested">,
): string[] {
  const found: string[] = [];
  if (source.kind === "zip") {
    for (const { path } of source.files()) if (isSplitManifestPath(path)) found.push(path);
    return found.sort();
  }
  for (const { path } of walkExport({ files, root: source.path, stop })) {
    if (isSplitManifestPath(path) && isReadable(source, path)) found.push(path);
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
