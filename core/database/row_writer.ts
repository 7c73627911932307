// Inserts rows in batches: one statement a batch, its text made once. Invariant: a value arrives as it was
// given, bytes that are no UTF-8 included.

import { CompiledQuery, type Kysely, sql } from "kysely";
import type { ServerConnection } from "./server_connection.ts";
import { PaperwardError } from "../errors.ts";
import type { StorageValue } from "./storage_value.ts";
import type { Tables } from "../schema/tables.ts";

/** Writes rows of any tables. */
export interface RowWriter {
  /** @param values in the order of the columns of {@linkcode RowTable} */
  add(table: RowTable, values: readonly StorageValue[]): Promise<void>;
  /** Writes what is left. */
  flush(): Promise<void>;
}

/** A table and the columns that are written; one object a table. */
export interface RowTable {
  readonly name: string;
  readonly columns: readonly string[];
}

/** Options of {@linkcode openRowWriter}. */
export interface RowWriterOptions {
  /** Rows in one statement at most. */
  readonly batchSize: number;
  /** What it is for, in messages: `import`, `copy`. */
  readonly verb: string;
  /** The connection of the transaction, where it is to a server. */
  readonly server?: ServerConnection;
  /** Called after each batch. */
  readonly onWritten?: (
    table: RowTable,
    rows: readonly (readonly StorageValue[])[],
  ) => Promise<void>;
}

/** SQLite takes 32,766 values a statement. */
const MOST_VALUES = 32_000;
/** A batch ends early when its texts have this many characters: for a server each batch is a trip there. */
const MOST_CHARACTERS = 1 << 17;
const MOST_CHARACTERS_FOR_SERVERS = 1 << 19;
/** Rows of one statement: few texts of statements, so that the prepared ones are used again. */
const SIZES = [500, 100, 20, 5, 1] as const;

interface Batch {
  readonly rows: StorageValue[][];
  characters: number;
}

/** Opens a writer inside a transaction. */
export function openRowWriter(kysely: Kysely<Tables>, options: RowWriterOptions): RowWriter {
  const batches = new Map<RowTable, Batch>();
  const statements = new Map<RowTable, Map<number, string>>();
  const { server, verb } = options;
  const mostCharacters = server ? MOST_CHARACTERS_FOR_SERVERS : MOST_CHARACTERS;
  /** A server takes one batch while the next one is gathered. */
  let underWay = Promise.resolve();

  async function write(table: RowTable, batch: Batch): Promise<void> {
    const rows = batch.rows.splice(0);
    batch.characters = 0;
    if (rows.length === 0) return;
    if (server) {
      await underWay;
      underWay = insertOnServer(server, table, rows, verb).then(() =>
        options.onWritten?.(table, rows)
      );
      // Whoever waits for it next hears of a failure.
      underWay.catch(() => {});
      return;
    }
    for (let at = 0; at < rows.length;) {
      const size = SIZES.find((each) => each <= rows.length - at) ?? 1;
      await insertSome(table, rows.slice(at, at + size));
      at += size;
    }
    await options.onWritten?.(table, rows);
  }

  async function insertSome(table: RowTable, rows: readonly (readonly StorageValue[])[]) {
    try {
      await insert(table, rows);
    } catch (error) {
      // One by one, to find the row that it failed on.
      if (rows.length > 1) { for (const row of rows) await insertSome(table, [row]); }
      throw explain(error, table, rows[0], verb);
    }
  }

  async function insert(table: RowTable, rows: readonly (readonly StorageValue[])[]) {
    let known = statements.get(table);
    if (!known) statements.set(table, known = new Map());
    let text = known.get(rows.length);
    if (text === undefined) known.set(rows.length, text = statement(kysely, table, rows.length));
    await kysely.executeQuery(CompiledQuery.raw(text, rows.flat()));
  }

  return {
    async add(table, values) {
      if (!server && values.some(holdsBytes)) {
        await insertBytes(kysely, table, values).catch((error) => {
          throw explain(error, table, values, verb);
        });
        await options.onWritten?.(table, [values]);
        return;
      }
      let batch = batches.get(table);
      if (!batch) batches.set(table, batch = { rows: [], characters: 0 });
      batch.rows.push([...values]);
      for (const value of values) if (typeof value === "string") batch.characters += value.length;
      const most = server
        ? options.batchSize
        : Math.min(options.batchSize, Math.floor(MOST_VALUES / table.columns.length));
      if (batch.rows.length >= most || batch.characters >= mostCharacters) {
        await write(table, batch);
      }
    },
    async flush() {
      for (const [table, batch] of batches) await write(table, batch);
      await underWay;
    },
  };
}

