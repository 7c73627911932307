// Short names for columns and tables, so that a table of a migration reads like the table that it is.

import type { Column, ColumnKind, Table, TableIndex } from "./operation.ts";

/** What most columns may be besides what they hold. */
export type ColumnOptions = Pick<Column, "null" | "unique" | "index" | "primaryKey">;

type Maker = (options?: ColumnOptions) => Column;

function maker(kind: ColumnKind): Maker {
  return (options = {}) => ({ kind, ...options });
}

/** The key that a database counts up itself. */
export function auto(): Column {
  return { kind: "auto", primaryKey: true };
}

/** As {@linkcode auto}, with 64 bits where the database knows the difference. */
export function bigAuto(): Column {
  return { kind: "bigAuto", primaryKey: true };
}

/** @param length characters */
export function char(length: number, options: ColumnOptions = {}): Column {
  return { kind: "char", length, ...options };
}

/** A column that holds the `id` of a row of another table. It has an index unless it is unique. */
export function foreignKey(table: string, options: ColumnOptions = {}): Column {
  return {
    kind: "integer",
    references: table,
    ...(options.unique ? {} : { index: true }),
    ...options,
  };
}

/** 64 bits. */
export const bigInteger: Maker = maker("bigInteger");
/** True or false; 0 or 1 in SQLite. */
export const boolean: Maker = maker("boolean");
/** A day without a time. */
export const date: Maker = maker("date");
/** A moment in UTC, to the microsecond. */
export const datetime: Maker = maker("datetime");
/** 64-bit floating point. */
export const float: Maker = maker("float");
/** 32 bits. */
export const integer: Maker = maker("integer");
/** IPv4 or IPv6. */
export const ip: Maker = maker("ip");
/** JSON text, checked by the database. */
export const json: Maker = maker("json");
/** 32 bits, not negative. */
export const positiveInteger: Maker = maker("positiveInteger");
/** 16 bits, not negative. */
export const positiveSmallInteger: Maker = maker("positiveSmallInteger");
/** 16 bits. */
export const smallInteger: Maker = maker("smallInteger");
/** Text of any length. */
export const text: Maker = maker("text");
/** 32 hexadecimal digits in SQLite. */
export const uuid: Maker = maker("uuid");

/** What a custom field of kind monetary amounts to, computed by the database. */
export const monetaryAmount: Column = {
  kind: "decimal",
  null: true,
  generated: "monetaryAmount",
};

/** How many characters the text of a document has, computed by the database (v3). */
export const contentLength: Column = {
  kind: "positiveInteger",
  null: true,
  generated: "contentLength",
};

/** A table with its key `id` and the given columns. */
export function table(
  name: string,
  columns: Readonly<Record<string, Column>>,
  more: { readonly constraints?: Table["constraints"]; readonly indexes?: readonly TableIndex[] } =
    {},
): Table {
  return {
    name,
    columns,
    ...(more.constraints ? { constraints: more.constraints } : {}),
    ...(more.indexes ? { indexes: more.indexes } : {}),
  };
}

/** The table behind a many-to-many field: pairs of ids, each pair once.
 * @param pair the two columns and the tables that they point to */
export function link(name: string, pair: Readonly<Record<string, string>>): Table {
  const columns = Object.entries(pair).map(([column, target]) => [column, foreignKey(target)]);
  return {
    name,
    columns: { id: auto(), ...Object.fromEntries(columns) },
    indexes: [{ columns: Object.keys(pair), unique: true }],
  };
}
