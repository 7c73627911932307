// Reads the content of files through the checksum kernel and notes what came of it. Invariant: no more is read
// at once than the readers, and no faster than the limit, averaged over files.

import type {
  TransferAlgorithm,
  TransferJob,
  TransferResult,
} from "../../wasm/checksum/transfer.ts";
import type { TransferPool } from "../../wasm/checksum/transfer_pool.ts";
import type { Algorithm, CheckedFile } from "./check.ts";

/** How files are read. */
export interface ReadOptions {
  readonly transfers: TransferPool;
  /** The algorithm of this generation. */
  readonly algorithm: Algorithm;
  readonly order: "inode" | "document";
  /** Waits until a file of this size may be read. */
  readonly throttle: (size: number) => Promise<void>;
  readonly stop: SharedArrayBuffer;
  /** Called after each file. @param bytes read */
  readonly onRead?: (bytes: number) => void;
}

/** A reading that is under way. */
export interface Reading {
  /** Resolves once every file was handed over: the next reading may begin. */
  readonly handedOver: Promise<void>;
  /** Resolves with what is known of each file now, in the order given. */
  readonly done: Promise<CheckedFile[]>;
}

/** Reads those files that are there and wanted. */
export function readContents(
  files: readonly CheckedFile[],
  isWanted: (file: CheckedFile) => boolean,
  options: ReadOptions,
): Reading {
  const known = [...files];
  const indices = files.flatMap((file, index) =>
    file.place.kind === "file" && isWanted(file) ? [index] : []
  );
  if (options.order === "inode") indices.sort((a, b) => compareInodes(files[a], files[b]));
  const { promise: handedOver, resolve } = Promise.withResolvers<void>();

  async function* jobs(): AsyncGenerator<TransferJob> {
    try {
      for (const id of indices) {
        const file = files[id];
        if (file?.place.kind !== "file") continue;
        await options.throttle(file.place.size);
        yield { id, source: file.place.real, algorithm: algorithmFor(file, options.algorithm) };
      }
    } finally {
      resolve();
    }
  }

  async function read(): Promise<CheckedFile[]> {
    try {
      const { transfers, stop, onRead } = options;
      if (indices.length === 0) return known;
      for await (const result of transfers.run(jobs(), { stop })) {
        const file = known[result.id];
        if (file) known[result.id] = learned(file, result, options.algorithm);
        onRead?.(result.bytes);
      }
      return known;
    } finally {
      resolve();
    }
  }

  const done = read();
  // Whoever awaits it hears of it; nobody else has to.
  done.catch(() => {});
  return { handedOver, done };
}

function learned(
  file: CheckedFile,
  { digest, error }: TransferResult,
  usual: Algorithm,
): CheckedFile {
  if (error?.name === "NotFound" || error?.code === "ENOENT") {
    return { ...file, place: { kind: "missing" } };
  }
  if (error) return { ...file, readError: error.message };
  const algorithm = algorithmFor(file, usual);
  return digest === null || algorithm === "none"
    ? file
    : { ...file, actual: { algorithm, digest } };
}

/** The stored checksum's length tells its algorithm; what has none is only read. */
function algorithmFor({ stored }: CheckedFile, usual: Algorithm): TransferAlgorithm {
  if (stored === null) return "none";
  return LENGTHS[stored.length] ?? usual;
}

const LENGTHS: Readonly<Record<number, Algorithm>> = { 32: "md5", 64: "sha256" };

/** On most file systems files with near numbers lie near each other. */
function compareInodes(a: CheckedFile | undefined, b: CheckedFile | undefined): number {
  const [left, right] = [inodeOf(a), inodeOf(b)];
  return left.device - right.device || left.number - right.number;
}

function inodeOf(file: CheckedFile | undefined): {
  readonly device: number;
  readonly number: number;
} {
  const [device, number] = file?.place.kind === "file" ? file.place.inode.split(":") : [];
  return { device: Number(device) || 0, number: Number(number) || 0 };
}

/** Lets files through at a rate: each waits until those before it had their time.
 * @param bytesPerSecond undefined: no limit */
export function openThrottle(
  bytesPerSecond: number | undefined,
  stop: { throwIfRequested(): void },
): (size: number) => Promise<void> {
  if (bytesPerSecond === undefined) return () => Promise.resolve();
  let free = performance.now();
  return async (size) => {
    const begin = Math.max(free, performance.now());
    free = begin + size / bytesPerSecond * 1000;
    while (true) {
      const wait = begin - performance.now();
      if (wait <= 0) return;
      stop.throwIfRequested();
      await new Promise((resolve) => setTimeout(resolve, Math.min(wait, 200)));
    }
  };
}
