// The story of an import: open, look at everything, number the rows, stage and check every file, then write
// the rows, commit, and rename the files into place. Invariant: the library holds all of an import or nothing
// of it, whatever happens on the way; what it held before is never changed.

import { dirname, join } from "node:path";
import { sql } from "kysely";
import type { TransferPool } from "../../../wasm/checksum/transfer_pool.ts";
import { openDatabase } from "../../database/open_database.ts";
import type { LibraryDatabase } from "../../database/database.ts";
import { beginBulk, changeMark, endBulk, setIndexesAside } from "../../database/bulk_write.ts";
import { PaperwardError } from "../../errors.ts";
import type { HeldLock } from "../../library/media_lock.ts";
import { takeMediaLock } from "../../library/take_media_lock.ts";
import { type JournalEntry, openJournal } from "../../library/journal/open_journal.ts";
import { osError } from "../../library/os_error.ts";
import { openSpool, type Spool } from "../../library/spool.ts";
import { formatBytes, formatCount } from "../../report/format.ts";
import type { Generation } from "../../schema/model.ts";
import { explainWriteError } from "../staging/write_error.ts";
import { beginScan, openReading, type Reading, type Scanning } from "./begin_scan.ts";
import { createEmptyLibrary, hasDatabase, tryFolders } from "./create_empty_library.ts";
import { settleLibraryTwins } from "./database_twins.ts";
import type { ImportOptions } from "./import_options.ts";
import { blockingProblems, openProblemList, type ProblemList } from "./import_problem.ts";
import type { ImportSchema } from "./import_schema.ts";
import {
  type ImportStaging,
  isInterrupted,
  openImportStaging,
  type Placement,
  type Probe,
  recoverImport,
} from "./import_staging.ts";
import type { ImportCount, ImportSummary } from "./import_summary.ts";
import type { ImportWorld } from "./import_world.ts";
import { countRows, type LibraryContent, readLibraryFacts } from "./library_facts.ts";
import { numberRows, type Numbers, serviceUsersOf } from "./number_rows.ts";
import { generationOf, type OpenExport, openExport } from "./open_export.ts";
import { type FileSync, openFileSync } from "../staging/sync_files.ts";
import { type OldFiles, openOldFiles } from "./old_files.ts";
import { type FilePlan, planFiles } from "./plan_files.ts";
import { type FateOptions, openFates } from "./record_fates.ts";
import type { ExportScan } from "./scan_export.ts";
import { checkFiles, stageFiles } from "./stage_files.ts";
import { makeRoom, writeRecords, type WrittenRecords } from "./write_records.ts";
import type { PlannedFile } from "./wanted_file.ts";

/** Rows written at once where nothing else is said; upstream's default. */
const BATCH = 500;

interface ImportJob extends Reading {
  readonly database: LibraryDatabase;
  /** Absolute path of the folder `documents` of the media folder. */
  readonly documents: string;
}

interface ImportPlan {
  readonly scan: ExportScan;
  readonly library: LibraryContent;
  readonly numbers: Numbers;
  readonly files: FilePlan;
  /** Tells whether another process changed the database since. */
  readonly mark: string;
}

/**
 * Imports an export into a library.
 *
 * @throws {PaperwardError} for everything that stops the import; nothing was changed then
 */
