// Kysely over the one connection to a server, as the one over SQLite: its transactions take turns, plain
// queries run whenever they come, in the transaction that is open then.

import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from "kysely";
import type { ServerRows } from "./server_connection.ts";
import type { StorageValue } from "./storage_value.ts";

/** Runs one statement. */
export type RunStatement = (text: string, parameters: readonly unknown[]) => Promise<ServerRows>;

/** A driver around an open connection. Who opened it closes it.
 * @param begin the statement that begins a transaction */
export function serverDriver(run: RunStatement, begin: string): Driver {
  const connection = serverConnection(run);
  let turn: Promise<void> = Promise.resolve();
  let endTurn = (): void => {};
  return {
    init: () => Promise.resolve(),
    acquireConnection: () => Promise.resolve(connection),
    async beginTransaction() {
      const before = turn;
      const { promise, resolve } = Promise.withResolvers<void>();
      turn = promise;
      await before;
      endTurn = resolve;
      try {
        await run(begin, []);
      } catch (error) {
        resolve();
        throw error;
      }
    },
    async commitTransaction() {
      // A commit that fails is followed by Kysely's rollback, which ends the turn.
      await run("COMMIT", []);
      endTurn();
    },
    async rollbackTransaction() {
      try {
        await run("ROLLBACK", []);
      } finally {
        endTurn();
      }
    },
    releaseConnection: () => Promise.resolve(),
    destroy: () => Promise.resolve(),
  };
}

function serverConnection(run: RunStatement): DatabaseConnection {
  return {
    async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
      const { names, rows, affected, insertId } = await run(sql, parameters);
      return {
        rows: rows.map((values) => byName(names, values) as R),
        numAffectedRows: affected,
        ...(insertId === undefined ? {} : { insertId }),
      };
    },
    streamQuery() {
      throw new Error("Streams go through Snapshot.rows");
    },
  };
}

/** Integers come as numbers, those beyond 2⁵³ as bigint. */
function byName(
  names: readonly string[],
  values: readonly StorageValue[],
): Record<string, StorageValue> {
  const row: Record<string, StorageValue> = {};
  for (let i = 0; i < names.length; i++) {
    let value = values[i] ?? null;
    if (typeof value === "bigint") {
      const number = Number(value);
      if (Number.isSafeInteger(number)) value = number;
    }
    row[names[i] ?? ""] = value;
  }
  return row;
}
