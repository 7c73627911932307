// Opens the library's database, whichever kind the settings name. Invariant: what is returned is a library
// of a supported generation; everything else is refused with an exit code and a hint. The drivers of servers
// are loaded only where they are used.

import type { Files } from "../library/files.ts";
import type { Report } from "../report/report.ts";
import type { StopSignal } from "../sandbox/stop_signal.ts";
import type { DatabaseSettings } from "../settings/settings.ts";
import type { LibraryDatabase } from "./database.ts";
import { openSqlite } from "./sqlite/open.ts";

/** What opening needs. */
export interface OpenOptions {
  readonly files: Files;
  /** A folder of the command's own, for a copy where the database can't be read in place. */
  readonly scratch: string;
  /** Gets notices: waiting for a lock, reading a copy. */
  readonly report: Report;
  /** `read` changes nothing and leaves nothing behind. */
  readonly mode: "read" | "write";
  /** Looked at while waiting for a lock. */
  readonly stop?: StopSignal;
}

/** Opens the database of a library and checks its schema.
 * @throws {PaperwardError} `noLibrary`: missing, empty, unmigrated, or another application's; `version`: its
 * schema is not supported; `locked`: busy for longer than the timeout; `failed`: damaged or not permitted */
export async function openDatabase(
  settings: DatabaseSettings,
  options: OpenOptions,
): Promise<LibraryDatabase> {
  if (settings.kind === "sqlite") return await openSqlite(settings, options);
  if (settings.kind === "postgres") {
    const { openPostgres } = await import("./postgres/open.ts");
    return await openPostgres(settings, options);
  }
  const { openMariadb } = await import("./mariadb/open.ts");
  return await openMariadb(settings, options);
}