export async function importLibrary(
  world: ImportWorld,
  options: ImportOptions,
): Promise<ImportSummary> {
  const { files, report, scratch, settings } = world;
  const started = performance.now();
  await using cleanup = new AsyncDisposableStack();
  const opened = await openExport({
    files,
    scratch,
    source: options.source,
    passphrase: options.passphrase,
    stdin: () => world.stdin(),
  });
  cleanup.use(opened);
  if (options.passphrase && !opened.metadata.crypto) {
    report.warn("The export is not encrypted: the passphrase is not needed");
  }
  const read = async (generation: Generation) => {
    const reading = await openReading(world, options, opened, generation);
    cleanup.use(reading.problems);
    return reading;
  };
  const wanted = await generationToMake(world, options, opened);
  // A server takes as long to make a library as the export takes to be read.
  const early = wanted === undefined || settings.database.kind === "sqlite" || options.dryRun
    ? undefined
    : await beginScan(await read(wanted), { merging: false });
  if (early) cleanup.use(early);
  const { database, created } = await openTarget(world, options, wanted);
  let made = created;
  cleanup.defer(() => created?.release());
  cleanup.defer(() => made?.remove());
  cleanup.defer(() => database.close());
  const isSame = rememberFile(world);
  const documents = join(settings.mediaRoot, "documents");
  sayWhatIsOpen(world, database, opened);

  if (!created) checkMedia(world);
  const lock = options.dryRun || created
    ? undefined
    : await takeLock(world, options, database.generation);
  cleanup.defer(() => lock?.release());
  if (!isSame()) {
    throw new PaperwardError(
      `Cannot import into ${database.place}: it was removed or replaced while the lock was waited for`,
      { hints: ["whoever was making this library took it back: run the import again"] },
    );
  }
  const base = {
    source: options.source,
    dryRun: options.dryRun === true,
    created: made !== undefined,
    generation: database.generation,
    release: opened.metadata.version,
  };
  if (!options.dryRun) {
    const placed = await recover(world, database, documents, options.source);
    if (placed !== undefined) {
      return {
        ...base,
        resumed: true,
        documents: 0,
        files: placed,
        bytes: 0,
        counts: [],
        problems: {},
        conversions: {},
        notExported: [],
        duration: Math.round(performance.now() - started),
      };
    }
  } else if (isInterrupted(files, documents)) {
    report.warn(
      "An earlier import was interrupted: this one will bring it to its end, or clean up",
    );
  }
  const reading = early?.reading ?? await read(database.generation);
  const { records, losses } = reading;
  const job: ImportJob = { ...reading, database, documents };
  using oldFiles = openOldFiles(files, scratch);
  const plan = await planImport(job, early);
  losses.end(records);
  const done = options.dryRun
    ? await showPlan(job, plan, oldFiles, wanted)
    : await carryOut(job, plan, oldFiles, () => made = undefined);
  return {
    ...base,
    resumed: false,
    release: records.from,
    conversions: losses.counts,
    notExported: records.notExported.map(({ what }) => what),
    ...done,
    duration: Math.round(performance.now() - started),
  };
}

/** @returns the generation of the library that is to be made, where one is */
async function generationToMake(
  world: ImportWorld,
  { create, generation }: ImportOptions,
  { metadata }: OpenExport,
): Promise<Generation | undefined> {
  if (!create || await hasDatabase(world)) return undefined;
  return generation ?? generationOf(metadata);
}

/** Opens the library, or makes the one that is asked for.
 * @param wanted the generation of the one to make */
async function openTarget(
  world: ImportWorld,
  options: ImportOptions,
  wanted: Generation | undefined,
) {
  const { files, report, scratch, settings, stop } = world;
  const open = (database: typeof settings.database, mode: "read" | "write") =>
    openDatabase(database, { files, scratch, report, mode, stop });
  if (wanted === undefined) {
    try {
      return {
        database: await open(settings.database, options.dryRun ? "read" : "write"),
        created: undefined,
      };
    } catch (error) {
      if (!(error instanceof PaperwardError) || error.exit !== "noLibrary" || options.create) {
        throw error;
      }
      throw new PaperwardError(error.message, {
        exit: error.exit,
        hints: [...error.hints, "Give --create to make a library there."],
      });
    }
  }
  if (options.dryRun) {
    const path = join(scratch, "would-be-created.sqlite3");
    world.createLibrary({ path, generation: wanted });
    const database = await open({ kind: "sqlite", path, timeoutMs: 1000 }, "write");
    return { database, created: { remove: () => Promise.resolve(), release() {} } };
  }
  const { lockTimeoutMs } = options;
  const created = await createEmptyLibrary(world, {
    generation: wanted,
    ...(lockTimeoutMs === undefined ? {} : { lockTimeoutMs }),
  });
  await using undo = new AsyncDisposableStack();
  undo.defer(() => created.release());
  undo.defer(() => created.remove());
  const database = await open(settings.database, "write");
  undo.move();
  return { database, created };
}

function sayWhatIsOpen(
  { report, settings }: ImportWorld,
  { kind, place, schema, generation }: LibraryDatabase,
  { source, metadata }: OpenExport,
): void {
  report.info(
    `Library: ${kind} ${place}, media ${settings.mediaRoot}, paperless-ngx ${schema.release} ` +
      `(${generation}); export: ${source.kind} ${source.name}, ` +
      (metadata.version === null ? "release unknown" : `paperless-ngx ${metadata.version}`),
  );
}

