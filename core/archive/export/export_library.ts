// The story of an export: check, lock, read in one snapshot, compare, copy, commit. Invariant: the target
// holds the old export or the new one, whatever happens on the way.

import { dirname, isAbsolute, join, relative } from "node:path";
import { openDatabase } from "../../database/open_database.ts";
import type { LibraryDatabase } from "../../database/database.ts";
import { formatCount } from "../../report/format.ts";
import { checkMedia } from "../../library/check_media.ts";
import { lockFile, mediaLockPath } from "../../library/media_lock.ts";
import { isInsideAny } from "../../library/deno_files.ts";
import { openSpool, type Spool } from "../../library/spool.ts";
import { MANIFEST_FILE } from "../manifest/manifest_files.ts";
import { formatMetadata, METADATA_FILE } from "../metadata.ts";
import type { Secrets } from "../secrets/open_secrets.ts";
import type { Change } from "../staging/commit_record.ts";
import { openStaging, type Staging } from "../staging/staging.ts";
import { checkTarget, checkZipPlace, keepOutOfLibrary } from "./check_target.ts";
import { type Collected, collectExport, type ReadyFile } from "./collect_export.ts";
import { copyFiles } from "./copy_files.ts";
import { openEarlyCopies } from "./early_copies.ts";
import type { ExportJob, ExportTarget } from "./export_job.ts";
import { openExportNamer } from "./export_names.ts";
import type { ExportOptions } from "./export_options.ts";
import type { ExportSummary } from "./export_summary.ts";
import type { ExportWorld } from "./export_world.ts";
import { explainWriteError } from "../staging/write_error.ts";
import { forgetNames } from "./forget_names.ts";
import { type FileSync, openFileSync } from "../staging/sync_files.ts";
import { hasSameContent, scratchOutbox } from "./outbox.ts";
import { beginPlan, type Early, type ExportPlan, type Planning } from "./plan_export.ts";
import type { ExportProblem, PlannedFile } from "./planned_file.ts";
import { longestName, probeTarget, type TargetAbilities } from "./probe_target.ts";
import { openBriefRests } from "./turns.ts";

/** What a target can do where nothing was tried out: a dry run, a zip. */
const USUAL_ABILITIES: TargetAbilities = {
  longestName: 255,
  ignoresCase: false,
  timeGrain: 1,
  hasModes: true,
};

/**
 * Exports a library to a folder or a zip.
 *
 * @throws {PaperwardError} for everything that stops the whole export; single files that fail are in the summary
 */
