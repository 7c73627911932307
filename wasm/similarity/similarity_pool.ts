// Blocks of pairs compared by a pool of Workers without permissions. Blocks lie in shared memory that is used
// again as soon as its block is done: memory is bounded by the blocks in flight, two a Worker, and leaves no
// garbage behind.

import { createPool, type RunOptions } from "../pool.ts";
import type { Block, BlockResult, ComparerOptions } from "./comparer.ts";

/** A block to compare. Its bytes are copied when it is pulled and may change afterwards. */
export interface SimilarityJob {
  /** Given back with the result; no two jobs of a run have the same. */
  readonly number: number;
  /** What is compared. */
  readonly block: Block;
}

/** What came out of it. */
export interface SimilarityResult extends BlockResult {
  /** Of its job. */
  readonly number: number;
}

/** Compares blocks until it is closed. */
export interface SimilarityPool {
  /** One result for each job, in any order; pulls them only as fast as they are done.
   * @throws {PoolError} where a Worker died */
  run(
    jobs: AsyncIterable<SimilarityJob> | Iterable<SimilarityJob>,
    options?: RunOptions,
  ): AsyncGenerator<SimilarityResult, void, undefined>;
  /** Ends the Workers. */
  close(): void;
}

/** Options of {@linkcode openSimilarityPool}. */
export interface SimilarityPoolOptions extends ComparerOptions {
  /** Number of Workers. */
  readonly size: number;
}

/** Starts the Workers. */
export function openSimilarityPool({ size, ...init }: SimilarityPoolOptions): SimilarityPool {
  const pool = createPool<SimilarityJob, SimilarityResult>({
    entry: new URL("./worker.ts", import.meta.url),
    size,
    permissions: "none",
    init,
    batch: 1,
    ahead: 2,
  });
  const free: SharedArrayBuffer[] = [];
  async function* run(
    jobs: AsyncIterable<SimilarityJob> | Iterable<SimilarityJob>,
    options?: RunOptions,
  ): AsyncGenerator<SimilarityResult, void, undefined> {
    const used = new Map<number, SharedArrayBuffer>();
    async function* shared(): AsyncGenerator<SimilarityJob> {
      for await (const { number, block } of jobs) {
        const memory = roomFor(free, sizeOf(block));
        used.set(number, memory);
        yield { number, block: copyInto(memory, block) };
      }
    }
    for await (const result of pool.run(shared(), options)) {
      const memory = used.get(result.number);
      if (memory) free.push(memory);
      used.delete(result.number);
      yield result;
    }
  }
  return { run, close: pool.close };
}

/** Room for a block: what two usual tiles take, or more. */
const USUAL = 5 << 18;

function roomFor(free: SharedArrayBuffer[], size: number): SharedArrayBuffer {
  const at = free.findIndex(({ byteLength }) => byteLength >= size);
  const [found] = at < 0 ? [] : free.splice(at, 1);
  return found ?? new SharedArrayBuffer(Math.max(size, USUAL));
}

function sizeOf({ left, right, pairs }: Block): number {
  return [left.ends, right?.ends, pairs, left.bytes, right?.bytes]
    .reduce((sum, piece) => sum + (piece?.byteLength ?? 0), 0);
}

function copyInto(memory: SharedArrayBuffer, { left, right, pairs }: Block): Block {
  let at = 0;
  // Words first: they have to be aligned.
  const words = (from: Uint32Array): Uint32Array => {
    const to = new Uint32Array(memory, at, from.length);
    to.set(from);
    at += from.byteLength;
    return to;
  };
  const bytes = (from: Uint8Array): Uint8Array => {
    const to = new Uint8Array(memory, at, from.length);
    to.set(from);
    at += from.length;
    return to;
  };
  const leftEnds = words(left.ends);
  const rightEnds = right && words(right.ends);
  const some = pairs && words(pairs);
  return {
    left: { ends: leftEnds, bytes: bytes(left.bytes) },
    ...(right && rightEnds ? { right: { ends: rightEnds, bytes: bytes(right.bytes) } } : {}),
    ...(some ? { pairs: some } : {}),
  };
}