/** A database that is open can be removed all the same: what is written to it then is lost.
 * @returns whether the database's file is still the one that it is now; true for a server */
function rememberFile({ files, settings: { database } }: ImportWorld): () => boolean {
  if (database.kind !== "sqlite") return () => true;
  const inode = () => files.exists(database.path) ? files.stat(database.path).inode : undefined;
  const before = inode();
  return () => inode() === before;
}

function checkMedia({ settings, files }: ImportWorld): void {
  if (!files.exists(settings.mediaRoot)) {
    throw new PaperwardError(`Cannot import into ${settings.mediaRoot}: there is no such folder`, {
      hints: ["point PAPERLESS_MEDIA_ROOT (or --media-root) at the media folder of the library"],
    });
  }
}

async function takeLock(
  { settings, report, stop }: ImportWorld,
  options: ImportOptions,
  generation: Generation,
): Promise<HeldLock | undefined> {
  return await takeMediaLock({
    settings,
    report,
    stop,
    generation,
    ...(options.lockTimeoutMs === undefined ? {} : { timeoutMs: options.lockTimeoutMs }),
  });
}

/** Whether the row of a probe is there. */
async function isCommitted(
  kysely: LibraryDatabase["kysely"],
  { table, pk, values }: Probe,
): Promise<boolean> {
  const columns = Object.keys(values);
  const { rows } = await sql<Record<string, unknown>>`select ${
    sql.join(columns.map((column) => sql.ref(column)))
  } from ${sql.table(table)} where id = ${pk}`.execute(kysely);
  const [row] = rows;
  return row !== undefined && columns.every((column) => row[column] === values[column]);
}

/** Mends what an interrupted import left.
 * @returns how many files were put in place, where this very import was interrupted and is complete now */
async function recover(
  { files, report, settings }: ImportWorld,
  { kysely, place }: LibraryDatabase,
  documents: string,
  source: string,
): Promise<number | undefined> {
  const recovery = await recoverImport(files, documents, (probe) => isCommitted(kysely, probe));
  if (!recovery) return undefined;
  const { intent, placed } = recovery;
  if (placed === undefined) {
    if (intent) removeJournalEntry(files, settings, intent.journal);
    report.info("What an interrupted import had left was removed: nothing of it is in the library");
    return undefined;
  }
  report.info(`An interrupted import of ${intent?.source} was brought to its end in ${place}`);
  return intent?.source === source ? placed : undefined;
}

/** Nothing of what the entry names has happened. */
function removeJournalEntry(
  files: ImportWorld["files"],
  { dataDir, mediaRoot }: ImportWorld["settings"],
  id: string,
): void {
  if (!/^\d+$/.test(id)) return;
  const path = openJournal(files, { dataDir, mediaRoot }).path(id, "jsonl");
  if (files.exists(path)) files.remove(path);
}

/** Looks at everything and decides. Changes nothing.
 * @param early reads the export already, for a library that this run has made */
async function planImport(job: ImportJob, early: Scanning | undefined): Promise<ImportPlan> {
  const { world, options, database, records, schema, problems, documents } = job;
  const { files, report, scratch, stop } = world;
  const mark = await changeMark(database);
  const library = await database.snapshot((snapshot) =>
    readLibraryFacts(snapshot, schema, database.kind)
  );
  if (!library.isEmpty && (early || !options.intoNonEmpty)) {
    throw new PaperwardError(
      `Cannot import into ${database.place}: the library is not empty (${
        shortList(library.holds)
      })`,
      {
        hints: [
          "import into an empty library (--create makes one), or give --into-non-empty to add to this one: " +
          "nothing in it is changed",
        ],
      },
    );
  }
  await using scanning = early ?? await beginScan(job, { merging: !library.isEmpty });
  const { twins } = scanning;
  const serviceUsers = serviceUsersOf(records.from.startsWith("3.") ? "v3" : "v2", library);
  const scan = await scanning.end(serviceUsers);
  const numbers = numberRows(schema, scan, library, serviceUsers);
  for (const { label, pk, problem } of scan.doubts) {
    if (numbers.fate(label, pk) !== "merge") problems.add(problem);
  }
  const clashing = twins && database.kind === "mariadb"
    ? await settleLibraryTwins(twins, { ...job, ...scan, numbers, place: database.place, report })
    : scan.clashing;
  const looking = report.progress("Looking for files", scan.files.length);
  const plan = planFiles(scan.files, {
    files,
    scratch,
    stop,
    source: job.opened.source,
    documents,
    numbers,
    taken: library.fileNames,
    clashing,
    rename: !library.isEmpty,
    ignoresCase: false,
    problems,
    onFile: () => looking.advance(),
  });
  looking.end();
  for (const [pk, serial] of scan.serialNumbers) {
    if (numbers.fate("documents.document", pk) !== "add") continue;
    if (!library.serialNumbers.has(serial)) continue;
    problems.add({
      kind: "number taken",
      item: `documents.document ${pk}`,
      message: `a document of the library has the archive serial number ${serial}`,
      instead: "it is imported without one",
    });
  }
  problems.close();
  return { scan, library, numbers, files: plan, mark };
}

