// The tables that the migrations create and the registry of models are written down apart, as migrations
// outlive models; here they are held against each other, so that neither can drift.

import { strict as assert } from "node:assert";
import { fieldsOf, type Generation, manyToManyOf } from "../../core/schema/model.ts";
import type { Field } from "../../core/schema/field.ts";
import { modelNamed, modelsOf } from "../../core/schema/registry.ts";
import { type UniqueKey, uniqueKeysOf } from "../../core/schema/unique_keys.ts";
import { FRESH } from "../../migrations/fresh.ts";
import type { Column, Table } from "../../migrations/operation.ts";

function tablesOf(generation: Generation): Map<string, Table> {
  const operations = FRESH[generation].flatMap((migration) => migration.operations);
  return new Map(
    operations.flatMap((operation) =>
      operation.kind === "createTable" ? [[operation.table.name, operation.table]] : []
    ),
  );
}

/** What both sides can say of a column. */
function facts(column: Column): Record<string, unknown> {
  return {
    kind: column.kind === "bigAuto" ? "auto" : column.kind,
    null: column.null ?? false,
    length: column.length,
    references: column.references,
    generated: column.generated !== undefined,
  };
}

function factsOfField(field: Field): Record<string, unknown> {
  const kinds: Readonly<Record<string, string>> = {
    foreignKey: "integer",
    multiSelect: "char",
    file: "char",
  };
  return {
    kind: kinds[field.kind] ?? field.kind,
    null: field.null,
    length: field.maxLength,
    references: field.to ? modelNamed(field.to).table : undefined,
    generated: field.generated ?? false,
  };
}

for (const generation of ["v2", "v3"] as const) {
  Deno.test(`${generation}: the migrations create exactly the tables of the registry`, () => {
    const models = modelsOf(generation);
    const expected = models.flatMap((model) => [
      model.table,
      ...manyToManyOf(model, generation).map((list) => list.table),
    ]);
    assert.deepEqual([...tablesOf(generation).keys()].toSorted(), expected.toSorted());
  });

  Deno.test(`${generation}: columns are what the registry says`, () => {
    const tables = tablesOf(generation);
    for (const model of modelsOf(generation)) {
      const columns = tables.get(model.table)?.columns ?? {};
      const ours = Object.entries(columns).map(([name, column]) => [name, facts(column)]);
      const theirs = fieldsOf(model, generation).map((each) => [each.column, factsOfField(each)]);
      assert.deepEqual(Object.fromEntries(ours), Object.fromEntries(theirs), model.label);
    }
  });

  Deno.test(`${generation}: a column alone is unique where the registry says so`, () => {
    const tables = tablesOf(generation);
    for (const model of modelsOf(generation)) {
      const table = tables.get(model.table);
      const unique = new Set([
        ...Object.entries(table?.columns ?? {}).filter(([, column]) =>
          column.unique || column.primaryKey
        ).map(([name]) => name),
        ...Object.values(table?.constraints ?? {}).filter((list) => list.length === 1).flat(),
      ]);
      const expected = fieldsOf(model, generation).filter((field) => field.unique).map((field) =>
        field.column
      );
      assert.deepEqual([...unique].toSorted(), expected.toSorted(), model.label);
    }
  });
}

/** As the migrations write it in SQL. */
const AMONG: Readonly<Record<string, UniqueKey["among"]>> = {
  '"owner_id" IS NULL': { owner_id: [null] },
  '"primary"': { primary: [1n] },
  '"verified"': { verified: [1n] },
  "\"type\" IN ('totp', 'recovery_codes')": { type: ["totp", "recovery_codes"] },
  '("root_document_id" IS NOT NULL AND "version_index" IS NOT NULL)': {},
};

for (const generation of ["v2", "v3"] as const) {
  Deno.test(`${generation}: values have to differ where the migrations say so`, () => {
    const tables = tablesOf(generation);
    const brief = ({ columns, among }: UniqueKey) =>
      [...columns, ...Object.entries(among ?? {}).map(String), among ? "some" : "all"].join(" ");
    for (const model of modelsOf(generation)) {
      const table = tables.get(model.table);
      const made: UniqueKey[] = [
        ...Object.entries(table?.columns ?? {})
          .filter(([, column]) => column.unique || column.primaryKey)
          .map(([name]) => ({ columns: [name] })),
        ...Object.values(table?.constraints ?? {}).map((columns) => ({ columns })),
        ...(table?.indexes ?? []).filter(({ unique }) => unique).map(({ columns, where }) => {
          const among = where === undefined ? undefined : AMONG[where];
          assert.equal(among === undefined, where === undefined, `${model.table}: ${where}`);
          return { columns, ...(among ? { among } : {}) };
        }),
      ];
      assert.deepEqual(
        uniqueKeysOf(model, generation).map(brief).toSorted(),
        made.map(brief).toSorted(),
        model.table,
      );
    }
  });
}
