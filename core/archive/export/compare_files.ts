// Decides for every wanted file whether it has to be copied. Invariant: nothing in library or target is
// changed here, and a source is only ever named by its real path inside the library.

import { dirname, join } from "node:path";
import { PaperwardError } from "../../errors.ts";
import type { FileFacts, Files } from "../../library/files.ts";
import type { TransferPool } from "../../../wasm/checksum/transfer_pool.ts";
import type { ReadBatch } from "../../../wasm/checksum/read_batch.ts";
import type { TransferAlgorithm } from "../../../wasm/checksum/transfer.ts";
import { STAGING_FOLDER } from "../staging/staging.ts";
import { type EarlyDigests, GROUP } from "./early_digests.ts";
import {
  type ExportProblem,
  fileProblem,
  type PlannedFile,
  type Reason,
  type WantedFile,
} from "./planned_file.ts";

/** How files are compared. */
export interface CompareOptions {
  /** Absolute path of the target folder; absent: everything is new (zip). */
  readonly target?: string;
  readonly compareChecksums: boolean;
  /** ms: times are compared cut to this; null: the target keeps no times, so checksums are compared. */
  readonly timeGrain: number | null;
  readonly algorithm: TransferAlgorithm;
  readonly transfers: TransferPool;
  readonly stop: SharedArrayBuffer;
  /** Checksums that were asked for ahead, of all wanted files in their order. */
  readonly early?: Pick<EarlyDigests, "isEqual">;
}

/** What comes out: a line of the plan, or a problem. */
export type Compared = { readonly planned: PlannedFile } | { readonly problem: ExportProblem };

/** Compares wanted files with source and target.
 * @param decided told of each file: in order, but for those whose target has to be checksummed first. What it
 * throws ends the comparison */
export async function compareFiles(
  files: Files,
  wanted: AsyncIterable<WantedFile> | Iterable<WantedFile>,
  options: CompareOptions,
  decided: (result: Compared) => void,
): Promise<void> {
  const look = lookInto(files, options.target);
  /** Those that a Worker has. */
  const asked = new Map<number, readonly PlannedFile[]>();
  let questions = 0;
  const ask = (group: readonly PlannedFile[]): ReadBatch => {
    asked.set(++questions, group);
    const sources = group.map(({ name }) => join(options.target ?? "", name));
    return { id: questions, algorithm: options.algorithm, sources };
  };
  async function* batches(): AsyncGenerator<ReadBatch> {
    let group: PlannedFile[] = [];
    let number = 0;
    for await (const file of wanted) {
      const n = number++;
      const found = findSource(files, file);
      const planned = "problem" in found ? found : decide(look, file, found, options);
      if (planned !== "ask checksum") {
        decided("problem" in planned ? planned : { planned });
        continue;
      }
      const equal = plannedFile(file, found as Found, "keep", "checksum equal");
      const isEqual = await options.early?.isEqual(n);
      if (isEqual !== undefined) {
        decided({ planned: isEqual ? equal : different(equal) });
        continue;
      }
      group.push(equal);
      if (group.length < GROUP) continue;
      yield ask(group);
      group = [];
    }
    if (group.length > 0) yield ask(group);
  }
  const answers = options.transfers.read(batches(), { stop: options.stop });
  for await (const { id, digests, errors } of answers) {
    const stopped = new Set(
      errors.filter(({ phase }) => phase === "stop").map(({ index }) => index),
    );
    asked.get(id)?.forEach((file, index) => {
      if (stopped.has(index)) return;
      // Upstream compares what is in the target with the checksum in the database (`-c`).
      decided({ planned: digests[index] === file.checksum ? file : different(file) });
    });
    asked.delete(id);
  }
}

function different(file: PlannedFile): PlannedFile {
  return { ...file, action: "copy", reason: "checksum differs" };
}

interface Found {
  readonly path: string;
  readonly facts: FileFacts;
}

function findSource(files: Files, file: WantedFile): Found | { readonly problem: ExportProblem } {
  const problem = (kind: ExportProblem["kind"], message: string) =>
    fileProblem(file, kind, message);
  try {
    const found = files.locate(file.source);
    if (found.facts.kind === "file") return found;
    return problem("unreadable", "it is not a regular file");
  } catch (error) {
    if (error instanceof PaperwardError) return problem("outside the library", error.message);
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return problem("missing", "there is no such file");
    }
    return problem("unreadable", error instanceof Error ? error.message : String(error));
  }
}

function decide(
  look: (name: string) => FileFacts | undefined,
  file: WantedFile,
  found: Found,
  options: CompareOptions,
): PlannedFile | "ask checksum" {
  const copy = (reason: Reason) => plannedFile(file, found, "copy", reason);
  if (options.target === undefined) return copy("new");
  const old = look(file.name);
  if (!old) return copy("new");
  if (old.kind !== "file") return copy("not a file");
  // The size of the plain file isn't known before it is decrypted.
  if (file.gpg) return file.checksum ? "ask checksum" : copy("encrypted");
  if (options.compareChecksums && file.checksum) return "ask checksum";
  if (old.size !== found.facts.size) return copy("size differs");
  if (options.timeGrain === null) {
    return file.checksum ? "ask checksum" : plannedFile(file, found, "keep", "unchanged");
  }
  if (cut(old.mtime, options.timeGrain) !== cut(found.facts.mtime, options.timeGrain)) {
    return copy("time differs");
  }
  return plannedFile(file, found, "keep", "unchanged");
}

function plannedFile(
  file: WantedFile,
  found: Found,
  action: PlannedFile["action"],
  reason: Reason,
): PlannedFile {
  const { size, mtime, mode } = found.facts;
  return {
    ...file,
    action,
    reason,
    path: found.path,
    size,
    mtime,
    mode: mode === null ? null : mode & 0o777,
  };
}

function cut(time: number | null, grain: number): number | null {
  return time === null ? null : Math.floor(time / grain);
}

/** Looks for files in the target; in an empty folder it doesn't even look, for errors cost more than answers. */
function lookInto(
  files: Files,
  target: string | undefined,
): (name: string) => FileFacts | undefined {
  const empty = new Map<string, boolean>();
  return (name) => {
    const path = join(target ?? "", name);
    const folder = dirname(path);
    let isEmpty = empty.get(folder);
    if (isEmpty === undefined) {
      isEmpty = !lstat(files, folder) || isEmptyFolder(files, folder);
      empty.set(folder, isEmpty);
    }
    return isEmpty ? undefined : lstat(files, path);
  };
}

/** Folders that take more bytes than this are not listed: Deno reads a folder in one go, at 0.7 kB an entry. */
const SMALL_FOLDER = 1 << 16;

function isEmptyFolder(files: Files, folder: string): boolean {
  const { kind, size } = files.stat(folder);
  return kind === "folder" && size <= SMALL_FOLDER &&
    files.list(folder).every(({ name }) => name === STAGING_FOLDER);
}

/** A name that is too long for the target cannot be there; neither can one below a file. */
function lstat(files: Files, path: string): FileFacts | undefined {
  try {
    return files.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return undefined;
    }
    throw error;
  }
}
