// Copies a whole library from one database into another, of any kind: look at every row first, then write all of
// them in one transaction, read them back and compare, and only then commit. Invariant: the target holds the
// whole library or none of it, and a target that held anything before is never touched.

import { type Kysely, sql } from "kysely";
import type { CreateLibraryOptions } from "../../../migrations/create_library.ts";
import type { CreateServerLibraryOptions } from "../../../migrations/create_server_library.ts";
import { PaperwardError } from "../../errors.ts";
import type { Files } from "../../library/files.ts";
import type { Report } from "../../report/report.ts";
import type { StopSignal } from "../../sandbox/stop_signal.ts";
import type { Generation } from "../../schema/model.ts";
import type { Tables } from "../../schema/tables.ts";
import { TABLES_WITHOUT_MODEL } from "../../schema/tables_left_out.ts";
import type { DatabaseSettings } from "../../settings/settings.ts";
import { beginBulk, changeMark, endBulk, setIndexesAside } from "../bulk_write.ts";
import { connectServer } from "../connect_server.ts";
import type { LibraryDatabase, Snapshot } from "../database.ts";
import { openDatabase, type OpenOptions } from "../open_database.ts";
import { openRowWriter, type RowTable } from "../row_writer.ts";
import { placeOf, type ServerConnection, type ServerSettings } from "../server_connection.ts";
import { RowSum } from "../canonical_row.ts";
import { type CopyTable, copyTables } from "./copy_tables.ts";
import { DRAFT } from "./draft.ts";
import { openTwinFinder, valueIn } from "./twin_finder.ts";
import { whatItHolds } from "./fresh_library.ts";

/** What a copy needs of the world. */
export interface CopyWorld {
  /** The file system, within the folders that belong to the run. */
  readonly files: Files;
  /** Where everything is said. */
  readonly report: Report;
  /** Asks for a graceful stop. */
  readonly stop: StopSignal;
  /** Absolute path of an empty folder. */
  readonly scratch: string;
  /** Makes the SQLite database of an empty library. */
  createLibrary(options: CreateLibraryOptions): void;
  /** Makes a library on a server, empty or with the rows that are given. */
  createServerLibrary(
    connection: ServerConnection,
    options: CreateServerLibraryOptions,
  ): Promise<void>;
  /** Whether a run was stopped before the library was complete. */
  isUnfinished(connection: ServerConnection): Promise<boolean>;
}

/** What is copied. */
export interface CopyOptions {
  /** The source: a library. */
  readonly from: DatabaseSettings;
  /** The source was named by `--from`, else it is the library of the settings. */
  readonly fromFlag?: boolean;
  /** The target: a fresh library, or with `create` a place where there is none. */
  readonly to: DatabaseSettings;
  /** The target has no library yet: make it. */
  readonly create: boolean;
  /** Look at everything, write nothing. */
  readonly dryRun: boolean;
  /** Rows read and written at once. */
  readonly batchSize: number;
}

/** A table that was copied. */
export interface CopiedTable {
  /** Its name in the database. */
  readonly table: string;
  /** Rows in the source; a dry run copied none of them. */
  readonly rows: number;
  /** Of all rows in any order: equal on both sides. */
  readonly checksum: string;
}

/** What was done. */
export interface CopySummary {
  /** Where the source is, for people: the file's path, or `name at host:port`. */
  readonly from: string;
  /** Where the target is, in the same form. */
  readonly to: string;
  /** Of both libraries. */
  readonly generation: Generation;
  /** `X.Y.Z` whose schema the source has. */
  readonly release: string;
  /** Nothing was written. */
  readonly dryRun: boolean;
  /** The target's tables were made. */
  readonly created: boolean;
  /** In the registry's order. */
  readonly tables: readonly CopiedTable[];
  /** In all tables. */
  readonly rows: number;
  /** Values that the target can't hold: only a dry run ends with some. */
  readonly unfit: number;
  /** ms */
  readonly duration: number;
}

interface CopyJob {
  readonly world: CopyWorld;
  readonly options: CopyOptions;
  readonly source: Snapshot;
  readonly release: string;
  /** Tables that the source has. */
  readonly tables: readonly CopyTable[];
  readonly target: string;
}

/** Copies a library.
 * @throws {PaperwardError} for everything that stops the copy; the target is as it was then */
