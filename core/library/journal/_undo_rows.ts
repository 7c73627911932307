// Taking back the row steps of an entry. Invariant: a row is only touched where it is exactly as the entry
// left it, and all of it happens in the caller's one transaction.

import { type Kysely, sql } from "kysely";
import type { LibraryDatabase } from "../../database/database.ts";
import type { Generation, Model } from "../../schema/model.ts";
import { fieldsOf, manyToManyOf } from "../../schema/model.ts";
import { modelsOf } from "../../schema/registry.ts";
import type { Tables } from "../../schema/tables.ts";
import { encodeValue, type JournalStep, type RowKey, type RowValues } from "./journal_step.ts";
import {
  findRows,
  type FoundRow,
  markedColumns,
  type MarkedLibrary,
  markOfRow,
  ROWS_AT_ONCE,
} from "./mark_rows.ts";
import type { Conflict } from "./_undo_files.ts";

/** Steps about rows. */
export type RowStep = Extract<
  JournalStep,
  { readonly kind: "rows inserted" | "row changed" | "row deleted" }
>;

/** Whether a step is about rows. */
export function isRowStep(step: JournalStep): step is RowStep {
  return step.kind === "rows inserted" || step.kind === "row changed" ||
    step.kind === "row deleted";
}

/** What is wrong with the table that a step names: it is none of a library, or its key or columns are others. A
 * journal may have been changed by somebody else. */
export function strangeTable(
  { generation, tables }: Pick<LibraryDatabase, "generation" | "tables">,
  step: RowStep,
): Conflict | undefined {
  const { table } = step;
  const models = modelsOf(generation);
  const model = models.find((each) => each.table === table);
  const list = models.some((each) =>
    manyToManyOf(each, generation).some((relation) => relation.table === table)
  );
  const key = model?.primaryKey ?? "id";
  if ((!model && !list) || !tables.has(table) || keyOf(step) !== key) {
    return { what: `table ${table}`, reason: "this library has none with such rows" };
  }
  const named = step.kind === "row changed"
    ? Object.keys(step.before)
    : step.kind === "row deleted"
    ? Object.keys(step.row)
    : [];
  const columns = new Set(
    model && [key, ...fieldsOf(model, generation).map(({ column }) => column)],
  );
  const other = model && named.find((column) => !columns.has(column));
  return other === undefined
    ? undefined
    : { what: `table ${table}`, reason: `this library has no column ${other} there` };
}

const keyOf = (step: RowStep) => step.key ?? "id";

/** Looks whether a step can be taken back. Yields why not. */
export async function* rowConflicts(
  { kysely, generation }: MarkedLibrary,
  step: RowStep,
): AsyncGenerator<Conflict> {
  const key = keyOf(step);
  const named = (pk: RowKey) => `row ${pk} of ${step.table}`;
  switch (step.kind) {
    case "rows inserted": {
      const rows = await findRows(kysely, step.table, key, step.pks);
      const columns = markedColumns(generation, step.table);
      for (const [i, pk] of step.pks.entries()) {
        const row = rows.get(String(pk));
        const mark = step.marks?.[i];
        if (row && mark !== undefined && mark !== markOfRow(columns, row)) {
          yield { what: named(pk), reason: "it was changed since" };
        }
      }
      return;
    }
    case "row changed": {
      const row = (await findRows(kysely, step.table, key, [step.pk])).get(String(step.pk));
      if (!row) yield { what: named(step.pk), reason: "it is not there any more" };
      else if (!holds(row, step.after) && !holds(row, step.before)) {
        yield { what: named(step.pk), reason: "it was changed since" };
      }
      return;
    }
    case "row deleted": {
      const pk = step.row[key] as RowKey;
      const row = (await findRows(kysely, step.table, key, [pk])).get(String(pk));
      if (row && !holds(row, step.row)) {
        yield { what: named(pk), reason: "another row has its number now" };
      }
      return;
    }
  }
}

/** Columns whose values rows may have swapped: unique, and nullable. */
const SWAPPED: Readonly<Record<string, readonly string[]>> = {
  documents_document: ["filename", "archive_filename"],
};

/**
 * Takes a step back; what is as before already stays.
 *
 * @param later gets steps whose old values other rows still have: their columns are empty until these are taken back
 * too. Without it they are written, and the database refuses what somebody else has.
 * @returns rows changed
 */
