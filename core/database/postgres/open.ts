// Opens a library on PostgreSQL.

import { connectServer } from "../connect_server.ts";
import type { LibraryDatabase } from "../database.ts";
import type { OpenOptions } from "../open_database.ts";
import { openOnServer } from "../open_on_server.ts";
import type { ServerSettings } from "../server_connection.ts";
import { snapshotOf } from "./snapshot.ts";

/** Opens a library on PostgreSQL.
 * @throws {PaperwardError} `noLibrary`, `version`, `locked` or `failed` */
export async function openPostgres(
  settings: ServerSettings,
  options: OpenOptions,
): Promise<LibraryDatabase> {
  const connect = () => connectServer(settings, options);
  return await openOnServer(await connect(), {
    begin: ["BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"],
    snapshotOf,
  }, options.mode === "read" ? connect : undefined);
}
