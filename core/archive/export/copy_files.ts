// Copies what the plan says into the staging folder and checks every byte on the way. Invariant: what is
// handed on to the commit was read whole, matches the database and is on the disk, or is listed as a problem.

import { Buffer } from "node:buffer";
import { join } from "node:path";
import type { Files } from "../../library/files.ts";
import type {
  TransferAlgorithm,
  TransferJob,
  TransferResult,
} from "../../../wasm/checksum/transfer.ts";
import type { TransferPool } from "../../../wasm/checksum/transfer_pool.ts";
import type { StopSignal } from "../../sandbox/stop_signal.ts";
import type { Staging } from "../staging/staging.ts";
import type { FileSync } from "../staging/sync_files.ts";
import type { ExportProblem, PlannedFile } from "./planned_file.ts";
import { readDecrypted } from "./read_decrypted.ts";
import { writeError } from "../staging/write_error.ts";

/** What became of one file that was to be copied. */
export type Copied =
  | {
    readonly file: PlannedFile;
    readonly staged: string;
    readonly bytes: number;
    readonly problem?: ExportProblem;
  }
  /** Only after decrypting it turned out that the target has it already. */
  | { readonly file: PlannedFile; readonly unchanged: true; readonly problem?: undefined }
  | { readonly file: PlannedFile; readonly problem: ExportProblem };

/** What copying needs. */
export interface CopyOptions {
  readonly target: string;
  readonly staging: Staging;
  readonly algorithm: TransferAlgorithm;
  readonly transfers: TransferPool;
  /** Brings to the disk what no transfer wrote. */
  readonly sync: FileSync;
  readonly stop: StopSignal;
  /** v2: `PAPERLESS_PASSPHRASE`, by which encrypted documents are read. */
  readonly passphrase: string | undefined;
  /** The target's file system keeps permission bits and times. */
  readonly keepModes: boolean;
  readonly keepTimes: boolean;
}

/**
 * Copies files into the staging folder.
 *
 * A source that can't be read is a problem of its own. One whose checksum is not the database's is a problem
 * too, and replaces nothing that is still good: the target's old copy stays if its checksum is right.
 *
 * @throws {PaperwardError} where the target can't be written: nothing of the rest would fare better
 */
export async function* copyFiles(
  files: Files,
  plan: AsyncIterable<PlannedFile> | Iterable<PlannedFile>,
  options: CopyOptions,
): AsyncGenerator<Copied> {
  const underWay = new Map<number, { readonly file: PlannedFile; readonly staged: string }>();
  /** Few libraries hold any: they wait until the others are done. */
  const encrypted: { readonly file: PlannedFile; readonly staged: string }[] = [];
  async function* jobs(): AsyncGenerator<TransferJob> {
    let id = 0;
    for await (const file of plan) {
      options.stop.throwIfRequested();
      const staged = options.staging.newName();
      if (file.gpg) {
        encrypted.push({ file, staged });
        continue;
      }
      underWay.set(++id, { file, staged });
      yield transferJob(id, file, staged, options);
    }
  }
  for await (const result of options.transfers.run(jobs(), { stop: options.stop.memory })) {
    const job = underWay.get(result.id);
    if (!job) throw new Error(`Transfer ${result.id} was never asked for`);
    underWay.delete(result.id);
    if (result.error?.phase === "stop") options.stop.throwIfRequested();
    if (result.error?.phase === "write") {
      throw writeError(options.target, result.error.code, result.error.message);
    }
    yield await judge(files, job.file, job.staged, result, options);
  }
  options.stop.throwIfRequested();
  // An export that lacks a file must never look complete.
  if (underWay.size > 0) throw new Error(`${underWay.size} transfers were never answered`);
  for (const { file, staged } of encrypted) {
    options.stop.throwIfRequested();
    yield await copyDecrypted(files, file, staged, options);
  }
}

async function copyDecrypted(
  files: Files,
  file: PlannedFile,
  staged: string,
  options: CopyOptions,
): Promise<Copied> {
  const decrypted = await readDecrypted(files, file, options.passphrase, options.algorithm);
  if ("problem" in decrypted) return { file, ...decrypted };
  const { bytes } = decrypted;
  if (holds(files, join(options.target, file.name), bytes)) return { file, unchanged: true };
  files.writeBytes(options.staging.path(staged), bytes);
  if (options.keepTimes && file.gpg) files.setTimes(options.staging.path(staged), file.gpg.mtime);
  await options.sync.add(options.staging.path(staged));
  return { file, staged, bytes: bytes.length };
}

/** Larger files pass piece by piece, and the stop flag is looked at between them; bytes. */
const LARGE = 64 * 1024 * 1024;

function transferJob(
  id: number,
  file: PlannedFile,
  staged: string,
  options: CopyOptions,
): TransferJob {
  return {
    id,
    source: file.path,
    algorithm: file.checksum === null ? "none" : options.algorithm,
    target: {
      path: options.staging.path(staged),
      mode: options.keepModes ? file.mode : null,
      mtime: options.keepTimes ? file.mtime : null,
      sync: true,
      // A copy inside the operating system takes the modes along.
      ...(options.keepModes && file.size <= LARGE && { size: file.size }),
    },
  };
}

/** Whether a file of the target has this content. */
function holds(files: Files, path: string, bytes: Uint8Array): boolean {
  if (!files.exists(path)) return false;
  const { kind, size } = files.lstat(path);
  return kind === "file" && size === bytes.length &&
    Buffer.from(files.readBytes(path)).equals(bytes);
}

async function judge(
  files: Files,
  file: PlannedFile,
  staged: string,
  result: TransferResult,
  options: CopyOptions,
): Promise<Copied> {
  const problem = (kind: ExportProblem["kind"], message: string): ExportProblem => ({
    kind,
    role: file.role,
    id: file.id,
    path: file.source,
    message,
  });
  if (result.error) {
    const kind = result.error.name === "NotFound" ? "missing" : "unreadable";
    return { file, problem: { ...problem(kind, result.error.message), missingName: file.name } };
  }
  if (file.checksum === null || result.digest === file.checksum) {
    return { file, staged, bytes: result.bytes };
  }
  const mismatch = `its checksum is ${result.digest}, the database says ${file.checksum}`;
  if (
    file.reason !== "new" && await isGood(join(options.target, file.name), file.checksum, options)
  ) {
    files.remove(options.staging.path(staged));
    return {
      file,
      problem: problem(
        "checksum mismatch",
        `${mismatch}; the good copy of the earlier export was kept`,
      ),
    };
  }
  return { file, staged, bytes: result.bytes, problem: problem("checksum mismatch", mismatch) };
}

async function isGood(path: string, checksum: string, options: CopyOptions): Promise<boolean> {
  const job: TransferJob = { id: 0, source: path, algorithm: options.algorithm };
  for await (const result of options.transfers.run([job])) return result.digest === checksum;
  return false;
}
