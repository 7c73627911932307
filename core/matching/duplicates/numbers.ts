// The numbers of a document. Two invoices of one customer are nearly equal texts, and no duplicates: their
// numbers differ. Invariant: where in doubt, they differ, so that no document is deleted by mistake.

import { createHash } from "node:crypto";

/** Words with a digit in them, without the punctuation around. */
const WORD = /[+-]?[\p{L}\p{M}\p{N}]*\p{N}(?:[\p{L}\p{M}\p{N}.,:/'’_-]*[\p{L}\p{M}\p{N}])?/gu;

/** Two digits in a row, nothing but digits, or a digit and a letter as in house numbers. What bad scans make of
 * words (peri0d, 1etter, 0f) is none of these. */
const NUMBER = /\p{N}[.,:/'’_-]?\p{N}|^\P{L}*$|^[2-46-9]\p{L}$/u;

/** Every number of a text, in order: amounts with their separators, dates, and names with digits in them. */
export function* numbersOf(text: string): Generator<string> {
  for (const [word] of text.matchAll(WORD)) if (NUMBER.test(word)) yield word;
}

/** 64 bits that are equal for texts with the same numbers in the same order. */
export function numbersMark(text: string): bigint {
  const hash = createHash("sha256");
  for (const number of numbersOf(text)) hash.update(`${number}\0`);
  return hash.digest().readBigUInt64BE();
}

/** Whether a word holds a number. */
export function hasNumber(word: string): boolean {
  return !numbersOf(word).next().done;
}
