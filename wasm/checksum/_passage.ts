// One file on its way: opened, pulled through a buffer chunk by chunk, and closed. Whatever fails, both
// files are closed and the unfinished target is removed.

import { stopAsked } from "../pool.ts";
import type { TransferFailure, TransferJob, TransferResult } from "./transfer.ts";
import type { ReadHandle, SourceFacts, TransferIo, WriteHandle } from "./transfer_io.ts";

/** A job, and whether its source is looked at only where its content doesn't tell enough: a look costs as much as
 * opening, reading and closing a small file together. */
export type PassageJob = TransferJob & { readonly looksLate?: true };

/** A file on its way. */
export interface Passage {
  readonly job: PassageJob;
  readonly source: ReadHandle;
  /** Absent where nothing is written, or the target was copied already and is itself what is read. */
  readonly target: WriteHandle | undefined;
  /** Absent until the source was looked at. */
  facts: SourceFacts | undefined;
  /** Bytes so far. */
  bytes: number;
}

type Phase = TransferFailure["phase"];

/** Carries the phase of a failure up to where the passage ends. */
class PassageError extends Error {
  constructor(readonly phase: Phase, override readonly cause: unknown) {
    super();
  }
}

/** Failures that no system call reports. */
function failure(phase: Phase, name: string, message: string): PassageError {
  const cause = new Error(message);
  cause.name = name;
  return new PassageError(phase, cause);
}

function attempt<T>(phase: Phase, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new PassageError(phase, error);
  }
}

/** What is told of an error: its name, message and code as the operating system calls it. */
export function describe(error: unknown): Omit<TransferFailure, "phase"> {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { name, message } = error;
  const code = (error as { readonly code?: unknown }).code;
  return typeof code === "string" ? { name, message, code } : { name, message };
}

function quietly(act: () => void): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}

function failed(
  job: TransferJob,
  error: unknown,
  bytes: number,
  facts: SourceFacts | undefined,
  litter: boolean,
): TransferResult {
  const phase = error instanceof PassageError ? error.phase : "read";
  const told = describe(error instanceof PassageError ? error.cause : error);
  const message = litter
    ? `${told.message}; its unfinished copy could not be removed: ${job.target?.path}`
    : told.message;
  return {
    id: job.id,
    bytes,
    digest: null,
    sourceMtime: facts?.mtime ?? null,
    sourceMode: facts?.mode ?? null,
    modeSet: false,
    timesSet: false,
    error: { ...told, message, phase },
  };
}

/** Looks at an open source. @throws where it is no regular file */
function lookAt(job: TransferJob, source: ReadHandle): SourceFacts {
  const facts = attempt("read", () => source.stat());
  if (facts.isFile) return facts;
  throw failure("read", "NotAFile", `Cannot read ${job.source}: it is not a regular file`);
}

/** Opens both ends. A failure is a result already. */
export function depart(
  job: PassageJob,
  io: TransferIo,
  stop: SharedArrayBuffer | undefined,
): Passage | TransferResult {
  let source: ReadHandle | undefined;
  let facts: SourceFacts | undefined;
  try {
    if (stopAsked(stop)) throw failure("stop", "Stopped", `Cannot read ${job.source}: stopped`);
    const copied = copy(job, io);
    if (copied) return copied;
    const opened = source = attempt("read", () => io.openRead(job.source));
    if (!job.looksLate) facts = lookAt(job, opened);
    const target = job.target;
    return {
      job,
      source,
      facts,
      bytes: 0,
      target: target && attempt("write", () => io.openWriteNew(target.path, target.mode)),
    };
  } catch (error) {
    if (source) quietly(source.close);
    return failed(job, error, 0, facts, false);
  }
}

/** Copies inside the operating system where that was asked for. What is read from then on is the copy.
 * @returns undefined where the bytes shall pass one by one; nothing is left of the attempt */
function copy(job: TransferJob, io: TransferIo): Passage | undefined {
  const { target } = job;
  if (target?.size === undefined) return undefined;
  let source: ReadHandle | undefined;
  try {
    io.copy(job.source, target.path);
    const opened = source = io.openRead(target.path, target.sync);
    const facts = opened.stat();
    if (facts.size === target.size) {
      const bytes = job.algorithm === "none" ? facts.size : 0;
      return { job, source, facts, bytes, target: undefined };
    }
    // It grew or shrank meanwhile, or was read short.
  } catch {
    // Whether source or target is to blame, the passage of bytes finds out.
  }
  if (source) quietly(source.close);
  quietly(() => io.remove(target.path));
  return undefined;
}

/** True where the file was copied and nobody wants its checksum. */
export function isDone({ job, target }: Passage): boolean {
  return job.algorithm === "none" && job.target !== undefined && target === undefined;
}