export async function exportLibrary(
  world: ExportWorld,
  options: ExportOptions,
): Promise<ExportSummary> {
  const { files, report, settings } = world;
  const started = performance.now();
  const target = targetOf(world, options);
  for (const folder of new Set([options.target, target.folder])) {
    checkTarget(files, folder, options.zip === true, options.dryRun === true);
    const empties = options.delete === true && options.deleteStrangers === true;
    if (files.exists(folder)) keepOutOfLibrary(files, folder, settings, empties);
  }
  await using cleanup = new AsyncDisposableStack();
  const database = await openDatabase(settings.database, {
    files,
    scratch: world.scratch,
    report,
    mode: "read",
    stop: world.stop,
  });
  cleanup.defer(() => database.close());
  checkMedia(files, settings);
  await sayWhatIsOpen(world, database);
  const lock = await takeLock(world, options, database.generation);
  cleanup.defer(() => lock?.release());
  const staging = options.dryRun ? undefined : await stage(world, target.folder);
  let abandon = () => Promise.resolve();
  try {
    if (target.zip) {
      const longest = staging ? longestName(files, staging.folder) : USUAL_ABILITIES.longestName;
      checkZipPlace(files, target.folder, target.zip, longest);
    }
    const transfers = world.openTransfers({
      read: [settings.mediaRoot, options.target],
      write: staging ? [staging.folder] : [],
    });
    cleanup.defer(() => transfers.close());
    const job: ExportJob = {
      world,
      options,
      target,
      staging,
      outbox: staging && !options.zip ? staging : scratchOutbox(files, world.scratch),
      transfers,
      generation: database.generation,
      release: database.schema.release,
      algorithm: database.generation === "v2" ? "md5" : "sha256",
      abilities: staging && !options.zip ? probeTarget(files, staging.folder) : USUAL_ABILITIES,
      secrets: await secretsOf(options),
    };
    // They start while the rows are read.
    if (needsTransfers(job)) transfers.start();
    const copying = staging && cleanup.use(openCopying(job));
    const early = staging && copying && copyEarly(job, staging, copying);
    abandon = async () => await early?.copies.cancel();
    const planning = beginPlan(job, early);
    abandon = async () => {
      await planning.cancel();
      await early?.copies.cancel();
    };
    const collected = await collect(job, database, planning);
    await database.close();
    const plan = await planning.finish(collected);
    await early?.copies.end();
    const done = copying && staging
      ? await carryOut(job, staging, copying, collected, plan)
      : showPlan(job, plan);
    return {
      target: target.zip ?? target.folder,
      dryRun: options.dryRun === true,
      generation: job.generation,
      documents: collected.documents,
      counts: collected.counts,
      ...done,
      duration: Math.round(performance.now() - started),
    };
  } catch (error) {
    await abandon();
    giveUp(staging);
    world.stop.throwIfRequested();
    throw explainWriteError(target.folder, error);
  }
}

/** Whether files will surely be copied or checksummed. */
function needsTransfers({ world, options, target }: ExportJob): boolean {
  if (options.zip || options.dataOnly) return false;
  if (options.compareChecksums) return true;
  return !options.dryRun && !world.files.exists(join(target.folder, MANIFEST_FILE));
}

/** What went wrong first is what the user has to know. */
function giveUp(staging: Staging | undefined): void {
  try {
    staging?.discard();
  } catch {
    // The next run removes what is left.
  }
}

type Done = Pick<
  ExportSummary,
  | "copied"
  | "kept"
  | "deleted"
  | "bytes"
  | "manifestsWritten"
  | "strangers"
  | "problems"
  | "nothingDeleted"
>;

/** `-zn` is joined to the target path-wise: sub-folders and absolute paths work, as upstream. */
export function zipPath(options: ExportOptions, timeZone: string, now: Date): string {
  const day = new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" }).format(now);
  const name = `${options.zipName ?? `export-${day}`}.zip`;
  return isAbsolute(name) ? name : join(options.target, name);
}

function targetOf(world: ExportWorld, options: ExportOptions): ExportTarget {
  if (!options.zip) return { folder: options.target };
  const zip = zipPath(options, world.settings.timeZone, world.now());
  return { zip, folder: isInsideAny(zip, [options.target]) ? options.target : dirname(zip) };
}

async function sayWhatIsOpen(
  { report, settings }: ExportWorld,
  database: LibraryDatabase,
): Promise<void> {
  const { kysely, schema } = database;
  const { count } = await kysely.selectFrom("documents_document")
    .select(({ fn }) => fn.countAll<bigint | number>().as("count")).executeTakeFirstOrThrow();
  report.info(
    `Library: ${database.kind} ${database.place}, media ${settings.mediaRoot}, ` +
      `paperless-ngx ${schema.release} (${database.generation}), ${
        formatCount(Number(count), "document")
      }`,
  );
}

async function takeLock(
  { settings, report, stop }: ExportWorld,
  options: ExportOptions,
  generation: "v2" | "v3",
) {
  const path = mediaLockPath(settings.mediaRoot);
  const lock = await lockFile(path, {
    stop,
    // 3.0 unlinks the lock on release and its waiters look for that; 2.20 does neither.
    unlink: generation === "v3",
    ...(options.lockTimeoutMs === undefined ? {} : { timeoutMs: options.lockTimeoutMs }),
    onWaiting: () => report.info(`Waiting: another process holds ${path}`),
  });
  if (!lock) {
    report.warn(
      `Cannot lock ${path}: it can't be written; going on without`,
      "make sure that paperless-ngx does not move files during the export",
    );
  }
  return lock;
}

