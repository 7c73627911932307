// Readies a connection for many transactions, one after the other. Invariant: what is set ends with the connection;
// the library stays as its server knows it.

import { sql } from "kysely";
import type { LibraryDatabase } from "./database.ts";
import type { DatabaseSettings } from "../settings/settings.ts";

/** KB of SQLite's page cache. Updating a document moves its whole text, for it stands before the columns that change:
 * what does not fit is written twice. */
const CACHE = 24_000;

/**
 * Prepares a connection, outside of any transaction, for batches between which the server may write.
 *
 * SQLite's rollback journal is not removed after each transaction but made invalid, which costs a third of the time:
 * the file system finds its blocks again. It goes when the database is closed; one that a killed run leaves is empty
 * of meaning, and removed by the next who writes (sqlite.org/pragma.html#pragma_journal_mode, 3.51).
 *
 * @returns ends it; call it before the database is closed
 */
export async function writeInBatches(
  { kysely }: Pick<LibraryDatabase, "kysely">,
  settings: DatabaseSettings,
): Promise<() => Promise<void>> {
  if (settings.kind !== "sqlite") return () => Promise.resolve();
  await sql`pragma busy_timeout = ${sql.lit(settings.timeoutMs)}`.execute(kysely);
  await sql`pragma cache_size = ${sql.lit(-CACHE)}`.execute(kysely);
  const { rows } = await sql<{ readonly journal_mode: string }>`pragma journal_mode`.execute(
    kysely,
  );
  // A write-ahead log is the library's own choice.
  if (rows[0]?.journal_mode !== "delete") return () => Promise.resolve();
  await sql`pragma journal_mode = persist`.execute(kysely);
  return async () => void await sql`pragma journal_mode = delete`.execute(kysely);
}