function statement(kysely: Kysely<Tables>, table: RowTable, rows: number): string {
  const row = sql`(${sql.join(table.columns.map(() => 0))})`;
  return sql`insert into ${sql.table(table.name)} (${
    sql.join(table.columns.map((column) => sql.ref(column)))
  }) values ${sql.join(Array.from({ length: rows }, () => row))}`.compile(kysely).sql;
}

/** U+DC80 … U+DCFF stand for bytes (Python's surrogateescape); a driver would replace them. */
function holdsBytes(value: StorageValue): boolean {
  return typeof value === "string" && !value.isWellFormed();
}

async function insertBytes(
  kysely: Kysely<Tables>,
  table: RowTable,
  values: readonly StorageValue[],
): Promise<void> {
  const list = values.map((value) =>
    typeof value === "string" && holdsBytes(value)
      ? sql`cast(${escapedBytes(value)} as text)`
      : sql`${value}`
  );
  await sql`insert into ${sql.table(table.name)} (${
    sql.join(table.columns.map((column) => sql.ref(column)))
  }) values (${sql.join(list)})`.execute(kysely);
}

/** The bytes of a text in which U+DC80 … U+DCFF stand for bytes that are no UTF-8. */
export function escapedBytes(text: string): Uint8Array {
  const encoder = new TextEncoder();
  const pieces: Uint8Array[] = [];
  for (const part of text.split(/([\udc80-\udcff])/u)) {
    const code = part.charCodeAt(0);
    pieces.push(
      part.length === 1 && code >= 0xdc80 && code <= 0xdcff
        ? Uint8Array.of(code - 0xdc00)
        : encoder.encode(part),
    );
  }
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Writes a batch at once. PostgreSQL names the line that failed and ends the transaction; in MariaDB the rows
 * that are written one by one afterwards tell which one it was. */
async function insertOnServer(
  server: ServerConnection,
  table: RowTable,
  rows: readonly StorageValue[][],
  verb: string,
): Promise<void> {
  try {
    await server.bulkInsert(table.name, table.columns, [rows]);
  } catch (error) {
    const line = Number(/line (\d+)/.exec(textOf(error, "where"))?.[1] ?? NaN);
    const row = rows[line - 1] ?? (rows.length === 1 ? rows[0] : undefined);
    if (row) throw explain(error, table, row, verb);
    if (server.kind === "postgres" || !isRowError(error)) throw error;
    for (const each of rows) await insertOnServer(server, table, [each], verb);
    throw error;
  }
}

/** A property of a driver's error. */
function textOf(error: unknown, name: "where" | "detail" | "code" | "sqlState"): string {
  if (!(error instanceof Error)) return "";
  const value = (error as unknown as Readonly<Record<string, unknown>>)[name];
  return typeof value === "string" ? value : "";
}

/** Whether an error is about the row: SQLite says so, servers by their classes 22 (data) and 23 (constraints). */
function isRowError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return /constraint failed/.test(error.message) ||
    ["code", "sqlState"].some((name) => /^2[23]/.test(textOf(error, name as "code")));
}

function explain(
  error: unknown,
  table: RowTable,
  row: readonly StorageValue[] | undefined,
  verb: string,
): unknown {
  if (!(error instanceof Error) || !isRowError(error) || !row) return error;
  const detail = textOf(error, "detail");
  return new PaperwardError(
    `Cannot ${verb} row ${row[0]} of ${table.name}: ${error.message}${
      detail ? ` (${detail})` : ""
    }`,
    {
      hints: ["another row has the same values where they must differ, or a value is not allowed"],
      cause: error,
    },
  );
}
