// copy_database: moves a library's rows from one database into another, of whichever kinds: all of them,
// compared, or none.

import type { ExitName } from "../core/exit_codes.ts";
import type { Flag } from "../core/flags/flag.ts";
import { DRY_RUN, NO_PROGRESS_BAR } from "../core/flags/global_flags.ts";
import type { CopySummary } from "../core/database/copy/copy_database.ts";
import { DRAFT } from "../core/database/copy/draft.ts";
import { PaperwardError } from "../core/errors.ts";
import { formatCount, formatDuration } from "../core/report/format.ts";
import type { Access } from "../core/sandbox/access.ts";
import type { CommandContext } from "../core/sandbox/context.ts";
import { databaseAccess } from "../core/sandbox/library_access.ts";
import type { DatabaseSettings, Settings } from "../core/settings/settings.ts";
import type { Command } from "./_command.ts";

const flags: readonly Flag[] = [
  {
    long: "from",
    origin: "paperward",
    value: { name: "URL", kind: "string" },
    help: "The database to copy: a path to an SQLite file, sqlite:///path, " +
      "postgresql://user:password@host:port/name or mariadb://…; by default the library's own.",
  },
  {
    long: "to",
    origin: "paperward",
    value: { name: "URL", kind: "string" },
    help: "The database to fill. What its URL leaves out comes from the PAPERLESS_DB* variables.",
  },
  {
    long: "create",
    origin: "paperward",
    help: "Make the library there: a new SQLite file, or the tables in a server's empty database.",
  },
  {
    long: "batch-size",
    origin: "paperward",
    value: { name: "ROWS", kind: "integer", min: 1, max: 10_000, default: 500 },
    help: "Rows read and written at once; changes the memory needed, never the result.",
  },
  DRY_RUN,
  NO_PROGRESS_BAR,
];

/** `copy_database` */
export const copyDatabase: Command = {
  name: "copy_database",
  summary: "Copy a library's database into another: SQLite, PostgreSQL, MariaDB.",
  details:
    "Reads every row first and names those that the target can't hold; then writes all tables in one " +
    "transaction, reads them back, compares counts and checksums, and only then commits. The target must be " +
    "empty: a fresh library, or nothing at all with --create. The source is only read, the media folder not " +
    "touched. Stop paperless-ngx meanwhile: what it writes later is not in the copy.",
  arguments: [],
  flags,
  databases: ["from", "to"],
  access(settings) {
    const source = databaseAccess(sourceOf(settings), { changes: false });
    const target = settings.databases?.to;
    return target
      ? both(source, databaseAccess(target, { changes: true, drafts: [DRAFT] }))
      : source;
  },
  async run(context, options) {
    const { settings } = context;
    const to = settings.databases?.to;
    if (!to) {
      throw new PaperwardError("Cannot copy: no target is given", {
        exit: "usage",
        hints: ["give --to with a path to an SQLite file, postgresql://… or mariadb://…"],
      });
    }
    const { copyDatabase } = await import("../core/database/copy/copy_database.ts");
    const { createLibrary } = await import("../migrations/create_library.ts");
    const { createServerLibrary, isUnfinished } = await import(
      "../migrations/create_server_library.ts"
    );
    const summary = await copyDatabase(
      { ...context, createLibrary, createServerLibrary, isUnfinished },
      {
        from: sourceOf(settings),
        fromFlag: settings.databases?.from !== undefined,
        to,
        create: options.create === true,
        dryRun: options.dryRun === true,
        batchSize: Number(options.batchSize ?? 500),
      },
    );
    return tell(context, summary);
  },
};

function sourceOf({ databases, database }: Settings): DatabaseSettings {
  return databases?.from ?? database;
}

function both(one: Access, other: Access): Access {
  const join = (list: "read" | "write" | "net" | "env") => [
    ...new Set([...one[list] ?? [], ...other[list] ?? []]),
  ];
  return { read: join("read"), write: join("write"), net: join("net"), env: join("env") };
}

function tell({ report }: CommandContext, summary: CopySummary): ExitName {
  const { tables, rows, unfit, dryRun, from, to, release, duration } = summary;
  const exit: ExitName = unfit > 0 ? "findings" : "done";
  for (const { table, rows, checksum } of tables) {
    report.item("table", { table, rows, checksum });
    if (rows > 0) report.verbose(`${table}: ${formatCount(rows, "row")}, checksum ${checksum}`);
  }
  const filled = tables.filter((table) => table.rows > 0).length;
  report.summary({ exit, ...summary, tables: tables.length }, [
    `${dryRun ? "Would copy" : "Copied"} ${formatCount(rows, "row")} in ${
      formatCount(filled, "table")
    } from ${from} to ${to} (paperless-ngx ${release}) in ${formatDuration(duration)}`,
    dryRun
      ? unfit > 0
        ? `  ${formatCount(unfit, "value")} the target can't hold (listed above)`
        : "  everything fits"
      : "  counts and checksums of all tables are equal",
  ]);
  return exit;
}
