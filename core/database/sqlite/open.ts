// Opens the library's SQLite file: for reading without leaving a trace beside it, for writing as upstream
// does. What is not a library is refused with one clear line.
//
// A database in WAL mode needs `-wal` and `-shm` beside it even for reading. Where both are there (a server
// runs, or crashed) it is read in place. Where one is missing, SQLite would create it and a read-only
// connection never removes it again: such a source is copied to scratch, `-wal` included, and read there;
// so is one whose folder or `-shm` can't be written, and one whose journal must be rolled back first.
// `immutable=1` is never used: it ignores committed rows in the WAL.

import { DatabaseSync } from "node:sqlite";
import { Kysely } from "kysely";
import { PaperwardError } from "../../errors.ts";
import type { Files } from "../../library/files.ts";
import { type SchemaVersion, tellGeneration } from "../../schema/generation.ts";
import type { Tables } from "../../schema/tables.ts";
import type { LibraryDatabase, Snapshot } from "../database.ts";
import type { OpenOptions } from "../open_database.ts";
import { copyDatabase, type DatabaseCopy } from "./copy_database.ts";
import { sqliteDialect } from "./dialect.ts";
import { explainSqliteError, SQLITE, sqliteCode } from "./errors.ts";
import { registerFunctions } from "./functions.ts";
import { snapshotOf } from "./snapshot.ts";

/** What the settings say about an SQLite database. */
export interface SqliteSettings {
  /** Absolute. */
  readonly path: string;
  /** How long to wait for a lock, ms. */
  readonly timeoutMs: number;
}

/** The header's magic (https://www.sqlite.org/fileformat2.html#the_database_header). */
const MAGIC = "SQLite format 3\0";
const HEADER_SIZE = 100;
/** Offset of the read version: 1 rollback journal, 2 WAL. */
const READ_VERSION = 19;

const NO_LIBRARY_HINT =
  "Point PAPERLESS_DATA_DIR (or --data-dir) at the data folder of the library: its database is db.sqlite3.";

/** SQLite waits inside itself no longer than this at a time: a stop must be heard. */
const WAIT_STEP_MS = 100;

interface OpenFile {
  readonly database: DatabaseSync;
  readonly copy?: DatabaseCopy;
}

/** Opens an SQLite library.
 * @throws {PaperwardError} `noLibrary`, `version`, `locked` or `failed` */
export async function openSqlite(
  settings: SqliteSettings,
  options: OpenOptions,
): Promise<LibraryDatabase> {
  const place = settings.path;
  const path = libraryFile(options.files, place);
  const isWal = checkHeader(options.files, path, place) === "wal";
  const wait = waiter(settings, options);

  let opened: OpenFile | undefined;
  try {
    opened = options.mode === "write"
      ? { database: await openInPlace(path, false, wait) }
      : await openForReading(path, isWal, wait, options);
    const { database, copy } = opened;
    registerFunctions(database);
    if (options.mode === "write") database.exec("PRAGMA foreign_keys = ON");
    const { tables, schema } = await wait(() => readSchema(database, place));
    return libraryDatabase({
      place,
      path: copy?.path ?? path,
      database,
      copy,
      tables,
      schema,
      isWal,
      wait,
      options,
    });
  } catch (error) {
    if (opened) discard(opened);
    throw explainSqliteError(error, "open", place);
  }
}

interface LibraryParts {
  readonly place: string;
  readonly path: string;
  readonly database: DatabaseSync;
  readonly copy: DatabaseCopy | undefined;
  readonly tables: ReadonlySet<string>;
  readonly schema: SchemaVersion;
  readonly isWal: boolean;
  readonly wait: Wait;
  readonly options: OpenOptions;
}

function libraryDatabase(parts: LibraryParts): LibraryDatabase {
  const { place, database, copy, tables, schema, isWal, wait, options } = parts;
  const verb = options.mode === "write" ? "change" : "read";
  const kysely = new Kysely<Tables>({
    dialect: sqliteDialect(database, (error) => explainSqliteError(error, verb, place)),
  });
  const snapshot = snapshotOf({ database, kysely, generation: schema.generation, tables, place });
  let turn: Promise<unknown> = Promise.resolve();
  let closed = false;

  async function inSnapshot<T>(work: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    try {
      // A transaction takes its view of the database with its first read.
      await wait(() => {
        database.exec("BEGIN");
        try {
          database.prepare("SELECT count(*) FROM sqlite_master").get();
        } catch (error) {
          database.exec("ROLLBACK");
          throw error;
        }
      });
    } catch (error) {
      throw explainSqliteError(error, "read", place);
    }
    try {
      return await work(snapshot);
    } finally {
      if (!closed && database.isTransaction) database.exec("ROLLBACK");
    }
  }

  return {
    kind: "sqlite",
    place,
    generation: schema.generation,
    schema,
    tables,
    snapshotBlocksWriters: !isWal && copy === undefined,
    kysely,
    snapshot(work) {
      const result = turn.then(() => inSnapshot(work));
      turn = result.catch(() => {});
      return result;
    },
    within: (transaction) => ({ ...snapshot, kysely: transaction }),
    async close() {
      if (closed) return;
      closed = true;
      try {
        await kysely.destroy();
        database.close();
        copy?.remove();
      } catch {
        // Closing must not hide what happened before; the scratch folder goes with the run.
      }
    },
  };
}

