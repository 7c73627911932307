// What every command needs to read of a library, and the one file that most of them lock.

import { mediaLockPath } from "../library/media_lock.ts";
import type { Settings } from "../settings/settings.ts";
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

/** Read on data and media; write on nothing but what the options say. */
export function libraryAccess(settings: Settings, options: LibraryAccessOptions = {}): Access {
  const { database } = settings;
  const databaseFiles = database.kind === "sqlite"
    ? [database.path, ...SQLITE_SIDECARS.map((suffix) => database.path + suffix)]
    : [];
  return {
    read: [settings.dataDir, settings.mediaRoot, ...databaseFiles],
    write: [
      ...(options.lock ? [mediaLockPath(settings.mediaRoot)] : []),
      ...(options.changesDatabase ? databaseFiles : []),
    ],
    net: database.kind === "sqlite" ? [] : [`${database.host}:${database.port}`],
  };
}
