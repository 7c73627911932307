// Inserts rows in batches: one statement a batch, its text made once. Invariant: a value arrives as it was
// given, bytes that are no UTF-8 included.

import { CompiledQuery, type Kysely, sql } from "kysely";
import type { ServerConnection } from "./server_connection.ts";
import { PaperwardError } from "../errors.ts";
import { plainValue, type WrittenValue } from "./escaped_text.ts";
import { letSocketsMove } from "./server_socket.ts";
import { errorText, isRowError, RefusedRow, type RowBatch } from "./row_batch.ts";
import type { StorageValue } from "./storage_value.ts";
import type { Tables } from "../schema/tables.ts";

/** Writes rows of any tables. Before the end of the transaction it is disposed of: what was not flushed is dropped
 * then, and nothing is under way any more that would come after a rollback and be committed by itself. */
export interface RowWriter extends AsyncDisposable {
  /** @param values in the order of the columns of {@linkcode RowTable} */
  add(table: RowTable, values: readonly WrittenValue[]): Promise<void>;
  /** Writes what is left. */
  flush(): Promise<void>;
}

/** A table and the columns that are written; one object a table. */
export interface RowTable {
  readonly name: string;
  readonly columns: readonly string[];
}

/** Options of {@linkcode openRowWriter}. */
export interface RowWriterOptions<Note> {
  /** Rows in one statement at most. */
  readonly batchSize: number;
  /** What it is for, in messages: `import`, `copy`. */
  readonly verb: string;
  /** The connection of the transaction, where it is to a server. */
  readonly server?: ServerConnection;
  /** What is remembered of each row until it is written. */
  readonly noteOf: (table: RowTable, values: readonly WrittenValue[]) => Note;
  /** Called after each batch. */
  readonly onWritten?: (table: RowTable, notes: readonly Note[]) => Promise<void>;
}

/** SQLite takes 32,766 values a statement. */
const MOST_VALUES = 32_000;
/** A batch ends early when its texts have this many characters. */
const MOST_CHARACTERS = 1 << 17;
/** For a server each batch is a trip there: it is made with as many rows as were asked for, but neither with a few
 * short ones nor with more than this, in bytes or characters. */
const MOST_FOR_SERVERS = 1 << 20;
const LEAST_FOR_SERVERS = 1 << 17;
/** A socket takes a part of a batch at a time: it has to have its turn more often than there are batches. */
const FEED = 1 << 15;
/** Rows of one statement: few texts of statements, so that the prepared ones are used again. */
const SIZES = [500, 100, 20, 5, 1] as const;

/** Opens a writer inside a transaction. */
export function openRowWriter<Note>(
  kysely: Kysely<Tables>,
  options: RowWriterOptions<Note>,
): RowWriter {
  const { server } = options;
  return server ? serverWriter(server, options) : sqliteWriter(kysely, options);
}

interface ServerBatch<Note> {
  readonly rows: RowBatch;
  /** Of each row, the primary key for messages. */
  readonly pks: StorageValue[];
  readonly notes: Note[];
}

/** Batches that wait for the server, so that neither waits for the other where rows of one table cost the server
 * more, those of another us. */
const MOST_WAITING = 16;

