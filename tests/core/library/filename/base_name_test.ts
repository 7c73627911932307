// The exporter's default names, and the promise that counting up ends.

import { ok, strictEqual } from "node:assert/strict";
import {
  type BaseNameParts,
  defaultBaseName,
} from "../../../../core/library/filename/base_name.ts";

const bytes = (text: string) => new TextEncoder().encode(text).length;

const VECTORS: readonly (readonly [Partial<BaseNameParts>, string])[] = [
  [{}, "2024-03-15.pdf"],
  [{ title: "Invoice" }, "2024-03-15 Invoice.pdf"],
  [{ correspondent: "ACME Ltd.", title: "Invoice" }, "2024-03-15 ACME Ltd. Invoice.pdf"],
  // A correspondent without a name is one all the same.
  [{ correspondent: "", title: "" }, "2024-03-15 .pdf"],
  [{ correspondent: "", title: "Invoice" }, "2024-03-15  Invoice.pdf"],
  [{ title: "" }, "2024-03-15.pdf"],
  [{ correspondent: null, title: "a/b:c" }, "2024-03-15 a-b-c.pdf"],
  [{ title: "x", counter: 1 }, "2024-03-15 x_01.pdf"],
  [{ title: "x", counter: 12, extension: "" }, "2024-03-15 x_12"],
  [{ title: "dots...", extension: "" }, "2024-03-15 dots"],
];

for (const [parts, name] of VECTORS) {
  Deno.test(`${JSON.stringify(parts)} is ${name}`, () => {
    strictEqual(defaultBaseName({ created: "2024-03-15", extension: ".pdf", ...parts }), name);
  });
}

for (const letter of ["a", "é", "請", "😀", "/", "a "]) {
  Deno.test(`a long title of ${JSON.stringify(letter)} keeps counter and extension`, () => {
    const names = Array.from({ length: 120 }, (_, counter) =>
      defaultBaseName({
        created: "2024-03-15",
        correspondent: letter.repeat(128),
        title: letter.repeat(128),
        extension: ".pdf",
        counter,
      }));
    strictEqual(new Set(names).size, names.length);
    for (const name of names) {
      ok(bytes(name) <= 255, name);
      ok(name.endsWith(".pdf"), name);
    }
    ok(names[7]!.endsWith("_07.pdf"));
  });
}

Deno.test("a name of exactly 255 bytes is left as it is", () => {
  const title = "a".repeat(255 - "2024-03-15 ".length - ".pdf".length);
  strictEqual(
    defaultBaseName({ created: "2024-03-15", title, extension: ".pdf" }),
    `2024-03-15 ${title}.pdf`,
  );
});
