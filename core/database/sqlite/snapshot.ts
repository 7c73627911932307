// Reads inside one read transaction of SQLite. Rows stream: memory holds one batch.

import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { type Kysely, sql } from "kysely";
import type { Generation } from "../../schema/model.ts";
import type { Tables } from "../../schema/tables.ts";
import type { RowsQuery, Snapshot } from "../database.ts";
import type { StorageValue } from "../storage_value.ts";
import { streamArrays } from "./array_rows.ts";
import { explainSqliteError } from "./errors.ts";
import { rowReader } from "./storage_values.ts";

/** A batch ends early when its texts have this many bytes: 500 long documents would be tens of megabytes. */
const MOST_BYTES = 1 << 17;

/** What a snapshot is made of. */
export interface SnapshotParts {
  readonly database: DatabaseSync;
  readonly kysely: Kysely<Tables>;
  readonly generation: Generation;
  readonly tables: ReadonlySet<string>;
  /** For messages. */
  readonly place: string;
}

/** The snapshot of a transaction that has begun. */
export function snapshotOf(
  { database, kysely, generation, tables, place }: SnapshotParts,
): Snapshot {
  return { generation, tables, kysely, rows };

  async function* rows(query: RowsQuery, batchSize: number): AsyncGenerator<StorageValue[][]> {
    const reader = rowReader(database, query.table, query.columns);
    const { sql: text, parameters } = sql`select ${sql.raw(reader.selectList)} from ${
      sql.table(query.table)
    } ${query.join ?? sql``} ${query.where ? sql`where ${query.where}` : sql``} ${
      query.orderBy ? sql`order by ${query.orderBy}` : sql``
    }`.compile(kysely);
    try {
      let batch: StorageValue[][] = [];
      let bytes = 0;
      for (const raw of streamArrays(database, text, parameters as SQLInputValue[])) {
        bytes += reader.textBytes(raw);
        batch.push(reader.restore(raw));
        if (batch.length < batchSize && bytes < MOST_BYTES) continue;
        yield batch;
        batch = [];
        bytes = 0;
      }
      if (batch.length > 0) yield batch;
    } catch (error) {
      throw explainSqliteError(error, "read", place);
    }
  }
}
