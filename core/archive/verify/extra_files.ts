// What is in an export that nothing in it names: strangers, and what a NAS leaves behind.

import { join } from "node:path";
import { isLitterFile, isLitterFolder } from "../../checks/nas_litter.ts";
import { PaperwardError } from "../../errors.ts";
import type { Files } from "../../library/files.ts";
import type { StopSignal } from "../../sandbox/stop_signal.ts";
import { isManifestPath } from "../manifest/manifest_files.ts";
import { METADATA_FILE, VERSION_FILE } from "../metadata.ts";
import { STAGING_FOLDER } from "../staging/staging.ts";
import type { ExportSource } from "../zip/export_source.ts";
import { reasonOf } from "./check_files.ts";
import type { FindingSink } from "./finding.ts";
import type { NameSet } from "./name_set.ts";

/** What looking needs. */
export interface ExtraFilesOptions {
  readonly files: Files;
  readonly source: ExportSource;
  readonly stop: StopSignal;
  readonly names: NameSet;
  /** The manifests were read to their end: only then can it be said what they don't name. */
  readonly isComplete: boolean;
  /** Absolute paths that are this run's own: reports. */
  readonly own: ReadonlySet<string>;
  readonly reads: (path: string) => boolean;
  readonly sink: FindingSink;
}

/** Looks for them. @returns how many files there are in all */
export async function findExtraFiles(options: ExtraFilesOptions): Promise<number> {
  return options.source.kind === "zip" ? await inZip(options) : inFolder(options);
}

function isPart(path: string, names: NameSet): boolean {
  return names.has(path) || isManifestPath(path) || path === METADATA_FILE || path === VERSION_FILE;
}

async function inZip(options: ExtraFilesOptions): Promise<number> {
  const { source, stop, names, sink } = options;
  let count = 0;
  for (const { path } of source.files()) {
    stop.throwIfRequested();
    count++;
    if (isPart(path, names)) continue;
    if (options.isComplete) tell(path, options);
    if (!options.reads(path)) continue;
    try {
      for await (const _ of source.open(path)) stop.throwIfRequested();
    } catch (error) {
      if (!(error instanceof PaperwardError)) throw error;
      sink({ check: "damaged-entry", message: `${path}: ${reasonOf(error)}`, path });
    }
  }
  return count;
}

function inFolder(options: ExtraFilesOptions): number {
  const { files, source, stop, names } = options;
  const folders = [""];
  let count = 0;
  for (let below = folders.pop(); below !== undefined; below = folders.pop()) {
    stop.throwIfRequested();
    for (const { name, kind } of files.list(join(source.path, below))) {
      const path = below === "" ? name : `${below}/${name}`;
      if (kind === "folder") {
        if (path === STAGING_FOLDER) continue;
        if (isLitterFolder(name)) tell(path, options);
        else folders.push(path);
        continue;
      }
      count++;
      if (isPart(path, names) || options.own.has(join(source.path, path))) continue;
      if (options.isComplete) tell(path, options, kind);
    }
  }
  return count;
}

function tell(path: string, { sink }: ExtraFilesOptions, kind = "file"): void {
  const parts = path.split("/");
  const isLitter = parts.slice(0, -1).some(isLitterFolder) ||
    isLitterFolder(parts.at(-1) ?? "") || isLitterFile(parts.at(-1) ?? "");
  sink(
    isLitter ? { check: "litter", message: `${path}: left by a NAS or a desktop`, path } : {
      check: "extra-file",
      message: `${path}: ${kind === "file" ? "" : `a ${kind} that `}no manifest names it`,
      path,
    },
  );
}
