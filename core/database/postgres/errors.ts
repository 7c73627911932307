// What PostgreSQL's errors mean to a user: each becomes one clear line with a hint and the right exit code.

import {
  AGAIN,
  errorCode,
  explainServerError,
  type ServerErrorMeaning,
  type ServerVerb,
} from "../server_error.ts";

const STOPPED: ServerErrorMeaning = {
  reason: "the server is stopping or starting",
  exit: "failed",
  hints: [AGAIN],
};

const LOCKED: ServerErrorMeaning = {
  reason: "another process has locked it",
  exit: "locked",
  hints: ["Wait until it is done, or raise PAPERLESS_DB_TIMEOUT (seconds)."],
};

const WRONG_PASSWORD: ServerErrorMeaning = {
  reason: "the server rejects the user or the password",
  exit: "failed",
  hints: [
    "Check PAPERLESS_DBUSER and PAPERLESS_DBPASS (or --database-url), and the server's pg_hba.conf.",
  ],
};

/** Meanings by SQLSTATE (https://www.postgresql.org/docs/15/errcodes-appendix.html). */
const MEANING: Readonly<Record<string, ServerErrorMeaning>> = {
  "28P01": WRONG_PASSWORD,
  "28000": WRONG_PASSWORD,
  "3D000": {
    reason: "there is no such database on the server",
    exit: "noLibrary",
    hints: ["Check PAPERLESS_DBNAME (or --database-url)."],
  },
  "42501": {
    reason: "the user lacks a privilege",
    exit: "failed",
    hints: ["Use the user that paperless-ngx uses: it owns the tables."],
  },
  "25006": { reason: "it is read-only", exit: "failed", hints: ["Is the server a standby?"] },
  "40001": LOCKED,
  "40P01": LOCKED,
  "55P03": LOCKED,
  "53100": {
    reason: "the server's disk is full",
    exit: "failed",
    hints: ["Free some space there."],
  },
  "53200": { reason: "the server is out of memory", exit: "failed", hints: [AGAIN] },
  "53300": {
    reason: "the server has too many connections",
    exit: "failed",
    hints: ["Raise max_connections, or try again later."],
  },
  "57P01": STOPPED,
  "57P02": STOPPED,
  "57P03": STOPPED,
  "XX001": {
    reason: "the server finds its data damaged",
    exit: "failed",
    hints: ["Look at the server's log, and restore a backup."],
  },
};

/** Turns an error of PostgreSQL or of the connection to it into one for the user; others are given back. */
export function explainPostgresError(error: unknown, verb: ServerVerb, place: string): unknown {
  return explainServerError(error, verb, place, (each) => {
    const code = errorCode(each) ?? "";
    const known = MEANING[code];
    if (code === "42501" && known) return { ...known, reason: `${known.reason} (${text(each)})` };
    return known ?? missing(code, each);
  });
}

/** A table or column that the recorded migrations promise and that isn't there. */
function missing(code: string, error: unknown): ServerErrorMeaning | undefined {
  if (code !== "42P01" && code !== "42703") return undefined;
  return {
    reason: `its schema is not what its migrations say (${text(error)})`,
    exit: "version",
    hints: ["Start paperless-ngx once on this library; if that doesn't help, restore a backup."],
  };
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
