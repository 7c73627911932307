// How operations are written for SQLite: the statements that upstream's migrations leave in
// `sqlite_master`, to the letter, so that a later rebuild of a table by Django finds what it expects.

import { columnIndexName, metaIndexName, uniqueIndexName } from "./index_names.ts";
import type { Column, ColumnKind, Computation, Operation, Rows, Table } from "./operation.ts";
import type { Statement } from "./statement.ts";

const TYPES: Readonly<Record<ColumnKind, string>> = {
  auto: "integer",
  bigAuto: "integer",
  bigInteger: "bigint",
  boolean: "bool",
  char: "varchar",
  date: "date",
  datetime: "datetime",
  decimal: "decimal",
  float: "real",
  integer: "integer",
  ip: "char(39)",
  json: "text",
  positiveInteger: "integer unsigned",
  positiveSmallInteger: "smallint unsigned",
  smallInteger: "smallint",
  text: "text",
  uuid: "char(32)",
};

// The first one calls REGEXP, which every program that writes to that table must provide.
const COMPUTATIONS: Readonly<Record<Computation, string>> = {
  monetaryAmount:
    `(CAST(CASE WHEN "value_monetary" REGEXP '^\\d+' THEN CAST(SUBSTR("value_monetary", 1) AS decimal) ` +
    `ELSE CAST(SUBSTR("value_monetary", 4) AS decimal) END AS NUMERIC))`,
  contentLength: `LENGTH("content")`,
};

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function quoteAll(names: readonly string[]): string {
  return names.map(quote).join(", ");
}

function check(name: string, kind: ColumnKind): string {
  const quoted = quote(name);
  if (kind === "json") return ` CHECK ((JSON_VALID(${quoted}) OR ${quoted} IS NULL))`;
  if (kind.startsWith("positive")) return ` CHECK (${quoted} >= 0)`;
  return "";
}

function columnDefinition(name: string, column: Column): string {
  const type = column.length === undefined ? TYPES[column.kind] : `varchar(${column.length})`;
  const start = `${quote(name)} ${type}`;
  if (column.generated) {
    return `${start} GENERATED ALWAYS AS (${COMPUTATIONS[column.generated]}) STORED`;
  }
  const counted = column.kind === "auto" || column.kind === "bigAuto";
  return start +
    (column.null ? " NULL" : " NOT NULL") +
    (column.primaryKey ? " PRIMARY KEY" : "") +
    (counted ? " AUTOINCREMENT" : "") +
    (column.unique ? " UNIQUE" : "") +
    check(name, column.kind) +
    (column.references
      ? ` REFERENCES ${quote(column.references)} ("id") DEFERRABLE INITIALLY DEFERRED`
      : "");
}

function createTable(table: Table): Statement[] {
  const parts = [
    ...Object.entries(table.columns).map(([name, column]) => columnDefinition(name, column)),
    ...Object.entries(table.constraints ?? {}).map(([name, columns]) =>
      `CONSTRAINT ${quote(name)} UNIQUE (${quoteAll(columns)})`
    ),
  ];
  const statements = [{ sql: `CREATE TABLE ${quote(table.name)} (${parts.join(", ")})` }];
  for (const [name, column] of Object.entries(table.columns)) {
    if (!column.index) continue;
    const index = column.index === true ? columnIndexName(table.name, [name]) : column.index;
    statements.push({
      sql: `CREATE INDEX ${quote(index)} ON ${quote(table.name)} (${quote(name)})`,
    });
  }
  for (const index of table.indexes ?? []) {
    const name = index.name ??
      (index.unique ? uniqueIndexName : metaIndexName)(table.name, index.columns);
    statements.push({
      sql: `CREATE ${index.unique ? "UNIQUE " : ""}INDEX ${quote(name)} ON ${quote(table.name)} ` +
        `(${quoteAll(index.columns)})${index.where ? ` WHERE ${index.where}` : ""}`,
    });
  }
  return statements;
}

function insertRows(rows: Rows): Statement[] {
  const places = rows.columns.map(() => "?").join(", ");
  return [{
    sql: `INSERT INTO ${quote(rows.table)} (${quoteAll(rows.columns)}) VALUES (${places})`,
    values: rows.values,
  }];
}

function deleteRows(rows: Rows): Statement[] {
  const key = rows.columns[0];
  if (key === undefined) return [];
  return [{
    sql: `DELETE FROM ${quote(rows.table)} WHERE ${quote(key)} = ?`,
    values: rows.values.map((row) => row.slice(0, 1)),
  }];
}

/** The statements of one operation, in the order in which they must run. */
export function sqliteStatements(operation: Operation): readonly Statement[] {
  switch (operation.kind) {
    case "createTable":
      return createTable(operation.table);
    case "dropTable":
      return [{ sql: `DROP TABLE ${quote(operation.table.name)}` }];
    case "insertRows":
      return insertRows(operation.rows);
    case "deleteRows":
      return deleteRows(operation.rows);
  }
}
