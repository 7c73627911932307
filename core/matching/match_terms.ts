// The rules any, all and exact: their terms, and where a term is in a text. Everything is searched by hand: no
// pattern can explode here. Behaviour of 2.20.15 and 3.0.5 (`\b<term>\b` of Python's re).

import type { GramSet } from "./gram_set.ts";
import { fold, isSpace, isWord, isWordAt, isWordBefore, splitAtSpace } from "./python_text.ts";

/** A term of a rule: words with any white space between them. */
export interface Term {
  /** As written, for people. */
  readonly text: string;
  /** Its words, folded where case is ignored; none: a term of blanks, found wherever a word is. */
  readonly pieces: readonly string[];
}

/** A text in which terms are looked for. */
export interface SearchedText {
  readonly text: string;
  readonly grams: GramSet;
}

/** The terms of a rule's text: words, and phrases in double quotes. */
export function splitTerms(match: string, insensitive: boolean): Term[] {
  const terms: Term[] = [];
  for (let at = 0; at < match.length;) {
    if (isSpace(match.charCodeAt(at))) {
      at++;
      continue;
    }
    const close = match[at] === '"' ? match.indexOf('"', at + 1) : -1;
    // A quote that isn't closed, or has nothing in it, is a character as any other.
    const isQuoted = close > at + 1;
    let end = isQuoted ? close : at;
    if (!isQuoted) { while (end < match.length && !isSpace(match.charCodeAt(end))) end++; }
    const text = match.slice(isQuoted ? at + 1 : at, end);
    at = isQuoted ? end + 1 : end;
    const pieces = splitAtSpace(text);
    terms.push({ text: pieces.join(" "), pieces: insensitive ? pieces.map(fold) : pieces });
  }
  return terms;
}

/** The one term of an exact rule: its text as it is, blanks and all. */
export function exactTerm(match: string, insensitive: boolean): Term {
  return { text: match, pieces: [insensitive ? fold(match) : match] };
}

/** Whether a term is in a text. @param searched folded where case is ignored */
export function hasTerm({ text, grams }: SearchedText, { pieces }: Term): boolean {
  const [first, ...others] = pieces;
  if (first === undefined) return hasWord(text);
  if (!pieces.every((piece) => grams.mayHave(piece))) return false;
  for (let at = text.indexOf(first); at >= 0; at = text.indexOf(first, at + 1)) {
    if (isBoundary(text, at) && isBoundary(text, endOf(text, at + first.length, others))) {
      return true;
    }
  }
  return false;
}

/** Where a term ends whose further words come from here on; −1 where they don't. */
function endOf(text: string, from: number, pieces: readonly string[]): number {
  let at = from;
  for (const piece of pieces) {
    const start = at;
    while (at < text.length && isSpace(text.charCodeAt(at))) at++;
    if (at === start || !text.startsWith(piece, at)) return -1;
    at += piece.length;
  }
  return at;
}

function isBoundary(text: string, at: number): boolean {
  return at >= 0 && isWordBefore(text, at) !== isWordAt(text, at);
}

function hasWord(text: string): boolean {
  for (const character of text) if (isWord(character.codePointAt(0)!)) return true;
  return false;
}
