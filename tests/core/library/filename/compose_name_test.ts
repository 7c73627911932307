// Version, counter and extension behind a rendered path.

import { strictEqual } from "node:assert/strict";
import { composeName, type NameParts } from "../../../../core/library/filename/compose_name.ts";

const VECTORS: readonly (readonly [path: string | null, parts: NameParts, name: string])[] = [
  ["a/b", { extension: ".pdf" }, "a/b.pdf"],
  ["a/b.c", { extension: ".pdf" }, "a/b.c.pdf"],
  ["a/b", { extension: ".pdf", counter: 1 }, "a/b_01.pdf"],
  ["a/b", { extension: ".pdf", counter: 100 }, "a/b_100.pdf"],
  ["a/b", { extension: ".pdf", versionIndex: 3 }, "a/b_v3.pdf"],
  ["a/b", { extension: ".pdf", versionIndex: 0, counter: 2 }, "a/b_v0_02.pdf"],
  ["a/b", { extension: "", versionIndex: null }, "a/b"],
  ["a//b/./c", { extension: ".pdf" }, "a/b/c.pdf"],
  [".", { extension: ".pdf" }, ".pdf"],
  [null, { extension: ".pdf" }, "0000007.pdf"],
  [null, { extension: ".jpg", counter: 1, versionIndex: 2 }, "0000007_v2_01.jpg"],
];

for (const [path, parts, name] of VECTORS) {
  Deno.test(`${path} with ${JSON.stringify(parts)} is ${name}`, () => {
    strictEqual(composeName({ pk: 7, path, problems: [] }, parts), name);
  });
}

Deno.test("a long id is not cut", () => {
  strictEqual(
    composeName({ pk: 123456789, path: null, problems: [] }, { extension: "" }),
    "123456789",
  );
});
