// The rehearsal: restores an export into a throw-away library in scratch, checks that library to the last
// thumbnail, exports its records again and compares them with those of the export. Invariant: nothing but the
// scratch folder is written, and it is empty afterwards.

import { dirname, join } from "node:path";
import type { TransferPool, TransferPoolOptions } from "../../../wasm/checksum/transfer_pool.ts";
import type { CreateLibraryOptions } from "../../../migrations/create_library.ts";
import { CHECKS as LIBRARY_CHECKS } from "../../checks/checks.ts";
import { checkLibrary } from "../../checks/check_library.ts";
import { PaperwardError } from "../../errors.ts";
import type { Files } from "../../library/files.ts";
import type { Report } from "../../report/report.ts";
import type { CommandContext } from "../../sandbox/context.ts";
import type { Settings } from "../../settings/settings.ts";
import { exportLibrary } from "../export/export_library.ts";
import type { History } from "../history/open_history.ts";
import { importLibrary } from "../import/import_library.ts";
import type { ImportSchema } from "../import/import_schema.ts";
import type { FileRole } from "../import/wanted_file.ts";
import { listManifests, readExportRecords } from "../manifest/manifest_files.ts";
import { openExportSource } from "../zip/export_source.ts";
import { compareRecords } from "./compare_records.ts";
import type { FindingSink } from "./finding.ts";
import { machineFailure } from "./machine_failure.ts";

/** What a rehearsal runs in. */
export interface RehearsalWorld extends CommandContext {
  /** Starts the Workers that copy and checksum. */
  openTransfers(options: TransferPoolOptions): TransferPool;
  /** Makes the SQLite database of an empty library. */
  createLibrary(options: CreateLibraryOptions): void;
  /** The time. */
  now(): Date;
}

/** What is rehearsed. */
export interface RehearsalOptions {
  /** Absolute path of the export. */
  readonly path: string;
  readonly passphrase?: string;
  /** The export holds records only. */
  readonly dataOnly: boolean;
  readonly schema: ImportSchema;
  /** Files that the export leaves out on purpose (`-na`, `-nt`). */
  readonly leftOut: ReadonlySet<FileRole>;
  /** Its records, in the form of the library that is made. */
  readonly records: History;
  readonly sink: FindingSink;
}

/** What came of it. */
export interface Rehearsal {
  /** Documents that were restored. */
  readonly documents: number;
  /** Files that were restored. */
  readonly files: number;
  /** Records of the export that were compared with those of the restored library. */
  readonly records: number;
}

/** Restores, checks, compares. */
export async function rehearse(
  world: RehearsalWorld,
  options: RehearsalOptions,
): Promise<Rehearsal | undefined> {
  const root = join(world.scratch, "rehearsal");
  try {
    return await run(world, options, root);
  } catch (error) {
    const failure = machineFailure(error);
    if (failure) {
      options.sink({
        check: "not-rehearsed",
        message: `the rehearsal came to no end: ${failure.message}; PAPERLESS_SCRATCH_DIR names ` +
          "the folder, which needs room for all of the export and a database",
      });
    } else if (error instanceof PaperwardError) {
      options.sink({ check: "rehearsal", message: `restoring fails: ${error.message}` });
    } else throw error;
    return undefined;
  } finally {
    removeTree(world.files, root);
  }
}

async function run(
  world: RehearsalWorld,
  options: RehearsalOptions,
  root: string,
): Promise<Rehearsal> {
  const { path, passphrase, dataOnly, records, schema, leftOut, sink } = options;
  const folder = (name: string) => {
    const path = join(root, name);
    world.files.makeFolder(path);
    return path;
  };
  const dataDir = folder("data");
  // The caller's settings are about a library of his own; of them only the clock counts, which reads old exports.
  const settings: Settings = {
    dataDir,
    mediaRoot: folder("media"),
    scratchDir: folder("scratch"),
    database: { kind: "sqlite", path: join(dataDir, "db.sqlite3"), timeoutMs: 10_000 },
    timeZone: world.settings.timeZone,
    filenameFormatRemoveNone: false,
    auditLogEnabled: true,
    raw: {},
  };
  const inner = (name: string): RehearsalWorld => ({
    ...world,
    settings,
    scratch: folder(name),
    report: relay(world.report, sink),
  });
  const importing = inner("import");
  const imported = await importLibrary({
    ...importing,
    commandLine: [],
    stdin: () => new ReadableStream(),
  }, {
    source: path,
    create: true,
    generation: records.generation,
    dataOnly,
    ...(passphrase === undefined ? {} : { passphrase }),
  });
  for (const { model, records: wanted, added, merged } of imported.counts) {
    if (added + merged === wanted) continue;
    sink({
      check: "rehearsal",
      message: `of ${wanted} records of ${model} only ${
        added + merged
      } are in the restored library`,
      facts: { model, records: wanted, restored: added + merged },
    });
  }
  if (!dataOnly) await checkRestored(inner("check"), leftOut, sink);

  const exporting = inner("export");
  const again = folder("again");
  await exportLibrary(exporting, { target: again, dataOnly: true });
  const source = await openExportSource(exporting.files, again);
  const compared = await compareRecords({
    before: () => records.read(),
    after: () => readExportRecords(source, listManifests(source)),
    schema,
    ignore: records.pageCounts ? new Set(["documents.document page_count"]) : new Set(),
    stop: exporting.stop,
    onDifference: (message, facts) => sink({ check: "rehearsal", message, facts }),
  });
  return { documents: imported.documents, files: imported.files, records: compared };
}

/** The whole sanity check, deep. */
async function checkRestored(
  world: RehearsalWorld,
  leftOut: ReadonlySet<FileRole>,
  sink: FindingSink,
): Promise<void> {
  const folder = dirname(world.settings.mediaRoot);
  await checkLibrary(world, {
    checks: LIBRARY_CHECKS,
    deep: true,
    order: "inode",
    readers: 2,
  }, {
    need: () => {},
    finding({ check, level, message, document, role, facts }) {
      if (level !== "error") return;
      if (check === "missing-file" && role && leftOut.has(role)) return;
      sink({
        check: "rehearsal",
        message: `in the restored library: ${check}: ${message.replaceAll(`${folder}/`, "")}`,
        ...(document ? { document } : {}),
        ...(facts ? { facts } : {}),
      });
    },
  });
}

/** What the inner commands say: problems become findings, the rest is kept quiet. */
function relay(report: Report, sink: FindingSink): Report {
  const quietly = (text: string) => report.verbose(text);
  return {
    options: report.options,
    verbose: quietly,
    info: quietly,
    warn: quietly,
    error: quietly,
    item(type, record) {
      if (type !== "problem") return;
      const { kind, item, path, message } = record;
      const about = [kind, item ?? path, message].filter((part) => typeof part === "string");
      sink({ check: "rehearsal", message: `restoring: ${about.join(": ")}` });
    },
    summary: () => {},
    progress: (label, total) => report.progress(`Rehearsal: ${label.toLowerCase()}`, total),
  };
}

function removeTree(files: Files, path: string): void {
  if (!files.exists(path)) return;
  if (files.lstat(path).kind === "folder") {
    for (const { name } of files.list(path)) removeTree(files, join(path, name));
  }
  files.remove(path);
}
