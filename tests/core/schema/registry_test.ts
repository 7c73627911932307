// Proves that the registry forgets nothing: every table and column of real databases is in it or on the list
// of what is left out, and the other way round, with the same nullability and types.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { exportModels } from "../../../core/archive/records/export_models.ts";
import type { Field } from "../../../core/schema/field.ts";
import {
  existsIn,
  fieldsOf,
  type Generation,
  manyToManyOf,
  type Model,
} from "../../../core/schema/model.ts";
import { findModel, modelNamed, MODELS, modelsOf } from "../../../core/schema/registry.ts";
import {
  COLUMNS_NEVER_EXPORTED,
  type LeftOut,
  MODELS_NEVER_EXPORTED,
  TABLES_WITHOUT_MODEL,
} from "../../../core/schema/tables_left_out.ts";
import { fixturesRoot, recordedExport, unpackLibrary, withoutFixtures } from "../../_fixtures.ts";

const GENERATIONS = [["v2", "v2.20.15"], ["v3", "v3.0.5"]] as const;

/** A column as SQLite tells it. */
interface Column {
  readonly name: string;
  readonly type: string;
  readonly null: boolean;
  readonly generated: boolean;
  readonly foreignTable: string | undefined;
}

function columnsOf(database: DatabaseSync, table: string): Map<string, Column> {
  const foreign = new Map(
    database.prepare(`PRAGMA foreign_key_list("${table}")`).all()
      .map((row) => [String(row.from), String(row.table)]),
  );
  return new Map(
    database.prepare(`PRAGMA table_xinfo("${table}")`).all().map((row) => [String(row.name), {
      name: String(row.name),
      type: String(row.type).toLowerCase(),
      null: row.notnull === 0,
      generated: row.hidden === 2 || row.hidden === 3,
      foreignTable: foreign.get(String(row.name)),
    }]),
  );
}

/** Django's column types in SQLite (schema.md §1.1). */
function typeOf(field: Field): string {
  switch (field.kind) {
    case "auto":
    case "integer":
      return "integer";
    case "foreignKey":
      return typeOf({ ...keyOf(modelNamed(field.to ?? "")), to: "" });
    case "char":
    case "file":
    case "multiSelect":
      return `varchar(${field.maxLength})`;
    case "text":
    case "json":
      return "text";
    case "boolean":
      return "bool";
    case "smallInteger":
      return "smallint";
    case "positiveInteger":
      return "integer unsigned";
    case "positiveSmallInteger":
      return "smallint unsigned";
    case "bigInteger":
      return "bigint";
    case "float":
      return "real";
    case "uuid":
      return "char(32)";
    case "ip":
      return "char(39)";
    case "decimal":
    case "date":
    case "datetime":
      return field.kind;
  }
}

function keyOf(model: Model): Field {
  const [key] = model.fields;
  ok(key, model.label);
  return key;
}

function differences(database: DatabaseSync, generation: Generation): string[] {
  const found: string[] = [];
  const tables = new Set(
    database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all().map(({ name }) =>
      String(name)
    ),
  );
  for (const table of Object.keys(TABLES_WITHOUT_MODEL)) {
    if (!tables.delete(table)) found.push(`${table}: left out, but not there`);
  }
  for (const model of modelsOf(generation)) {
    if (!tables.delete(model.table)) {
      found.push(`${model.table}: not in the database`);
      continue;
    }
    const columns = columnsOf(database, model.table);
    for (const field of fieldsOf(model, generation)) {
      const column = columns.get(field.column);
      columns.delete(field.column);
      const what = `${model.table}.${field.column}`;
      if (!column) found.push(`${what}: not in the database`);
      else {
        if (column.null !== field.null) found.push(`${what}: null is ${column.null}`);
        if (column.type !== typeOf(field)) {
          found.push(`${what}: ${column.type}, not ${typeOf(field)}`);
        }
        if (column.generated !== (field.generated ?? false)) {
          found.push(`${what}: generated is ${column.generated}`);
        }
        const target = field.to === undefined ? undefined : modelNamed(field.to).table;
        if (column.foreignTable !== target) found.push(`${what}: points to ${column.foreignTable}`);
      }
    }
    for (const column of columns.keys()) {
      found.push(`${model.table}.${column}: not in the registry`);
    }
    for (const list of manyToManyOf(model, generation)) {
      if (!tables.delete(list.table)) {
        found.push(`${list.table}: not in the database`);
        continue;
      }
      const links = [...columnsOf(database, list.table).values()]
        .filter(({ name }) => name !== "id")
        .map(({ name, foreignTable }) => `${name} → ${foreignTable}`);
      const expected = [
        `${list.fromColumn} → ${model.table}`,
        `${list.toColumn} → ${modelNamed(list.to).table}`,
      ];
      if (links.sort().join() !== expected.sort().join()) found.push(`${list.table}: ${links}`);
    }
  }
  for (const table of tables) found.push(`${table}: not in the registry`);
  return found;
}