export async function takeRowsBack(
  kysely: Kysely<Tables>,
  step: RowStep,
  later?: RowStep[],
): Promise<number> {
  const key = keyOf(step);
  const table = sql.table(step.table);
  switch (step.kind) {
    case "rows inserted": {
      let removed = 0;
      for (let at = 0; at < step.pks.length; at += ROWS_AT_ONCE) {
        const some = step.pks.slice(at, at + ROWS_AT_ONCE);
        const { numAffectedRows } = await sql`delete from ${table} where ${sql.ref(key)} in (${
          sql.join(some)
        })`.execute(kysely);
        removed += Number(numAffectedRows ?? 0n);
      }
      return removed;
    }
    case "row changed": {
      const row = (await findRows(kysely, step.table, key, [step.pk])).get(String(step.pk));
      if (!row || holds(row, step.before)) return 0;
      const held = later ? await heldByOthers(kysely, step) : [];
      if (held.length > 0) later?.push(step);
      const columns = Object.entries(step.before).map(([column, value]) =>
        sql`${sql.ref(column)} = ${held.includes(column) ? null : value}`
      );
      await sql`update ${table} set ${sql.join(columns)} where ${sql.ref(key)} = ${step.pk}`
        .execute(kysely);
      return 1;
    }
    case "row deleted": {
      const pk = step.row[key] as RowKey;
      if ((await findRows(kysely, step.table, key, [pk])).size > 0) return 0;
      const columns = Object.keys(step.row);
      await sql`insert into ${table} (${
        sql.join(columns.map((column) => sql.ref(column)))
      }) values (${sql.join(Object.values(step.row))})`.execute(kysely);
      return 1;
    }
  }
}

/** Columns whose old values other rows have at present. */
async function heldByOthers(
  kysely: Kysely<Tables>,
  { table, key = "id", pk, before }: Extract<RowStep, { readonly kind: "row changed" }>,
): Promise<string[]> {
  const held: string[] = [];
  for (const column of SWAPPED[table] ?? []) {
    const value = before[column];
    if (value === undefined || value === null) continue;
    const { rows } = await sql`select 1 from ${sql.table(table)} where ${
      sql.ref(column)
    } = ${value} and ${sql.ref(key)} <> ${pk}`.execute(kysely);
    if (rows.length > 0) held.push(column);
  }
  return held;
}

function holds(row: FoundRow, values: RowValues): boolean {
  return Object.entries(values).every(([column, value]) =>
    JSON.stringify(encodeValue(row[column] ?? null)) === JSON.stringify(encodeValue(value))
  );
}

/** A column that points to a table. */
interface Reference {
  readonly table: string;
  readonly key: string;
  readonly column: string;
}

/** The columns that point to each table, by the table's name. */
export function referencesOf(
  generation: Generation,
  tables: ReadonlySet<string>,
): ReadonlyMap<string, readonly Reference[]> {
  const models = modelsOf(generation).filter(({ table }) => tables.has(table));
  const tableOf = new Map(models.map((model) => [model.label, model.table]));
  const references = new Map<string, Reference[]>();
  const add = (to: string | undefined, reference: Reference) => {
    if (to === undefined) return;
    references.set(to, [...references.get(to) ?? [], reference]);
  };
  for (const model of models) {
    for (const { to, column } of fieldsOf(model, generation)) {
      if (to !== undefined) {
        add(tableOf.get(to), { table: model.table, key: model.primaryKey, column });
      }
    }
    for (const { table, to, fromColumn, toColumn } of listsOf(model, generation, tables)) {
      add(model.table, { table, key: "id", column: fromColumn });
      add(tableOf.get(to), { table, key: "id", column: toColumn });
    }
  }
  return references;
}

function listsOf(model: Model, generation: Generation, tables: ReadonlySet<string>) {
  return manyToManyOf(model, generation).filter(({ table }) => tables.has(table));
}

/** Rows that came since and point to rows that are to go. @param going `table:key` of all that go */
export async function* newReferences(
  kysely: Kysely<Tables>,
  step: Extract<RowStep, { readonly kind: "rows inserted" }>,
  references: ReadonlyMap<string, readonly Reference[]>,
  going: ReadonlySet<string>,
): AsyncGenerator<Conflict> {
  for (const { table, key, column } of references.get(step.table) ?? []) {
    for (let at = 0; at < step.pks.length; at += ROWS_AT_ONCE) {
      const some = step.pks.slice(at, at + ROWS_AT_ONCE);
      const { rows } = await sql<{ pk: RowKey; target: RowKey }>`select ${sql.ref(key)} as pk, ${
        sql.ref(column)
      } as target from ${sql.table(table)} where ${sql.ref(column)} in (${sql.join(some)})`
        .execute(kysely);
      for (const { pk, target } of rows) {
        if (going.has(`${table}:${pk}`)) continue;
        yield {
          what: `row ${pk} of ${table}`,
          reason: `it came since and belongs to row ${target} of ${step.table}`,
        };
      }
    }
  }
}