/** True where `depart` failed. */
export function refused(passage: Passage | TransferResult): passage is TransferResult {
  return "digest" in passage;
}

/** Bytes after which a source that wasn't looked at is. */
const MUCH = 2 ** 20;

/** Reads until the buffer is full or the file ends, and writes the same bytes to the target.
 * @returns bytes read; fewer than the buffer holds at the end of the file only
 * @throws where either end fails; hand the error to {@linkcode abandon} */
export function pull(
  passage: Passage,
  buffer: Uint8Array,
  stop: SharedArrayBuffer | undefined,
): number {
  const { job, source, target } = passage;
  if (stopAsked(stop)) throw failure("stop", "Stopped", `Cannot read ${job.source}: stopped`);
  let length = 0;
  try {
    while (length < buffer.length) {
      const read = attempt("read", () => source.read(buffer.subarray(length)));
      if (read === 0) break;
      length += read;
    }
  } catch (error) {
    // A folder can be opened, but not read: what it is counts, not what reading it said.
    passage.facts ??= lookAt(job, source);
    throw error;
  }
  // Nothing may be a pipe's, and much a growing file's or a device's; what ends before that is a file's.
  if (length === 0 || (length === buffer.length && passage.bytes + length >= MUCH)) {
    passage.facts ??= lookAt(job, source);
  }
  const { facts } = passage;
  if (target) {
    for (let at = 0; at < length;) {
      const written = attempt("write", () => target.write(buffer.subarray(at, length)));
      if (written <= 0) {
        throw failure(
          "write",
          "WriteZero",
          `Cannot write ${job.target?.path}: nothing was written`,
        );
      }
      at += written;
    }
  }
  passage.bytes += length;
  // A file that has outgrown its size is not followed: it might grow for ever.
  if (
    facts && (passage.bytes > facts.size || (length < buffer.length && passage.bytes < facts.size))
  ) {
    throw failure(
      "read",
      "SizeChanged",
      `Cannot read ${job.source}: it has ${facts.size} bytes, but ${passage.bytes} could be read`,
    );
  }
  return length;
}

/** A target that is complete but not on the disk yet. It is open: hand it to {@linkcode settle}. */
export interface Unsynced {
  /** What comes of it where the disk takes it. */
  readonly unsynced: TransferResult;
  readonly passage: Passage;
}

/** Gives the target its times and mode and closes both ends.
 * @param handsOver leaves a target open that is to be synced */
export function arrive(
  passage: Passage,
  io: TransferIo,
  digest: string | null,
  handsOver: boolean,
): TransferResult | Unsynced {
  const { job, source, target, facts, bytes } = passage;
  const isUnsynced = handsOver && job.target?.sync === true;
  if (target || !isUnsynced) quietly(source.close);
  let timesSet = true;
  let modeSet = true;
  if (job.target) {
    const { path, mode, mtime } = job.target;
    if (mtime !== null) {
      timesSet = quietly(() => target ? target.utime(mtime) : io.setTimes(path, mtime));
    }
    // A new file has the mode less what the umask took, a copy that of its source.
    if (mode !== null && (target || mode !== facts?.mode)) {
      modeSet = quietly(() => io.chmod(path, mode));
    }
    try {
      if (!isUnsynced) target?.close();
    } catch (error) {
      return notWritten(passage, io, error);
    }
  }
  const result: TransferResult = {
    id: job.id,
    bytes,
    digest,
    sourceMtime: facts?.mtime ?? null,
    sourceMode: facts?.mode ?? null,
    modeSet,
    timesSet,
  };
  return isUnsynced ? { unsynced: result, passage } : result;
}

/** Brings a target to the disk and closes it. */
export async function settle(
  { unsynced, passage }: Unsynced,
  io: TransferIo,
): Promise<TransferResult> {
  const written = passage.target ?? passage.source;
  try {
    await written.sync();
  } catch (error) {
    quietly(written.close);
    return notWritten(passage, io, error);
  }
  try {
    written.close();
  } catch (error) {
    return notWritten(passage, io, error);
  }
  return unsynced;
}

/** Both ends are closed, but the target is not what it should be. */
function notWritten(
  { job, bytes, facts }: Passage,
  io: TransferIo,
  error: unknown,
): TransferResult {
  const { target } = job;
  const litter = target !== undefined && !quietly(() => io.remove(target.path));
  return failed(job, new PassageError("write", error), bytes, facts, litter);
}

/** Closes both ends and removes the unfinished target. */
export function abandon(passage: Passage, io: TransferIo, error: unknown): TransferResult {
  const { job, source, target, facts, bytes } = passage;
  quietly(source.close);
  let litter = false;
  if (job.target) {
    const { path } = job.target;
    if (target) quietly(target.close);
    litter = !quietly(() => io.remove(path));
  }
  return failed(job, error, bytes, facts, litter);
}
