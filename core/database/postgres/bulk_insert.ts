// Many rows into PostgreSQL by COPY in its text format
// (https://www.postgresql.org/docs/15/sql-copy.html#id-1.9.3.55.9.2).

import type { Writable } from "node:stream";
import type postgres from "postgres";
import { EscapedText, type WrittenValue } from "../escaped_text.ts";
import { RefusedRow, type RowBatch } from "../row_batch.ts";
import { serverText } from "../sqlite_form.ts";
import type { StorageValue } from "../storage_value.ts";

const encoder = new TextEncoder();
/** Bytes that are gathered before they are sent. */
const CHUNK = 1 << 18;
/** A UTF-16 unit has up to three bytes. */
const BYTES_PER_UNIT = 3;

/** Waits for the server, not for ever. */
export type Guard = <T>(work: Promise<T>) => Promise<T>;

/** Rows as COPY takes them. */
class CopyText {
  #bytes: Uint8Array<ArrayBuffer>;
  #size = 0;

  /** @param bytes a buffer to begin with */
  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
  }

  /** Bytes. */
  get size(): number {
    return this.#size;
  }

  /** The buffer, for others. */
  get buffer(): Uint8Array<ArrayBuffer> {
    return this.#bytes;
  }

  add(row: readonly WrittenValue[]): void {
    let text = "";
    for (let index = 0; index < row.length; index++) {
      if (index > 0) text += "\t";
      const value = row[index] ?? null;
      if (value instanceof EscapedText) {
        this.#addText(text);
        this.#addBytes(value.bytes);
        text = "";
      } else {
        text += copyValue(value);
      }
    }
    this.#addText(`${text}\n`);
  }

  #addText(text: string): void {
    this.#makeRoom(text.length * BYTES_PER_UNIT);
    this.#size += encoder.encodeInto(text, this.#bytes.subarray(this.#size)).written;
  }

  /** COPY knows every escape of JSON but `\u`; what it has no meaning for stands for itself, as `\"` does. */
  #addBytes(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length);
    this.#bytes.set(bytes, this.#size);
    this.#size += bytes.length;
  }

  #makeRoom(bytes: number): void {
    const most = this.#size + bytes;
    if (most <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(most, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.#size));
    this.#bytes = larger;
  }

  /** Everything so far: good until the next row is added. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#size);
    this.#size = 0;
    return taken;
  }
}

/** Writes rows into a table.
 * @param guard around each wait for the server: how long the rows take to come is not its business
 * @returns how many */
export async function copyRows(
  sql: postgres.Sql,
  guard: Guard,
  table: string,
  columns: readonly string[],
  batches: AsyncIterable<readonly StorageValue[][]> | Iterable<readonly StorageValue[][]>,
): Promise<number> {
  let rows = 0;
  await copyTexts(
    sql,
    guard,
    table,
    columns,
    async function* () {
      const text = new CopyText(new Uint8Array(CHUNK));
      for await (const batch of batches) {
        for (const row of batch) {
          text.add(row);
          rows++;
          if (text.size >= CHUNK) yield text.take();
        }
      }
      if (text.size > 0) yield text.take();
    }(),
  );
  return rows;
}

/** Gathers rows for one COPY.
 * @param spare buffers of former batches, used again */
export function copyBatch(
  send: (texts: readonly Uint8Array[]) => Promise<void>,
  spare: Uint8Array<ArrayBuffer>[],
): RowBatch {
  const text = new CopyText(spare.pop() ?? new Uint8Array(CHUNK));
  return {
    get size() {
      return text.size;
    },
    add: (values) => text.add(values),
    async send() {
      try {
        await send([text.take()]);
      } catch (error) {
        const line = Number(/line (\d+)/.exec(whereOf(error))?.[1] ?? NaN);
        throw Number.isNaN(line) ? error : new RefusedRow(line - 1, error);
      }
      spare.push(text.buffer);
    },
  };
}

/** Where in the data it happened, as the server says it: `COPY t, line 12`. */
function whereOf(error: unknown): string {
  const where = error instanceof Error && (error as Error & { readonly where?: unknown }).where;
  return typeof where === "string" ? where : "";
}

/** Runs a COPY with texts that hold whole lines. */
export async function copyTexts(
  sql: postgres.Sql,
  guard: Guard,
  table: string,
  columns: readonly string[],
  texts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  const query = sql.unsafe(
    `COPY ${quoted(table)} (${columns.map(quoted).join(", ")}) FROM STDIN`,
  ) as unknown as CopyQuery;
  const stream = await guard(query.writable());
  // The driver has answered the query with the stream and tells nobody of an error after its end.
  const failed = new Promise<never>((_, reject) => query.reject = reject);
  failed.catch(() => {});
  stream.on("error", (error) => query.reject(error));
  try {
    for await (const text of texts) await guard(Promise.race([write(stream, text), failed]));
  } catch (error) {
    stream.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
  const ended = new Promise<void>((resolve) => stream.end(() => resolve()));
  await guard(Promise.race([ended, failed]));
}

/** The driver's query, as far as its types don't say. */
interface CopyQuery {
  writable(): Promise<Writable>;
  reject(error: unknown): void;
}

function write(stream: Writable, text: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) =>
    stream.write(text, (error) => error ? reject(error) : resolve())
  );
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

function copyValue(value: StorageValue): string {
  if (value instanceof Uint8Array) return `\\\\x${value.toHex()}`;
  const text = serverText(value);
  if (text === null) return "\\N";
  return typeof value === "string"
    ? text.replace(/[\\\n\r\t]/g, (each) => ESCAPES[each] ?? each)
    : text;
}

/** A name for SQL. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
