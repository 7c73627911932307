// Ratios and how they are printed.

import assert from "node:assert/strict";
import { formatScore, scoreOf } from "../../../../core/matching/duplicates/score.ts";

Deno.test("ratios are rapidfuzz's", () => {
  assert.equal(scoreOf(0, 0), 100);
  assert.equal(scoreOf(7, 7), 0);
  assert.equal(scoreOf(3, 20), 85);
});

Deno.test("scores print as Python prints them: halves go to the even digit", () => {
  // Python: format(x, ".1f"), format(x, ".3f")
  for (
    const [score, one, three] of [
      [68.25, "68.2", "68.250"],
      [68.75, "68.8", "68.750"],
      [0.25, "0.2", "0.250"],
      [99.35, "99.3", "99.350"],
      [100, "100.0", "100.000"],
      [0, "0.0", "0.000"],
      [12.0625, "12.1", "12.062"],
      [12.1875, "12.2", "12.188"],
      [99.94999999999999, "99.9", "99.950"],
    ] as const
  ) {
    assert.equal(formatScore(score, 1), one);
    assert.equal(formatScore(score, 3), three);
  }
});