async function stage({ files, report }: ExportWorld, folder: string): Promise<Staging> {
  try {
    const staging = await openStaging(files, folder);
    const { rolledForward, removed } = staging.recovery;
    if (rolledForward !== undefined) {
      report.info(`An interrupted export was brought to its end: ${rolledForward} steps`);
    } else if (removed !== undefined) {
      report.info(`What an interrupted export had left was removed: ${removed} files`);
    }
    return staging;
  } catch (error) {
    throw explainWriteError(folder, error);
  }
}

// Zip, templates and secrets are loaded where they are needed: most runs need none of them.

async function secretsOf({ passphrase }: ExportOptions): Promise<Secrets | undefined> {
  if (!passphrase) return undefined;
  const { openSecrets } = await import("../secrets/open_secrets.ts");
  return openSecrets(passphrase);
}

/** Reads the library in one snapshot. */
async function collect(
  job: ExportJob,
  database: LibraryDatabase,
  { wanted, rest }: Planning,
): Promise<Collected> {
  const { world, options, abilities } = job;
  const { settings, report } = world;
  const generator = options.useFilenameFormat
    ? (await import("../../library/filename/generate_filename.ts")).openFilenameGenerator({
      generation: job.generation,
      filenameFormat: settings.filenameFormat,
      removeNone: settings.filenameFormatRemoveNone,
      timeZone: settings.timeZone,
    })
    : undefined;
  const progress = report.progress("Reading the database");
  try {
    const collected = await database.snapshot((snapshot) =>
      collectExport(world, snapshot, {
        options,
        namer: openExportNamer({
          useFolderPrefix: options.useFolderPrefix === true,
          hasDerived: !options.noThumbnail || !options.noArchive || options.splitManifest === true,
          hasFolders: options.useFilenameFormat === true,
          longestName: abilities.longestName,
          ignoresCase: abilities.ignoresCase,
        }),
        outbox: job.outbox,
        wanted,
        rest: restOf(job, database, rest),
        secrets: job.secrets,
        generator,
        onRecords: (count) => progress.advance(count),
      })
    );
    if (collected.plainSecrets) {
      report.warn(
        "The export will hold secrets of mail or social accounts in plain text",
        "give --passphrase to encrypt them",
      );
    }
    return collected;
  } finally {
    progress.end();
    generator?.close();
  }
}

/** What the reader does after each batch of rows: where no file is read nothing is gained by a rest, and a server that
 * can't write meanwhile shall not wait for anything but the reading. */
function restOf(
  job: ExportJob,
  { snapshotBlocksWriters }: LibraryDatabase,
  rest: Planning["rest"],
): Planning["rest"] {
  if (!needsTransfers(job)) return () => Promise.resolve();
  return snapshotBlocksWriters ? openBriefRests() : rest;
}

/** A dry run prints the plan. */
function showPlan(job: ExportJob, plan: ExportPlan): Done {
  const { report } = job.world;
  for (const { action, reason, name, size } of plan.files) {
    report.item(
      "file",
      { action, reason, path: name, size },
      `${action.padEnd(8)} ${name} (${reason})`,
    );
  }
  for (const path of [...plan.clear, ...plan.remove]) {
    report.item("file", { action: "delete", path }, `delete   ${path}`);
  }
  return {
    copied: plan.toCopy.count,
    bytes: plan.toCopy.bytes,
    kept: plan.kept,
    deleted: plan.clear.length + plan.remove.length,
    manifestsWritten: 0,
    strangers: plan.strangers,
    problems: tellProblems(job, plan.problems),
    ...nothingDeleted(plan),
  };
}

