import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { displayWidth, pad, truncate } from "../../../core/report/display_width.ts";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatNumber,
  formatTable,
} from "../../../core/report/format.ts";

Deno.test("sizes", () => {
  const cases = [
    [0, "0 bytes"],
    [1, "1 byte"],
    [999, "999 bytes"],
    [1000, "1.0 kB"],
    [999_949, "999.9 kB"],
    [999_950, "1.0 MB"],
    [1_500_000, "1.5 MB"],
    [2n ** 40n, "1.1 TB"],
    [1e18, "1000.0 PB"],
  ] as const;
  for (const [bytes, text] of cases) strictEqual(formatBytes(bytes), text);
});

Deno.test("durations", () => {
  const cases = [
    [-5, "0.0 s"],
    [400, "0.4 s"],
    [9_949, "9.9 s"],
    [9_950, "10 s"],
    [59_499, "59 s"],
    [59_500, "1:00"],
    [125_000, "2:05"],
    [3_599_600, "1:00:00"],
    [3_723_000, "1:02:03"],
    [360_000_000, "100:00:00"],
    [Infinity, "?"],
    [NaN, "?"],
  ] as const;
  for (const [ms, text] of cases) strictEqual(formatDuration(ms), text);
});

Deno.test("counts", () => {
  strictEqual(formatCount(1, "document"), "1 document");
  strictEqual(formatCount(0, "document"), "0 documents");
  strictEqual(formatCount(1_234_567n, "entry", "entries"), "1,234,567 entries");
  strictEqual(formatNumber(-1000), "-1,000");
  strictEqual(formatNumber(100), "100");
});

Deno.test("tables are aligned by what is seen, and escaped", () => {
  deepStrictEqual(
    formatTable([["1", "請求書", "x"], ["20", "é\n", "yy"]], {
      header: ["Id", "Title", "Issue"],
      align: ["right", "left"],
    }),
    ["Id  Title   Issue", " 1  請求書  x", "20  é\\n     yy"],
  );
  deepStrictEqual(formatTable([["a", "b".repeat(10)]], { columns: 8 }), ["a  bbbb…"]);
  deepStrictEqual(formatTable([]), []);
});

Deno.test("width counts columns, cutting keeps graphemes whole", () => {
  strictEqual(displayWidth("請求書"), 6);
  strictEqual(displayWidth("e\u0301"), 1);
  strictEqual(displayWidth("👨‍👩‍👧"), 2);
  const widths = [
    ["한글".normalize("NFD"), 4],
    ["がき".normalize("NFD"), 4],
    ["A\u0308rzte", 5],
    ["Rech\u00adnung\u200b\ufeff", 8],
    ["🇩🇪", 2],
    ["1️⃣", 2],
    ["👍🏽", 2],
    ["☺", 1],
    ["☺️", 2],
    ["…—“ß", 4],
    ["ｶﾅ", 2],
    ["ＡＢ", 4],
    ["\ud800", 1],
  ] as const;
  for (const [text, columns] of widths) strictEqual(displayWidth(text), columns, text);
  strictEqual(truncate("請求書", 6), "請求書");
  strictEqual(truncate("請求書", 5), "請求…");
  strictEqual(truncate("請求書", 4), "請…");
  strictEqual(truncate("a👨‍👩‍👧b", 3), "a…");
  strictEqual(truncate("e\u0301e\u0301e\u0301", 2), "e\u0301…");
  strictEqual(truncate("abc", 0), "");
  strictEqual(truncate("abc", 1), "…");
  strictEqual(truncate("x".repeat(10_000_000), 5), "xxxx…");
  strictEqual(pad("請", 4), "請  ");
  strictEqual(pad("請", 4, "right"), "  請");
});
