// A library on a server that is connected: its schema checked, its snapshots taken in turn. Invariant: what one
// snapshot or transaction sees comes from one connection.

import { PaperwardError } from "../errors.ts";
import type { Generation } from "../schema/model.ts";
import { type SchemaVersion, tellGeneration } from "../schema/generation.ts";
import type { LibraryDatabase, Snapshot } from "./database.ts";
import type { ServerConnection } from "./server_connection.ts";
import { isConnectionLost } from "./server_error.ts";

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

/** A connection and what was seen through it. */
interface Seen {
  readonly server: ServerConnection;
  readonly schema: SchemaVersion;
  readonly tables: ReadonlySet<string>;
  readonly snapshot: Snapshot;
}

/** Makes a library of a connection; closes it where there is none.
 * @param reconnect connects anew. Given, a connection that was lost between two snapshots is replaced: nothing of
 * the next one was seen yet, and nothing is written by who only reads.
 * @throws {PaperwardError} `noLibrary` or `version` */
export async function openOnServer(
  server: ServerConnection,
  { begin, snapshotOf }: ServerFlavour,
  reconnect?: () => Promise<ServerConnection>,
): Promise<LibraryDatabase> {
  let seen = await look(server);
  const { kind, place, schema, tables } = { ...server, ...seen };
  let turn: Promise<unknown> = Promise.resolve();

  return {
    kind,
    place,
    generation: schema.generation,
    schema,
    tables,
    snapshotBlocksWriters: false,
    get kysely() {
      return seen.server.kysely;
    },
    get server() {
      return seen.server;
    },
    snapshot(work) {
      const result = turn.then(() => inSnapshot(work));
      turn = result.catch(() => {});
      return result;
    },
    within: (transaction) => ({ ...seen.snapshot, kysely: transaction }),
    close: () => seen.server.close(),
  };

  async function look(connection: ServerConnection): Promise<Seen> {
    try {
      const found = await connection.tables();
      const applied = found.has("django_migrations")
        ? (await connection.query("SELECT app, name FROM django_migrations ORDER BY id")).rows
          .map(([app, name]) => ({ app: String(app), name: String(name) }))
        : [];
      const told = tellGeneration({ tables: found, applied }, connection.place);
      const snapshot = snapshotOf(connection, told.generation, found);
      return { server: connection, schema: told, tables: found, snapshot };
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  async function inSnapshot<T>(work: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    try {
      await beginSnapshot();
    } catch (error) {
      if (!reconnect || !isConnectionLost(error)) throw error;
      await lookAgain(reconnect);
      await beginSnapshot();
    }
    try {
      return await work(seen.snapshot);
    } finally {
      await seen.server.query("ROLLBACK").catch(() => {});
    }
  }

  async function beginSnapshot(): Promise<void> {
    for (const statement of begin) await seen.server.query(statement);
    // The view is that of the first read.
    await seen.server.query("SELECT count(*) FROM django_migrations");
  }

  async function lookAgain(connect: () => Promise<ServerConnection>): Promise<void> {
    await seen.server.close();
    const now = await look(await connect());
    const isSame = now.schema.generation === schema.generation &&
      now.tables.size === tables.size && [...now.tables].every((name) => tables.has(name));
    if (isSame) {
      seen = now;
      return;
    }
    await now.server.close();
    throw new PaperwardError(
      `Cannot read database ${place}: it was migrated while the connection was lost`,
      { hints: ["Run it again."] },
    );
  }
}
