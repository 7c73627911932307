// Reads inside one REPEATABLE READ transaction of PostgreSQL, by server-side cursors: memory holds a few
// batches, and other queries may run between them.

import { type RawBuilder, sql } from "kysely";
import type { Generation } from "../../schema/model.ts";
import type { RowsQuery, Snapshot } from "../database.ts";
import { batchSizes, columnsOf, longColumns, selectOf } from "../select_rows.ts";
import type { ServerConnection, ServerRows } from "../server_connection.ts";
import type { StorageValue } from "../storage_value.ts";

/** Batches that are asked for at a time. */
const AHEAD = 2;
/** Bytes of a batch that is no trouble. */
const LARGE = 1 << 23;

/** The snapshot of a transaction that has begun. */
export function snapshotOf(
  server: ServerConnection,
  generation: Generation,
  tables: ReadonlySet<string>,
): Snapshot {
  let cursors = 0;
  return { generation, tables, kysely: server.kysely, rows };

  async function* rows(query: RowsQuery, batchSize: number): AsyncGenerator<StorageValue[][]> {
    const cursor = await declare(columnsOf(query));
    const lengths = await mayBeLarge(query, batchSize)
      ? await declare([lengthOf(query)])
      : undefined;
    const ahead: { readonly size: number; readonly answer: Promise<ServerRows> }[] = [];
    let sizes: number[] = [];
    let ended = false;
    try {
      while (true) {
        // The server reads the next batches while this one is worked on.
        while (!ended && ahead.length < AHEAD) {
          if (sizes.length === 0) sizes = await nextSizes();
          const size = sizes.shift();
          if (size === undefined) break;
          const answer = fetch(cursor, size);
          // It is awaited later, if at all.
          answer.catch(() => {});
          ahead.push({ size, answer });
        }
        const first = ahead.shift();
        if (!first) break;
        const { rows: batch } = await first.answer;
        ended ||= batch.length < first.size;
        if (batch.length > 0) yield batch;
      }
    } finally {
      await Promise.allSettled(ahead.map(({ answer }) => answer));
      for (const name of [cursor, lengths]) {
        if (name) await server.query(`CLOSE ${name}`).catch(() => {});
      }
    }

    async function nextSizes(): Promise<number[]> {
      if (!lengths) return [batchSize];
      const { rows: found } = await fetch(lengths, batchSize);
      return batchSizes(found.map(([length]) => length ?? null));
    }

    async function declare(expressions: readonly RawBuilder<unknown>[]): Promise<string> {
      const name = `paperward_${++cursors}`;
      const { sql: text, parameters } = selectOf(query, expressions).compile(server.kysely);
      await server.query(`DECLARE ${name} NO SCROLL CURSOR FOR ${text}`, parameters);
      return name;
    }
  }

  /** Whether a batch of the longest rows would be large: then a second walk in the same order tells how many
   * rows to read at a time. PostgreSQL knows the length of a text without reading it. */
  async function mayBeLarge(query: RowsQuery, batchSize: number): Promise<boolean> {
    if (longColumns(query).length === 0) return false;
    const { table, columns } = query;
    const { sql: text } = selectOf({ table, columns }, [sql`max(${lengthOf(query)})`])
      .compile(server.kysely);
    const { rows: [row] } = await server.query(text);
    return Number(row?.[0] ?? 0) * batchSize > LARGE;
  }

  function fetch(cursor: string, count: number): Promise<ServerRows> {
    return server.query(`FETCH ${count} FROM ${cursor}`);
  }
}

/** Bytes of a row's long texts; of JSON about so many, since its binary form is what is measured. */
function lengthOf(query: RowsQuery): RawBuilder<unknown> {
  const lengths = longColumns(query).map(({ column, kind }) => {
    const name = sql.ref(`${query.table}.${column}`);
    return kind === "json"
      ? sql`coalesce(pg_column_size(${name}), 0)`
      : sql`coalesce(octet_length(${name}), 0)`;
  });
  return sql.join(lengths, sql` + `);
}
