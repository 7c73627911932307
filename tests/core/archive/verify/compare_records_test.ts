// Comparing what was exported with what was restored: each difference is named, order and numbers of content
// types are none.

import { strict as assert } from "node:assert";
import { compareRecords } from "../../../../core/archive/verify/compare_records.ts";
import { importSchema } from "../../../../core/archive/import/import_schema.ts";
import type { RawRecord } from "../../../../core/archive/manifest/raw_record.ts";
import { StopSignal } from "../../../../core/sandbox/stop_signal.ts";

const schema = importSchema("v3", { datetime: "2026-01-01 00:00:00", date: "2026-01-01" });

type Fields = Readonly<Record<string, unknown>>;

const record = (model: string, pk: number, fields: Fields): RawRecord => ({
  model,
  pk: String(pk),
  fields: new Map(Object.entries(fields).map(([name, value]) => [name, JSON.stringify(value)])),
  extras: new Map(),
});

const correspondent = (pk: number, name: string): RawRecord =>
  record("documents.correspondent", pk, {
    name,
    match: "",
    matching_algorithm: 1,
    is_insensitive: true,
    owner: null,
  });

async function differences(
  before: readonly RawRecord[],
  after: readonly RawRecord[],
  ignore: readonly string[] = [],
): Promise<string[]> {
  const told: string[] = [];
  const read = async function* (records: readonly RawRecord[]) {
    yield { records };
  };
  await compareRecords({
    before: () => read(before),
    after: () => read(after),
    schema,
    ignore: new Set(ignore),
    stop: new StopSignal(),
    onDifference: (message) => told.push(message),
  });
  return told;
}

const three = [correspondent(1, "a"), correspondent(2, "b"), correspondent(3, "c")];

Deno.test("the same records in another order are the same", async () => {
  assert.deepEqual(await differences(three, three.toReversed()), []);
});

Deno.test("what is missing, what is otherwise and what is new are told by name", async () => {
  const after = [correspondent(1, "a"), correspondent(3, "d"), correspondent(4, "e")];
  assert.deepEqual((await differences(three, after)).sort(), [
    "documents.correspondent 2 is not in the restored library",
    "documents.correspondent 3 is otherwise in the restored library: name",
    "documents.correspondent 4 is only in the restored library",
  ]);
  assert.deepEqual(await differences(three, []), [
    "documents.correspondent 1 is not in the restored library",
    "documents.correspondent 2 is not in the restored library",
    "documents.correspondent 3 is not in the restored library",
  ]);
  assert.equal((await differences([], three)).length, 3);
  const swapped = [correspondent(1, "b"), correspondent(2, "a"), correspondent(3, "c")];
  assert.equal((await differences(three, swapped)).length, 2);
});

Deno.test("a field that may differ is left out", async () => {
  const after = [correspondent(1, "x"), ...three.slice(1)];
  assert.deepEqual(await differences(three, after, ["documents.correspondent name"]), []);
});

Deno.test("permissions are compared by name: each library numbers its own", async () => {
  const library = (offset: number, codename: string): RawRecord[] => [
    record("contenttypes.contenttype", 1 + offset, { app_label: "documents", model: "tag" }),
    record("auth.permission", 5 + offset, { name: "x", content_type: 1 + offset, codename }),
    record("auth.group", 1, { name: "g", permissions: [5 + offset] }),
  ];
  assert.deepEqual(await differences(library(0, "add_tag"), library(10, "add_tag")), []);
  assert.deepEqual(await differences(library(0, "add_tag"), library(10, "view_tag")), [
    "auth.group 1 is otherwise in the restored library: permissions",
  ]);
});

Deno.test("of many differences some are listed, the rest is counted", async () => {
  const many = Array.from({ length: 100 }, (_, index) => correspondent(index + 1, `n${index}`));
  const told = await differences(many, many.map(({ pk }) => correspondent(Number(pk), "x")));
  assert.equal(told.length, 21);
  assert.equal(told.at(-1), "80 more records of documents.correspondent differ");
});
