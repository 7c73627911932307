// Entry of the Workers that match texts. They hold no permission at all, and are ended from outside where a
// pattern takes too long.

import { openPartialFinder, type PartialFinder } from "../../wasm/similarity/partial_finder.ts";
import {
  applyRule,
  FUZZY_CUT_OFF,
  type PreparedText,
  prepareText,
  type RuleHelpers,
} from "./match_rule.ts";
import { BEAT, type MatcherInit, type MatcherJob, type TextVerdict } from "./matcher_protocol.ts";

const scope = globalThis as unknown as DedicatedWorkerGlobalScope;

scope.onmessage = ({ data: init }: MessageEvent<MatcherInit>) => {
  const work = openWork(init);
  scope.onmessage = ({ data: job }: MessageEvent<MatcherJob>) => scope.postMessage(work(job));
};

/** A pattern that the engine refuses, or runs out of memory with. */
class Unusable extends Error {}

function openWork({ rules, explain, beat }: MatcherInit): (job: MatcherJob) => TextVerdict[] {
  const beats = new Int32Array(beat);
  // One for each way to treat case: rules of both kinds are mixed, and taking a text costs more than searching it.
  const finders: { finder?: PartialFinder; holds?: string }[] = [{}, {}];
  const patterns = new Map<string, RegExp>();

  const helpers: RuleHelpers = {
    fuzzy(text, rule) {
      const prepared = text.fuzzy(rule.insensitive);
      const own = finders[rule.insensitive ? 1 : 0]!;
      own.finder ??= openPartialFinder();
      if (own.holds !== prepared) own.finder.setText(prepared);
      own.holds = prepared;
      return own.finder.reaches(rule.text, FUZZY_CUT_OFF);
    },
    search(text, { pattern: { source, latin, flags, needles } }) {
      // Whatever case: what a pattern needs is folded.
      const folded = text.searched(true);
      if (!needles.every((needle) => folded.grams.mayHave(needle))) return false;
      if (!needles.every((needle) => folded.text.includes(needle))) return false;
      // From here on somebody looks at the clock.
      Atomics.add(beats, BEAT.ticket, 1);
      try {
        const best = text.isLatin ? latin : source;
        const key = `${flags} ${best}`;
        let pattern = patterns.get(key);
        if (!pattern) patterns.set(key, pattern = new RegExp(best, flags));
        return pattern.test(text.raw);
      } catch (error) {
        // Too large to be compiled, or no room left to go back: everything else is a defect.
        if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
        throw new Unusable(error.message);
      } finally {
        Atomics.add(beats, BEAT.ticket, 1);
      }
    },
  };

  return ({ texts, skip, skipRules }) => {
    const skipped = new Set(skip);
    const dropped = new Set(skipRules);
    return texts.map((raw, at): TextVerdict => {
      const text = prepareText(raw);
      const [matches, undecided, why]: [number[], number[], string[]] = [[], [], []];
      for (const [index, rule] of rules.entries()) {
        if (rule.kind === "unusable") {
          undecided.push(index);
          if (explain) why.push(rule.why);
          continue;
        }
        if (dropped.has(index) || skipped.has(at * rules.length + index)) {
          undecided.push(index);
          if (explain) why.push("its pattern takes too long");
          continue;
        }
        Atomics.store(beats, BEAT.rule, index);
        Atomics.store(beats, BEAT.text, at);
        const verdict = tryRule(rule, text, helpers);
        if (verdict === undefined) undecided.push(index);
        else if (verdict.matches) matches.push(index);
        if (explain) why.push(verdict?.why ?? "its pattern takes too much");
      }
      return { matches, undecided, ...(explain ? { why } : {}) };
    });
  };

  function tryRule(rule: MatcherInit["rules"][number], text: PreparedText, helpers: RuleHelpers) {
    try {
      return applyRule(rule, text, helpers, explain);
    } catch (error) {
      if (error instanceof Unusable) return undefined;
      throw error;
    }
  }
}
