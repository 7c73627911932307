// A library on a server that is connected: its schema checked, its snapshots taken in turn.

import type { Generation } from "../schema/model.ts";
import { tellGeneration } from "../schema/generation.ts";
import type { LibraryDatabase, Snapshot } from "./database.ts";
import type { ServerConnection } from "./server_connection.ts";

/** What differs between the servers. */
export interface ServerFlavour {
  /** Statements that begin a snapshot. */
  readonly begin: readonly string[];
  snapshotOf(
    server: ServerConnection,
    generation: Generation,
    tables: ReadonlySet<string>,
  ): Snapshot;
}

/** Makes a library of a connection; closes it where there is none.
 * @throws {PaperwardError} `noLibrary` or `version` */
export async function openOnServer(
  server: ServerConnection,
  { begin, snapshotOf }: ServerFlavour,
): Promise<LibraryDatabase> {
  const { kind, place, kysely } = server;
  try {
    const tables = await server.tables();
    const applied = tables.has("django_migrations")
      ? (await server.query("SELECT app, name FROM django_migrations ORDER BY id")).rows
        .map(([app, name]) => ({ app: String(app), name: String(name) }))
      : [];
    const schema = tellGeneration({ tables, applied }, place);
    const snapshot = snapshotOf(server, schema.generation, tables);
    let turn: Promise<unknown> = Promise.resolve();

    const inSnapshot = async <T>(work: (snapshot: Snapshot) => Promise<T>): Promise<T> => {
      for (const statement of begin) await server.query(statement);
      try {
        // The view is that of the first read.
        await server.query("SELECT count(*) FROM django_migrations");
        return await work(snapshot);
      } finally {
        await server.query("ROLLBACK").catch(() => {});
      }
    };

    return {
      kind,
      place,
      generation: schema.generation,
      schema,
      tables,
      snapshotBlocksWriters: false,
      kysely,
      server,
      snapshot(work) {
        const result = turn.then(() => inSnapshot(work));
        turn = result.catch(() => {});
        return result;
      },
      within: (transaction) => ({ ...snapshot, kysely: transaction }),
      close: () => server.close(),
    };
  } catch (error) {
    await server.close();
    throw error;
  }
}
