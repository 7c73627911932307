// Reads many files at once into WASM memory, checksums them together and writes the very same bytes to
// their targets. One bad file fails only its own job, and a failed job leaves no target behind.

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
}

/** One file to read, to checksum and perhaps to copy. */
export interface TransferJob {
  /** The caller's own number; comes back in the result. */
  readonly id: number;
  /** Absolute and already resolved: no links. */
  readonly source: string;
  readonly algorithm: TransferAlgorithm;
  readonly target?: TransferTarget;
}

/** Why a job failed. */
export interface TransferFailure {
  /** Name of the error's class, as in `Deno.errors`. */
  readonly name: string;
  readonly message: string;
  /** `"read"`: the source is to blame; `"write"`: the target is (ENOSPC, EIO, …); `"stop"`: a stop was asked for. */
  readonly phase: "read" | "write" | "stop";
  /** As the operating system calls it: `"ENOSPC"`, `"ENOENT"`, … where it said. */
  readonly code?: string;
}

/** What became of a job. Where `error` is set, nothing of the target is left and `digest` is null. */
export interface TransferResult {
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
  readonly error?: TransferFailure;
}
