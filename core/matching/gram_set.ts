// Which runs of four characters a text has, roughly: most words that aren't in a text are found out by it without
// a search. Invariant: what is in the text is never denied.

/** Bits of the set, as a power of two: a text of 20,000 characters fills a twentieth. */
const BITS = 18;
const LENGTH = 4;

/** The runs of a text. */
export interface GramSet {
  /** Whether something may be in the text: where not, it isn't. */
  mayHave(text: string): boolean;
}

/** Gathers the runs of a text. */
export function gramSet(text: string): GramSet {
  const bits = new Uint32Array(1 << (BITS - 5));
  // Four shifts push a character out: the number depends on the last four only.
  let run = 0;
  for (let at = 0; at < text.length; at++) {
    run = (run << 8) ^ text.charCodeAt(at);
    if (at < LENGTH - 1) continue;
    const bit = bitOf(run);
    bits[bit >>> 5]! |= 1 << (bit & 31);
  }
  return {
    mayHave(text) {
      let run = 0;
      for (let at = 0; at < text.length; at++) {
        run = (run << 8) ^ text.charCodeAt(at);
        if (at < LENGTH - 1) continue;
        const bit = bitOf(run);
        if ((bits[bit >>> 5]! & 1 << (bit & 31)) === 0) return false;
      }
      return true;
    },
  };
}

function bitOf(run: number): number {
  return Math.imul(run, 0x9e3779b1) >>> (32 - BITS);
}
