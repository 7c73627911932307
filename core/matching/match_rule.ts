// One rule against one text, for all algorithms but the regular expression, whose search needs a watchman.
// Invariant: the decisions are those of 2.20.15 and 3.0.5.

import { gramSet } from "./gram_set.ts";
import { exactTerm, hasTerm, type SearchedText, splitTerms, type Term } from "./match_terms.ts";
import { PatternError } from "./python_pattern.ts";
import { fold, strip, wordsAndSpace } from "./python_text.ts";
import { isLatin, type TranslatedPattern, translatePattern } from "./translate_pattern.ts";

/** Values of `matching_algorithm`. */
export const ALGORITHMS = {
  none: 0,
  any: 1,
  all: 2,
  exact: 3,
  regex: 4,
  fuzzy: 5,
  automatic: 6,
} as const;

/** The columns of an object that make its rule. */
export interface RuleColumns {
  readonly match: string;
  readonly algorithm: number;
  readonly insensitive: boolean;
}

/** A rule that is ready to be used. It survives a structured clone. */
export type Rule =
  | { readonly kind: "never"; readonly why: string }
  | { readonly kind: "automatic" }
  | { readonly kind: "any" | "all"; readonly terms: readonly Term[]; readonly insensitive: boolean }
  | { readonly kind: "exact"; readonly term: Term; readonly insensitive: boolean }
  | { readonly kind: "regex"; readonly pattern: TranslatedPattern; readonly text: string }
  | { readonly kind: "fuzzy"; readonly text: string; readonly insensitive: boolean }
  /** Nobody can say whether it matches: upstream could use it, or its number is from the future. */
  | { readonly kind: "unusable"; readonly why: string }
  /** Upstream can't use it either: it never matches. */
  | { readonly kind: "invalid"; readonly why: string };

/** Least score of a fuzzy rule. */
export const FUZZY_CUT_OFF = 90;

/** Makes a rule ready. */
export function compileRule({ match, algorithm, insensitive }: RuleColumns): Rule {
  // Upstream compares nothing where the text of a rule is blank, whatever its algorithm.
  if (algorithm === ALGORITHMS.automatic) return { kind: "automatic" };
  if (algorithm === ALGORITHMS.none) return { kind: "never", why: "it has no rule" };
  if (strip(match) === "") return { kind: "never", why: "its rule is empty" };
  switch (algorithm) {
    case ALGORITHMS.any:
      return { kind: "any", terms: splitTerms(match, insensitive), insensitive };
    case ALGORITHMS.all:
      return { kind: "all", terms: splitTerms(match, insensitive), insensitive };
    case ALGORITHMS.exact:
      return { kind: "exact", term: exactTerm(match, insensitive), insensitive };
    case ALGORITHMS.regex:
      try {
        return { kind: "regex", pattern: translatePattern(match, insensitive), text: match };
      } catch (error) {
        if (!(error instanceof PatternError)) throw error;
        return { kind: error.kind === "invalid" ? "invalid" : "unusable", why: error.message };
      }
    case ALGORITHMS.fuzzy:
      return { kind: "fuzzy", text: fuzzyText(match, insensitive), insensitive };
    default:
      return { kind: "unusable", why: `its algorithm ${algorithm} is not known` };
  }
}

/** A text as fuzzy rules compare it. */
function fuzzyText(text: string, insensitive: boolean): string {
  const kept = wordsAndSpace(text);
  return insensitive ? kept.toLowerCase() : kept;
}

/** A text in the forms in which rules want it, each made once. */
export interface PreparedText {
  readonly raw: string;
  readonly folded: string;
  readonly isLatin: boolean;
  /** For terms; folded where case is ignored. */
  searched(insensitive: boolean): SearchedText;
  fuzzy(insensitive: boolean): string;
}

/** Prepares a text. */
export function prepareText(raw: string): PreparedText {
  let folded: string | undefined;
  let latin: boolean | undefined;
  const fuzzy: [string?, string?] = [];
  const searched: [SearchedText?, SearchedText?] = [];
  return {
    raw,
    get folded() {
      return folded ??= fold(raw);
    },
    get isLatin() {
      return latin ??= isLatin(raw);
    },
    searched(insensitive) {
      const index = insensitive ? 1 : 0;
      const known = searched[index];
      if (known) return known;
      const text = insensitive ? this.folded : raw;
      return searched[index] = { text, grams: gramSet(text) };
    },
    fuzzy: (insensitive) => fuzzy[insensitive ? 1 : 0] ??= fuzzyText(raw, insensitive),
  };
}

/** What a rule says of a text. */
export interface Verdict {
  readonly matches: boolean;
  /** In plain words; made only where it is asked for. */
  readonly why?: string;
}

/** Does what rules can't do by themselves. */
export interface RuleHelpers {
  /** Whether the fuzzy rule's text is nearly in the prepared one. */
  fuzzy(text: PreparedText, rule: Extract<Rule, { readonly kind: "fuzzy" }>): boolean;
  /** Whether the pattern finds something. */
  search(text: PreparedText, rule: Extract<Rule, { readonly kind: "regex" }>): boolean;
}

/** Applies a rule. @param explain says why, too */
export function applyRule(
  rule: Rule,
  text: PreparedText,
  helpers: RuleHelpers,
  explain: boolean,
): Verdict {
  const say = (matches: boolean, why: () => string): Verdict =>
    explain ? { matches, why: why() } : { matches };
  switch (rule.kind) {
    case "never":
    case "invalid":
    case "unusable":
      return say(false, () => rule.why);
    case "automatic":
      return say(false, () => "there is no model to predict it");
    case "any": {
      const content = text.searched(rule.insensitive);
      const found = rule.terms.find((term) => hasTerm(content, term));
      return say(
        found !== undefined,
        () => found ? `it contains "${found.text}"` : "it contains none of the words",
      );
    }
    case "all": {
      const content = text.searched(rule.insensitive);
      const missing = rule.terms.find((term) => !hasTerm(content, term));
      return say(
        missing === undefined,
        () => missing ? `it doesn't contain "${missing.text}"` : "it contains all of the words",
      );
    }
    case "exact": {
      const matches = hasTerm(text.searched(rule.insensitive), rule.term);
      return say(
        matches,
        () => `it ${matches ? "contains" : "doesn't contain"} "${rule.term.text}"`,
      );
    }
    case "regex": {
      const matches = helpers.search(text, rule);
      return say(matches, () => `the pattern ${rule.text} ${matches ? "is" : "isn't"} found in it`);
    }
    case "fuzzy": {
      const matches = helpers.fuzzy(text, rule);
      return say(
        matches,
        () =>
          `${matches ? "something" : "nothing"} in it is like "${rule.text}" (${FUZZY_CUT_OFF}%)`,
      );
    }
  }
}
