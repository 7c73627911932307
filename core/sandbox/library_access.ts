// What every command needs to read of a library, and the one file that most of them lock.

import { mediaLockPath } from "../library/media_lock.ts";
import type { DatabaseSettings, Settings } from "../settings/settings.ts";
import type { Access } from "./access.ts";

/** Files that SQLite keeps beside a database. */
const SQLITE_SIDECARS = ["-wal", "-shm", "-journal"] as const;

/** Options of {@linkcode libraryAccess}. */
export interface LibraryAccessOptions {
  /** The command takes media.lock: that one file may be written. @default {false} */
  readonly lock?: boolean;
  /** The command changes the database. @default {false} */
  readonly changesDatabase?: boolean;
}

/** What the drivers of the servers need for themselves: names of variables that they read, and packages whose
 * old kind of modules (CommonJS) Deno loads only where they may be read. In the binary these lie inside it. */
const DRIVER_NEEDS = {
  postgres: { env: ["PGAPPNAME", "PGPASSWORD", "PGTARGETSESSIONATTRS"], read: () => [] },
  mariadb: {
    env: [],
    read: () => [
      new URL(import.meta.resolve("mysql2")).pathname.replace(
        /\/node_modules\/.*/,
        "/node_modules",
      ),
    ],
  },
} as const;

/** Read on data and media; write on nothing but what the options say; of the network the one address of the
 * database. */
export function libraryAccess(settings: Settings, options: LibraryAccessOptions = {}): Access {
  const database = databaseAccess(settings.database, { changes: options.changesDatabase === true });
  return {
    read: [settings.dataDir, settings.mediaRoot, ...database.read],
    write: [...(options.lock ? [mediaLockPath(settings.mediaRoot)] : []), ...database.write],
    net: database.net ?? [],
    env: database.env ?? [],
  };
}

/** What one database needs: its address, or its file with SQLite's own beside it.
 * @param drafts ends of names beside the file under which it is made before it appears */
export function databaseAccess(
  database: DatabaseSettings,
  { changes, drafts = [] }: { readonly changes: boolean; readonly drafts?: readonly string[] },
): Access {
  if (database.kind !== "sqlite") return serverAccess(database);
  const files = ["", ...drafts].flatMap((end) =>
    ["", ...SQLITE_SIDECARS].map((suffix) => database.path + end + suffix)
  );
  return { read: files, write: changes ? files : [] };
}

/** What a connection to a database needs: its address and the certificates; for a Unix socket its path, which
 * one must be able to write to talk at all. Nothing for SQLite. */
export function serverAccess(database: DatabaseSettings): Access {
  if (database.kind === "sqlite") return { read: [], write: [] };
  const { kind, host, port, sslRootCert, sslCert, sslKey } = database;
  const certificates = [sslRootCert, sslCert, sslKey].filter((path) => path !== undefined);
  const needs = DRIVER_NEEDS[kind];
  const read = [...certificates, ...needs.read()];
  const env = [...needs.env];
  if (!host.startsWith("/")) {
    return { read, write: [], net: [netAddress(host, port)], env };
  }
  const socket = kind === "postgres" ? `${host}/.s.PGSQL.${port}` : host;
  return { read, write: [socket], env };
}

/** As Deno wants it: IPv6 in brackets. */
function netAddress(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
