// Copies what the plan says into the staging folder and checks every byte on the way. Invariant: what is
// handed on was read whole, and its checksum is the record's, or it is a problem.

import { join } from "node:path";
import { type ChecksumAlgorithm, createChecksum } from "../../../wasm/checksum/mod.ts";
import type { TransferJob } from "../../../wasm/checksum/transfer.ts";
import type { TransferPool } from "../../../wasm/checksum/transfer_pool.ts";
import { PaperwardError } from "../../errors.ts";
import type { Files } from "../../library/files.ts";
import type { StopSignal } from "../../sandbox/stop_signal.ts";
import { explainWriteError, writeError } from "../staging/write_error.ts";
import type { ExportSource } from "../zip/export_source.ts";
import type { ImportProblem } from "./import_problem.ts";
import type { ImportStaging } from "./import_staging.ts";
import type { PlannedFile } from "./wanted_file.ts";

/** What became of one file. */
export interface StagedFile {
  readonly file: PlannedFile;
  /** Name in the staging folder; undefined where it could not be read. */
  readonly staged?: string;
  /** Of its content, by the library's algorithm; lower-case hex. */
  readonly digest?: string;
  readonly problem?: ImportProblem;
}

/** What staging needs. */
export interface StageOptions {
  readonly files: Files;
  readonly source: ExportSource;
  readonly staging: ImportStaging;
  readonly transfers: TransferPool;
  readonly stop: StopSignal;
  /** The library's. */
  readonly algorithm: ChecksumAlgorithm;
}

/** Owner may read and write; nobody gets more than the export gave. */
function modeOf({ mode }: PlannedFile): number | null {
  return mode === null ? null : (mode & 0o777) | 0o600;
}

/**
 * Stages files.
 *
 * @throws {PaperwardError} where the media folder can't be written: nothing of the rest would fare better
 */
export async function* stageFiles(
  plan: Iterable<PlannedFile>,
  options: StageOptions,
): AsyncGenerator<StagedFile> {
  if (options.source.kind === "zip") yield* stageFromZip(plan, options);
  else yield* stageFromFolder(plan, options);
  options.stop.throwIfRequested();
}

/** MD5 has 32 hexadecimal digits, SHA-256 64: a library of v3 may hold both. */
function algorithmOf(checksum: string | null, usual: ChecksumAlgorithm): ChecksumAlgorithm {
  if (checksum === null) return usual;
  return checksum.length === 32 ? "md5" : checksum.length === 64 ? "sha256" : usual;
}

/** Reads files and checks them, and puts them nowhere: for a dry run. */
export async function* checkFiles(
  plan: Iterable<PlannedFile>,
  options: Omit<StageOptions, "staging">,
): AsyncGenerator<ImportProblem> {
  const { files, source, transfers, stop, algorithm } = options;
  if (source.kind === "zip") {
    for (const file of plan) {
      stop.throwIfRequested();
      const checksum = createChecksum(algorithmOf(file.checksum, algorithm));
      const damage = await readThrough(source, file, (piece) => checksum.update(piece));
      const { problem } = damage === undefined
        ? judge(file, "", checksum.digestHex())
        : unreadable(file, damage);
      if (problem) yield problem;
    }
    return;
  }
  const underWay = new Map<number, PlannedFile>();
  function* jobs(): Generator<TransferJob> {
    let id = 0;
    for (const file of plan) {
      underWay.set(++id, file);
      const path = files.real(join(source.path, file.path));
      yield { id, source: path, algorithm: algorithmOf(file.checksum, algorithm) };
    }
  }
  for await (const { id, error, digest } of transfers.run(jobs(), { stop: stop.memory })) {
    const file = underWay.get(id);
    if (error?.phase === "stop") stop.throwIfRequested();
    if (!file) continue;
    underWay.delete(id);
    const { problem } = error ? unreadable(file, error.message) : judge(file, "", digest);
    if (problem) yield problem;
  }
  stop.throwIfRequested();
}

/** Reads one file of a zip. @returns what is wrong with it, if something is */
async function readThrough(
  source: ExportSource,
  file: PlannedFile,
  take: (piece: Uint8Array) => void,
): Promise<string | undefined> {
  try {
    for await (const piece of source.open(file.path)) take(piece);
    return undefined;
  } catch (error) {
    // What the zip reader says is about this file; what writing says was made clear already.
    if (!(error instanceof PaperwardError) || error instanceof WriteFailed) throw unwrap(error);
    return error.message;
  }
}