function shortList(holds: readonly string[]): string {
  return holds.slice(0, 3).join(", ") + (holds.length > 3 ? ", …" : "");
}

type Done = Pick<
  ImportSummary,
  "documents" | "files" | "bytes" | "counts" | "problems" | "journal"
>;

/** A dry run checks every file, and prints the plan.
 * @param wanted the generation of the library to make */
async function showPlan(
  job: ImportJob,
  plan: ImportPlan,
  oldFiles: OldFiles,
  wanted: Generation | undefined,
): Promise<Done> {
  const { world, problems } = job;
  const { files } = plan;
  tellProblems(job, problems);
  // Where the real run would get no further, neither does this one.
  const lookForFolder = newFolders(job, () => {});
  for (const { place } of files.files) lookForFolder(dirname(join(job.documents, place)));
  if (wanted === undefined) checkSpace(job, plan);
  else tryFolders(world, wanted, () => checkSpace(job, plan));
  using found = openProblemList(world.files, join(world.scratch, "file-problems"));
  const progress = world.report.progress("Checking files", files.files.length);
  using transfers = disposable(
    world.openTransfers({ read: [job.opened.source.path], write: [] }),
  );
  const checks = checkFiles(files.files, {
    files: world.files,
    source: job.opened.source,
    transfers,
    stop: world.stop,
    algorithm: algorithmOf(job),
  });
  for await (const problem of checks) found.add(problem);
  for (const file of files.files) {
    world.stop.throwIfRequested();
    const problem = await oldFiles.check(file, job.opened.source);
    if (problem) found.add(problem);
  }
  progress.end();
  found.close();
  tellProblems(job, found);
  const counts = await countFates(job, plan);
  return {
    documents: counts.find(({ model }) => model === "documents.document")?.added ?? 0,
    files: files.files.length,
    bytes: files.bytes,
    counts,
    problems: sumOf(problems.counts, found.counts),
  };
}

/** What would become of the records: they are read once more, as when they are written. */
async function countFates(job: ImportJob, plan: ImportPlan): Promise<readonly ImportCount[]> {
  const { world, records } = job;
  const fates = openFates(fateOptions(job, plan));
  const progress = world.report.progress("Counting rows");
  try {
    for await (const batch of records.read()) {
      world.stop.throwIfRequested();
      for (const record of batch.records) fates.take(record);
      progress.advance(batch.records.length);
    }
  } finally {
    progress.end();
  }
  return fates.counts();
}

function fateOptions(
  { database: { tables }, schema }: ImportJob,
  { scan, numbers, library }: ImportPlan,
): FateOptions {
  return { tables, schema, scan, numbers, merging: !library.isEmpty };
}

function disposable(transfers: TransferPool): TransferPool & Disposable {
  return Object.assign(transfers, { [Symbol.dispose]: () => transfers.close() });
}

/** What the export's checksums are made with; others are made afterwards. */
function algorithmOf({ database, records }: ImportJob): "md5" | "sha256" {
  return database.generation === "v3" && records.checksums === "as they are" ? "sha256" : "md5";
}

function tellProblems({ world: { report }, options }: ImportJob, problems: ProblemList): void {
  for (const problem of problems) {
    report.item("problem", { ...problem });
    const { kind, item, message, instead } = problem;
    report.error(`${kind}: ${item}: ${message}${options.acceptDamaged ? `; ${instead}` : ""}`);
  }
}

