// Connects to a database server. Invariant: a driver is loaded only where its kind of server is used.

import type { OpenOptions } from "./open_database.ts";
import type { ServerConnection, ServerSettings } from "./server_connection.ts";

/** Connects, without a look at what is in the database.
 * @throws {PaperwardError} `failed`: refused, wrong password, unknown database, no answer in time; `version`:
 * the server is too old; `locked` (to write only): another Paperward writes to this database */
export async function connectServer(
  settings: ServerSettings,
  options: Pick<OpenOptions, "files" | "report" | "mode" | "stop">,
): Promise<ServerConnection> {
  if (settings.kind === "postgres") {
    const { connectPostgres } = await import("./postgres/connect.ts");
    return await connectPostgres(settings, options);
  }
  const { connectMariadb } = await import("./mariadb/connect.ts");
  return await connectMariadb(settings, options);
}