for (const [generation, version] of GENERATIONS) {
  Deno.test({
    name: `registry: every table and column of a ${version} library`,
    ignore: withoutFixtures(),
    fn() {
      using library = unpackLibrary(version);
      const database = new DatabaseSync(library.database);
      try {
        deepStrictEqual(differences(database, generation), []);
        // The comparison itself must notice: one column and one table more.
        database.exec(
          "ALTER TABLE documents_tag ADD COLUMN extra text NULL; CREATE TABLE more (id)",
        );
        deepStrictEqual(differences(database, generation), [
          "documents_tag.extra: not in the registry",
          "more: not in the registry",
        ]);
      } finally {
        database.close();
      }
    },
  });

  Deno.test({
    name: `registry: every table and column of a fresh ${version} schema`,
    ignore: withoutFixtures(),
    fn() {
      const database = new DatabaseSync(":memory:");
      try {
        database.function("regexp", { deterministic: true }, (_pattern, _value) => 1);
        const script = Deno.readTextFileSync(`${fixturesRoot()}/schema/${version}/sqlite.sql`);
        database.exec(
          script.split("\n").filter((line) => !line.includes("TABLE sqlite_sequence")).join("\n"),
        );
        deepStrictEqual(differences(database, generation), []);
      } finally {
        database.close();
      }
    },
  });

  Deno.test({
    name: `registry: keys of ${version}'s records and their order`,
    ignore: withoutFixtures(),
    fn() {
      const records = recordedExport(version, "plain").manifests.get("manifest.json") ?? [];
      ok(records.length > 0);
      for (const record of records) {
        const label = String(record.get("model"));
        const model = modelNamed(label);
        const expected = [
          ...fieldsOf(model, generation).slice(1).filter(({ name }) =>
            !(`${label} ${name}` in COLUMNS_NEVER_EXPORTED)
          ),
          ...manyToManyOf(model, generation),
        ].map(({ name }) => name);
        deepStrictEqual(
          [...(record.get("fields") as Map<string, unknown>).keys()],
          expected,
          label,
        );
      }
    },
  });

  Deno.test(`registry: each model of ${generation} is exported or on the list of those that aren't`, () => {
    const exported = exportModels(generation, { auditLog: true }).map(({ model }) => model.label);
    strictEqual(new Set(exported).size, exported.length);
    const leftOut = labels(MODELS_NEVER_EXPORTED, generation);
    deepStrictEqual(
      [...exported, ...leftOut].sort(),
      modelsOf(generation).map(({ label }) => label).sort(),
    );
    for (const column of labels(COLUMNS_NEVER_EXPORTED, generation)) {
      const [label = "", name] = column.split(" ");
      ok(exported.includes(label), column);
      ok(fieldsOf(modelNamed(label), generation).some((field) => field.name === name), column);
    }
  });
}

function labels(list: Readonly<Record<string, LeftOut>>, generation: Generation): string[] {
  return Object.entries(list)
    .filter(([, { generations }]) => generations?.includes(generation) ?? true)
    .map(([label]) => label);
}

Deno.test("registry: labels and tables are unique and foreign keys point to models", () => {
  strictEqual(new Set(MODELS.map(({ label }) => label)).size, MODELS.length);
  strictEqual(new Set(MODELS.map(({ table }) => table)).size, MODELS.length);
  for (const model of MODELS as readonly Model[]) {
    strictEqual(model.label, `${model.app}.${model.name}`);
    for (const field of model.fields) {
      strictEqual(
        field.kind === "foreignKey",
        field.to !== undefined,
        `${model.label} ${field.name}`,
      );
      if (field.to !== undefined) ok(findModel(field.to), `${model.label} ${field.name}`);
    }
  }
});

Deno.test("existsIn: since is included, until is not", () => {
  const range = { since: "2.9", until: "2.20" };
  deepStrictEqual(
    ["2.8.9", "2.9", "2.10.1", "2.19.6", "2.20", "2.20.15", "3.0"].map((version) =>
      existsIn(range, version)
    ),
    [false, true, true, true, false, false, false],
  );
  strictEqual(existsIn({}, "1.0"), true);
});
