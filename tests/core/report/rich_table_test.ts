// How cells of tables are broken into lines: as Rich does it, worked out by hand from its rules.

import assert from "node:assert/strict";
import { headWidths, richTable, widen } from "../../../core/report/rich_table.ts";

/** The lines of a cell in a table of one column. @param columns of the cell */
function cellLines(text: string, columns: number): string[] {
  const heads = [{ head: "x" }];
  const widths = headWidths(heads);
  widen(widths, [text]);
  const table = { title: "", columns: heads, style: "heavy", widths } as const;
  return [...richTable(table, [[text]], columns + 4)]
    .filter((line) => line.startsWith("│ "))
    .map((line) => line.slice(2, -2));
}

Deno.test("spaces stay with the word before them: no line begins with one", () => {
  assert.deepEqual(cellLines("aa bb   cc", 5), ["aa bb", "cc   "]);
  assert.deepEqual(cellLines("aa  bb", 3), ["aa ", "bb "]);
  assert.deepEqual(cellLines("  aa bb", 5), ["  aa ", "bb   "]);
});

Deno.test("any white space may end a line, not only the plain one", () => {
  assert.deepEqual(cellLines("aa\u3000bb\u3000cc", 6), ["aa\u3000bb", "cc    "]);
  assert.deepEqual(cellLines("aa\u00a0bb cc", 4), ["aa  ", "bb  ", "cc  "]);
});

Deno.test("a word that is too long begins a line and is cut in the last column, also before a wide character", () => {
  assert.deepEqual(cellLines("a bcdefgh i", 5), ["a    ", "bcde…", "i    "]);
  assert.deepEqual(cellLines("日本日本日本", 6), ["日本 …"]);
  assert.deepEqual(cellLines("日本日本日本", 7), ["日本日…"]);
});
