// Carries repairs out. Invariant: everything is in the journal before it happens, nothing is ever deleted, and a
// file takes its place only after its bytes gave the checksum that the database has.

import { dirname, join, relative } from "node:path";
import { sql } from "kysely";
import { createChecksum } from "../../../wasm/checksum/mod.ts";
import type { TransferPool } from "../../../wasm/checksum/transfer_pool.ts";
import { type ExportSource, openExportSource } from "../../archive/zip/export_source.ts";
import { STAGING_FOLDER } from "../../archive/staging/staging.ts";
import type { LibraryDatabase } from "../../database/database.ts";
import { PaperwardError } from "../../errors.ts";
import type { Files } from "../../library/files.ts";
import { isFileError } from "../../library/os_error.ts";
import { type JournalStep, movedFacts } from "../../library/journal/journal_step.ts";
import { moveFile, removeEmptyFolders } from "../../library/journal/move_file.ts";
import type { Journal, JournalEntry } from "../../library/journal/open_journal.ts";
import { formatBytes } from "../../report/format.ts";
import type { StopSignal } from "../../sandbox/stop_signal.ts";
import type { Algorithm, Role } from "../check.ts";
import { locate } from "../locate_files.ts";
import type { Repair } from "./repair.ts";
import { stillTrue } from "./still_true.ts";

/** What repairing works with. The lock of the media folder is held. */
export interface RepairWorld {
  readonly files: Files;
  readonly transfers: TransferPool;
  /** Open for writing. */
  readonly database: LibraryDatabase;
  readonly journal: Journal;
  readonly mediaRoot: string;
  readonly from?: string;
  readonly stop: StopSignal;
  /** The command line, for the journal. */
  readonly arguments: readonly string[];
}

/** What became of one repair. */
export interface Repaired {
  readonly repair: Repair;
  /** Why it was left undone. */
  readonly problem?: string;
}

/** A repair that was made ready: its steps, and how they are done. */
interface Ready {
  readonly repair: Repair;
  readonly steps: readonly JournalStep[];
  readonly act: () => Promise<void>;
}

/** Repairs that share one flush of the journal. */
const TOGETHER = 100;

/** Carries out a plan. Yields what became of each repair, once it is so. */
export async function* applyRepairs(
  world: RepairWorld,
  plan: Iterable<Repair>,
): AsyncGenerator<Repaired> {
  const { files, journal, mediaRoot, stop } = world;
  const staging = join(mediaRoot, STAGING_FOLDER);
  checkSpace(world, plan);
  using entry = await journal.begin({
    command: "document_sanity_checker",
    arguments: world.arguments,
  });
  // What a repair that was killed had staged.
  removeTree(files, staging);
  let source: ExportSource | undefined;
  let done = 0;
  try {
    for (const some of batches(plan, TOGETHER)) {
      stop.throwIfRequested();
      const ready: Ready[] = [];
      const problemOf = await stillTrue(world.database, mediaRoot, some);
      for (const repair of some) {
        const problem = problemOf(repair);
        if (problem !== undefined) {
          yield { repair, problem };
          continue;
        }
        if (repair.kind === "restore" && world.from !== undefined) {
          source ??= await openExportSource(files, world.from);
        }
        const made = await attempt(() => makeReady(world, entry, staging, source, repair));
        if (typeof made === "string") yield { repair, problem: made };
        else ready.push(made);
      }
      for (const { steps } of ready) steps.forEach((step) => entry.record(step));
      await entry.flush();
      for (const { repair, act } of ready) {
        const problem = await attempt(act);
        if (typeof problem !== "string") done++;
        yield typeof problem === "string" ? { repair, problem } : { repair };
      }
    }
    if (done === 0) entry.discard();
    else await entry.commit();
  } finally {
    source?.close();
    removeTree(files, staging);
  }
}

/** @returns the message of an error that concerns one file only */
async function attempt<T>(act: () => T | Promise<T>): Promise<T | string> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof PaperwardError || isFileError(error)) return error.message;
    throw error;
  }
}

/** Repairs of one kind: a checksum is rewritten once the file that it is of is there again. */
function* batches(repairs: Iterable<Repair>, size: number): Generator<Repair[]> {
  let batch: Repair[] = [];
  for (const repair of repairs) {
    if (batch.length === size || (batch[0] && batch[0].kind !== repair.kind)) {
      yield batch;
      batch = [];
    }
    batch.push(repair);
  }
  if (batch.length > 0) yield batch;
}

