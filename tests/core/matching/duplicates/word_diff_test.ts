// Which words differ: both texts can be put together again from the runs.

import assert from "node:assert/strict";
import { diffWords } from "../../../../core/matching/duplicates/word_diff.ts";
import { random } from "../../../_random.ts";

/** One text, put together again. */
function side(left: string, right: string, which: "left" | "right"): string {
  return diffWords(left, right).runs.filter(({ kind }) => kind === "same" || kind === which)
    .flatMap(({ words }) => words).join(" ");
}

Deno.test("words that differ stand in runs of their own", () => {
  assert.deepEqual(diffWords("Total: 480 EUR due now", "Total: 632 EUR due"), {
    runs: [
      { kind: "same", words: ["Total:"] },
      { kind: "left", words: ["480"] },
      { kind: "right", words: ["632"] },
      { kind: "same", words: ["EUR", "due"] },
      { kind: "left", words: ["now"] },
    ],
    cut: 0,
  });
});

Deno.test("empty and equal texts", () => {
  assert.deepEqual(diffWords("", ""), { runs: [], cut: 0 });
  assert.deepEqual(diffWords("a b", "a\n b"), {
    runs: [{ kind: "same", words: ["a", "b"] }],
    cut: 0,
  });
  assert.deepEqual(diffWords("", "x").runs, [{ kind: "right", words: ["x"] }]);
});

Deno.test("no word gets lost, whatever the texts", () => {
  const dice = random(4);
  for (let round = 0; round < 300; round++) {
    const text = () =>
      Array.from({ length: dice.below(40) }, () => "abcde"[dice.below(5)]).join(" ");
    const [left, right] = [text(), text()];
    assert.equal(side(left, right, "left"), left);
    assert.equal(side(left, right, "right"), right);
  }
});

Deno.test("the fewest words differ", () => {
  const { runs } = diffWords("a b c a b b a", "c b a b a c");
  const differing = runs.filter(({ kind }) => kind !== "same").flatMap(({ words }) => words);
  // The example of Myers's paper: five.
  assert.equal(differing.length, 5);
});

Deno.test("texts that are too different, or too long, end in time and say so", () => {
  const words = (prefix: string, count: number) =>
    Array.from({ length: count }, (_, i) => `${prefix}${i}`).join(" ");
  const [left, right] = [words("x", 5000), words("y", 5000)];
  assert.equal(side(left, right, "left"), left);
  assert.equal(side(left, right, "right"), right);
  assert.equal(diffWords(words("x", 7000), words("x", 6500)).cut, 1000);
});
