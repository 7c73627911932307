// Many files to read and checksum in one message: with small files the messages would cost more than the reading.

import type { TransferAlgorithm, TransferFailure } from "./transfer.ts";

/** Files that are read and checksummed alike, and written nowhere. */
export interface ReadBatch {
  /** The caller's own number; comes back in the result. */
  /** Of the job. */
  readonly id: number;
  /** How they are checksummed. */
  readonly algorithm: TransferAlgorithm;
  /** Absolute paths whose folders hold no links. At least one. */
  readonly sources: readonly string[];
}

/** What became of the files of a batch, in their order. */
export interface ReadBatchResult {
  /** The number of the batch. */
  readonly id: number;
  /** Lower-case hexadecimal, or null with `"none"` or an error. */
  readonly digests: readonly (string | null)[];
  /** Bytes that were read. */
  readonly sizes: readonly number[];
  /** Files that could not be read. */
  readonly errors: readonly ReadError[];
}

/** Why one file of a batch could not be read. */
export interface ReadError extends TransferFailure {
  /** Its place in the batch. */
  readonly index: number;
}
