// Takes an entry of the journal back: first looked at as a whole, then done. Invariant: it is refused where
// anything that it would take back was changed since; killed half-way, the next undo goes on where it was.
//
// Order: files go back to where they were, rows in one transaction, then added files go. Files that move are
// taken back in windows: a window is on disk before it begins and names no path twice, so that each of its
// steps can be told by looking, however much of it was done.

import { dirname } from "node:path";
import type { TransferPool } from "../../../wasm/checksum/transfer_pool.ts";
import { beginBulk, checkReferences } from "../../database/bulk_write.ts";
import type { LibraryDatabase } from "../../database/database.ts";
import { PaperwardError } from "../../errors.ts";
import type { Files, OpenFile } from "../files.ts";
import type { StopSignal } from "../../sandbox/stop_signal.ts";
import type { JournalPlaces, JournalStep } from "./journal_step.ts";
import { moveFile, removeEmptyFolders } from "./move_file.ts";
import { type EntryFacts, type Journal, journalFolder } from "./open_journal.ts";
import {
  type Conflict,
  isMove,
  type MoveStep,
  neverMoved,
  openFileCheck,
  unmet,
} from "./_undo_files.ts";
import {
  isRowStep,
  newReferences,
  referencesOf,
  rowConflicts,
  type RowStep,
  strangeTable,
  takeRowsBack,
} from "./_undo_rows.ts";

/** What an undo works with. */
export interface UndoWorld {
  readonly files: Files;
  readonly journal: Journal;
  readonly places: JournalPlaces;
  readonly transfers: TransferPool;
  /** Open for writing; undefined where no step is about rows. */
  readonly database: LibraryDatabase | undefined;
  readonly stop: StopSignal;
}

/** What taking an entry back will do. */
export interface UndoPlan {
  /** By kind of step. */
  readonly counts: Readonly<Partial<Record<JournalStep["kind"], number>>>;
  /** Why it can't be taken back; empty: it can. At most {@linkcode MOST_CONFLICTS} are listed. */
  readonly conflicts: readonly Conflict[];
  /** How many there are, listed or not. */
  readonly conflictCount: number;
}

export type { Conflict } from "./_undo_files.ts";

/** Conflicts that are listed. */
export const MOST_CONFLICTS = 1000;

/** Whether an entry has steps about rows: then an undo needs the database. */
export function changesRows(journal: Journal, id: string): boolean {
  for (const { step } of journal.read(id).backwards()) if (isRowStep(step)) return true;
  return false;
}

/** The steps that an undo takes back, in its order. */
export function* undoSteps(journal: Journal, id: string): Generator<JournalStep> {
  const passes = [isMove, isRowStep, isAdded];
  for (const belongs of passes) {
    for (const { step } of journal.read(id).backwards()) if (belongs(step)) yield step;
  }
}

