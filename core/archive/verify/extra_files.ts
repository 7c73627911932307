// What is in an export that nothing in it names: strangers, and what a NAS leaves behind.

import { join } from "node:path";
import { isLitterFile, isLitterFolder } from "../../checks/nas_litter.ts";
import { PaperwardError } from "../../errors.ts";
import type { Files } from "../../library/files.ts";
import type { StopSignal } from "../../sandbox/stop_signal.ts";
import { MANIFEST_FILE } from "../manifest/manifest_files.ts";
import { METADATA_FILE, VERSION_FILE } from "../metadata.ts";
import type { ExportSource } from "../zip/export_source.ts";
import { reasonOf } from "./check_files.ts";
import type { FindingSink } from "./finding.ts";
import type { NameSet } from "./name_set.ts";
import { walkExport } from "./walk_export.ts";

/** What looking needs. */
export interface ExtraFilesOptions {
  readonly files: Files;
  readonly source: ExportSource;
  readonly stop: StopSignal;
  readonly names: NameSet;
  /** Paths of the manifests that were read. */
  readonly manifests: ReadonlySet<string>;
  /** The manifests were read to their end: only then can it be said what they don't name. */
  readonly isComplete: boolean;
  /** Absolute paths that are this run's own: reports. */
  readonly own: ReadonlySet<string>;
  readonly reads: (path: string) => boolean;
  readonly sink: FindingSink;
}

/** What every export may have; what is wrong with these is told elsewhere. */
const OWN_NAMES: ReadonlySet<string> = new Set([MANIFEST_FILE, METADATA_FILE, VERSION_FILE]);

/** Looks for them. @returns how many files there are in all */
export async function findExtraFiles(options: ExtraFilesOptions): Promise<number> {
  return options.source.kind === "zip" ? await inZip(options) : inFolder(options);
}

function isPart(path: string, { names, manifests }: ExtraFilesOptions): boolean {
  return names.has(path) || manifests.has(path) || OWN_NAMES.has(path);
}

async function inZip(options: ExtraFilesOptions): Promise<number> {
  const { source, stop, sink } = options;
  let count = 0;
  for (const { path } of source.files()) {
    stop.throwIfRequested();
    count++;
    if (isPart(path, options)) continue;
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
  const { files, source, stop, sink } = options;
  let count = 0;
  const names = walkExport({
    files,
    root: source.path,
    stop,
    enters({ path, name }) {
      if (!isLitterFolder(name)) return true;
      tell(path, options);
      return false;
    },
    onUnread(path, kind, reason) {
      const check = kind === "unreadable" ? "unreadable-file" : "extra-file";
      sink({ check, message: `${path === "" ? "." : path}: ${reason}`, path });
    },
  });
  for (const { path, kind } of names) {
    count++;
    if (isPart(path, options) || options.own.has(join(source.path, path))) continue;
    if (options.isComplete) tell(path, options, kind);
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
