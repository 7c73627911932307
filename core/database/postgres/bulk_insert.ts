// Many rows into PostgreSQL by COPY in its text format
// (https://www.postgresql.org/docs/15/sql-copy.html#id-1.9.3.55.9.2).

import type { Writable } from "node:stream";
import type postgres from "postgres";
import { serverText } from "../sqlite_form.ts";
import type { StorageValue } from "../storage_value.ts";

const encoder = new TextEncoder();
/** Characters that are gathered before they are sent. */
const CHUNK = 1 << 18;

/** Waits for the server, not for ever. */
export type Guard = <T>(work: Promise<T>) => Promise<T>;

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
  const query = sql.unsafe(
    `COPY ${quoted(table)} (${columns.map(quoted).join(", ")}) FROM STDIN`,
  ) as unknown as CopyQuery;
  const stream = await guard(query.writable());
  // The driver has answered the query with the stream and tells nobody of an error after its end.
  const failed = new Promise<never>((_, reject) => query.reject = reject);
  failed.catch(() => {});
  stream.on("error", (error) => query.reject(error));
  let rows = 0;
  try {
    let text = "";
    for await (const batch of batches) {
      for (const row of batch) {
        text += copyLine(row);
        rows++;
        if (text.length < CHUNK) continue;
        await guard(Promise.race([write(stream, text), failed]));
        text = "";
      }
    }
    await guard(Promise.race([write(stream, text), failed]));
  } catch (error) {
    stream.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
  const ended = new Promise<void>((resolve) => stream.end(() => resolve()));
  await guard(Promise.race([ended, failed]));
  return rows;
}

/** The driver's query, as far as its types don't say. */
interface CopyQuery {
  writable(): Promise<Writable>;
  reject(error: unknown): void;
}

function write(stream: Writable, text: string): Promise<void> {
  if (text === "") return Promise.resolve();
  return new Promise((resolve, reject) =>
    stream.write(encoder.encode(text), (error) => error ? reject(error) : resolve())
  );
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/** One line of COPY's text format. */
function copyLine(row: readonly StorageValue[]): string {
  return `${
    row.map((value) => {
      if (value instanceof Uint8Array) return `\\\\x${value.toHex()}`;
      const text = serverText(value);
      return text === null ? "\\N" : text.replace(/[\\\n\r\t]/g, (each) => ESCAPES[each] ?? each);
    }).join("\t")
  }\n`;
}

/** A name for SQL. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
