// Two-phase writing: everything new is staged beside the old, synced, recorded, then renamed into place.
// Invariant: at every moment the target holds the old generation or the new one, or a complete commit
// record from which the next run rolls forward; never a mix that nobody can mend.

import { dirname, join } from "node:path";
import type { Files } from "../../library/files.ts";
import { type Change, readCommitRecord, writeCommitRecord } from "./commit_record.ts";

/** Name of the folder in the target that holds what is not yet in place. */
export const STAGING_FOLDER = ".paperward-staging";

const RECORD = "commit-record";
const RECORD_DRAFT = "commit-record.draft";

/** What an earlier, interrupted run had left in the target. */
export interface Recovery {
  /** A committed generation was put in place: the number of steps that it had. */
  readonly rolledForward?: number;
  /** Staged files of an uncommitted run that were removed. */
  readonly removed?: number;
}

/** A place beside the target where a new generation grows. */
export interface Staging {
  /** Absolute path of the staging folder. */
  readonly folder: string;
  /** A new name in the staging folder, never used before in this run; no path. */
  newName(): string;
  /** Absolute path of a staged file. */
  path(name: string): string;
  /**
   * Puts the new generation in place. Staged files must be synced already.
   *
   * @param changes in the order: clear, place, remove
   * @param onStep called after each step, for progress
   */
  commit(changes: Iterable<Change>, onStep?: () => void): Promise<void>;
  /** Gives up: removes everything staged, and the target is as it was. Does nothing once a commit record is
   * there: from then on the only way is forward, and the next run goes it. */
  discard(): void;
}

/** Whether an interrupted run left something in a target, and what; changes nothing. */
export function pendingRecovery(
  files: Files,
  target: string,
): "roll forward" | "litter" | undefined {
  const folder = join(target, STAGING_FOLDER);
  if (!files.exists(folder)) return undefined;
  return hasRecord(files, folder) ? "roll forward" : "litter";
}

/** Mends what an interrupted run left in a target: rolls a committed generation forward, removes litter. */
export async function recoverTarget(files: Files, target: string): Promise<Recovery> {
  const folder = join(target, STAGING_FOLDER);
  if (!files.exists(folder)) return {};
  const recovery = hasRecord(files, folder)
    ? { rolledForward: await carryOut(files, target, folder) }
    : { removed: countFiles(files, folder) };
  removeStaging(files, folder);
  return recovery;
}

/**
 * Opens the staging folder of a target, mending first what an interrupted run left.
 *
 * @param target absolute path of an existing folder
 */
export async function openStaging(
  files: Files,
  target: string,
): Promise<Staging & { readonly recovery: Recovery }> {
  const recovery = await recoverTarget(files, target);
  const folder = join(target, STAGING_FOLDER);
  files.makeFolder(folder);
  let names = 0;
  const path = (name: string) => join(folder, name);
  return {
    folder,
    recovery,
    newName: () => String(++names).padStart(7, "0"),
    path,
    async commit(changes, onStep) {
      const draft = files.openWrite(path(RECORD_DRAFT), { exclusive: true });
      try {
        const record = writeCommitRecord(draft);
        for (const change of changes) record.add(change);
        record.end();
        await draft.sync();
      } finally {
        draft.close();
      }
      await files.syncFolder(folder);
      files.rename(path(RECORD_DRAFT), path(RECORD));
      await files.syncFolder(folder);
      await carryOut(files, target, folder, onStep);
      removeStaging(files, folder);
    },
    discard() {
      if (!files.exists(path(RECORD))) removeTree(files, folder);
    },
  };
}

function hasRecord(files: Files, folder: string): boolean {
  if (!files.exists(join(folder, RECORD))) return false;
  const file = files.openRead(join(folder, RECORD));
  try {
    return readCommitRecord(file) !== undefined;
  } finally {
    file.close();
  }
}

/** Carries out a commit record; a step that was done before is passed over. */
async function carryOut(
  files: Files,
  target: string,
  folder: string,
  onStep?: () => void,
): Promise<number> {
  const touched = new Set<string>();
  const file = files.openRead(join(folder, RECORD));
  let count = 0;
  try {
    const isBegun = hasBegun(files, folder, readCommitRecord(file) ?? []);
    for (const change of readCommitRecord(file) ?? []) {
      count++;
      if ("place" in change) {
        place(files, target, join(folder, change.staged), join(target, change.place), touched);
      } else if ("remove" in change) remove(files, target, change.remove, touched);
      // What was cleared before may be the place of something new by now.
      else if (!isBegun) remove(files, target, change.clear, touched);
      onStep?.();
    }
  } finally {
    file.close();
  }
  for (const changed of touched) if (files.exists(changed)) await files.syncFolder(changed);
  return count;
}

/** Whether something was placed already: then everything that was in the way has gone. */
function hasBegun(files: Files, folder: string, changes: Iterable<Change>): boolean {
  for (const change of changes) {
    if ("place" in change) return !files.exists(join(folder, change.staged));
  }
  return false;
}

function place(
  files: Files,
  target: string,
  staged: string,
  path: string,
  touched: Set<string>,
): void {
  const parent = dirname(path);
  if (!touched.has(parent)) {
    files.makeFolder(parent);
    // The folders on the way may be new too: their entries have to last as well.
    for (let folder = parent; !touched.has(folder); folder = dirname(folder)) {
      touched.add(folder);
      if (folder === target) break;
    }
  }
  try {
    files.rename(staged, path);
  } catch (error) {
    // An interrupted run did it before.
    if (!(error instanceof Deno.errors.NotFound) || files.exists(staged)) throw error;
  }
}

/** Removes a file and then the folders that it leaves empty, up to the target. */
function remove(files: Files, target: string, relative: string, touched: Set<string>): void {
  const path = join(target, relative);
  if (files.exists(path)) {
    files.remove(path);
    touched.add(dirname(path));
  }
  for (let parent = dirname(path); parent !== target; parent = dirname(parent)) {
    if (!files.exists(parent)) continue;
    if (files.lstat(parent).kind !== "folder" || files.list(parent).length > 0) return;
    files.remove(parent);
    touched.add(dirname(parent));
  }
}

/** The record goes first: without it the rest is litter, whatever happens next. */
function removeStaging(files: Files, folder: string): void {
  if (files.exists(join(folder, RECORD))) files.remove(join(folder, RECORD));
  removeTree(files, folder);
}

function removeTree(files: Files, path: string): void {
  if (!files.exists(path)) return;
  if (files.lstat(path).kind === "folder") {
    for (const { name } of files.list(path)) removeTree(files, join(path, name));
  }
  files.remove(path);
}

function countFiles(files: Files, folder: string): number {
  return files.list(folder).length;
}
