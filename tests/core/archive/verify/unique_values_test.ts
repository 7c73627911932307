// What must differ: the groups of fields are those that a library's own database keeps unique, and a value that
// is there twice is found however it is written.

import { strict as assert } from "node:assert";
import { DatabaseSync } from "node:sqlite";
import { openUniqueValues, uniqueGroups } from "../../../../core/archive/verify/unique_values.ts";
import { importSchema } from "../../../../core/archive/import/import_schema.ts";
import type { RawRecord } from "../../../../core/archive/manifest/raw_record.ts";
import type { Generation } from "../../../../core/schema/model.ts";
import { createLibrary } from "../../../../migrations/create_library.ts";
import { tempFolder } from "../../../_fixtures.ts";

const schemaOf = (generation: Generation) =>
  importSchema(generation, { datetime: "2026-01-01 00:00:00", date: "2026-01-01" });

/** Columns that a database keeps unique without a condition, by table; primary keys left out. */
function uniqueColumns(path: string): Map<string, string[]> {
  using database = new DatabaseSync(path, { readOnly: true });
  const found = new Map<string, string[]>();
  const indexes = database.prepare(
    `SELECT m.name AS "table", i.name AS "index" FROM sqlite_master m, pragma_index_list(m.name) i
     WHERE m.type = 'table' AND i."unique" AND NOT i.partial AND i.origin <> 'pk'`,
  ).all() as unknown as { readonly table: string; readonly index: string }[];
  for (const { table, index } of indexes) {
    const columns = database.prepare(`SELECT name FROM pragma_index_info(?)`).all(index);
    const text = columns.map(({ name }) => String(name)).sort().join();
    found.set(table, [...found.get(table) ?? [], text].sort());
  }
  return found;
}

for (const generation of ["v2", "v3"] as const) {
  Deno.test(`${generation}: what must differ is what the database keeps unique`, () => {
    using temp = tempFolder();
    const path = `${temp.path}/db.sqlite3`;
    createLibrary({ path, generation });
    const wanted = uniqueColumns(path);
    const schema = schemaOf(generation);
    const groups = uniqueGroups(schema);
    let compared = 0;
    for (const model of schema.models) {
      const column = (name: string) => model.fields[model.indexOf(name)]!.column;
      const ours = (groups.get(model.label) ?? []).map((names) => names.map(column).sort().join());
      const theirs = wanted.get(model.model.table) ?? [];
      for (const each of theirs) assert.ok(ours.includes(each), `${model.label}: ${each}`);
      compared += theirs.length;
      assert.deepEqual(ours.filter((each) => !theirs.includes(each)), [], model.label);
    }
    assert.ok(compared > 15);
  });
}

Deno.test("twins are told by their values, not by how they are written", () => {
  const tag = (pk: number, name: string, owner: string): RawRecord => ({
    model: "documents.tag",
    pk: String(pk),
    fields: new Map([["name", name], ["owner", owner]]),
    extras: new Map(),
  });
  const records = [
    tag(1, '"M\\u00fcll"', "null"),
    tag(2, '"Müll"', "null"),
    tag(3, '"Müll"', "7"),
    tag(4, '"müll"', "7"),
    tag(5, '"Müll"', "7"),
    // The same number again: another finding's.
    tag(5, '"Müll"', "7"),
  ];
  const values = openUniqueValues(schemaOf("v3"));
  const numbers = new Set<string>();
  for (const record of records) {
    if (!numbers.has(record.pk)) values.add(record, Number(record.pk));
    numbers.add(record.pk);
  }
  assert.equal(values.hasTwins, true);
  const twinsOf = values.tellTwins();
  const told = records.flatMap((record) =>
    [...twinsOf(record, Number(record.pk))].map(({ fields, first }) =>
      `${record.pk} as ${first}: ${fields}`
    )
  );
  assert.deepEqual(told, ["2 as 1: name and owner", "5 as 3: name and owner"]);
});