export async function copyDatabase(
  world: CopyWorld,
  options: CopyOptions,
): Promise<CopySummary> {
  const started = performance.now();
  const target = placeFor(options.to);
  checkDifferent(options);
  await using cleanup = new AsyncDisposableStack();
  const database = await openGiven(world, options.from, options.fromFlag ? "--from" : undefined);
  cleanup.defer(() => database.close());
  const state = await targetState(world, options, database);
  world.report.info(
    `Copying ${database.kind} ${database.place}, paperless-ngx ${database.schema.release} ` +
      `(${database.generation}), to ${options.to.kind} ${target}`,
  );
  return await database.snapshot(async (source): Promise<CopySummary> => {
    const job: CopyJob = {
      world,
      options,
      source,
      release: database.schema.release,
      tables: knownTables(world, source, options),
      target,
    };
    const { sums, unfit } = await examine(job);
    if (unfit > 0 && !options.dryRun) throw cannotHold(job, unfit);
    if (!options.dryRun) await write(job, state, sums);
    const tables = job.tables.map(({ name }): CopiedTable => {
      const sum = sums.get(name);
      return { table: name, rows: sum?.rows ?? 0, checksum: sum?.checksum ?? "" };
    });
    return {
      from: database.place,
      to: target,
      generation: source.generation,
      release: database.schema.release,
      dryRun: options.dryRun,
      created: state === "to be made",
      tables,
      rows: tables.reduce((sum, { rows }) => sum + rows, 0),
      unfit,
      duration: Math.round(performance.now() - started),
    };
  });
}

function openOptions(
  { files, scratch, report, stop }: CopyWorld,
  mode: OpenOptions["mode"],
): OpenOptions {
  return { files, scratch, report, stop, mode };
}

/** Opens a library to read it. Where a flag named it, hints about the library's own settings would lead astray. */
async function openGiven(
  world: CopyWorld,
  settings: DatabaseSettings,
  flag: "--from" | "--to" | undefined,
): Promise<LibraryDatabase> {
  try {
    return await openDatabase(settings, openOptions(world, "read"));
  } catch (error) {
    if (!flag || !(error instanceof PaperwardError) || error.exit !== "noLibrary") throw error;
    const hints = [`${flag} names the database of a library: a path to an SQLite file, or a URL`];
    throw new PaperwardError(error.message, { exit: error.exit, hints, cause: error });
  }
}

function placeFor(settings: DatabaseSettings): string {
  return settings.kind === "sqlite" ? settings.path : placeOf(settings);
}

function checkDifferent({ from, to }: CopyOptions): void {
  if (from.kind !== to.kind || placeFor(from) !== placeFor(to)) return;
  throw new PaperwardError(`Cannot copy ${placeFor(from)}: source and target are the same`, {
    exit: "usage",
  });
}

/** What there is at the target. */
type TargetState = "to be made" | "fresh library";

/** Looks at the target before anything is read.
 * @throws {PaperwardError} unless it can be filled */
async function targetState(
  world: CopyWorld,
  options: CopyOptions,
  source: LibraryDatabase,
): Promise<TargetState> {
  const { to, create } = options;
  const place = placeFor(to);
  const there = to.kind === "sqlite" ? world.files.exists(to.path) : await hasTables(world, to);
  if (!there) {
    if (create) return "to be made";
    throw new PaperwardError(`Cannot copy to ${place}: there is no library`, {
      exit: "noLibrary",
      hints: [
        "give --create to make it",
        "a server's database itself must be there, without tables",
      ],
    });
  }
  const database = await openGiven(world, to, "--to");
  try {
    if (database.generation !== source.generation) {
      throw new PaperwardError(
        `Cannot copy to ${place}: it is a library of ${database.schema.release}, the source is of ${source.schema.release}`,
        { exit: "version", hints: ["give a database without tables, and --create"] },
      );
    }
    const holds = await database.snapshot((snapshot) => whatItHolds(snapshot));
    if (holds.length > 0) {
      throw new PaperwardError(
        `Cannot copy to ${place}: the library is not empty (${holds.slice(0, 3).join(", ")}${
          holds.length > 3 ? ", …" : ""
        })`,
        { hints: ["give a database without tables, and --create; nothing was changed"] },
      );
    }
    const differing = copyTables(source.generation, to.kind).map(({ name }) => name)
      .filter((name) => source.tables.has(name) !== database.tables.has(name));
    if (differing.length > 0) {
      throw new PaperwardError(
        `Cannot copy to ${place}: only one of both libraries has the table ${differing[0]}`,
        { hints: ["give a database without tables, and --create"] },
      );
    }
    return "fresh library";
  } finally {
    await database.close();
  }
}

async function hasTables(world: CopyWorld, settings: ServerSettings): Promise<boolean> {
  const connection = await connectServer(settings, openOptions(world, "read"));
  try {
    if (await world.isUnfinished(connection)) {
      world.report.info(
        `${connection.place} holds what an interrupted run left: empty tables, which are removed first`,
      );
      return false;
    }
    return (await connection.tables()).size > 0;
  } finally {
    await connection.close();
  }
}