/** One problem stops everything, unless damage is accepted. */
function stopAtProblems(job: ImportJob, problems: ProblemList): void {
  const { options, opened } = job;
  tellProblems(job, problems);
  const blocking = blockingProblems(problems);
  if (blocking === 0 || options.acceptDamaged) return;
  const isBare = (problems.counts["missing file"] ?? 0) === blocking && !options.dataOnly;
  throw new PaperwardError(
    `Cannot import ${opened.source.name}: ${formatCount(blocking, "problem")} (listed above)`,
    {
      hints: [
        "nothing was changed; --accept-damaged imports what is good and lists the rest",
        ...(isBare
          ? ["an export that was written with --data-only is imported with --data-only"]
          : []),
      ],
    },
  );
}

interface Staged extends Placement {
  readonly role: PlannedFile["role"];
  readonly pk: number;
  readonly digest: string;
}

async function carryOut(
  job: ImportJob,
  plan: ImportPlan,
  oldFiles: OldFiles,
  onCommitted: () => void,
): Promise<Done> {
  const { world, documents } = job;
  const { files, scratch } = world;
  stopAtProblems(job, job.problems);
  checkSpace(job, plan);
  using stagingProblems = openProblemList(files, join(scratch, "staging-problems"));
  using staged = openSpool<Staged>(files, join(scratch, "staged"));
  const staging = await openStaging(job);
  let committed = false;
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => committed ? undefined : giveUp(job));
  try {
    const transfers = world.openTransfers({
      read: [job.opened.source.path, staging.folder],
      write: [staging.folder],
    });
    cleanup.defer(() => transfers.close());
    const pages = new Map<number, number>();
    using sync = openFileSync(transfers, world.stop, documents, "library");
    const into = { staging, transfers, staged, problems: stagingProblems, oldFiles, pages, sync };
    await stageAll(job, plan, into);
    stopAtProblems(job, stagingProblems);
    const checksums = await newChecksums(job, staging, transfers, staged);
    const journal = await openJournal(world.files, world.settings, { now: () => world.now() })
      .begin({ command: "document_importer", arguments: world.commandLine });
    cleanup.use(journal);
    cleanup.defer(() => committed ? undefined : forget(journal));
    noteFiles(job, staged, journal);
    const counts = await writeAll(job, plan, {
      staging,
      staged,
      sync,
      checksums,
      pages,
      journal,
    });
    committed = true;
    onCommitted();

    const placing = world.report.progress("Placing", staged.length);
    if (staged.length > 0) await staging.place(() => placing.advance());
    else staging.discard();
    placing.end();
    const added = counts.reduce((sum, count) => sum + count.added, 0);
    // An entry that names nothing would only be in the way of undo.
    if (added === 0) journal.discard();
    else await journal.commit();
    return {
      documents: counts.find(({ model }) => model === "documents.document")?.added ?? 0,
      files: staged.length,
      bytes: plan.files.bytes,
      counts,
      problems: sumOf(job.problems.counts, stagingProblems.counts),
      ...(added === 0 ? {} : { journal: journal.id }),
    };
  } catch (error) {
    world.stop.throwIfRequested();
    throw explainWriteError(documents, error, "library");
  }
}

/** What went wrong first is what the user has to know. The database says whether it is too late to give up. */
async function giveUp({ world, database, documents }: ImportJob): Promise<void> {
  try {
    await recoverImport(world.files, documents, (probe) => isCommitted(database.kysely, probe));
  } catch {
    // The next run mends what is left.
  }
}

/** Nothing of what the entry names has happened. */
function forget(journal: JournalEntry): void {
  try {
    journal.discard();
  } catch {
    // An entry of which nothing happened takes nothing back.
  }
}

function sumOf(...counts: readonly ProblemList["counts"][]): ProblemList["counts"] {
  const sum: Record<string, number> = {};
  for (const each of counts) {
    for (const [kind, count] of Object.entries(each)) sum[kind] = (sum[kind] ?? 0) + count;
  }
  return sum;
}

function checkSpace({ world, documents }: ImportJob, { files: { bytes } }: ImportPlan): void {
  const folder = world.files.exists(documents) ? documents : dirname(documents);
  const free = world.files.freeSpace(folder);
  if (free === null || bytes <= free) return;
  throw new PaperwardError(
    `Cannot import into ${folder}: ${formatBytes(bytes)} are needed there, ${
      formatBytes(free)
    } are free`,
    {
      hints: ["free some space there; nothing was changed"],
      cause: osError("ENOSPC", "foreseen"),
    },
  );
}

