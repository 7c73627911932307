// How documents are printed in the audit log and in lists: as Python's str(document).

import { strictEqual } from "node:assert/strict";
import { documentText, type ObjectNames } from "../../../../core/matching/retag/object_names.ts";

const NAMES = new Map([[1, "ACME"], [2, ""]]);
const names: ObjectNames = {
  name: (_kind, id) => id === null ? undefined : NAMES.get(id),
  inOrder: () => [],
};

const VECTORS: readonly (readonly [number | null, string, string])[] = [
  [1, "Invoice", "2024-03-15 ACME Invoice"],
  [null, "Invoice", "2024-03-15 Invoice"],
  [1, "", "2024-03-15 ACME"],
  [null, "", "2024-03-15"],
  // A correspondent without a name is one all the same.
  [2, "Invoice", "2024-03-15  Invoice"],
  [2, "", "2024-03-15 "],
];

for (const [correspondent, title, text] of VECTORS) {
  Deno.test(`correspondent ${correspondent}, title "${title}" is "${text}"`, () => {
    strictEqual(documentText({ created: "2024-03-15", correspondent, title }, names), text);
  });
}
