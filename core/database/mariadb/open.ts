// Opens a library on MariaDB.

import { connectServer } from "../connect_server.ts";
import type { LibraryDatabase } from "../database.ts";
import type { OpenOptions } from "../open_database.ts";
import { openOnServer } from "../open_on_server.ts";
import type { ServerSettings } from "../server_connection.ts";
import { snapshotOf } from "./snapshot.ts";

/** Opens a library on MariaDB.
 * @throws {PaperwardError} `noLibrary`, `version`, `locked` or `failed` */
export async function openMariadb(
  settings: ServerSettings,
  options: OpenOptions,
): Promise<LibraryDatabase> {
  const connect = () => connectServer(settings, options);
  return await openOnServer(await connect(), {
    begin: ["START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"],
    snapshotOf,
  }, options.mode === "read" ? connect : undefined);
}
