// Writes rows into a library by plain SQL, as tests and benchmarks want them: as data, table by table.

import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";

/** A row by column name; booleans become 0 and 1, Raw stays as SQL. */
export type Row = Readonly<Record<string, SQLInputValue | boolean | Raw>>;

/** A value that only SQL can say: `CAST(x'ff' AS TEXT)`. */
export interface Raw {
  readonly sql: string;
}

/** Text with these bytes, whatever they are: NUL and invalid UTF-8 pass as they are. */
export function textOf(bytes: Uint8Array | string): Raw {
  const all = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
  const hex = [...all].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return { sql: `CAST(x'${hex}' AS TEXT)` };
}

function isRaw(value: Row[string]): value is Raw {
  return typeof value === "object" && value !== null && "sql" in value &&
    !(value instanceof Uint8Array);
}

/** Inserts rows; statements are prepared once a shape. */
export class RowWriter {
  readonly #statements = new Map<string, StatementSync>();
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** @returns the id of the new row */
  insert(table: string, row: Row): number {
    const entries = Object.entries(row);
    const columns = entries.map(([name]) => `"${name}"`).join(", ");
    const places = entries.map(([, value]) => isRaw(value) ? value.sql : "?").join(", ");
    const sql = `INSERT INTO "${table}" (${columns}) VALUES (${places})`;
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, statement = this.#database.prepare(sql));
    const values = entries.flatMap(([, value]) =>
      isRaw(value) ? [] : [typeof value === "boolean" ? Number(value) : value]
    );
    return Number(statement.run(...values).lastInsertRowid);
  }
}