/** The source's tables; those of others are named and left. */
function knownTables(
  { report }: CopyWorld,
  source: Snapshot,
  { to }: CopyOptions,
): readonly CopyTable[] {
  const tables = copyTables(source.generation, to.kind);
  const known = new Set([...tables.map(({ name }) => name), ...Object.keys(TABLES_WITHOUT_MODEL)]);
  const strangers = [...source.tables].filter((name) => !known.has(name)).sort();
  if (strangers.length > 0) {
    report.warn(`Tables that paperless-ngx doesn't know are not copied: ${strangers.join(", ")}`);
  }
  return tables.filter(({ name }) => source.tables.has(name));
}

/** Values named before the rest is only counted. */
const MOST_NAMED = 1000;

/** Reads every row: what there is, and what the target can't hold. */
async function examine({ world, options, source, tables }: CopyJob) {
  const { report, stop } = world;
  const sums = new Map<string, RowSum>();
  let unfit = 0;
  await using twins = await openTwinFinder(
    options.to,
    openOptions(world, "read"),
    source.generation,
  );
  const progress = report.progress("Reading", await countRows(source, tables));
  for (const table of tables) {
    const sum = new RowSum(table.columns.map(({ kind }) => kind));
    const valuesOf = valueIn(table.columns);
    sums.set(table.name, sum);
    for await (const rows of source.rows(queryOf(table), options.batchSize)) {
      stop.throwIfRequested();
      for (const row of rows) {
        sum.add(row);
        if (tellUnfit(table, row) === 0) twins.add(table.name, valuesOf(row));
      }
      await twins.settle();
      progress.advance(rows.length, table.name);
    }
  }
  progress.end();
  for await (const { table, id, other, columns, message } of twins.find()) {
    stop.throwIfRequested();
    tell({ table, id, column: columns.join(", "), other, message }, message);
  }
  return { sums, unfit };

  /** @returns how many values of the row the target can't hold */
  function tellUnfit({ name, columns }: CopyTable, row: readonly unknown[]): number {
    let count = 0;
    for (const [index, { column, limit }] of columns.entries()) {
      const value = row[index] as Parameters<NonNullable<typeof limit>>[0] | null;
      const message = value === null || value === undefined ? undefined : limit?.(value);
      if (message === undefined) continue;
      count++;
      const id = row[0] as string | bigint;
      tell({ table: name, id, column, message }, `${column} ${message}`);
    }
    return count;
  }

  function tell(
    problem: {
      readonly table: string;
      readonly id: string | bigint;
      readonly column: string;
      /** The row with the same values. */
      readonly other?: string | bigint;
      readonly message: string;
    },
    text: string,
  ): void {
    if (++unfit > MOST_NAMED) return;
    report.item("problem", { ...problem });
    report.error(`row ${problem.id} of ${problem.table}: ${text}`);
  }
}

function queryOf({ name, columns }: CopyTable) {
  return { table: name, columns };
}

async function countRows(
  { kysely }: Pick<Snapshot, "kysely">,
  tables: readonly Pick<CopyTable, "name">[],
): Promise<number> {
  let total = 0;
  for (const { name } of tables) {
    const { rows } = await sql<{ count: number | bigint }>`select count(*) as count from ${
      sql.table(name)
    }`.execute(kysely);
    total += Number(rows[0]?.count ?? 0);
  }
  return total;
}

function cannotHold({ target }: CopyJob, unfit: number): PaperwardError {
  return new PaperwardError(
    `Cannot copy to ${target}: it can't hold ${unfit} values (listed above)`,
    { hints: ["change them in the source library, and run it again; nothing was changed"] },
  );
}

type Sums = ReadonlyMap<string, RowSum>;

async function write(job: CopyJob, state: TargetState, sums: Sums): Promise<void> {
  const { world, options: { to }, source } = job;
  if (state === "fresh library") return await fillLibrary(job, to, sums);
  if (to.kind === "sqlite") return await makeSqlite(job, to, sums);
  const connection = await connectServer(to, openOptions(world, "write"));
  try {
    const names = new Set(job.tables.map(({ name }) => name));
    await world.createServerLibrary(connection, {
      generation: source.generation,
      tables: names,
      fill: async (server) => {
        const inside = await snapshotOn(server, source.generation, names);
        await transfer(job, { kysely: server.kysely, server, inside }, sums);
      },
    });
  } finally {
    await connection.close();
  }
}

/** Rows of a server, read in the transaction that is open. */
async function snapshotOn(
  server: ServerConnection,
  generation: Generation,
  tables: ReadonlySet<string>,
): Promise<Snapshot> {
  const { snapshotOf } = server.kind === "postgres"
    ? await import("../postgres/snapshot.ts")
    : await import("../mariadb/snapshot.ts");
  return snapshotOf(server, generation, tables);
}