function makeReady(
  world: RepairWorld,
  entry: JournalEntry,
  staging: string,
  source: ExportSource | undefined,
  repair: Repair,
): Promise<Ready> {
  switch (repair.kind) {
    case "put back":
      return readyPutBack(world, entry, repair);
    case "restore":
      return readyRestore(world, entry, staging, source, repair);
    case "name archive":
      return readyName(world, repair);
    case "rewrite checksum":
      return readyRewrite(world, repair);
    case "quarantine":
      return readyQuarantine(world, entry, repair);
  }
}

type Of<Kind extends Repair["kind"]> = Extract<Repair, { readonly kind: Kind }>;

async function readyPutBack(
  world: RepairWorld,
  entry: JournalEntry,
  repair: Of<"put back">,
): Promise<Ready> {
  const { files, mediaRoot } = world;
  const { from, to, checksum } = repair;
  if (await checksumOf(world, from, algorithmOf(checksum)) !== checksum) {
    throw new PaperwardError(`Cannot put back ${from}: it was changed since it was looked at`);
  }
  const aside = putAside(files, mediaRoot, entry, to, repair.replaces);
  const steps: JournalStep[] = [
    ...newFolders(files, to),
    ...(aside === undefined ? [] : [moved(files, to, aside, null)]),
    moved(files, from, to, checksum),
  ];
  return {
    repair,
    steps,
    act: () => replace(files, { from, to, aside }),
  };
}

async function readyRestore(
  { files, mediaRoot }: RepairWorld,
  entry: JournalEntry,
  staging: string,
  source: ExportSource | undefined,
  repair: Of<"restore">,
): Promise<Ready> {
  if (!source) throw new Error("A file is to be restored, but there is no export");
  const { to, checksum } = repair;
  const backup = putAside(files, mediaRoot, entry, to, repair.replaces);
  files.makeFolder(staging);
  const staged = join(staging, `${repair.document.id}-${repair.role}`);
  const digest = await copyFrom(files, source, repair.source, staged, algorithmOf(checksum));
  if (checksum !== null && digest !== checksum) {
    files.remove(staged);
    throw new PaperwardError(
      `Cannot restore ${to}: ${repair.source} of the export was changed since it was looked at`,
    );
  }
  const steps: JournalStep[] = [
    ...newFolders(files, to),
    backup === undefined
      ? { kind: "file added", path: to, checksum: digest }
      : { kind: "file replaced", path: to, backup, before: null, after: digest },
  ];
  return {
    repair,
    steps,
    act: () => replace(files, { from: staged, to, aside: backup }),
  };
}

interface Replacement {
  readonly from: string;
  readonly to: string;
  /** Where what is there goes; undefined: nothing is there. */
  readonly aside: string | undefined;
}

/** Puts a file in its place. Where that fails, what was there before is there again. */
async function replace(files: Files, { from, to, aside }: Replacement): Promise<void> {
  if (aside !== undefined) await moveFile(files, to, aside);
  try {
    await moveFile(files, from, to);
  } catch (error) {
    if (aside !== undefined && !files.exists(to)) await moveFile(files, aside, to);
    throw error;
  }
}

async function readyQuarantine(
  world: RepairWorld,
  entry: JournalEntry,
  repair: Of<"quarantine">,
): Promise<Ready> {
  const { files, mediaRoot } = world;
  const { path } = repair;
  const to = join(entry.keep, "quarantine", relative(mediaRoot, path));
  const checksum = files.lstat(path).kind === "file"
    ? await checksumOf(world, path, "sha256")
    : undefined;
  return {
    repair,
    steps: [moved(files, path, to, checksum ?? null)],
    act: () => moveFile(files, path, to),
  };
}

async function readyName(world: RepairWorld, repair: Of<"name archive">): Promise<Ready> {
  const { path, name, checksum, document } = repair;
  if (await checksumOf(world, path, algorithmOf(checksum)) !== checksum) {
    throw new PaperwardError(`Cannot name ${path}: it was changed since it was looked at`);
  }
  return {
    repair,
    steps: [rowChanged(document.id, { archive_filename: null }, { archive_filename: name })],
    act: () =>
      update(world, document.id, { column: "archive_filename", before: null, after: name }),
  };
}

const CHECKSUM_COLUMNS: Readonly<Record<Exclude<Role, "thumbnail">, string>> = {
  original: "checksum",
  archive: "archive_checksum",
};

async function readyRewrite(world: RepairWorld, repair: Of<"rewrite checksum">): Promise<Ready> {
  const { path, stored, document, role } = repair;
  if (role === "thumbnail") throw new Error("A thumbnail has no checksum in the database");
  const usual: Algorithm = world.database.generation === "v2" ? "md5" : "sha256";
  const [old, after] = [
    await checksumOf(world, path, algorithmOf(stored)),
    await checksumOf(world, path, usual),
  ];
  if (old !== stored || after === undefined) {
    throw new PaperwardError(
      `Cannot rewrite the checksum of ${path}: it was changed since it was looked at`,
    );
  }
  const column = CHECKSUM_COLUMNS[role];
  return {
    repair,
    steps: [rowChanged(document.id, { [column]: stored }, { [column]: after })],
    act: () => update(world, document.id, { column, before: stored, after }),
  };
}

