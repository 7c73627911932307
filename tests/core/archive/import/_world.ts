// What tests of imports share: libraries of our own, exports of them, and imports run in this thread with any
// file system.

import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { exportLibrary } from "../../../../core/archive/export/export_library.ts";
import type { ExportOptions } from "../../../../core/archive/export/export_options.ts";
import { importLibrary } from "../../../../core/archive/import/import_library.ts";
import type { ImportOptions } from "../../../../core/archive/import/import_options.ts";
import type { ImportSummary } from "../../../../core/archive/import/import_summary.ts";
import type { Files } from "../../../../core/library/files.ts";
import { openFiles } from "../../../../core/library/deno_files.ts";
import { StopSignal } from "../../../../core/sandbox/stop_signal.ts";
import type { Generation } from "../../../../core/schema/model.ts";
import type { Settings } from "../../../../core/settings/settings.ts";
import { createLibrary, registerRegexp } from "../../../../migrations/create_library.ts";
import { inlineTransferPool, type TransferPool } from "../../../../wasm/checksum/transfer_pool.ts";
import { type SilentReport, silentReport } from "../../../_silent_report.ts";
import { makeSampleLibrary, type SampleLibraryOptions } from "../../../sample_library.ts";

/** Where a library is. */
export interface Home {
  readonly folder: string;
  readonly settings: Settings;
  readonly database: string;
  readonly documents: string;
}

/** A temporary folder that goes at the end of the block. */
export function tempBase(): Disposable & { readonly path: string } {
  const path = Deno.realPathSync(Deno.makeTempDirSync());
  return { path, [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }) };
}

/** The home of a library in a folder. */
export function homeIn(folder: string): Home {
  const [dataDir, mediaRoot] = [join(folder, "data"), join(folder, "media")];
  const database = join(dataDir, "db.sqlite3");
  return {
    folder,
    database,
    documents: join(mediaRoot, "documents"),
    settings: {
      dataDir,
      mediaRoot,
      scratchDir: folder,
      database: { kind: "sqlite", path: database, timeoutMs: 1000 },
      timeZone: "UTC",
      filenameFormatRemoveNone: false,
      auditLogEnabled: true,
      raw: {},
    },
  };
}

/** Makes an empty library. */
export function makeEmpty(folder: string, generation: Generation): Home {
  const home = homeIn(folder);
  Deno.mkdirSync(home.settings.dataDir, { recursive: true });
  for (const name of ["originals", "archive", "thumbnails"]) {
    Deno.mkdirSync(join(home.documents, name), { recursive: true });
  }
  createLibrary({ path: home.database, generation, now: "2025-01-06 08:00:00.000001" });
  return home;
}

/** Makes a library with documents. */
export async function makeSample(folder: string, options: SampleLibraryOptions): Promise<Home> {
  await makeSampleLibrary(folder, options);
  return homeIn(folder);
}

/** Exports a library into a new folder. */
export async function exportTo(
  home: Home,
  target: string,
  options: Partial<ExportOptions> = {},
): Promise<void> {
  Deno.mkdirSync(target, { recursive: true });
  using scratch = tempBase();
  await exportLibrary({
    settings: home.settings,
    report: silentReport(),
    stop: new StopSignal(),
    files: openFiles({ read: [home.folder], write: [home.folder, target, scratch.path] }),
    scratch: scratch.path,
    openTransfers: () => inlineTransferPool(),
    now: () => new Date("2024-05-06T00:00:00Z"),
  }, { target, ...options });
}

/** Parts of the world that a test replaces. */
export interface WorldParts {
  readonly files?: (roots: { read: string[]; write: string[] }) => Files;
  readonly openTransfers?: () => TransferPool;
  readonly stop?: StopSignal;
  readonly report?: SilentReport;
}

/** Imports an export. */
export async function importInto(
  home: Home,
  options: ImportOptions,
  parts: WorldParts = {},
): Promise<{ readonly summary: ImportSummary; readonly report: SilentReport }> {
  using scratch = tempBase();
  const report = parts.report ?? silentReport();
  const roots = { read: [options.source], write: [home.folder, scratch.path] };
  const summary = await importLibrary({
    settings: home.settings,
    report,
    stop: parts.stop ?? new StopSignal(),
    files: parts.files?.(roots) ?? openFiles(roots),
    scratch: scratch.path,
    commandLine: ["source"],
    openTransfers: parts.openTransfers ?? (() => inlineTransferPool()),
    createLibrary,
    stdin: async function* () {},
    now: () => new Date("2025-02-03T04:05:06Z"),
  }, options);
  return { summary, report };
}

/** Rows of a table, by SQL. */
export function query(
  { database }: Pick<Home, "database">,
  sql: string,
): readonly Readonly<Record<string, unknown>>[] {
  using db = new DatabaseSync(database);
  registerRegexp(db);
  return db.prepare(sql).all();
}

/** Changes a database. */
export function execute({ database }: Pick<Home, "database">, ...statements: string[]): void {
  using db = new DatabaseSync(database);
  registerRegexp(db);
  for (const statement of statements) db.exec(statement);
}

/** Every row of every table, as text: what a database holds. Numbers of link rows are left aside. */
export function contentOf(
  home: Pick<Home, "database">,
): Readonly<Record<string, readonly string[]>> {
  const tables = query(
    home,
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name",
  ).map(({ name }) => String(name));
  return Object.fromEntries(tables.map((table) => {
    const rows = query(home, `SELECT * FROM "${table}"`);
    return [
      table,
      rows.map((row) => {
        const names = Object.keys(row);
        const isLink = names.length === 3 && names.every((name) => /^id$|_id$/.test(name));
        return JSON.stringify(
          names.filter((name) => !isLink || name !== "id").sort().map((name) => [
            name,
            row[name],
          ]),
        );
      }).sort(),
    ];
  }));
}

/** Every file below a folder with its content, as text. */
export function treeOf(folder: string, below = ""): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of Deno.readDirSync(join(folder, below))) {
    const path = below ? `${below}/${entry.name}` : entry.name;
    if (entry.isDirectory) Object.assign(found, treeOf(folder, path));
    else found[path] = new Uint8Array(Deno.readFileSync(join(folder, path))).toBase64();
  }
  return found;
}
