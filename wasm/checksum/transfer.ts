// Reads many files at once into WASM memory, checksums them together and writes the very same bytes to
// their targets. One bad file fails only its own job, and a failed job leaves no target behind.

import { runEngine } from "./_engine.ts";
import { denoTransferIo, type TransferIo } from "./transfer_io.ts";

/** How a file is checksummed while it passes; `"none"` only copies. */
export type TransferAlgorithm = "md5" | "sha256" | "none";

/** Where the bytes of a job go. */
export interface TransferTarget {
  /** Absolute; must not exist yet. Its folder must. */
  readonly path: string;
  /** Permission bits to set, or null to leave what the umask gives. */
  readonly mode: number | null;
  /** ms since the epoch to set as mtime (and atime), or null to leave it. */
  readonly mtime: number | null;
  /** Bytes that the source is known to have. Where given, the file is copied inside the operating system, and what is checksummed is the copy: the proof covers what was written. No stop is looked at
   * while it is copied. Where the copy fails or has another size, the bytes pass one by one, which tells who is
   * to blame. */
  readonly size?: number;
  /** Bring it to the disk: the result comes once it is there. Done by pools only. */
  readonly sync?: true;
}

/** One file to read, to checksum and perhaps to copy. */
export interface TransferJob {
  /** The caller's own number; comes back in the result. */
  readonly id: number;
  /** Absolute and already resolved: no links. */
  readonly source: string;
  /** How it is checksummed. */
  readonly algorithm: TransferAlgorithm;
  /** Where the bytes go; absent: they are only read. */
  readonly target?: TransferTarget;
}

/** Why a job failed. */
export interface TransferFailure {
  /** Name of the error's class, as in `Deno.errors`. */
  readonly name: string;
  /** What the operating system said. */
  readonly message: string;
  /** `"read"`: the source is to blame; `"write"`: the target is (ENOSPC, EIO, …); `"stop"`: a stop was asked for. */
  readonly phase: "read" | "write" | "stop";
  /** As the operating system calls it: `"ENOSPC"`, `"ENOENT"`, … where it said. */
  readonly code?: string;
}

/** What became of a job. Where `error` is set, nothing of the target is left and `digest` is null. */
export interface TransferResult {
  /** That of the job. */
  readonly id: number;
  /** Bytes read (and written, where there is a target). */
  readonly bytes: number;
  /** Lower-case hexadecimal, or null with `"none"` or an error. */
  readonly digest: string | null;
  /** mtime of the source in ms since the epoch, or null where unknown. */
  readonly sourceMtime: number | null;
  /** Permission bits of the source, or null where unknown. */
  readonly sourceMode: number | null;
  /** False where a mode was asked for and the target's file system refused it. */
  readonly modeSet: boolean;
  /** False where an mtime was asked for and the target's file system refused it. */
  readonly timesSet: boolean;
  /** Why it failed. */
  readonly error?: TransferFailure;
}

/** Options of {@linkcode transferFiles}. */
export interface TransferOptions {
  /** 4 bytes of shared memory: an Int32 that is not zero asks for a stop. Looked at before each chunk. */
  readonly stop?: SharedArrayBuffer;
  /** Who does SHA-256: the host, one file after the other, or the module, sixteen files at once.
   * @default whichever is faster on this processor, measured once a thread */
  readonly sha256?: "host" | "module";
}

/** Transfers files in this thread; one result for each job, in any order. Jobs are pulled as lanes become
 * free, sixteen ahead at most. After a stop all jobs that are left fail with phase `"stop"`. Leaving the loop
 * early removes the unfinished targets.
 *
 * Memory: 1.7 MB of WASM, whatever the sizes of the files. */
export function* transferFiles(
  jobs: Iterable<TransferJob>,
  io: TransferIo = denoTransferIo,
  options: TransferOptions = {},
): Generator<TransferResult, void, undefined> {
  const iterator = jobs[Symbol.iterator]();
  let ended = false;
  const source = {
    take() {
      const next = iterator.next();
      if (!next.done) return next.value;
      ended = true;
      return undefined;
    },
    get ended() {
      return ended;
    },
  };
  try {
    for (const step of runEngine(source, io, options)) {
      if (typeof step !== "string" && !("unsynced" in step)) yield step;
    }
  } finally {
    if (!ended) iterator.return?.();
  }
}
