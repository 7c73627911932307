// Creates an empty library: one SQLite file that paperless-ngx opens and finds nothing to migrate in.
// All or nothing: what fails leaves no file behind, and a file that is there is never touched.

import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { PaperwardError } from "../core/errors.ts";
import type { Generation } from "../core/schema/model.ts";
import { FRESH } from "./fresh.ts";
import { isWanted, type Value } from "./operation.ts";
import { sqliteStatements } from "./sqlite.ts";

/** What {@linkcode createLibrary} needs to know. */
export interface CreateLibraryOptions {
  /** Where the database is made: `…/data/db.sqlite3`. Its folder must exist. */
  readonly path: string;
  /** v2: the schema of 2.20.15; v3: that of 3.0.5. */
  readonly generation: Generation;
  /** When the migrations are said to have run, as Django stores it: `2026-01-31 23:59:59.123456`, UTC.
   * @default {the current time} */
  readonly now?: string;
  /** Only these tables. @default {all of the generation} */
  readonly tables?: ReadonlySet<string>;
}

/** A moment as Django stores it in SQLite. @param ms since the epoch */
export function djangoDateTime(ms: number): string {
  return new Date(ms).toISOString().replace("T", " ").replace(/\.(\d{3})Z$/, ".$1000")
    .replace(/\.0{6}$/, "");
}

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/** A password that nobody can enter: `!` and 40 random characters, as Django makes it. */
export function unusablePassword(): string {
  let text = "!";
  while (text.length < 41) {
    const [byte = 255] = crypto.getRandomValues(new Uint8Array(1));
    // 248 = 4 × 62: larger bytes would make some letters likelier than others.
    if (byte < 248) text += LETTERS[byte % LETTERS.length];
  }
  return text;
}

/** Registers the function that the generated column of `documents_customfieldinstance` calls: no row of
 * that table can be written without it. NULL where either side is; true where the pattern is found. */
export function registerRegexp(database: DatabaseSync): void {
  const patterns = new Map<string, RegExp>();
  database.function("REGEXP", { deterministic: true }, (pattern, value) => {
    if (pattern === null || value === null) return null;
    const source = String(pattern);
    let compiled = patterns.get(source);
    if (!compiled) patterns.set(source, compiled = new RegExp(source, "u"));
    return compiled.test(String(value)) ? 1 : 0;
  });
}

/** Creates an empty library in one SQLite file; v3 in journal mode WAL, v2 in `delete`, as upstream does.
 *
 * @throws {PaperwardError} where the file already exists or can't be written
 * @example
 * ```ts ignore
 * createLibrary({ path: "/library/data/db.sqlite3", generation: "v3" });
 * ``` */
export function createLibrary(options: CreateLibraryOptions): void {
  const { path } = options;
  const now = options.now ?? djangoDateTime(Date.now());
  reserve(path);
  try {
    fill(options, now);
  } catch (cause) {
    for (const suffix of ["", "-wal", "-shm", "-journal"]) {
      try {
        Deno.removeSync(path + suffix);
      } catch { /* it was never there */ }
    }
    throw new PaperwardError(`Cannot create ${path}: ${(cause as Error).message}`, { cause });
  }
}

/** Makes the empty file, and only where there is none: SQLite would fill whatever lies there. */
function reserve(path: string): void {
  try {
    Deno.openSync(path, { write: true, createNew: true }).close();
  } catch (cause) {
    if (cause instanceof Deno.errors.AlreadyExists) {
      throw new PaperwardError(`Cannot create ${path}: there is a file of that name already`, {
        cause,
        hints: ["Name a place where there is no library yet, or remove the file first."],
      });
    }
    if (cause instanceof Deno.errors.NotFound) {
      throw new PaperwardError(`Cannot create ${path}: there is no such folder`, {
        cause,
        hints: [`make it first: mkdir -p ${dirname(path)}`],
      });
    }
    throw new PaperwardError(`Cannot create ${path}: ${(cause as Error).message}`, { cause });
  }
}

function fill({ path, generation, tables }: CreateLibraryOptions, now: string): void {
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: true });
  try {
    registerRegexp(database);
    if (generation === "v3") database.exec("PRAGMA journal_mode = WAL");
    database.exec("BEGIN IMMEDIATE");
    const operations = FRESH[generation].flatMap((migration) => migration.operations);
    for (const operation of operations.filter((each) => isWanted(each, tables))) {
      for (const { sql, values } of sqliteStatements(operation)) {
        const statement = database.prepare(sql);
        for (const row of values ?? [[]]) statement.run(...row.map((value) => resolve(value, now)));
      }
    }
    database.exec("COMMIT");
  } finally {
    database.close();
  }
}

function resolve(value: Value, now: string): null | number | string {
  if (value === "$now") return now;
  if (value === "$unusable") return unusablePassword();
  return value;
}