interface Change {
  readonly column: string;
  readonly before: string | null;
  readonly after: string;
}

async function update(
  { database }: RepairWorld,
  id: number,
  { column, before, after }: Change,
): Promise<void> {
  const name = sql.ref(column);
  await database.kysely.transaction().execute(async (transaction) => {
    const { numAffectedRows } = await sql`update documents_document set ${name} = ${after}
      where id = ${id} and ${before === null ? sql`${name} is null` : sql`${name} = ${before}`}`
      .execute(transaction);
    if (numAffectedRows === 1n) return;
    throw new PaperwardError(`Cannot change document ${id}: it was changed since it was looked at`);
  });
}

function rowChanged(
  pk: number,
  before: Readonly<Record<string, string | null>>,
  after: Readonly<Record<string, string | null>>,
): JournalStep {
  return { kind: "row changed", table: "documents_document", pk, before, after };
}

function moved(files: Files, from: string, to: string, checksum: string | null): JournalStep {
  const found = files.lstat(from);
  const facts = found.kind === "file" ? movedFacts(found) : undefined;
  return { kind: "file moved", from, to, checksum, ...(facts && { facts }) };
}

/** Where what is damaged goes; undefined: there is nothing. */
function putAside(
  files: Files,
  mediaRoot: string,
  entry: JournalEntry,
  path: string,
  expected: boolean,
): string | undefined {
  const kind = files.exists(path) ? files.lstat(path).kind : undefined;
  if (kind === undefined) return undefined;
  if (!expected || kind !== "file") {
    throw new PaperwardError(
      kind === "folder"
        ? `Cannot put a file at ${path}: a folder is there`
        : `Cannot put a file at ${path}: something else is there`,
    );
  }
  return join(entry.keep, "damaged", relative(mediaRoot, path));
}

/** The folders that have to be made for a file. */
function newFolders(files: Files, path: string): JournalStep[] {
  const folders: JournalStep[] = [];
  for (let folder = dirname(path); !files.exists(folder); folder = dirname(folder)) {
    folders.unshift({ kind: "folder added", path: folder });
  }
  return folders;
}

function algorithmOf(checksum: string | null): Algorithm {
  return checksum?.length === 32 ? "md5" : "sha256";
}

/** The checksum of a file of the library. @throws {PaperwardError} where it can't be read */
async function checksumOf(
  { files, transfers }: RepairWorld,
  path: string,
  algorithm: Algorithm,
): Promise<string | undefined> {
  const place = locate(files, path);
  if (place.kind !== "file") throw new PaperwardError(`Cannot read ${path}: it is not there`);
  for await (const { digest, error } of transfers.run([{ id: 0, source: place.real, algorithm }])) {
    if (error) throw new PaperwardError(`Cannot read ${path}: ${error.message}`);
    return digest ?? undefined;
  }
  return undefined;
}

/** Copies a file of an export, durably. @returns the checksum of what was copied */
async function copyFrom(
  files: Files,
  source: ExportSource,
  path: string,
  to: string,
  algorithm: Algorithm,
): Promise<string> {
  const checksum = createChecksum(algorithm);
  const target = files.openWrite(to);
  try {
    for await (const piece of source.open(path)) {
      checksum.update(piece);
      target.write(piece);
    }
    await target.sync();
  } finally {
    target.close();
  }
  const { mtime } = source.find(path) ?? {};
  if (mtime !== null && mtime !== undefined) files.setTimes(to, mtime);
  return checksum.digestHex();
}

function checkSpace({ files, mediaRoot }: RepairWorld, plan: Iterable<Repair>): void {
  let bytes = 0;
  for (const repair of plan) if (repair.kind === "restore") bytes += repair.size;
  const free = files.freeSpace(mediaRoot);
  if (free === null || bytes <= free) return;
  throw new PaperwardError(
    `Cannot restore files to ${mediaRoot}: ${formatBytes(bytes)} are needed there, ${
      formatBytes(free)
    } are free`,
    { hints: ["free some space; nothing was changed"] },
  );
}

function removeTree(files: Files, path: string): void {
  if (!files.exists(path)) return;
  if (files.lstat(path).kind === "folder") {
    for (const { name } of files.list(path)) removeTree(files, join(path, name));
    removeEmptyFolders(files, path, dirname(path));
  } else files.remove(path);
}
