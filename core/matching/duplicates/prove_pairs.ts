// Compares some pairs once more, from the texts as they were read. Invariant: nothing is believed of a checkpoint,
// which anybody may have written: what is deleted on its account has been compared in this run.

import type { SimilarityJob } from "../../../wasm/similarity/mod.ts";
import { type PairSearch, type PairWorld, RULES } from "./find_pairs.ts";
import type { Texts } from "./texts.ts";

/** Two documents by their indices. */
export interface Claim {
  readonly one: number;
  readonly other: number;
}

/** Pairs of a block: few, so that their texts are. */
const BLOCK = 8;

/** Which of the claims hold, by their place in the list. */
export async function provePairs(
  { openPool, stop }: Pick<PairWorld, "openPool" | "stop">,
  texts: Texts,
  { ratio, generation }: Pick<PairSearch, "ratio" | "generation">,
  claims: readonly Claim[],
): Promise<ReadonlySet<number>> {
  const textOf = new Uint32Array(texts.ids.length);
  for (let text = 0; text < texts.count; text++) {
    for (const document of texts.documentsOf(text)) textOf[document] = text;
  }
  const proven = new Set<number>();
  const open: number[] = [];
  for (const [place, { one, other }] of claims.entries()) {
    if (textOf[one] === textOf[other]) proven.add(place);
    else open.push(place);
  }
  if (open.length === 0) return proven;
  function* jobs(): Generator<SimilarityJob> {
    for (let at = 0; at < open.length; at += BLOCK) {
      const some = open.slice(at, at + BLOCK)
        .flatMap((place) => [textOf[claims[place]!.one]!, textOf[claims[place]!.other]!]);
      const pairs = Uint32Array.from(some.keys());
      yield { number: at, block: { left: texts.readSome(some), pairs } };
    }
  }
  const pool = openPool({ size: 1, alphabet: texts.alphabet, ratio, rule: RULES[generation] });
  try {
    for await (const { number, matches } of pool.run(jobs(), { stop: stop.memory })) {
      for (let i = 0; i < matches.length; i += 3) proven.add(open[number + matches[i]! / 2]!);
    }
  } finally {
    pool.close();
  }
  stop.throwIfRequested();
  return proven;
}