/** Rows become the server's text at once, and it takes batches while the next one is gathered. */
function serverWriter<Note>(
  server: ServerConnection,
  { verb, batchSize, noteOf, onWritten }: RowWriterOptions<Note>,
): RowWriter {
  const batches = new Map<RowTable, ServerBatch<Note>>();
  /** Batches that were handed over, the oldest first: kept when they are written and noted. */
  const queue: Promise<void>[] = [];
  /** The last batch is with the server; and it is noted. */
  let sending = Promise.resolve();
  let noting = Promise.resolve();
  let underWay = 0;
  let isClosed = false;
  /** Since the socket last had its turn. */
  let gathered = 0;

  async function write(table: RowTable, batch: ServerBatch<Note>): Promise<void> {
    batches.delete(table);
    while (queue.length >= MOST_WAITING) await queue.shift();
    underWay++;
    sending = sending.then(() => isClosed ? undefined : send(table, batch));
    // The server has the next batch while this one is noted.
    noting = Promise.all([sending, noting])
      .then(() => isClosed ? undefined : onWritten?.(table, batch.notes))
      .finally(() => underWay--);
    // Whoever waits for them next hears of a failure.
    sending.catch(() => {});
    noting.catch(() => {});
    queue.push(noting);
  }

  function isFull({ rows, pks }: ServerBatch<Note>): boolean {
    return rows.size >= (pks.length >= batchSize ? LEAST_FOR_SERVERS : MOST_FOR_SERVERS);
  }

  async function send(table: RowTable, { rows, pks }: ServerBatch<Note>): Promise<void> {
    try {
      await rows.send();
    } catch (error) {
      if (error instanceof RefusedRow) throw explain(error.cause, table, pks[error.index], verb);
      throw explain(error, table, pks.length === 1 ? pks[0] : undefined, verb);
    }
  }

  return {
    async add(table, values) {
      let batch = batches.get(table);
      if (!batch) {
        const rows = server.openBatch(table.name, table.columns);
        batches.set(table, batch = { rows, pks: [], notes: [] });
      }
      const before = batch.rows.size;
      batch.rows.add(values);
      batch.pks.push(plainValue(values[0] ?? null));
      batch.notes.push(noteOf(table, values));
      gathered += batch.rows.size - before;
      if (isFull(batch)) await write(table, batch);
      if (underWay === 0 || gathered < FEED) return;
      gathered = 0;
      await letSocketsMove();
    },
    async flush() {
      for (const [table, batch] of batches) await write(table, batch);
      while (queue.length > 0) await queue.shift();
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      await Promise.allSettled([sending, noting]);
    },
  };
}

interface Batch<Note> {
  rows: StorageValue[][];
  notes: Note[];
  characters: number;
}

function sqliteWriter<Note>(
  kysely: Kysely<Tables>,
  { verb, batchSize, noteOf, onWritten }: RowWriterOptions<Note>,
): RowWriter {
  const batches = new Map<RowTable, Batch<Note>>();
  const statements = new Map<RowTable, Map<number, string>>();

  async function write(table: RowTable, batch: Batch<Note>): Promise<void> {
    const { rows, notes } = batch;
    batch.rows = [];
    batch.notes = [];
    batch.characters = 0;
    if (rows.length === 0) return;
    for (let at = 0; at < rows.length;) {
      const size = SIZES.find((each) => each <= rows.length - at) ?? 1;
      await insertSome(table, rows.slice(at, at + size));
      at += size;
    }
    await onWritten?.(table, notes);
  }

  async function insertSome(table: RowTable, rows: readonly (readonly StorageValue[])[]) {
    try {
      await insert(table, rows);
    } catch (error) {
      // One by one, to find the row that it failed on.
      if (rows.length > 1) { for (const row of rows) await insertSome(table, [row]); }
      throw explain(error, table, rows[0]?.[0], verb);
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
    async add(table, written) {
      const values = written.map(plainValue);
      if (values.some(holdsBytes)) {
        await insertBytes(kysely, table, values).catch((error) => {
          throw explain(error, table, values[0], verb);
        });
        await onWritten?.(table, [noteOf(table, values)]);
        return;
      }
      let batch = batches.get(table);
      if (!batch) batches.set(table, batch = { rows: [], notes: [], characters: 0 });
      batch.rows.push(values);
      batch.notes.push(noteOf(table, values));
      for (const value of values) if (typeof value === "string") batch.characters += value.length;
      const most = Math.min(batchSize, Math.floor(MOST_VALUES / table.columns.length));
      if (batch.rows.length >= most || batch.characters >= MOST_CHARACTERS) {
        await write(table, batch);
      }
    },
    async flush() {
      for (const [table, batch] of batches) await write(table, batch);
    },
    // Each statement was waited for.
    [Symbol.asyncDispose]: () => Promise.resolve(),
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

function explain(
  error: unknown,
  table: RowTable,
  pk: StorageValue | undefined,
  verb: string,
): unknown {
  if (!(error instanceof Error) || !isRowError(error) || pk === undefined) return error;
  const detail = errorText(error, "detail");
  return new PaperwardError(
    `Cannot ${verb} row ${pk} of ${table.name}: ${error.message}${detail ? ` (${detail})` : ""}`,
    {
      hints: ["another row has the same values where they must differ, or a value is not allowed"],
      cause: error,
    },
  );
}
