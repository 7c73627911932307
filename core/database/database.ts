// The library's database as commands see it, whichever kind it is. All reads of one job happen in one
// snapshot; values come unharmed through `rows`.

import type { Kysely, RawBuilder } from "kysely";
import type { Tables } from "../schema/tables.ts";
import type { Generation } from "../schema/model.ts";
import type { SchemaVersion } from "../schema/generation.ts";
import type { FieldKind } from "../schema/field.ts";
import type { ServerConnection } from "./server_connection.ts";
import type { StorageValue } from "./storage_value.ts";

/** A column to read: by its kind the database knows what can be harmed. */
export interface ReadColumn {
  /** Its name. */
  readonly column: string;
  /** The kind of its field. */
  readonly kind: FieldKind;
}

/** A read of whole rows of one table. */
export interface RowsQuery {
  /** Its name. */
  readonly table: string;
  /** The first one must be the primary key. */
  readonly columns: readonly ReadColumn[];
  /** `INNER JOIN …`, for `where` and `orderBy`. */
  readonly join?: RawBuilder<unknown>;
  /** The condition, without `where`; absent: all rows. */
  readonly where?: RawBuilder<unknown>;
  /** What follows `order by`; absent: as the database likes. */
  readonly orderBy?: RawBuilder<unknown>;
}

/** A consistent view of the database: it sees what was committed when it began, nothing later. */
export interface Snapshot {
  /** Of the library. */
  readonly generation: Generation;
  /** Names of its tables. */
  readonly tables: ReadonlySet<string>;
  /** Ordinary queries inside the snapshot. Text is not checked here: see {@linkcode Snapshot.rows}. */
  readonly kysely: Kysely<Tables>;
  /** Streams rows as arrays of unharmed values, in the order of `columns`, in batches of at most `batchSize`
   * rows; a batch of long texts has fewer. */
  rows(query: RowsQuery, batchSize: number): AsyncIterable<StorageValue[][]>;
}

/** An open library. */
export interface LibraryDatabase {
  readonly kind: "sqlite" | "postgres" | "mariadb";
  /** Where it is, for people: the file's path, or `name at host:port`. */
  readonly place: string;
  readonly generation: Generation;
  readonly schema: SchemaVersion;
  /** Names of all tables: an installation without audit log may lack that one's. */
  readonly tables: ReadonlySet<string>;
  /** An open snapshot keeps the server from writing (SQLite in its old journal mode): be short. */
  readonly snapshotBlocksWriters: boolean;
  readonly kysely: Kysely<Tables>;
  /** The connection, where the database is on a server. */
  readonly server?: ServerConnection;
  /** One read transaction around `work`; ended afterwards, whatever happens. A second one waits for the first.
   * @throws {PaperwardError} `locked` if another process holds the database longer than the timeout */
  snapshot<T>(work: (snapshot: Snapshot) => Promise<T>): Promise<T>;
  /** Reads inside a transaction of `kysely`: they see what it changed so far. */
  within(transaction: Kysely<Tables>): Snapshot;
  /** Never throws; leaves nothing behind. */
  close(): Promise<void>;
}
