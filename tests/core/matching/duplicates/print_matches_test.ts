// The table of 3.0 where there is less room than it wants. Expected is what Rich prints at these widths.

import assert from "node:assert/strict";
import {
  documentLabel,
  matchLine,
  type MatchRow,
  matchTable,
} from "../../../../core/matching/duplicates/print_matches.ts";
import { displayWidth } from "../../../../core/report/display_width.ts";

Deno.test("a line as 2.20 prints it", () => {
  assert.equal(matchLine(3, 20n, 99.3499), "Document 3 fuzzy match to 20 (confidence 99.350)");
});

Deno.test("columns are as wide as their texts, at least 24, and shrink alike where there is no room", () => {
  /** Widths of all columns. @param columns of the terminal @param left @param right widest texts */
  const widths = (columns: number, left: number, right: number) => {
    const row = { number: 1, left: "x".repeat(left), right: "x".repeat(right), score: 90 };
    const [, rule] = [...matchTable(() => [row], 85, columns)];
    return rule!.split(/[┏┳┓]/).slice(1, -1).map(({ length }) => length - 2);
  };
  assert.deepEqual(widths(160, 10, 30), [4, 24, 30, 11]);
  assert.deepEqual(widths(160, 200, 200), [4, 66, 66, 11]);
  assert.deepEqual(widths(160, 30, 200), [4, 30, 102, 11]);
  assert.deepEqual(widths(80, 40, 60), [4, 26, 26, 11]);
  assert.deepEqual(widths(20, 40, 60), [4, 24, 24, 11]);
});

Deno.test("every line is as wide as the table; long words are cut, wide characters counted", () => {
  const rows: readonly MatchRow[] = [
    {
      number: 1,
      left: documentLabel(1, "x".repeat(90)),
      right: documentLabel(2, "日本語の文書 ".repeat(6)),
      score: 99.25,
    },
    { number: 2, left: documentLabel(3, "a\nb\u202e"), right: documentLabel(4, ""), score: 85 },
  ];
  const lines = [...matchTable(() => rows, 85, 80)];
  assert.deepEqual(new Set(lines.map(displayWidth)), new Set([80]));
  assert.match(lines.join("\n"), /x…/);
  assert.match(lines.join("\n"), /99\.2%/);
  assert.match(lines.join("\n"), /#3 a\\nb\\u202e/);
});
