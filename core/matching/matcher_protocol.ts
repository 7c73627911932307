// What the matcher and its Workers say to each other.

import type { Rule } from "./match_rule.ts";

/** The first message to a Worker. */
export interface MatcherInit {
  readonly rules: readonly Rule[];
  readonly explain: boolean;
  /** See {@linkcode BEAT}. */
  readonly beat: SharedArrayBuffer;
}

/** Places in the shared memory by which a Worker tells what it is at. */
export const BEAT = {
  /** Odd while a pattern is searched; another number each time. */
  ticket: 0,
  rule: 1,
  text: 2,
} as const;

/** Texts to match. */
export interface MatcherJob {
  readonly texts: readonly string[];
  /** `text * number of rules + rule`: not to be tried again. */
  readonly skip: readonly number[];
  /** Rules that are not tried any more. */
  readonly skipRules: readonly number[];
}

/** What the rules say of one text. */
export interface TextVerdict {
  /** Indices of the rules that match, ascending. */
  readonly matches: readonly number[];
  /** Rules of which nobody knows, because their search took too long or too much. */
  readonly undecided: readonly number[];
  /** For each rule, where it was asked for. */
  readonly why?: readonly string[];
}
