// What SQLite's errors mean to a user: each becomes one clear line with a hint and the right exit code.

import { PaperwardError } from "../../errors.ts";
import type { ExitName } from "../../exit_codes.ts";

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html). */
export const SQLITE = {
  busy: 5,
  locked: 6,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cantOpen: 14,
  notADatabase: 26,
} as const;

interface Meaning {
  readonly reason: string;
  readonly exit: ExitName;
  readonly hints: readonly string[];
}

const DAMAGED: Meaning = {
  reason: "the file is damaged or cut off",
  exit: "failed",
  hints: [
    "Restore it from a backup; `sqlite3 <file> .recover` saves what is readable.",
  ],
};

const MEANING: Readonly<Record<number, Meaning>> = {
  [SQLITE.busy]: {
    reason: "another process has locked it",
    exit: "locked",
    hints: ["Wait until it is done, or raise PAPERLESS_DB_TIMEOUT (seconds)."],
  },
  [SQLITE.locked]: {
    reason: "another process has locked it",
    exit: "locked",
    hints: ["Wait until it is done, or raise PAPERLESS_DB_TIMEOUT (seconds)."],
  },
  [SQLITE.readOnly]: {
    reason: "it is write-protected",
    exit: "failed",
    hints: ["Check the permissions of the file and of its folder."],
  },
  [SQLITE.ioError]: {
    reason: "the disk reports an error",
    exit: "failed",
    hints: ["Check the disk and its free space."],
  },
  [SQLITE.corrupt]: DAMAGED,
  [SQLITE.full]: {
    reason: "the disk is full",
    exit: "failed",
    hints: ["Free some space, also in the folder for temporary files."],
  },
  [SQLITE.cantOpen]: {
    reason: "the file can't be opened",
    exit: "failed",
    hints: ["Check the permissions of the file and of its folder."],
  },
  [SQLITE.notADatabase]: {
    reason: "it is not an SQLite database",
    exit: "noLibrary",
    hints: [
      "Point PAPERLESS_DATA_DIR (or --data-dir) at the data folder of the library: its database is db.sqlite3.",
    ],
  },
};

/** How SQLite's messages begin (sqlite3_errstr). */
const WORDS: readonly (readonly [words: string, code: number])[] = [
  ["unable to open", SQLITE.cantOpen],
  ["database is locked", SQLITE.busy],
  ["database table is locked", SQLITE.locked],
  ["attempt to write a readonly database", SQLITE.readOnly],
  ["disk I/O error", SQLITE.ioError],
  ["database disk image is malformed", SQLITE.corrupt],
  ["database or disk is full", SQLITE.full],
  ["file is not a database", SQLITE.notADatabase],
];

/** SQLite's primary result code of an error, or undefined where it isn't SQLite's. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, errcode } = error as { readonly code?: unknown; readonly errcode?: unknown };
  if (code !== "ERR_SQLITE_ERROR") return undefined;
  if (typeof errcode === "number") return errcode & 0xff;
  // Opening and `exec` fail without a number (Deno 2.6): then SQLite's own words tell.
  return WORDS.find(([words]) => error.message.startsWith(words))?.[1];
}

/** Turns an error of SQLite into one for the user; others are given back as they are.
 * @param verb "open", "read", "change" @param place the database, for the message */
export function explainSqliteError(error: unknown, verb: string, place: string): unknown {
  const code = sqliteCode(error);
  const meaning = code === undefined ? undefined : MEANING[code] ?? missing(error as Error);
  if (!meaning) return error;
  return new PaperwardError(`Cannot ${verb} database ${place}: ${meaning.reason}`, {
    exit: meaning.exit,
    hints: meaning.hints,
    cause: error,
  });
}

/** A table or column that the recorded migrations promise and that isn't there. */
function missing({ message }: Error): Meaning | undefined {
  if (!/^no such (?:table|column): /.test(message)) return undefined;
  return {
    reason: `its schema is not what its migrations say (${message})`,
    exit: "version",
    hints: ["Start paperless-ngx once on this library; if that doesn't help, restore a backup."],
  };
}
