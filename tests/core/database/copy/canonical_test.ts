// The one form in which rows of different databases are compared: what paperless-ngx takes for equal has one
// form, what differs has two.

import { strict as assert } from "node:assert";
import { canonicalJson } from "../../../../core/database/canonical_json.ts";
import { canonicalValue, RowSum } from "../../../../core/database/canonical_row.ts";
import type { StorageValue } from "../../../../core/database/storage_value.ts";
import type { FieldKind } from "../../../../core/schema/field.ts";

const EQUAL_JSON = [
  [`{"b": 1, "a": [1,2]}`, `{"a":[1, 2],"b":1}`],
  [`{"a": 1, "a": 2}`, `{"a": 2}`],
  ["1.50", "1.5"],
  ["1e2", "100"],
  ["-0.0", "0"],
  [`"\\u00e4\\/"`, `"ä/"`],
  ["12345678901234567890", "12345678901234567890.0"],
] as const;

const DIFFERENT_JSON = [
  ["1", `"1"`],
  ["[1, 2]", "[2, 1]"],
  ["12345678901234567890", "12345678901234567891"],
  ["0.1", "0.10000000000000001"],
  ["null", `"null"`],
  ["{}", "[]"],
  [`{"a": 1}`, `{"a": 1, "b": null}`],
  ["-1", "1"],
] as const;

Deno.test("equal JSON has one form, however it was written", () => {
  for (const [one, other] of EQUAL_JSON) assert.equal(canonicalJson(one), canonicalJson(other));
});

Deno.test("different JSON has different forms", () => {
  for (const [one, other] of DIFFERENT_JSON) {
    assert.notEqual(canonicalJson(one), canonicalJson(other), `${one} ${other}`);
  }
});

Deno.test("what is no JSON stays as it is", () => {
  for (const text of ["", "{", "[1,", "{1}", "[1]]", "nul", `{"a" 1}`, "[".repeat(100_000)]) {
    assert.equal(canonicalJson(text), text);
  }
});

Deno.test("values of all databases come to one form", () => {
  const cases: readonly (readonly [FieldKind, StorageValue, StorageValue])[] = [
    ["datetime", "2024-01-02 03:04:05.100000", "2024-01-02T03:04:05.1"],
    ["datetime", "2024-01-02 03:04:05", "2024-01-02 03:04:05.000000"],
    ["uuid", "0123456789ABCDEF0123456789abcdef", "01234567-89ab-cdef-0123-456789abcdef"],
    ["float", 5n, 5],
    ["ip", "2001:DB8::0001", "2001:db8:0:0::1"],
  ];
  for (const [kind, one, other] of cases) {
    assert.equal(canonicalValue(kind, one), canonicalValue(kind, other), kind);
  }
  assert.notEqual(canonicalValue("text", ""), canonicalValue("text", null));
});

Deno.test("a sum knows rows in any order, and every difference", () => {
  const sum = (rows: readonly (readonly StorageValue[])[]) => {
    const made = new RowSum(["auto", "text", "text"]);
    for (const row of rows) made.add(row);
    return `${made.rows} ${made.checksum}`;
  };
  const rows: StorageValue[][] = [[1n, "a", "b"], [2n, "", null], [3n, "x", "y"]];
  assert.equal(sum(rows), sum(rows.toReversed()));
  const others: StorageValue[][][] = [
    [[1n, "ab", ""], [2n, "", null], [3n, "x", "y"]],
    [[1n, "a", "b"], [2n, null, ""], [3n, "x", "y"]],
    [[1n, "a", "b"], [2n, "", null], [3n, "x", "Y"]],
    [[1n, "a", "b"], [2n, "", null]],
    [[1n, "a", "b"], [1n, "a", "b"], [2n, "", null]],
    [[2n, "a", "b"], [1n, "", null], [3n, "x", "y"]],
  ];
  for (const other of others) assert.notEqual(sum(rows), sum(other));
});
