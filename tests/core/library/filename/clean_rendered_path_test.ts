// From printed text to a path, in upstream's order.

import { strictEqual } from "node:assert/strict";
import { cleanRenderedPath } from "../../../../core/library/filename/clean_rendered_path.ts";

type Vector = readonly [text: string, path: string | null, removed?: string];

/** Text, path, and path with PAPERLESS_FILENAME_FORMAT_REMOVE_NONE where it differs. */
const VECTORS: readonly Vector[] = [
  ["a/b", "a/b"],
  ["", ""],
  ["  \n ", ""],
  [
    "\n  somepath/\n   some where/2020-06-25\n /Does Matter\n  ",
    "somepath/some where/2020-06-25/Does Matter",
  ],
  ["a\r\nb\rc", "abc"],
  ["a \t/\u00a0\u3000 b", "a/b"],
  ["a\u001c/ b", "a/b"],
  ["\ufeff/a", "\ufeff/a"],
  ["//etc/something/doc1", "etc/something/doc1"],
  ["/a/b/", "a/b"],
  ["a//b", "a//b"],
  ["a/../b", null],
  ["..", null],
  ["../a", null],
  ["a/..", null],
  ["..a/b..", "..a/b.."],
  ["a/./b", "a/./b"],
  ["a\0b", null],
  ["-none-/-none-", "none/none", "none".slice(4)],
  ["a/-none-/b", "a/none/b", "a/b"],
  ["a/-none-/-none-/b", "a/none/none/b", "a//b"],
  ["a -none- b", "a none b", "a b"],
  ["XX-none-/doc1", "XXnone/doc1", "XX/doc1"],
  ["-none-/2020/-none-/x", "none/2020/none/x", "2020/x"],
  ["-none-", "none", ""],
];

for (const [text, path, removed] of VECTORS) {
  Deno.test(`${JSON.stringify(text)} is the path ${JSON.stringify(path)}`, () => {
    strictEqual(cleanRenderedPath(text, "v2", false), path);
    strictEqual(cleanRenderedPath(text, "v2", true), removed ?? path);
  });
}

Deno.test("v3 composes what v2 leaves in pieces", () => {
  strictEqual(cleanRenderedPath("e\u0301/x", "v3", false), "é/x");
  strictEqual(cleanRenderedPath("e\u0301/x", "v2", false), "e\u0301/x");
});
