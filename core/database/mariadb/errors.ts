// What MariaDB's errors mean to a user: each becomes one clear line with a hint and the right exit code.

import {
  AGAIN,
  explainServerError,
  type ServerErrorMeaning,
  type ServerVerb,
} from "../server_error.ts";

const LOCKED: ServerErrorMeaning = {
  reason: "another process has locked it",
  exit: "locked",
  hints: ["Wait until it is done, or raise PAPERLESS_DB_TIMEOUT (seconds)."],
};

const STOPPED: ServerErrorMeaning = {
  reason: "the server is stopping",
  exit: "failed",
  hints: [AGAIN],
};

const WRONG_PASSWORD: ServerErrorMeaning = {
  reason: "the server rejects the user or the password",
  exit: "failed",
  hints: [
    "Check PAPERLESS_DBUSER and PAPERLESS_DBPASS (or --database-url), and from where the user may connect.",
  ],
};

const NO_PRIVILEGE: ServerErrorMeaning = {
  reason: "the user lacks a privilege",
  exit: "failed",
  hints: ["Use the user that paperless-ngx uses: it may do everything in its database."],
};

const READ_ONLY: ServerErrorMeaning = {
  reason: "it is read-only",
  exit: "failed",
  hints: ["Is the server a replica?"],
};

/** Meanings by number (https://mariadb.com/kb/en/mariadb-error-code-reference/). */
const MEANING: Readonly<Record<number, ServerErrorMeaning>> = {
  1021: { reason: "the server's disk is full", exit: "failed", hints: ["Free some space there."] },
  1037: { reason: "the server is out of memory", exit: "failed", hints: [AGAIN] },
  1040: {
    reason: "the server has too many connections",
    exit: "failed",
    hints: ["Raise max_connections, or try again later."],
  },
  1044: {
    reason: "there is no such database on the server, or the user may not use it",
    exit: "noLibrary",
    hints: ["Check PAPERLESS_DBNAME and PAPERLESS_DBUSER (or --database-url)."],
  },
  1045: WRONG_PASSWORD,
  1049: {
    reason: "there is no such database on the server",
    exit: "noLibrary",
    hints: ["Check PAPERLESS_DBNAME (or --database-url)."],
  },
  1053: STOPPED,
  1130: WRONG_PASSWORD,
  1142: NO_PRIVILEGE,
  1143: NO_PRIVILEGE,
  1205: LOCKED,
  1213: LOCKED,
  1227: NO_PRIVILEGE,
  1290: READ_ONLY,
  1698: WRONG_PASSWORD,
  1792: READ_ONLY,
  1836: READ_ONLY,
  1927: STOPPED,
};

/** Turns an error of MariaDB or of the connection to it into one for the user; others are given back. */
export function explainMariadbError(error: unknown, verb: ServerVerb, place: string): unknown {
  return explainServerError(error, verb, place, (each) => {
    const { errno = 0, message = "" } = each as { errno?: number; message?: string };
    const known = MEANING[errno];
    if (known === NO_PRIVILEGE) return { ...known, reason: `${known.reason} (${message})` };
    return known ?? missing(errno, message);
  });
}

/** A table or column that the recorded migrations promise and that isn't there. */
function missing(errno: number, message: string): ServerErrorMeaning | undefined {
  if (errno !== 1146 && errno !== 1054) return undefined;
  return {
    reason: `its schema is not what its migrations say (${message})`,
    exit: "version",
    hints: ["Start paperless-ngx once on this library; if that doesn't help, restore a backup."],
  };
}
