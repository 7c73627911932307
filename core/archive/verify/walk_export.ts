// The names in an export's folder, told by listing folders: no file is looked at. Invariant: what can't be
// listed, or lies deeper than any export goes, is told and passed over.

import { join } from "node:path";
import { isFileError } from "../../library/os_error.ts";
import { PaperwardError } from "../../errors.ts";
import type { FileFacts, Files } from "../../library/files.ts";
import type { StopSignal } from "../../sandbox/stop_signal.ts";
import { STAGING_FOLDER } from "../staging/staging.ts";

/** A name in the export. */
export interface WalkedName {
  /** Relative to the export. */
  readonly path: string;
  readonly name: string;
  readonly kind: FileFacts["kind"];
}

/** What walking needs. */
export interface WalkOptions {
  readonly files: Files;
  /** Absolute path of the export's folder. */
  readonly root: string;
  readonly stop: Pick<StopSignal, "throwIfRequested">;
  /** Whether to go into a folder. @default into each */
  readonly enters?: (folder: WalkedName) => boolean;
  /** Told of a folder that was passed over. @param reason a sentence's end */
  readonly onUnread?: (path: string, kind: "unreadable" | "too deep", reason: string) => void;
}

/** Folders in folders; templates of file names make a handful. The time that the system takes for a path grows
 * with its length, so a tower of folders could hold a run for hours. */
const DEEPEST = 200;

/** Walks over everything but the exporter's own staging folder. */
export function* walkExport(options: WalkOptions): Generator<WalkedName, void, undefined> {
  const { files, root, stop, enters = () => true, onUnread = () => {} } = options;
  const folders: { readonly path: string; readonly depth: number }[] = [{ path: "", depth: 0 }];
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    stop.throwIfRequested();
    let entries: ReturnType<Files["list"]>;
    try {
      entries = files.list(join(root, at.path));
    } catch (error) {
      if (!(error instanceof PaperwardError) && !isFileError(error)) throw error;
      onUnread(at.path, "unreadable", error.message);
      continue;
    }
    for (const { name, kind } of entries) {
      const path = at.path === "" ? name : `${at.path}/${name}`;
      const walked: WalkedName = { path, name, kind };
      if (kind !== "folder") yield walked;
      else if (path === STAGING_FOLDER || !enters(walked)) continue;
      else if (at.depth < DEEPEST) folders.push({ path, depth: at.depth + 1 });
      else onUnread(path, "too deep", `more than ${DEEPEST} folders stand in each other`);
    }
  }
}
