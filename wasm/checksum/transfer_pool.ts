// Transfers by a pool of Workers, or in this thread: one face for both, so that fault tests replace only
// the file operations. Results come in any order, exactly one for each job.

import type { TransferJob, TransferResult } from "./transfer.ts";
import type { TransferIo } from "./transfer_io.ts";

/** What {@linkcode TransferPool.run} and {@linkcode TransferPool.sync} accept. */
export interface TransferRunOptions {
  /** 4 bytes of shared memory: an Int32 that is not zero asks for a stop. Looked at between chunks. */
  readonly stop?: SharedArrayBuffer;
}

/** Why one file could not be made durable. */
export interface SyncFailure {
  readonly path: string;
  readonly name: string;
  readonly message: string;
  readonly code?: string;
}

/** Copies and checksums files, and makes them durable. */
export interface TransferPool {
  /** Runs the jobs; pulls them only as fast as they are done. After a stop, jobs under way and jobs not
   * begun come back with an error of phase `"stop"`.
   * @throws {Error} where a Worker died; errors of single files are in the results */
  run(
    jobs: AsyncIterable<TransferJob> | Iterable<TransferJob>,
    options?: TransferRunOptions,
  ): AsyncIterable<TransferResult>;
  /** fdatasync(2) of files written earlier, best once and late. Yields the failures only. */
  sync(
    paths: AsyncIterable<string> | Iterable<string>,
    options?: TransferRunOptions,
  ): AsyncIterable<SyncFailure>;
  /** Ends the Workers. */
  close(): void;
}

/** Options of {@linkcode openTransferPool}. */
export interface TransferPoolOptions {
  /** Folders and files that the Workers may read; absolute real paths. */
  readonly read: readonly string[];
  /** Folders that the Workers may write to; absolute real paths. */
  readonly write: readonly string[];
  /** Number of Workers. @default {2} */
  readonly size?: number;
}

/** Transfers by Workers that hold no permission but the given ones. */
export function openTransferPool(_options: TransferPoolOptions): TransferPool {
  throw new Error("Not there yet");
}

/** The same in this thread, with file operations of the caller's choice. */
export function inlineTransferPool(_io?: TransferIo): TransferPool {
  throw new Error("Not there yet");
}