const SIDECARS = ["", "-wal", "-shm", "-journal"] as const;

/** Fills a file beside the target and renames it: the target is there completely or not at all. */
async function makeSqlite(
  job: CopyJob,
  to: Extract<DatabaseSettings, { kind: "sqlite" }>,
  sums: Sums,
): Promise<void> {
  const { files, createLibrary } = job.world;
  const draft = to.path + DRAFT;
  const discard = () => {
    for (const suffix of SIDECARS) {
      if (files.exists(draft + suffix)) files.remove(draft + suffix);
    }
  };
  discard();
  try {
    const tables = new Set(job.tables.map(({ name }) => name));
    createLibrary({ path: draft, generation: job.source.generation, tables });
    await fillLibrary(job, { ...to, path: draft }, sums);
    if (files.exists(to.path)) {
      throw new PaperwardError(`Cannot copy to ${to.path}: another process made it meanwhile`);
    }
    files.rename(draft, to.path);
  } catch (error) {
    discard();
    throw error;
  }
}

/** Replaces the few rows of a fresh library, in one transaction. */
async function fillLibrary(job: CopyJob, to: DatabaseSettings, sums: Sums): Promise<void> {
  const { world, tables } = job;
  const database = await openDatabase(to, openOptions(world, "write"));
  try {
    const mark = await changeMark(database);
    const holds = await database.snapshot((snapshot) => whatItHolds(snapshot));
    await beginBulk(database, to.timeoutMs);
    await database.kysely.transaction().execute(async (kysely) => {
      if (holds.length > 0 || await changeMark({ ...database, kysely }) !== mark) {
        throw new PaperwardError(
          `Cannot copy to ${database.place}: another process writes to it`,
          { hints: ["stop paperless-ngx on that database; nothing was changed"] },
        );
      }
      // Before any row changes: PostgreSQL alters no table whose references are still to be checked.
      const expected = new Map(Array.from(sums, ([name, { rows }]) => [name, rows]));
      const putIndexesBack = await setIndexesAside({ ...database, kysely }, expected);
      for (const { name } of tables) {
        const isEmpty = await countRows({ kysely }, [{ name }]) === 0;
        if (!isEmpty) await sql`delete from ${sql.table(name)}`.execute(kysely);
      }
      if (database.kind === "sqlite") await sql`delete from sqlite_sequence`.execute(kysely);
      const { server } = database;
      await transfer(job, {
        kysely,
        inside: database.within(kysely),
        ...(server ? { server } : {}),
      }, sums);
      await putIndexesBack();
      await endBulk({ ...database, kysely });
    });
  } finally {
    await database.close();
  }
}

interface TargetTransaction {
  readonly kysely: Kysely<Tables>;
  readonly server?: ServerConnection;
  /** Reads what the transaction has written. */
  readonly inside: Pick<Snapshot, "rows">;
}

/** Writes all rows, reads them back and compares. */
async function transfer(job: CopyJob, target: TargetTransaction, sums: Sums): Promise<void> {
  const { world: { report, stop }, options: { batchSize }, source, tables } = job;
  const total = Array.from(sums.values()).reduce((sum, { rows }) => sum + rows, 0);
  const copying = report.progress("Copying", total);
  await using writer = openRowWriter(target.kysely, {
    batchSize,
    verb: "copy",
    noteOf: () => undefined,
    ...(target.server ? { server: target.server } : {}),
  });
  for (const table of tables) {
    const rowTable: RowTable = {
      name: table.name,
      columns: table.columns.map(({ column }) => column),
    };
    for await (const rows of source.rows(queryOf(table), batchSize)) {
      stop.throwIfRequested();
      for (const row of rows) await writer.add(rowTable, row);
      copying.advance(rows.length, table.name);
    }
    await writer.flush();
  }
  copying.end();
  const comparing = report.progress("Comparing", total);
  for (const table of tables) {
    const sum = new RowSum(table.columns.map(({ kind }) => kind));
    for await (const rows of target.inside.rows(queryOf(table), batchSize)) {
      stop.throwIfRequested();
      for (const row of rows) sum.add(row);
      comparing.advance(rows.length, table.name);
    }
    const expected = sums.get(table.name);
    if (sum.rows === expected?.rows && sum.checksum === expected.checksum) continue;
    throw new PaperwardError(
      `Cannot copy ${table.name}: ${
        sum.rows === expected?.rows
          ? "the rows differ from the source's"
          : `${sum.rows} rows arrived of ${expected?.rows}`
      } after they were written`,
      { hints: ["the target refused or changed values; nothing was kept"] },
    );
  }
  comparing.end();
}
