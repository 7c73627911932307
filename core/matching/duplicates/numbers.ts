// The numbers of a document. Two invoices of one customer are nearly equal texts, and no duplicates: their
// numbers differ. Invariant: where in doubt, they differ, so that no document is deleted by mistake.

import { createHash } from "node:crypto";

/** Letters and digits without anything between, and what may stand between them in a number. One expression for
 * words with digits would try each start of a long one to its end. */
const SEGMENT = /[\p{L}\p{M}\p{N}]+/gu;
const REST = /[\p{L}\p{M}\p{N}.,:/'’_-]*/uy;
const DIGIT = /\p{N}/u;
const MARKS = new Set(".,:/'’_-");

/** Two digits in a row, nothing but digits, or a digit and a letter as in house numbers. What bad scans make of
 * words (peri0d, 1etter, 0f) is none of these. */
const NUMBER = /\p{N}[.,:/'’_-]?\p{N}|^\P{L}*$|^[2-46-9]\p{L}$/u;

/** Every number of a text, in order: amounts with their separators, dates, and names with digits in them. In time
 * proportional to the text, whatever is in it. */
export function* numbersOf(text: string): Generator<string> {
  for (const word of wordsWithDigits(text)) if (NUMBER.test(word)) yield word;
}

/** Words with a digit in them, their sign included, without the punctuation around. */
function* wordsWithDigits(text: string): Generator<string> {
  const segment = new RegExp(SEGMENT);
  const rest = new RegExp(REST);
  let done = 0;
  for (let found = segment.exec(text); found; found = segment.exec(text)) {
    if (!DIGIT.test(found[0])) continue;
    const isSigned = found.index > done && "+-".includes(text[found.index - 1]!);
    rest.lastIndex = segment.lastIndex;
    rest.exec(text);
    let end = rest.lastIndex;
    while (MARKS.has(text[end - 1]!)) end--;
    yield text.slice(isSigned ? found.index - 1 : found.index, end);
    segment.lastIndex = done = end;
  }
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
