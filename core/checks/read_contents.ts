// Reads the content of files through the checksum kernel and notes what came of it. Invariant: no more is read
// at once than the readers, and no faster than the limit, averaged over files.

import type { ReadBatch, ReadError } from "../../wasm/checksum/read_batch.ts";
import type { TransferAlgorithm } from "../../wasm/checksum/transfer.ts";
import type { TransferPool } from "../../wasm/checksum/transfer_pool.ts";
import type { Algorithm, CheckedFile, Place } from "./check.ts";

/** How files are read. */
export interface ReadOptions {
  readonly transfers: TransferPool;
  /** The algorithm of this generation. */
  readonly algorithm: Algorithm;
  readonly order: "inode" | "document";
  /** Waits until so many bytes may be read; undefined: as fast as can be. */
  readonly throttle: ((size: number) => Promise<void>) | undefined;
  readonly stop: SharedArrayBuffer;
  /** Called after each batch. */
  readonly onRead?: (files: number, bytes: number) => void;
}

/** A reading that is under way. */
export interface Reading {
  /** Resolves once every file was handed over: the next reading may begin. */
  readonly handedOver: Promise<void>;
  /** Resolves with what is known of each file now, in the order given. */
  readonly done: Promise<CheckedFile[]>;
}

/** Files in one message to a reader. */
const BATCH = 16;

/** Reads those files that may be there and are wanted. */
export function readContents(
  files: readonly CheckedFile[],
  isWanted: (file: CheckedFile) => boolean,
  options: ReadOptions,
): Reading {
  const known = [...files];
  const indices: number[] = [];
  for (const [index, file] of files.entries()) {
    if ((file.place.kind === "file" || file.place.kind === "unseen") && isWanted(file)) {
      indices.push(index);
    }
  }
  if (options.order === "inode") indices.sort((a, b) => compareInodes(files[a], files[b]));
  const { promise: handedOver, resolve } = Promise.withResolvers<void>();

  async function read(): Promise<void> {
    const { transfers, stop, onRead, throttle } = options;
    const underWay = new Map<number, readonly number[]>();
    const batches = batchesOf(known, indices, options, underWay);
    for await (const result of transfers.read(throttled(batches, known, throttle), { stop })) {
      const places = underWay.get(result.id) ?? [];
      underWay.delete(result.id);
      const errors = new Map(result.errors.map((error) => [error.index, error]));
      let bytes = 0;
      for (const [index, at] of places.entries()) {
        const file = known[at];
        if (!file) continue;
        const size = result.sizes[index] ?? 0;
        const error = errors.get(index);
        bytes += size;
        known[at] = learned(file, result.digests[index] ?? null, size, error, options);
      }
      onRead?.(places.length, bytes);
    }
  }

  const done = (async () => {
    try {
      await read();
      return known;
    } finally {
      resolve();
    }
  })();
  // Whoever awaits it hears of it; nobody else has to.
  done.catch(() => {});
  return { handedOver, done };

  /** Waits for the limit, and tells when all were handed over. */
  async function* throttled(
    batches: Iterable<ReadBatch & { readonly places: readonly number[] }>,
    all: readonly CheckedFile[],
    throttle: ReadOptions["throttle"],
  ): AsyncGenerator<ReadBatch> {
    for (const { places, ...batch } of batches) {
      if (throttle) {
        let size = 0;
        for (const at of places) {
          const place = all[at]?.place;
          if (place?.kind === "file") size += place.size;
        }
        await throttle(size);
      }
      yield batch;
    }
    resolve();
  }
}

/** Batches of files that are checksummed alike, in their order. */
function* batchesOf(
  files: readonly CheckedFile[],
  indices: readonly number[],
  { algorithm: usual, throttle }: ReadOptions,
  underWay: Map<number, readonly number[]>,
): Generator<ReadBatch & { readonly places: readonly number[] }> {
  const gathered = new Map<TransferAlgorithm, number[]>();
  // A limit holds on average over batches: small ones keep to it better.
  const size = throttle ? 1 : BATCH;
  let id = 0;
  const batch = (algorithm: TransferAlgorithm, places: readonly number[]) => {
    underWay.set(++id, places);
    const sources = places.map((at) => {
      const place = files[at]?.place;
      return place?.kind === "file" || place?.kind === "unseen" ? place.real : "";
    });
    return { id, algorithm, sources, places };
  };
  for (const at of indices) {
    const file = files[at];
    if (!file) continue;
    const algorithm = algorithmFor(file, usual);
    const places = gathered.get(algorithm) ?? [];
    places.push(at);
    if (places.length < size) {
      gathered.set(algorithm, places);
      continue;
    }
    gathered.delete(algorithm);
    yield batch(algorithm, places);
  }
  for (const [algorithm, places] of gathered) yield batch(algorithm, places);
}

function learned(
  file: CheckedFile,
  digest: string | null,
  size: number,
  error: ReadError | undefined,
  { algorithm: usual }: ReadOptions,
): CheckedFile {
  if (error?.name === "NotFound" || ABSENT.has(error?.code ?? error?.name ?? "")) {
    return { ...file, place: { kind: "missing" } };
  }
  // What can't be read is not known to be empty.
  const place: Place = file.place.kind === "unseen"
    ? { kind: "file", real: file.place.real, size: error ? 1 : size, inode: "" }
    : file.place;
  if (error) return { ...file, place, readError: error.message };
  const algorithm = algorithmFor(file, usual);
  return digest === null || algorithm === "none"
    ? { ...file, place }
    : { ...file, place, actual: { algorithm, digest } };
}

/** Errors that mean that no regular file is there. */
const ABSENT: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "NotAFile"]);

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
): ((size: number) => Promise<void>) | undefined {
  if (bytesPerSecond === undefined) return undefined;
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
