// Fuzzy rules decide as rapidfuzz's partial_ratio does, on the edge too.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { openPartialFinder } from "../../../wasm/similarity/mod.ts";

const vectors = JSON.parse(
  Deno.readTextFileSync(new URL("./partial_vectors.json", import.meta.url)),
) as {
  readonly cutOff: number;
  readonly cases: readonly (readonly [match: string, text: string, reaches: 0 | 1])[];
};

Deno.test("every recorded pair is decided as rapidfuzz decides it", () => {
  const finder = openPartialFinder();
  const wrong = vectors.cases.filter(([match, text, reaches]) => {
    finder.setText(text);
    return finder.reaches(match, vectors.cutOff) !== (reaches === 1);
  });
  deepStrictEqual(wrong, []);
  const found = vectors.cases.filter(([, , reaches]) => reaches).length;
  ok(found > 200 && vectors.cases.length - found > 200, `${found} of ${vectors.cases.length}`);
});

/** The definition, window by window. */
function partialRatio(one: readonly string[], other: readonly string[]): number {
  const [short, long] = one.length <= other.length ? [one, other] : [other, one];
  if (short.length === 0) return long.length === 0 ? 100 : 0;
  const ratio = (window: readonly string[]) => {
    let row = new Array<number>(window.length + 1).fill(0);
    for (const letter of short) {
      const next = [0];
      window.forEach((each, i) =>
        next.push(each === letter ? row[i]! + 1 : Math.max(next[i]!, row[i + 1]!))
      );
      row = next;
    }
    return 200 * row.at(-1)! / (short.length + window.length);
  };
  let best = 0;
  for (let start = 1 - short.length; start < long.length; start++) {
    best = Math.max(best, ratio(long.slice(Math.max(0, start), start + short.length)));
  }
  return best;
}

Deno.test("any cut-off is decided as the definition says", () => {
  const finder = openPartialFinder();
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return Math.floor(seed / 2147483648 * below);
  };
  const text = (length: number, letters: number) =>
    Array.from({ length }, () => String.fromCharCode(97 + random(letters)));
  const seen = { yes: 0, no: 0 };
  for (let round = 0; round < 400; round++) {
    const letters = 2 + random(6);
    const [one, other] = [text(1 + random(12), letters), text(1 + random(30), letters)];
    const score = Math.max(
      partialRatio(one, other),
      one.length === other.length ? partialRatio(other, one) : 0,
    );
    finder.setText(other.join(""));
    for (const cutOff of [50, 70, 80, 90, 100]) {
      const expected = score * (1 + 1e-12) >= cutOff;
      seen[expected ? "yes" : "no"]++;
      strictEqual(
        finder.reaches(one.join(""), cutOff),
        expected,
        `${one.join("")} in ${other.join("")}: ${score} and ${cutOff}`,
      );
    }
  }
  ok(seen.yes > 200 && seen.no > 200);
});