function openStaging({ world, documents }: ImportJob): ImportStaging {
  try {
    return openImportStaging(world.files, documents);
  } catch (error) {
    throw explainWriteError(documents, error, "library");
  }
}

interface StageParts {
  readonly staging: ImportStaging;
  readonly transfers: TransferPool;
  readonly staged: Spool<Staged>;
  readonly problems: ProblemList;
  readonly oldFiles: OldFiles;
  readonly sync: FileSync;
  /** Filled with what is counted, by number of the document. */
  readonly pages: Map<number, number>;
}

async function stageAll(
  job: ImportJob,
  plan: ImportPlan,
  { staging, transfers, staged, problems, oldFiles, sync, pages }: StageParts,
): Promise<void> {
  const { world, opened } = job;
  const algorithm = algorithmOf(job);
  const progress = world.report.progress("Copying", plan.files.files.length);
  try {
    const results = stageFiles(plan.files.files, {
      files: world.files,
      source: opened.source,
      staging,
      transfers,
      stop: world.stop,
      algorithm,
    });
    for await (const { file, staged: name, digest, problem } of results) {
      progress.advance(1, file.place);
      if (problem) problems.add(problem);
      if (name === undefined || digest === undefined) continue;
      const { place, role, pk } = file;
      const old = await oldFiles.finish(file, staging.path(name), algorithm);
      if (old.pages !== undefined) pages.set(pk, old.pages);
      if (old.problem) {
        problems.add(old.problem);
        world.files.remove(staging.path(name));
      } else {
        staged.add({ place, staged: name, role, pk, digest: old.digest ?? digest });
        await sync.add(staging.path(name));
      }
    }
  } finally {
    progress.end();
    staged.close();
    problems.close();
  }
}

/** An export of v2 has MD5, a library of v3 wants SHA-256: made from the bytes whose MD5 was right. */
async function newChecksums(
  { world, records }: ImportJob,
  staging: ImportStaging,
  transfers: TransferPool,
  staged: Spool<Staged>,
) {
  const checksums = { original: new Map<number, string>(), archive: new Map<number, string>() };
  if (records.checksums === "as they are") return checksums;
  const underWay = new Map<
    number,
    { readonly role: "original" | "archive"; readonly pk: number }
  >();
  function* jobs() {
    let id = 0;
    for (const { role, pk, staged: name } of staged) {
      if (role !== "original" && role !== "archive") continue;
      underWay.set(++id, { role, pk });
      yield { id, source: staging.path(name), algorithm: "sha256" as const };
    }
  }
  const progress = world.report.progress("Checksums");
  for await (const { id, digest, error } of transfers.run(jobs(), { stop: world.stop.memory })) {
    if (error?.phase === "stop") world.stop.throwIfRequested();
    const file = underWay.get(id);
    if (error || digest === null || !file) {
      throw new PaperwardError(`Cannot read a staged file again: ${error?.message}`);
    }
    underWay.delete(id);
    checksums[file.role].set(file.pk, digest);
    progress.advance();
  }
  progress.end();
  world.stop.throwIfRequested();
  return checksums;
}

/** The journal lists every file and every folder that was not there. */
function noteFiles(job: ImportJob, staged: Iterable<Staged>, journal: JournalEntry): void {
  const { documents } = job;
  const noteFolder = newFolders(job, (path) => journal.record({ kind: "folder added", path }));
  for (const { place, digest } of staged) {
    const path = join(documents, place);
    noteFolder(dirname(path));
    journal.record({ kind: "file added", path, checksum: digest });
  }
}

/** Looks for folders of the library. @param tell called for each that is not there, before those in it
 * @returns looks for a folder and those above it
 * @throws {PaperwardError} where links lead out */
function newFolders(
  { world: { files }, documents }: ImportJob,
  tell: (path: string) => void,
): (folder: string) => void {
  const known = new Set<string>();
  return function look(folder) {
    if (known.has(folder) || folder === dirname(documents)) return;
    known.add(folder);
    if (files.exists(folder)) return;
    look(dirname(folder));
    tell(folder);
  };
}

interface WriteParts {
  readonly staging: ImportStaging;
  readonly staged: Spool<Staged>;
  readonly sync: FileSync;
  readonly checksums: Awaited<ReturnType<typeof newChecksums>>;
  readonly pages: ReadonlyMap<number, number>;
  readonly journal: JournalEntry;
}

