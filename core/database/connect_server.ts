// Connects to a database server. Invariant: a driver is loaded only where its kind of server is used.

import { placeOf, type ServerConnection, type ServerSettings } from "./server_connection.ts";
import type { OpenOptions } from "./open_database.ts";
import { causeCode } from "./server_error.ts";

/** How long to wait before asking again, ms: the first time, and at most. */
const FIRST_WAIT = 100;
const LONGEST_WAIT = 1000;

/** How long nobody may listen, ms: a server that is restarted is back then, an address that is wrong stays wrong. */
const NOBODY_LISTENS = 10_000;

/** What passes by itself, by the codes of the system and of both servers, and how long it is waited for (ms). */
const PASSING: Readonly<Record<string, number>> = {
  ECONNREFUSED: NOBODY_LISTENS,
  ENOENT: NOBODY_LISTENS,
  ECONNRESET: NOBODY_LISTENS,
  CONNECTION_CLOSED: NOBODY_LISTENS,
  PROTOCOL_CONNECTION_LOST: NOBODY_LISTENS,
  // It is shutting down, crashed a moment ago, or is starting.
  "57P01": Infinity,
  "57P02": Infinity,
  "57P03": Infinity,
  ER_SERVER_SHUTDOWN: Infinity,
  // All its connections are taken.
  "53300": Infinity,
  ER_CON_COUNT_ERROR: Infinity,
};

/** Connects, without a look at what is in the database. A server that is restarted or has no connection left is
 * asked again, for no longer than the settings allow for connecting.
 * @throws {PaperwardError} `failed`: refused, wrong password, unknown database, no answer in time; `version`:
 * the server is too old; `locked` (to write only): another Paperward writes to this database */
export async function connectServer(
  settings: ServerSettings,
  options: Pick<OpenOptions, "files" | "report" | "mode" | "stop">,
): Promise<ServerConnection> {
  const begun = performance.now();
  for (let wait = FIRST_WAIT, isTold = false;; wait = Math.min(2 * wait, LONGEST_WAIT)) {
    options.stop?.throwIfRequested();
    try {
      return await connect(settings, options);
    } catch (error) {
      const most = Math.min(PASSING[causeCode(error) ?? ""] ?? 0, settings.timeoutMs);
      const left = most - (performance.now() - begun);
      if (left <= 0) throw error;
      if (!isTold) {
        options.report.info(
          `${placeOf(settings)} takes no connection now: asking again for ${
            Math.ceil(left / 1000)
          } s`,
        );
      }
      isTold = true;
      await new Promise((resolve) => setTimeout(resolve, Math.min(wait, left)));
    }
  }
}

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