/** The real path of the file, which must be there. */
function libraryFile(files: Files, place: string): string {
  try {
    const path = files.real(place);
    const { kind, size } = files.stat(path);
    if (kind !== "file") {
      throw noLibrary(place, kind === "folder" ? "it is a folder" : "it is not a file");
    }
    if (size === 0) throw noLibrary(place, "the file is empty");
    return path;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      throw noLibrary(place, "there is no such file");
    }
    throw denied(error, place);
  }
}

function checkHeader(files: Files, path: string, place: string): "wal" | "journal" {
  const header = new Uint8Array(HEADER_SIZE);
  let length = 0;
  try {
    const file = files.openRead(path);
    try {
      for (let count = 1; count > 0 && length < HEADER_SIZE; length += count) {
        count = file.read(header.subarray(length));
      }
    } finally {
      file.close();
    }
  } catch (error) {
    throw denied(error, place);
  }
  if (
    length < HEADER_SIZE || new TextDecoder().decode(header.subarray(0, MAGIC.length)) !== MAGIC
  ) {
    throw noLibrary(place, "it is not an SQLite database");
  }
  return header[READ_VERSION] === 2 ? "wal" : "journal";
}

async function openForReading(
  path: string,
  isWal: boolean,
  wait: Wait,
  options: OpenOptions,
): Promise<OpenFile> {
  const { files, report } = options;
  const leavesTraces = isWal && !(files.exists(`${path}-wal`) && files.exists(`${path}-shm`));
  if (!leavesTraces) {
    try {
      return { database: await openInPlace(path, true, wait) };
    } catch (error) {
      const code = sqliteCode(error);
      if (code !== SQLITE.cantOpen && code !== SQLITE.readOnly) throw error;
      report.verbose(`${path} can't be opened where it is: ${(error as Error).message}`);
    }
  }
  const target = freeName(files, `${options.scratch}/database`);
  report.verbose(`${path} is copied to ${target} and read there`);
  let copy: DatabaseCopy;
  try {
    copy = await copyDatabase(files, path, target);
  } catch (error) {
    if (error instanceof PaperwardError || !leavesTraces) throw error;
    report.warn(
      `Cannot copy ${path} to ${options.scratch} (${
        (error as Error).message
      }): it is read where it is`,
      `This may leave ${path}-wal and ${path}-shm behind; they hold no data.`,
    );
    return { database: await openInPlace(path, true, wait) };
  }
  try {
    return { database: await openInPlace(copy.path, false, wait), copy };
  } catch (error) {
    copy.remove();
    throw error;
  }
}

function freeName(files: Files, stem: string): string {
  for (let count = 1;; count++) {
    const name = `${stem}-${count}.sqlite3`;
    if (!files.exists(name)) return name;
  }
}

/** Opens a file and reads from it, so that what is wrong shows now. */
async function openInPlace(path: string, readOnly: boolean, wait: Wait): Promise<DatabaseSync> {
  const database = new DatabaseSync(path, { readOnly });
  try {
    database.exec(`PRAGMA busy_timeout = ${WAIT_STEP_MS}`);
    await wait(() => database.prepare("SELECT count(*) FROM sqlite_master").get());
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function readSchema(
  database: DatabaseSync,
  place: string,
): { readonly tables: ReadonlySet<string>; readonly schema: SchemaVersion } {
  // All of paperless-ngx's are UTF-8, and reading values unharmed counts on it.
  const encoding = database.prepare("PRAGMA encoding").get()?.encoding;
  if (encoding !== "UTF-8") throw noLibrary(place, `its text is encoded as ${encoding}`);
  const tables = new Set(
    database.prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    )
      .all().map(({ name }) => String(name)),
  );
  const applied = tables.has("django_migrations")
    ? database.prepare("SELECT app, name FROM django_migrations ORDER BY id").all()
      .map(({ app, name }) => ({ app: String(app), name: String(name) }))
    : [];
  return { tables, schema: tellGeneration({ tables, applied }, place) };
}

/** Runs something that may meet a lock, again and again until the timeout. */
type Wait = <T>(work: () => T) => Promise<T>;

function waiter({ path, timeoutMs }: SqliteSettings, { report, stop }: OpenOptions): Wait {
  let said = false;
  return async (work) => {
    const until = performance.now() + timeoutMs;
    while (true) {
      stop?.throwIfRequested();
      try {
        return work();
      } catch (error) {
        if (sqliteCode(error) !== SQLITE.busy) throw error;
        if (!said) report.info(`Waiting: another process has locked ${path}`);
        said = true;
        if (performance.now() >= until) throw error;
      }
      // Lets messages through; SQLite itself has waited already.
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  };
}

function discard({ database, copy }: OpenFile): void {
  try {
    database.close();
  } catch {
    // It is the first error that counts.
  }
  copy?.remove();
}

function noLibrary(place: string, reason: string): PaperwardError {
  return new PaperwardError(`Cannot open database ${place}: ${reason}`, {
    exit: "noLibrary",
    hints: [NO_LIBRARY_HINT],
  });
}

function denied(error: unknown, place: string): unknown {
  if (!(error instanceof Deno.errors.PermissionDenied)) return error;
  return new PaperwardError(`Cannot open database ${place}: no permission to read it`, {
    hints: ["Run Paperward as the user that paperless-ngx runs as."],
    cause: error,
  });
}
