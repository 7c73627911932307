// How operations are written for MariaDB: tables, keys and foreign keys as upstream's migrations leave them.
// MariaDB commits after each of them, so that creating a library is all or nothing only to who cleans up.

import { columnIndexName, foreignKeyName, metaIndexName, uniqueIndexName } from "./index_names.ts";
import type { Leftover, Leftovers } from "./leftover.ts";
import type { Column, ColumnKind, Computation, Operation, Rows, Table } from "./operation.ts";
import { inPhases, type Phase, type PhasedStatement } from "./statement.ts";

/** Characters of a name. */
const LIMIT = 64;

const TYPES: Readonly<Record<ColumnKind, string>> = {
  auto: "integer",
  bigAuto: "bigint",
  bigInteger: "bigint",
  boolean: "bool",
  char: "varchar",
  date: "date",
  datetime: "datetime(6)",
  decimal: "numeric(65, 2)",
  float: "double precision",
  integer: "integer",
  ip: "char(39)",
  json: "json",
  positiveInteger: "integer UNSIGNED",
  positiveSmallInteger: "smallint UNSIGNED",
  smallInteger: "smallint",
  text: "longtext",
  uuid: "uuid",
};

const COMPUTATIONS: Readonly<Record<Computation, string>> = {
  monetaryAmount: "CASE WHEN `value_monetary` REGEXP CAST('^\\\\d+' AS BINARY) " +
    "THEN CAST(SUBSTR(`value_monetary`, 1) AS DECIMAL(65, 2)) " +
    "ELSE CAST(SUBSTR(`value_monetary`, 4) AS DECIMAL(65, 2)) END",
  contentLength: "CHAR_LENGTH(`content`)",
};

function quote(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}

function quoteAll(names: readonly string[]): string {
  return names.map(quote).join(", ");
}

/** The name that an object really has. */
function nameIn(leftover: Leftover, name: string): string | null {
  const found = leftover.names?.[name];
  return found === undefined ? name : found;
}

function check(name: string, column: Column, leftover: Leftover): string {
  // A check has no name of its own here: in the leftovers it goes by its column.
  if (!column.kind.startsWith("positive") || nameIn(leftover, `${name} check`) === null) return "";
  return ` CHECK (${quote(name)} >= 0)`;
}

function columnDefinition(name: string, column: Column, leftover: Leftover): string {
  const type = column.length === undefined ? TYPES[column.kind] : `varchar(${column.length})`;
  const start = `${quote(name)} ${type}`;
  if (column.generated) {
    return `${start} GENERATED ALWAYS AS (${COMPUTATIONS[column.generated]}) STORED`;
  }
  const counted = column.kind === "auto" || column.kind === "bigAuto";
  return start +
    (column.null ? " NULL" : " NOT NULL") +
    (counted ? " AUTO_INCREMENT" : "") +
    (column.primaryKey ? " PRIMARY KEY" : "") +
    check(name, column, leftover);
}

function createTable(table: Table, leftover: Leftover): PhasedStatement[] {
  const columns = (leftover.order ?? Object.keys(table.columns)).map((name) => {
    const column = table.columns[name];
    if (!column) throw new Error(`No column ${name} in ${table.name}`);
    return [name, column] as const;
  });
  const key = (kind: string, name: string, list: readonly string[]) => {
    const real = nameIn(leftover, name);
    return real === null ? [] : [`${kind} ${quote(real)} (${quoteAll(list)})`];
  };
  const unique = (name: string, list: readonly string[]) => key("UNIQUE KEY", name, list);
  const parts = [
    ...columns.map(([name, column]) => columnDefinition(name, column, leftover)),
    ...columns.flatMap(([name, column]) => column.unique ? unique(name, [name]) : []),
    ...Object.entries(table.constraints ?? {}).flatMap(([name, list]) => unique(name, list)),
    // There are no indexes of some rows only: Django leaves those out.
    ...(table.indexes ?? []).filter((index) => !index.where).flatMap((index) =>
      index.unique
        ? unique(index.name ?? uniqueIndexName(table.name, index.columns, LIMIT), index.columns)
        : key("KEY", index.name ?? metaIndexName(table.name, index.columns), index.columns)
    ),
    ...columns.flatMap(([name, column]) => {
      // A foreign key makes its index itself.
      if (!column.index || column.references) return [];
      const index = column.index === true
        ? columnIndexName(table.name, [name], "", LIMIT)
        : column.index;
      return key("KEY", index, [name]);
    }),
    ...(leftover.extra ?? []),
    ...foreignKeys(table, leftover),
  ];
  return [{
    phase: "table",
    sql: `CREATE TABLE ${quote(table.name)} (${parts.join(", ")}) ENGINE=InnoDB`,
  }];
}

function foreignKeys(table: Table, leftover: Leftover): string[] {
  return Object.entries(table.columns).flatMap(([name, column]) => {
    if (!column.references) return [];
    const key = nameIn(leftover, foreignKeyName(table.name, name, column.references, LIMIT));
    if (key === null) return [];
    return [
      `CONSTRAINT ${quote(key)} FOREIGN KEY (${quote(name)}) ` +
      `REFERENCES ${quote(column.references)} (\`id\`)`,
    ];
  });
}

function insertRows(rows: Rows): PhasedStatement {
  const places = rows.columns.map(() => "?").join(", ");
  return {
    phase: "rows",
    sql: `INSERT INTO ${quote(rows.table)} (${quoteAll(rows.columns)}) VALUES (${places})`,
    values: rows.values,
    rows,
  };
}

function deleteRows(rows: Rows): PhasedStatement[] {
  const key = rows.columns[0];
  if (key === undefined) return [];
  return [{
    phase: "rows",
    sql: `DELETE FROM ${quote(rows.table)} WHERE ${quote(key)} = ?`,
    values: rows.values.map((row) => row.slice(0, 1)),
  }];
}

/** The statements of operations that happen together, in the order in which they must run; they leave the
 * connection's checks of foreign keys on.
 * @param leftovers what history left in this generation */
export function mariadbStatements(
  operations: readonly Operation[],
  leftovers: Leftovers,
): readonly PhasedStatement[] {
  const of = (table: string) => leftovers[table] ?? {};
  const statements = operations.flatMap((operation): PhasedStatement[] => {
    switch (operation.kind) {
      case "createTable":
        return createTable(operation.table, of(operation.table.name));
      case "dropTable":
        return [{ phase: "foreign key", sql: `DROP TABLE ${quote(operation.table.name)}` }];
      case "insertRows":
        return [insertRows(operation.rows)];
      case "deleteRows":
        return deleteRows(operation.rows);
    }
  });
  // Tables point to each other in circles.
  const check = (phase: Phase, on: 0 | 1): PhasedStatement => ({
    phase,
    sql: `SET FOREIGN_KEY_CHECKS = ${on}`,
  });
  return inPhases([check("table", 0), ...statements, check("foreign key", 1)]);
}