/** Writes the rows and commits. */
async function writeAll(
  job: ImportJob,
  plan: ImportPlan,
  { staging, staged, sync, checksums, pages, journal }: WriteParts,
): Promise<readonly ImportCount[]> {
  const { world, options, database, schema, records } = job;
  const { scan, library, numbers } = plan;
  const total = Array.from(scan.counts.values()).reduce((sum, count) => sum + count, 0);
  const progress = world.report.progress("Writing rows", total);
  await beginBulk(database, world.settings.database.timeoutMs);
  try {
    return await database.kysely.transaction().execute(async (kysely) => {
      if (await changeMark({ ...database, kysely }) !== plan.mark) {
        throw new PaperwardError(
          `Cannot import into ${database.place}: another process changed the library meanwhile`,
          { hints: ["stop paperless-ngx and run the import again; nothing was changed"] },
        );
      }
      const putIndexesBack = library.isEmpty
        ? await setIndexesAside({ ...database, kysely }, expectedRows(schema, scan))
        : undefined;
      if (library.isEmpty) await makeRoom(kysely, schema, numbers);
      const written = await writeRecords(records, {
        kysely,
        kind: database.kind,
        ...(database.server ? { server: database.server } : {}),
        ...fateOptions(job, plan),
        fileNames: plan.files.names,
        checksums,
        pages,
        serialNumbers: library.serialNumbers,
        batchSize: options.batchSize ?? BATCH,
        journal,
        stop: world.stop,
        onRecords: (count) => progress.advance(count),
      });
      await checkCounts(kysely, plan, written);
      await putIndexesBack?.();
      await endBulk({ ...database, kysely });
      world.stop.throwIfRequested();
      await sync.end(job.world.report);
      await journal.flush();
      const probe = await probeOf(kysely, numbers, staged);
      if (probe) {
        const intent = { source: options.source, probe, journal: journal.id };
        await staging.prepare(intent, staged);
      }
      return written.counts;
    });
  } finally {
    progress.end();
  }
}

/** How many rows each table gets, about: who lists others is taken to list one. */
function expectedRows(schema: ImportSchema, { counts }: ExportScan): ReadonlyMap<string, number> {
  return new Map(
    Array.from(counts).flatMap(([label, count]) => {
      const model = schema.find(label);
      const tables = model ? [model.table, ...model.listTargets.map(({ table }) => table)] : [];
      return tables.map(({ name }) => [name, count] as const);
    }),
  );
}

/** The rows that are there must be those that were there and those that were written. */
async function checkCounts(
  kysely: LibraryDatabase["kysely"],
  { scan, library }: ImportPlan,
  { counts, inserted }: WrittenRecords,
): Promise<void> {
  for (const { model, records } of counts) {
    const expected = scan.counts.get(model) ?? 0;
    if (records === expected) continue;
    throw new PaperwardError(
      `Cannot import: the manifest held ${expected} records of ${model} at first and ${records} later`,
      { hints: ["something changes the export while it is read; nothing was changed"] },
    );
  }
  const now = await countRows(kysely, [...library.rowCounts.keys()]);
  for (const [table, before] of library.rowCounts) {
    const [expected, found] = [before + (inserted.get(table) ?? 0), now.get(table)];
    if (found === expected) continue;
    throw new Error(`${table} has ${found} rows after the import instead of ${expected}`);
  }
}

/** A row of this import: files and rows are on the same side of a crash by asking for it. */
async function probeOf(
  kysely: LibraryDatabase["kysely"],
  numbers: Numbers,
  staged: Iterable<Staged>,
): Promise<Probe | undefined> {
  for (const { role, pk } of staged) {
    const [label, table, columns] = role === "bundle"
      ? ["documents.sharelinkbundle", "documents_sharelinkbundle", ["slug"]]
      : ["documents.document", "documents_document", ["checksum", "added", "filename"]];
    const number = numbers.of(label, pk) ?? pk;
    const { rows } = await sql<Record<string, string | null>>`select ${
      sql.join(columns.map((column) => sql.ref(column)))
    } from ${sql.table(table)} where id = ${number}`.execute(kysely);
    const [values] = rows;
    if (values) return { table, pk: number, values: { ...values } };
  }
  return undefined;
}