/** Looks whether an entry can be taken back, and at what that means. Changes nothing. */
export async function planUndo(world: UndoWorld, { id, state }: EntryFacts): Promise<UndoPlan> {
  const { files, journal, places, transfers, database, stop } = world;
  const counts: Partial<Record<JournalStep["kind"], number>> = {};
  const conflicts: Conflict[] = [];
  let conflictCount = 0;
  const add = (conflict: Conflict) => {
    conflictCount++;
    if (conflicts.length < MOST_CONFLICTS) conflicts.push(conflict);
  };
  const done = movesDone(files, journal.path(id, "undoing"));
  const going = new Set<string>();
  const moves = { looked: 0, found: 0 };
  let renames = false;

  function* expectations() {
    const check = openFileCheck(files);
    const asked = new Set<string>();
    for (const belongs of [isMove, isAdded]) {
      for (const { number, step } of journal.read(id).backwards()) {
        if (!belongs(step)) continue;
        stop.throwIfRequested();
        counts[step.kind] = (counts[step.kind] ?? 0) + 1;
        if (isMove(step) && number >= done) continue;
        const { expect, conflict, isMoved } = check.take(step);
        if (step.kind === "file moved") moves.looked++;
        if (isMoved) moves.found++;
        if (conflict) add(conflict);
        for (const each of expect) {
          const question = `${each.equal} ${each.checksum} ${each.path}`;
          if (isMove(step) && asked.has(question)) continue;
          if (isMove(step)) asked.add(question);
          yield each;
        }
      }
    }
  }
  for await (const conflict of unmet(expectations(), transfers, stop.memory)) add(conflict);
  stop.throwIfRequested();

  for (const { step } of journal.read(id).backwards()) {
    if (!isRowStep(step)) continue;
    renames ||= isRename(step);
    const size = step.kind === "rows inserted" ? step.pks.length : 1;
    counts[step.kind] = (counts[step.kind] ?? 0) + size;
    if (!database) continue;
    const stranger = strangeTable(database, step);
    if (stranger) {
      add(stranger);
      continue;
    }
    for await (const conflict of rowConflicts(database, step)) add(conflict);
    if (step.kind === "rows inserted") {
      for (const pk of step.pks) going.add(`${step.table}:${pk}`);
    }
    stop.throwIfRequested();
  }
  if (state === "done" && renames && moves.looked > 0 && moves.found === 0) {
    add({
      what: places.mediaRoot,
      reason:
        "none of the files that were moved is where it was moved to: is this the right media folder?",
    });
  }
  if (database && going.size > 0) {
    const references = referencesOf(database.generation, database.tables);
    for (const { step } of journal.read(id).backwards()) {
      if (step.kind !== "rows inserted") continue;
      stop.throwIfRequested();
      for await (const found of newReferences(database.kysely, step, references, going)) add(found);
    }
  }
  return { counts, conflicts, conflictCount };
}

/**
 * Takes an entry back that {@linkcode planUndo} found no conflict in.
 *
 * @param onStep called after each step, for progress
 */
export async function undoEntry(
  world: UndoWorld,
  { id }: EntryFacts,
  onStep: (step: JournalStep) => void = () => {},
): Promise<void> {
  const { files, journal, database } = world;
  const movesBack = () => takeMovesBack(world, id, onStep);
  if (database) {
    // Rows go in the order in which they came, backwards: MariaDB would hold each against rows that go later.
    const checksEach = database.kind === "mariadb";
    if (checksEach) await beginBulk(database, 0);
    await database.kysely.transaction().execute(async (transaction) => {
      const swapped: RowStep[] = [];
      for (const { step } of journal.read(id).backwards()) {
        if (!isRowStep(step)) continue;
        await takeRowsBack(transaction, step, swapped);
        onStep(step);
      }
      for (const step of swapped) await takeRowsBack(transaction, step);
      if (checksEach) await checkReferences({ ...database, kysely: transaction });
      // Rows that can't be taken back stop it all here, before any file has moved.
      await movesBack();
    });
  } else await movesBack();
  await removeAdded(world, id, onStep);
  await writeMark(files, journal.path(id, "undone"));
  files.remove(journal.path(id, "undoing"));
}

/** Whether a step gave a document's files other names. */
function isRename(step: RowStep): boolean {
  return step.kind === "row changed" && step.table === "documents_document" &&
    ("filename" in step.after || "archive_filename" in step.after);
}

/** Whether every step of an entry can be read. */
export function isReadable(journal: Journal, id: string): boolean {
  try {
    for (const _ of journal.read(id).forwards());
    return true;
  } catch (error) {
    if (error instanceof PaperwardError) return false;
    throw error;
  }
}

/** Forgets about an entry; what was taken back of it stays so. */
export async function abandonEntry(files: Files, journal: Journal, id: string): Promise<void> {
  await writeMark(files, journal.path(id, "undone"));
  const undoing = journal.path(id, "undoing");
  if (files.exists(undoing)) files.remove(undoing);
}

type AddedStep = Extract<JournalStep, { readonly kind: "file added" | "folder added" }>;

function isAdded(step: JournalStep): step is AddedStep {
  return step.kind === "file added" || step.kind === "folder added";
}

