// A connection to a database server, whichever it is. Invariant: values have SQLite's form on all databases,
// so that what is written for one works for all; and a connection that broke is never silently replaced by
// another, which would not be in the transaction.

import type { Kysely } from "kysely";
import type { Tables } from "../schema/tables.ts";
import type { DatabaseSettings } from "../settings/settings.ts";
import type { RowBatch } from "./row_batch.ts";
import type { StorageValue } from "./storage_value.ts";

/** Settings of a database on a server. */
export type ServerSettings = Extract<DatabaseSettings, { kind: "postgres" | "mariadb" }>;

/** Rows as a server gave them. */
export interface ServerRows {
  /** Names of the columns. */
  readonly names: readonly string[];
  /** Values in SQLite's form: booleans 1 and 0, UUIDs without dashes (MariaDB: as they come), date-times in
   * UTC as `2024-05-06 07:08:09.123456`, JSON and decimals as text. */
  readonly rows: StorageValue[][];
  /** Rows found by an UPDATE or DELETE, or written by an INSERT. */
  readonly affected: bigint;
  /** MariaDB: the first id that an INSERT gave. */
  readonly insertId?: bigint;
}

/** One connection to one database; nothing is known of what the database holds. */
export interface ServerConnection {
  /** Which server it is. */
  readonly kind: "postgres" | "mariadb";
  /** For people: `paperless at localhost:5432`. */
  readonly place: string;
  /** The server's: `15.14`. */
  readonly version: string;
  /** Everything runs on this one connection: plain queries in the transaction that is open then. Transactions
   * take turns. */
  readonly kysely: Kysely<Tables>;
  /** Runs one statement. Parameters are in SQLite's form; the server takes each as its column's type.
   * @param text with `$1` (PostgreSQL) or {@linkcode PLACEHOLDER} (MariaDB)
   * @throws {PaperwardError} where a user can do something; other errors as the driver throws them */
  query(text: string, parameters?: readonly unknown[]): Promise<ServerRows>;
  /** Runs statements without parameters or results, in the transaction that is open, if one is. MariaDB ends
   * a transaction before each statement that changes the schema. */
  script(statements: string): Promise<void>;
  /** Writes many rows: COPY, or INSERTs of many rows each. PostgreSQL: one call is one statement, which has to
   * end in a statement's time; so a large table takes several calls.
   * @param batches values in SQLite's form, in the order of the columns; not read from this connection
   * @returns rows written */
  bulkInsert(
    table: string,
    columns: readonly string[],
    batches: AsyncIterable<readonly StorageValue[][]> | Iterable<readonly StorageValue[][]>,
  ): Promise<number>;
  /** Gathers rows of one table, which are then written as by {@linkcode ServerConnection.bulkInsert}. */
  openBatch(table: string, columns: readonly string[]): RowBatch;
  /** Names of all tables of the database (PostgreSQL: in the schemas of the search path). */
  tables(): Promise<ReadonlySet<string>>;
  /** Never throws. */
  close(): Promise<void>;
}

/** The place of a database on a server, for people. */
export function placeOf({ host, port, name }: ServerSettings): string {
  const where = host.startsWith("/")
    ? host
    : host.includes(":")
    ? `[${host}]:${port}`
    : `${host}:${port}`;
  return `${name} at ${where}`;
}
