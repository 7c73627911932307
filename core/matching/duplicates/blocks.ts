// How all pairs of texts are cut into blocks for the Workers. Invariant: every pair is in exactly one block, or
// in two tiles whose lengths alone keep it from matching; the numbers of the blocks are always the same.

import { scoreOf } from "./score.ts";
import type { Texts } from "./texts.ts";

/** Two tiles, or a tile with itself. */
export interface TilePair {
  readonly number: number;
  readonly left: number;
  /** The same as `left`: its pairs among themselves. */
  readonly right: number;
  /** Pairs of texts in it. */
  readonly pairs: number;
}

/** A ratio is compared with this to spare: rounding must not keep a tile out. */
const SPARE = 0.001;

/** All blocks that may hold a match. */
export function* tilePairs({ tiles }: Pick<Texts, "tiles">, ratio: number): Generator<TilePair> {
  let number = 0;
  for (const [left, one] of tiles.entries()) {
    for (let right = left; right < tiles.length; right++) {
      const other = tiles[right]!;
      number++;
      // Older texts are not compared with each other.
      if (!one.newer && !other.newer) continue;
      const [shorter, longer] = one.longest <= other.longest ? [one, other] : [other, one];
      // The nearest two lengths; where they overlap, equal ones.
      const [low, high] = [shorter.longest, Math.max(shorter.longest, longer.shortest)];
      if (scoreOf(high - low, high + low) + SPARE < ratio) continue;
      const pairs = left === right ? one.count * (one.count - 1) / 2 : one.count * other.count;
      if (pairs > 0) yield { number, left, right, pairs };
    }
  }
}

/** Pairs of documents that a run decides about: those with a newer one in them. */
export function pairsOfDocuments({ newer }: Pick<Texts, "newer">): number {
  const all = newer.length;
  const old = newer.reduce((sum, flag) => sum + (flag ? 0 : 1), 0);
  return all * (all - 1) / 2 - old * (old - 1) / 2;
}

/** Pairs of different texts with a newer one in them. */
export function pairsOfTexts({ tiles }: Pick<Texts, "tiles">): number {
  const all = tiles.reduce((sum, { count }) => sum + count, 0);
  const old = tiles.reduce((sum, { count, newer }) => sum + (newer ? 0 : count), 0);
  return all * (all - 1) / 2 - old * (old - 1) / 2;
}
