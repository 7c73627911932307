// What a migration is: a list of operations on tables, as data, each of which knows its reverse.
// Nothing here knows a database; `sqlite.ts` says how an operation is written for one.

import type { FieldKind } from "../core/schema/field.ts";

/** What a column holds: a field's kind in the registry of models, where a foreign key is the integer that it
 * stores, and choices and file names are the text. */
export type ColumnKind = Exclude<FieldKind, "file" | "foreignKey" | "multiSelect"> | "bigAuto";

/** What a database computes itself, by name; each database has its own expression for it. */
export type Computation = "contentLength" | "monetaryAmount";

/** One column of a table. NOT NULL unless it says otherwise; there are no defaults in the database. */
export interface Column {
  readonly kind: ColumnKind;
  /** Characters, for `char`. */
  readonly length?: number;
  readonly null?: boolean;
  readonly unique?: boolean;
  readonly primaryKey?: boolean;
  /** An index of its own: by Django's name for it, or by one that an earlier name of the table left. */
  readonly index?: true | string;
  /** The table whose `id` this column points to. */
  readonly references?: string;
  readonly generated?: Computation;
}

/** An index or unique constraint over several columns. */
export interface TableIndex {
  readonly columns: readonly string[];
  readonly unique?: boolean;
  /** Only rows for which this holds; SQL that SQLite and PostgreSQL share. */
  readonly where?: string;
  /** Absent: the name that Django makes from table and columns. */
  readonly name?: string;
}

/** One table. The order of columns is the order in which upstream's own migrations leave them. */
export interface Table {
  readonly name: string;
  readonly columns: Readonly<Record<string, Column>>;
  /** Unique constraints that are part of the table, by name. */
  readonly constraints?: Readonly<Record<string, readonly string[]>>;
  readonly indexes?: readonly TableIndex[];
}

/** A value in a row; `$now` stands for the moment of the migration, `$unusable` for a password that
 * nobody can enter. */
export type Value = null | number | string;

/** Rows of one table, all with the same columns; the first column is the key. */
export interface Rows {
  readonly table: string;
  readonly columns: readonly string[];
  readonly values: readonly (readonly Value[])[];
}

/** One step of a migration. */
export type Operation =
  | { readonly kind: "createTable"; readonly table: Table }
  | { readonly kind: "dropTable"; readonly table: Table }
  | { readonly kind: "insertRows"; readonly rows: Rows }
  | { readonly kind: "deleteRows"; readonly rows: Rows };

/** The steps that one app takes from one state to the next. */
export interface Migration {
  /** Django's label of the app: `documents`, `paperless_mail`. */
  readonly app: string;
  readonly operations: readonly Operation[];
}

/** Whether an operation is about one of these tables. @param tables absent: all */
export function isWanted(operation: Operation, tables: ReadonlySet<string> | undefined): boolean {
  if (!tables) return true;
  return tables.has("table" in operation ? operation.table.name : operation.rows.table);
}

/** The operation that takes back what the given one did. */
export function reverseOperation(operation: Operation): Operation {
  switch (operation.kind) {
    case "createTable":
      return { kind: "dropTable", table: operation.table };
    case "dropTable":
      return { kind: "createTable", table: operation.table };
    case "insertRows":
      return { kind: "deleteRows", rows: operation.rows };
    case "deleteRows":
      return { kind: "insertRows", rows: operation.rows };
  }
}

/** The migration that takes back what the given one did, last step first. */
export function reverseMigration(migration: Migration): Migration {
  return {
    app: migration.app,
    operations: migration.operations.toReversed().map(reverseOperation),
  };
}

/** A migration that only creates tables. */
export function createTables(app: string, tables: readonly Table[]): Migration {
  return { app, operations: tables.map((table) => ({ kind: "createTable", table })) };
}