function tellProblems(
  { world }: ExportJob,
  problems: Iterable<ExportProblem>,
): ExportSummary["problems"] {
  const counts: Partial<Record<ExportProblem["kind"], number>> = {};
  for (const problem of problems) {
    counts[problem.kind] = (counts[problem.kind] ?? 0) + 1;
    const whose = problem.id === undefined ? "" : `document ${problem.id}, `;
    world.report.item("problem", { ...problem });
    world.report.error(
      `${problem.kind}: ${whose}${problem.role ?? ""} ${problem.path}: ${problem.message}`,
    );
  }
  return counts;
}

function nothingDeleted(plan: ExportPlan): Pick<ExportSummary, "nothingDeleted"> {
  return plan.nothingDeleted === undefined ? {} : { nothingDeleted: plan.nothingDeleted };
}

/** What has been copied, and where more is put. */
interface Copying extends Disposable {
  readonly placed: Spool<{ place: string; staged: string }>;
  readonly problems: Spool<ExportProblem>;
  readonly sync: FileSync;
  readonly copied: { count: number; bytes: number };
}

function openCopying({ world, transfers, target }: ExportJob): Copying {
  const { files, scratch, stop } = world;
  using opening = new DisposableStack();
  const placed = opening.use(
    openSpool<{ place: string; staged: string }>(files, join(scratch, "placed")),
  );
  const problems = opening.use(openSpool<ExportProblem>(files, join(scratch, "all-problems")));
  const sync = opening.use(openFileSync(transfers, stop, target.folder, "export"));
  const parts = opening.move();
  return {
    placed,
    problems,
    sync,
    copied: { count: 0, bytes: 0 },
    [Symbol.dispose]: () => parts.dispose(),
  };
}

/** Copies what is new while the rest is planned: half of the free space, at most. */
function copyEarly(job: ExportJob, staging: Staging, copying: Copying): Early | undefined {
  if (job.options.zip) return undefined;
  const free = job.world.files.freeSpace(staging.folder) ?? Infinity;
  const copies = openEarlyCopies(free / 2, (files) => copyAll(job, staging, files, copying));
  return { copies, copied: copying.copied };
}

/** Copies, syncs, commits. */
async function carryOut(
  job: ExportJob,
  staging: Staging,
  copying: Copying,
  collected: Collected,
  plan: ExportPlan,
): Promise<Done> {
  const { world, options } = job;
  const { files } = world;
  const { placed, problems, sync } = copying;
  for (const problem of plan.problems) problems.add(problem);
  const metadata = writeMetadata(job);
  const manifests = [...metadata];
  let { copied } = copying;
  let manifestsWritten = 0;

  if (job.target.zip) {
    const staged = staging.newName();
    const { writeExportZip } = await import("./write_export_zip.ts");
    copied = await writeExportZip({
      world,
      path: staging.path(staged),
      files: plan.files,
      manifests: function* () {
        yield* collected.manifests;
        yield* manifests;
      },
      outbox: job.outbox,
      algorithm: job.algorithm,
      onProblem: (problem) => problems.add(problem),
      beforeManifests: () => forgetMissing(job, collected, problems),
    });
    manifestsWritten = collected.manifests.length + manifests.length;
    placed.add({ place: relative(job.target.folder, job.target.zip), staged });
    await sync.add(staging.path(staged));
  } else {
    const progress = world.report.progress("Copying", plan.toCopy.count);
    progress.advance(copied.count);
    try {
      await copyAll(job, staging, stillToCopy(plan), copying, (name) => progress.advance(1, name));
    } finally {
      progress.end();
    }
    forgetMissing(job, collected, problems);
    for (const { name, staged } of chain(collected.manifests, manifests)) {
      // `-cj` is always on: what is right is never written again.
      if (hasSameContent(files, join(job.target.folder, name), staging.path(staged))) {
        files.remove(staging.path(staged));
        continue;
      }
      manifestsWritten++;
      placed.add({ place: name, staged });
      await sync.add(staging.path(staged));
    }
  }
  placed.close();
  await sync.end(job.world.report);
  const isSamePlace = job.target.folder === options.target;
  await commit(job, staging, placed, plan, isSamePlace ? plan.remove : []);
  if (!isSamePlace && plan.remove.length > 0) {
    const other = await openStaging(files, options.target);
    await other.commit(plan.remove.map((path) => ({ remove: path })));
  }
  return {
    copied: copied.count,
    bytes: copied.bytes,
    kept: plan.kept,
    deleted: plan.clear.length + plan.remove.length,
    manifestsWritten,
    strangers: plan.strangers,
    problems: tellProblems(job, problems),
    ...nothingDeleted(plan),
  };
}

