// Candidate pairs for the approximate search: texts whose sketches share a band (locality-sensitive hashing).
// Invariant: each candidate pair comes once, whatever the number of bands that it shares.

import type { Block } from "../../../wasm/similarity/mod.ts";
import { scoreOf } from "./score.ts";
import type { Texts } from "./texts.ts";

/** Pairs of a block, and bytes of its texts, at most. */
const BLOCK = { pairs: 1 << 14, bytes: 1 << 20 } as const;

/** A block of candidates. */
export interface CandidateBlock {
  readonly number: number;
  readonly block: Block;
  /** Which texts the block's are. */
  readonly texts: readonly number[];
  readonly pairs: number;
}

type Sketched = Pick<Texts, "count" | "lengths" | "readSome" | "sketches" | "tiles">;

/** All candidate pairs, as blocks; the same ones in every run. */
export function* candidateBlocks(texts: Sketched, ratio: number): Generator<CandidateBlock> {
  let number = 0;
  let pairs: number[] = [];
  let bytes = 0;
  let known = new Map<number, number>();
  const place = (text: number): number => {
    const found = known.get(text);
    if (found !== undefined) return found;
    known.set(text, known.size);
    // Two bytes a character is more than most texts take; it only has to bound the block.
    bytes += texts.lengths[text]! * 2;
    return known.size - 1;
  };
  const flush = (): CandidateBlock => {
    const ordered = sortPairs(pairs);
    const some = [...known.keys()];
    const block = { left: texts.readSome(some), pairs: ordered };
    const result = { number: ++number, block, texts: some, pairs: ordered.length / 2 };
    [pairs, bytes, known] = [[], 0, new Map()];
    return result;
  };
  for (const [one, other] of candidatePairs(texts, ratio)) {
    pairs.push(place(one), place(other));
    if (pairs.length >= 2 * BLOCK.pairs || bytes >= BLOCK.bytes) yield flush();
  }
  if (pairs.length > 0) yield flush();
}

function sortPairs(pairs: readonly number[]): Uint32Array {
  const order = Array.from({ length: pairs.length / 2 }, (_, i) => i)
    .sort((a, b) => pairs[2 * a]! - pairs[2 * b]! || pairs[2 * a + 1]! - pairs[2 * b + 1]!);
  return Uint32Array.from(order.flatMap((i) => [pairs[2 * i]!, pairs[2 * i + 1]!]));
}

function* candidatePairs(
  { count, lengths, sketches, tiles }: Sketched,
  ratio: number,
): Generator<readonly [number, number]> {
  if (!sketches) return;
  const { bands, values } = sketches;
  const newer = new Uint8Array(count);
  for (const tile of tiles) {
    if (tile.newer) newer.fill(1, tile.first, tile.first + tile.count);
  }
  const order = new Uint32Array(count);
  for (let band = 0; band < bands; band++) {
    const value = (text: number) => values[text * bands + band]!;
    for (let text = 0; text < count; text++) order[text] = text;
    order.sort((a, b) => value(a) - value(b) || a - b);
    for (let from = 0; from < count;) {
      let to = from + 1;
      while (to < count && value(order[to]!) === value(order[from]!)) to++;
      for (let i = from; i < to; i++) {
        for (let j = i + 1; j < to; j++) {
          const [one, other] = [order[i]!, order[j]!];
          if (!newer[one] && !newer[other]) continue;
          const [a, b] = [lengths[one]!, lengths[other]!];
          if (scoreOf(Math.abs(a - b), a + b) + 0.001 < ratio) continue;
          if (sharedBefore(values, one * bands, other * bands, band)) continue;
          yield [one, other];
        }
      }
      from = to;
    }
  }
}

/** Whether two sketches share a band before this one: then they came up there. */
function sharedBefore(values: Uint32Array, one: number, other: number, band: number): boolean {
  for (let i = 0; i < band; i++) if (values[one + i] === values[other + i]) return true;
  return false;
}
