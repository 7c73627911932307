// Connects to a database server. Invariant: a driver is loaded only where its kind of server is used.

import type { OpenOptions } from "./open_database.ts";
import { errorCode } from "./server_error.ts";
import type { ServerConnection, ServerSettings } from "./server_connection.ts";

/** How often a server that is starting is asked again, ms. */
const ASK_AGAIN = 500;

/** Connects, without a look at what is in the database. A server that is just starting is waited for as long
 * as the settings allow for connecting.
 * @throws {PaperwardError} `failed`: refused, wrong password, unknown database, no answer in time; `version`:
 * the server is too old; `locked` (to write only): another Paperward writes to this database */
export async function connectServer(
  settings: ServerSettings,
  options: Pick<OpenOptions, "files" | "report" | "mode" | "stop">,
): Promise<ServerConnection> {
  const until = performance.now() + settings.timeoutMs;
  while (true) {
    options.stop?.throwIfRequested();
    try {
      return await connect(settings, options);
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined;
      if (errorCode(cause) !== STARTING || performance.now() >= until) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN));
  }
}

/** PostgreSQL's code for "the database system is starting up". MariaDB doesn't listen then. */
const STARTING = "57P03";

async function connect(
  settings: ServerSettings,
  options: Pick<OpenOptions, "files" | "report" | "mode">,
): Promise<ServerConnection> {
  if (settings.kind === "postgres") {
    const { connectPostgres } = await import("./postgres/connect.ts");
    return await connectPostgres(settings, options);
  }
  const { connectMariadb } = await import("./mariadb/connect.ts");
  return await connectMariadb(settings, options);
}