async function removeAdded(
  { files, journal, places, stop }: UndoWorld,
  id: string,
  onStep: (step: JournalStep) => void,
): Promise<void> {
  const touched = new Set<string>();
  for (const { step } of journal.read(id).backwards()) {
    if (!isAdded(step)) continue;
    stop.throwIfRequested();
    if (files.exists(step.path)) {
      if (step.kind === "file added") files.remove(step.path);
      else removeEmptyFolders(files, step.path, dirname(step.path));
      touched.add(dirname(step.path));
    }
    onStep(step);
  }
  removeEmptyFolders(files, journal.keep(id), journalFolder(places.dataDir));
  for (const folder of touched) if (files.exists(folder)) await files.syncFolder(folder);
}

/** Steps of one window, at most. */
const WINDOW = 256;

async function takeMovesBack(
  world: UndoWorld,
  id: string,
  onStep: (step: JournalStep) => void,
): Promise<void> {
  const { files, journal, stop } = world;
  const path = journal.path(id, "undoing");
  const from = movesDone(files, path);
  const log = await openUndoLog(files, path, from);
  try {
    let window: { readonly number: number; readonly step: MoveStep }[] = [];
    const paths = new Set<string>();
    const carryOut = async () => {
      const first = window[0];
      if (!first) return;
      // The stop comes before a window, never inside.
      stop.throwIfRequested();
      await log.begin(first.number + 1);
      for (const { step } of window) {
        await moveBack(world, step);
        onStep(step);
      }
      window = [];
      paths.clear();
    };
    for (const { number, step } of journal.read(id).backwards()) {
      if (!isMove(step) || number >= from) continue;
      const own = step.kind === "file moved" ? [step.from, step.to] : [step.path, step.backup];
      if (window.length >= WINDOW || own.some((each) => paths.has(each))) await carryOut();
      window.push({ number, step });
      for (const each of own) paths.add(each);
    }
    await carryOut();
  } finally {
    log.close();
  }
}

async function moveBack({ files, places }: UndoWorld, step: MoveStep): Promise<void> {
  const own = journalFolder(places.dataDir);
  if (step.kind === "file moved") {
    if (!files.exists(step.to)) return;
    if (files.exists(step.from)) {
      if (neverMoved(files, step.from, step.to, step)) return;
      files.remove(step.to);
    } else await moveFile(files, step.to, step.from);
    removeEmptyFolders(files, dirname(step.to), own);
    return;
  }
  if (!files.exists(step.backup)) return;
  if (files.exists(step.path)) files.remove(step.path);
  await moveFile(files, step.backup, step.path);
  removeEmptyFolders(files, dirname(step.backup), own);
}

/** Says how far the moves are: a line for each window, written before the window begins. */
interface UndoLog {
  /** All steps from this number on are taken back; those below are next. */
  begin(number: number): Promise<void>;
  close(): void;
}

async function openUndoLog(files: Files, path: string, from: number): Promise<UndoLog> {
  const draft = `${path}.draft`;
  const file: OpenFile = files.openWrite(draft, { mode: 0o600 });
  const write = async (number: number) => {
    file.write(new TextEncoder().encode(`${Number.isFinite(number) ? number : "all"}\n`));
    await file.sync();
  };
  try {
    await write(from);
    files.rename(draft, path);
    await files.syncFolder(dirname(path));
  } catch (error) {
    file.close();
    throw error;
  }
  return { begin: write, close: () => file.close() };
}

/** The number from which on steps were taken back by an undo that was interrupted; Infinity: none. */
function movesDone(files: Files, path: string): number {
  if (!files.exists(path)) return Infinity;
  const lines = files.readText(path).split("\n").slice(0, -1);
  const last = Number(lines.at(-1));
  return Number.isInteger(last) && lines.length > 0 ? last : Infinity;
}

async function writeMark(files: Files, path: string): Promise<void> {
  const file = files.openWrite(path, { mode: 0o600 });
  try {
    file.write(new TextEncoder().encode(new Date().toISOString() + "\n"));
    await file.sync();
  } finally {
    file.close();
  }
  await files.syncFolder(dirname(path));
}
