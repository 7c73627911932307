// Reads inside one consistent snapshot of MariaDB. It has no cursors that leave the connection free, so the
// keys are read first, in order, and then rows by their keys: memory holds the keys and one batch.

import { type RawBuilder, sql } from "kysely";
import type { Generation } from "../../schema/model.ts";
import type { RowsQuery, Snapshot } from "../database.ts";
import { batchSizes, columnsOf, longColumns, selectOf } from "../select_rows.ts";
import type { ServerConnection, ServerRows } from "../server_connection.ts";
import type { StorageValue } from "../storage_value.ts";
import { literal } from "./storage_values.ts";

/** The snapshot of a transaction that has begun. */
export function snapshotOf(
  server: ServerConnection,
  generation: Generation,
  tables: ReadonlySet<string>,
): Snapshot {
  return { generation, tables, kysely: server.kysely, rows };

  async function run(query: RawBuilder<unknown>): Promise<ServerRows> {
    const { sql: text, parameters } = query.compile(server.kysely);
    return await server.query(text, parameters);
  }

  async function* rows(query: RowsQuery, batchSize: number): AsyncGenerator<StorageValue[][]> {
    const [key] = columnsOf(query);
    if (!key) throw new Error(`No column of ${query.table} to read`);
    const { rows: found } = await run(selectOf(query, [key]));
    const keys = found.map(([each]) => each ?? null);
    for (let at = 0; at < keys.length; at += batchSize) {
      let some = keys.slice(at, at + batchSize);
      for (const size of await sizes(query, key, some)) {
        yield await rowsWith(query, key, some.slice(0, size));
        some = some.slice(size);
      }
    }
  }

  /** Rows of a table by their keys, in the order of the keys. */
  async function rowsWith(
    { table, columns }: RowsQuery,
    key: RawBuilder<unknown>,
    keys: readonly StorageValue[],
  ): Promise<StorageValue[][]> {
    const { rows: found } = await run(
      selectOf({ table, columns, where: among(key, keys) }, columnsOf({ table, columns })),
    );
    const byKey = new Map(found.map((row) => [row[0], row]));
    return keys.map((each) => {
      const row = byKey.get(each);
      if (!row) throw new Error(`Row ${each} of ${table} vanished inside a snapshot`);
      return row;
    });
  }

  /** How many of these rows to read at a time. */
  async function sizes(
    { table, columns }: RowsQuery,
    key: RawBuilder<unknown>,
    keys: readonly StorageValue[],
  ): Promise<readonly number[]> {
    const long = longColumns({ table, columns });
    if (long.length === 0) return [keys.length];
    const length = sql.join(
      long.map(({ column }) => sql`coalesce(octet_length(${sql.ref(`${table}.${column}`)}), 0)`),
      sql` + `,
    );
    const { rows: found } = await run(
      selectOf({ table, columns, where: among(key, keys) }, [key, length]),
    );
    const lengths = new Map(found.map(([each, bytes]) => [each, bytes ?? null]));
    return batchSizes(keys.map((each) => lengths.get(each) ?? null));
  }
}

/** `key IN (…)` with the keys written out, so that MariaDB compares them as what they are. */
function among(key: RawBuilder<unknown>, keys: readonly StorageValue[]): RawBuilder<unknown> {
  return sql`${key} in (${sql.raw(keys.map(literal).join(","))})`;
}