async function* stageFromFolder(
  plan: Iterable<PlannedFile>,
  options: StageOptions,
): AsyncGenerator<StagedFile> {
  const { files, source, staging, transfers, stop, algorithm } = options;
  const underWay = new Map<number, { readonly file: PlannedFile; readonly staged: string }>();
  function* jobs(): Generator<TransferJob> {
    let id = 0;
    for (const file of plan) {
      stop.throwIfRequested();
      const staged = staging.newName();
      const path = staging.path(staged);
      const real = files.real(join(source.path, file.path));
      underWay.set(++id, { file, staged });
      yield {
        id,
        source: real,
        algorithm: algorithmOf(file.checksum, algorithm),
        target: {
          path,
          mode: modeOf(file),
          mtime: file.mtime,
          // What is checksummed then is the copy: the proof covers what will be in the library.
          ...(file.size <= LARGE && { size: file.size }),
        },
      };
    }
  }
  for await (const result of transfers.run(jobs(), { stop: stop.memory })) {
    const job = underWay.get(result.id);
    if (!job) throw new Error(`Transfer ${result.id} was never asked for`);
    underWay.delete(result.id);
    if (result.error?.phase === "stop") stop.throwIfRequested();
    if (result.error?.phase === "write") {
      throw writeError(
        staging.folder,
        result.error.code,
        result.error.message,
        "library",
      );
    }
    if (result.error) yield unreadable(job.file, result.error.message);
    else yield judge(job.file, job.staged, result.digest);
  }
}

/** Larger files pass piece by piece, and the stop flag is looked at between them; bytes. */
const LARGE = 64 * 1024 * 1024;

async function* stageFromZip(
  plan: Iterable<PlannedFile>,
  { files, source, staging, stop, algorithm }: StageOptions,
): AsyncGenerator<StagedFile> {
  for (const file of plan) {
    stop.throwIfRequested();
    const staged = staging.newName();
    const path = staging.path(staged);
    const checksum = createChecksum(algorithmOf(file.checksum, algorithm));
    const out = write(() => files.openWrite(path, { exclusive: true }));
    let damage: string | undefined;
    try {
      damage = await readThrough(source, file, (piece) => {
        checksum.update(piece);
        write(() => out.write(piece));
      });
    } finally {
      out.close();
    }
    if (damage !== undefined) {
      files.remove(path);
      yield unreadable(file, damage);
      continue;
    }
    const mode = modeOf(file);
    if (mode !== null) quietly(() => files.setMode(path, mode));
    if (file.mtime !== null) quietly(() => files.setTimes(path, file.mtime ?? 0));
    yield judge(file, staged, checksum.digestHex());
  }

  function write<Result>(act: () => Result): Result {
    try {
      return act();
    } catch (error) {
      throw new WriteFailed(explainWriteError(staging.folder, error, "library"));
    }
  }
}

/** Carries a failure to write past the failures to read. */
class WriteFailed extends PaperwardError {
  constructor(readonly reason: unknown) {
    super("Cannot write");
  }
}

function unwrap(error: unknown): unknown {
  return error instanceof WriteFailed ? error.reason : error;
}

/** Some file systems know neither modes nor times. */
function quietly(act: () => void): void {
  try {
    act();
  } catch {
    // The content is what counts.
  }
}

function judge(file: PlannedFile, staged: string, digest: string | null): StagedFile {
  const done = { file, staged, ...(digest === null ? {} : { digest }) };
  if (file.checksum === null || digest === file.checksum) return done;
  return {
    ...done,
    problem: {
      kind: "checksum mismatch",
      item: `${file.role} of document ${file.pk}`,
      message: `the checksum of ${file.path} is ${digest}, the manifest says ${file.checksum}`,
      instead: "the file is imported as it is",
    },
  };
}

function unreadable(file: PlannedFile, message: string): StagedFile {
  return {
    file,
    problem: {
      kind: "unreadable file",
      item: `${file.role} of document ${file.pk}`,
      message,
      instead: "the record is imported without the file",
    },
  };
}
