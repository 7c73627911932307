// Rows that refer to rows that are not there: a database that was edited or restored by hand. The application
// fails on them at the worst moment, and MariaDB or PostgreSQL refuse to take them over.

import { sql } from "kysely";
import { fieldsOf, manyToManyOf } from "../schema/model.ts";
import { modelNamed, modelsOf } from "../schema/registry.ts";
import type { Check, RowsWorld } from "./check.ts";

/** A column that refers to a table. */
interface Reference {
  readonly table: string;
  readonly key: string;
  readonly column: string;
  readonly target: string;
  readonly targetKey: string;
}

/** `foreign-keys` */
export const foreignKeys: Check = {
  name: "foreign-keys",
  level: "error",
  origin: "paperward",
  summary: "A row refers to a row that does not exist.",
  async *rows(world) {
    for (const { table, key, column, target, targetKey } of references(world)) {
      // Without an order of rows the index on the column is enough: the rows themselves hold long texts.
      const rows = world.snapshot.rows({
        table,
        columns: [{ column: key, kind: "auto" }, { column, kind: "foreignKey" }],
        join: sql`left join ${sql.table(target)} as target on ${sql.ref(`target.${targetKey}`)} = ${
          sql.ref(`${table}.${column}`)
        }`,
        where: sql`${sql.ref(`${table}.${column}`)} is not null and ${
          sql.ref(`target.${targetKey}`)
        } is null`,
      }, 500);
      for await (const batch of rows) {
        for (const [pk, value] of batch) {
          yield {
            message: `row ${pk} of ${table}: ${column} is ${value}, but ${target} has no such row`,
            facts: { table, row: String(pk), column, value: String(value), target },
          };
        }
      }
    }
  },
};

/** Tables of an optional part (audit log) may be missing. */
function* references(world: RowsWorld): Generator<Reference> {
  const { tables } = world.snapshot;
  for (const reference of allReferences(world)) {
    if (tables.has(reference.table) && tables.has(reference.target)) yield reference;
  }
}

function* allReferences({ snapshot }: RowsWorld): Generator<Reference> {
  const { generation } = snapshot;
  for (const model of modelsOf(generation)) {
    for (const { column, to } of fieldsOf(model, generation)) {
      if (to === undefined) continue;
      const { table: target, primaryKey: targetKey } = modelNamed(to);
      yield { table: model.table, key: model.primaryKey, column, target, targetKey };
    }
    for (const { table, fromColumn, toColumn, to } of manyToManyOf(model, generation)) {
      const { table: target, primaryKey: targetKey } = modelNamed(to);
      const key = "id";
      yield {
        table,
        key,
        column: fromColumn,
        target: model.table,
        targetKey: model.primaryKey,
      };
      yield { table, key, column: toColumn, target, targetKey };
    }
  }
}