/** Manifests name no thumbnail or archive that is not there; an older copy in the target is as good. */
function forgetMissing(job: ExportJob, collected: Collected, problems: Spool<ExportProblem>): void {
  problems.close();
  const { files } = job.world;
  const missing = new Set<string>();
  for (const { missingName } of problems) {
    if (missingName === undefined) continue;
    if (job.target.zip || !files.exists(join(job.target.folder, missingName))) {
      missing.add(missingName);
    }
  }
  if (missing.size === 0) return;
  for (const { staged } of collected.manifests) {
    forgetNames(files, job.outbox.path(staged), missing);
  }
}

function writeMetadata(job: ExportJob): ReadyFile[] {
  const { outbox } = job;
  const staged = outbox.newName();
  job.world.files.writeBytes(outbox.path(staged), formatMetadata(job.release, job.secrets?.crypto));
  return [{ name: METADATA_FILE, staged }];
}

function* stillToCopy({ files }: ExportPlan): Generator<PlannedFile> {
  for (const file of files) if (file.action === "copy" && !file.early) yield file;
}

async function copyAll(
  job: ExportJob,
  staging: Staging,
  files: AsyncIterable<PlannedFile> | Iterable<PlannedFile>,
  { placed, problems, sync, copied }: Copying,
  onCopied: (name: string) => void = () => {},
): Promise<void> {
  const { world, target, abilities } = job;
  const results = copyFiles(world.files, files, {
    target: target.folder,
    staging,
    algorithm: job.algorithm,
    transfers: job.transfers,
    sync,
    stop: world.stop,
    passphrase: world.settings.passphrase,
    keepModes: abilities.hasModes,
    keepTimes: abilities.timeGrain !== null,
  });
  for await (const result of results) {
    onCopied(result.file.name);
    if (result.problem) problems.add(result.problem);
    if (!("staged" in result)) continue;
    copied.count++;
    copied.bytes += result.bytes;
    placed.add({ place: result.file.name, staged: result.staged });
    world.report.item("file", {
      action: "copy",
      reason: result.file.reason,
      path: result.file.name,
      size: result.bytes,
    });
  }
}

async function commit(
  job: ExportJob,
  staging: Staging,
  placed: Spool<{ place: string; staged: string }>,
  plan: ExportPlan,
  remove: readonly string[],
): Promise<void> {
  const { report, files } = job.world;
  for (const name of remove) report.item("file", { action: "delete", path: name });
  const progress = report.progress("Placing", placed.length);
  function* changes(): Generator<Change> {
    for (const path of plan.clear) yield { clear: path };
    yield* placed;
    for (const path of remove) yield { remove: path };
  }
  try {
    if (job.target.zip) files.makeFolder(dirname(job.target.zip));
    await staging.commit(changes(), () => progress.advance());
  } finally {
    progress.end();
  }
}

function* chain<Item>(...lists: Iterable<Item>[]): Generator<Item> {
  for (const list of lists) yield* list;
}
