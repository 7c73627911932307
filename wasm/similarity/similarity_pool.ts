// Blocks of pairs compared by a pool of Workers without permissions. Memory is bounded by the blocks in flight:
// two a Worker.

import { createPool, type RunOptions } from "../pool.ts";
import type { Block, BlockResult, ComparerOptions } from "./comparer.ts";

/** A block to compare. */
export interface SimilarityJob {
  /** Given back with the result. */
  readonly number: number;
  readonly block: Block;
}

/** What came out of it. */
export interface SimilarityResult extends BlockResult {
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
  return { run: pool.run, close: pool.close };
}
