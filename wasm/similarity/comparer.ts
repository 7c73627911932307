// Blocks of pairs and what comes out of them. The one place that knows how a block lies in the module's memory.

import { fillInput, type KernelExports, openKernel } from "./_kernel.ts";

/** How upstream decides: 2.20 compares the ratio, 3.0 hands it to rapidfuzz as a cut-off as well. */
export type RatioRule = "compared" | "cut-off";

/** Prepared texts, one behind the other. */
export interface Tile {
  /** The texts themselves. */
  readonly bytes: Uint8Array;
  /** Where each text ends in them. */
  readonly ends: Uint32Array;
}

/** All pairs of two tiles, all pairs within one, or some pairs within one. */
export interface Block {
  /** The first text of each pair is one of these. */
  readonly left: Tile;
  /** Absent: the pairs of `left` itself. */
  readonly right?: Tile;
  /** Only these pairs of `left`: two numbers each, sorted by the first. */
  readonly pairs?: Uint32Array;
}

/** How many pairs went which way. Each pair is counted once, by what decided it. */
export interface PairCounters {
  /** All that were looked at. */
  readonly pairs: number;
  /** The lengths alone are too different. */
  readonly byLength: number;
  /** The numbers of each character are. */
  readonly byHistogram: number;
  /** The characters of some classes, in their order, are. */
  readonly byClasses: number;
  /** The texts are, by their exact distance. */
  readonly byDistance: number;
  /** The rest: they match. */
  readonly matched: number;
}

/** What came out of a block. */
export interface BlockResult {
  /** Three numbers a match: which text of the left tile, which of the right one, and their distance. */
  readonly matches: Uint32Array<ArrayBuffer>;
  /** What decided its pairs. */
  readonly counters: PairCounters;
}

/** Compares blocks in this thread. */
export interface Comparer {
  compare(block: Block): BlockResult;
}

/** What all blocks of a run have in common. */
export interface ComparerOptions {
  /** Of the library's texts; see {@linkcode TextPreparation}. Any alphabet gives the same matches. */
  readonly alphabet: Uint32Array;
  /** 0–100 */
  readonly ratio: number;
  /** How the ratio is applied. */
  readonly rule: RatioRule;
}

const FAILED = 0xffff_ffff;

/** Opens a comparer. @throws {TypeError} where the alphabet is none */
export function openComparer(
  options: ComparerOptions,
  kernel: KernelExports = openKernel(),
): Comparer {
  const { alphabet, ratio } = options;
  const cutOff = options.rule === "cut-off" ? 1 : 0;
  fillInput(kernel, bytesOf(alphabet));
  if (kernel.open(alphabet.length) === 0) {
    throw new TypeError("Cannot compare texts: the alphabet is malformed");
  }
  return {
    compare({ left, right, pairs }) {
      let count: number;
      if (pairs) {
        fillInput(kernel, bytesOf(left.ends), bytesOf(pairs), left.bytes);
        count = kernel.compare_pairs(
          left.ends.length,
          pairs.length / 2,
          left.bytes.length,
          ratio,
          cutOff,
        );
      } else {
        const second = right ?? NOTHING;
        fillInput(kernel, bytesOf(left.ends), bytesOf(second.ends), left.bytes, second.bytes);
        count = kernel.compare(
          left.ends.length,
          second.ends.length,
          left.bytes.length,
          second.bytes.length,
          ratio,
          cutOff,
        );
      }
      if (count >>> 0 === FAILED) throw new Error("The comparer of texts has no alphabet");
      return readResult(kernel, count >>> 0);
    },
  };
}

const NOTHING: Tile = { bytes: new Uint8Array(), ends: new Uint32Array() };

function bytesOf(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

function readResult(kernel: KernelExports, count: number): BlockResult {
  const { buffer } = kernel.memory;
  const [pairs = 0, byLength = 0, byHistogram = 0, byClasses = 0, byDistance = 0, matched = 0] =
    new Uint32Array(buffer, kernel.counters(), 6);
  return {
    matches: new Uint32Array(buffer, kernel.matches(), count * 3).slice(),
    counters: { pairs, byLength, byHistogram, byClasses, byDistance, matched },
  };
}

/** Nothing was counted yet. */
export const NO_PAIRS: PairCounters = {
  pairs: 0,
  byLength: 0,
  byHistogram: 0,
  byClasses: 0,
  byDistance: 0,
  matched: 0,
};

/** The sum of two counts. */
export function addCounters(one: PairCounters, other: PairCounters): PairCounters {
  return {
    pairs: one.pairs + other.pairs,
    byLength: one.byLength + other.byLength,
    byHistogram: one.byHistogram + other.byHistogram,
    byClasses: one.byClasses + other.byClasses,
    byDistance: one.byDistance + other.byDistance,
    matched: one.matched + other.matched,
  };
}
