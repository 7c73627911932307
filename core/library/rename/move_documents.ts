// Moves the files of documents to their new names. Invariant: every move is durable in the journal before it is
// made, nothing is overwritten, and of a document either all files have moved or none.

import { basename, dirname, join } from "node:path";
import { PaperwardError } from "../../errors.ts";
import type { Files } from "../files.ts";
import { removeEmptyFolders, renameOrCopy } from "../journal/move_file.ts";
import type { JournalEntry } from "../journal/open_journal.ts";
import { isFileError } from "../os_error.ts";
import type { DocumentMove } from "./file_namer.ts";
import { type NamedRole, roleFolder } from "./media_names.ts";

/** What moving works with. The lock of the media folder is held. */
export interface MoveWorld {
  readonly files: Files;
  readonly mediaRoot: string;
  readonly entry: JournalEntry;
}

/** A document that could not be moved. */
export interface FailedMove {
  readonly id: number;
  /** In plain words. */
  readonly message: string;
}

/** What became of some documents. */
export interface MovedDocuments {
  readonly moved: readonly DocumentMove[];
  readonly failed: readonly FailedMove[];
  /** The caller's transaction failed: puts all files back. */
  takeBack(): Promise<void>;
  /** The caller's transaction is committed: removes the folders that became empty. */
  finish(): void;
}

/** One rename. */
interface Step {
  readonly from: string;
  readonly to: string;
}

/** Name of a file that is on its way between two names, in its role's folder. */
const PASSING = ".paperward-passing";

/** Whether a path is that of a file on its way. */
export function isPassing(path: string): boolean {
  return basename(path).startsWith(PASSING);
}

/**
 * Records the moves of some documents in the journal, makes the entry durable, and moves their files. A document
 * of which anything fails gets its files back, as do those of its group.
 *
 * @param groups of a plan: documents of a group move together or not at all
 */
export async function moveDocuments(
  { files, mediaRoot, entry }: MoveWorld,
  groups: readonly (readonly DocumentMove[])[],
): Promise<MovedDocuments> {
  const planned = groups.map((group) => stepsOf(mediaRoot, group));
  const newFolders = new Set<string>();
  const known = new Set<string>();
  for (const steps of planned) {
    for (const { to } of steps) noteNewFolders(files, dirname(to), known, newFolders);
  }
  for (const path of newFolders) entry.record({ kind: "folder added", path });
  for (const steps of planned) {
    for (const { from, to } of steps) {
      entry.record({ kind: "file moved", from, to, checksum: null });
    }
  }
  if (planned.some((steps) => steps.length > 0)) await entry.flush();

  const moved: DocumentMove[] = [];
  const failed: FailedMove[] = [];
  const done: Step[] = [];
  for (const [i, group] of groups.entries()) {
    const steps = planned[i]!;
    const message = await carryOut(files, steps, newFolders);
    if (message === undefined) {
      moved.push(...group);
      done.push(...steps);
    } else failed.push(...group.map(({ id }) => ({ id, message })));
  }
  const touched = new Set(done.flatMap(({ from, to }) => [dirname(from), dirname(to)]));
  for (const folder of newFolders) if (files.exists(folder)) touched.add(dirname(folder));
  for (const folder of touched) await files.syncFolder(folder);
  const roots = new Set(
    ["original", "archive"].map((role) => roleFolder(mediaRoot, role as NamedRole)),
  );
  if (failed.length > 0) { for (const folder of newFolders) removeUnused(files, folder, roots); }

  return {
    moved,
    failed,
    async takeBack() {
      for (const step of done.toReversed()) await stepBack(files, step);
      for (const folder of newFolders) removeUnused(files, folder, roots);
      for (const folder of touched) if (files.exists(folder)) await files.syncFolder(folder);
    },
    finish() {
      for (const folder of new Set(done.map(({ from }) => dirname(from)))) {
        removeUnused(files, folder, roots);
      }
    },
  };
}

/** The renames of a group, in their order. */
function stepsOf(mediaRoot: string, group: readonly DocumentMove[]): Step[] {
  const isCircle = group.length > 1;
  const away: Step[] = [];
  const there: Step[] = [];
  for (const { id, files } of group) {
    for (const { role, from, to, same } of files) {
      const root = roleFolder(mediaRoot, role);
      const [source, target] = [join(root, from), join(root, to)];
      if (!isCircle && !same) {
        there.push({ from: source, to: target });
        continue;
      }
      const passing = join(root, `${PASSING}-${id}`);
      away.push({ from: source, to: passing });
      there.push({ from: passing, to: target });
    }
  }
  return [...away, ...there];
}

/** Notes the folders that have to be made for a file, the outermost first. */
function noteNewFolders(
  files: Files,
  folder: string,
  known: Set<string>,
  missing: Set<string>,
): void {
  if (known.has(folder)) return;
  known.add(folder);
  if (files.exists(folder)) return;
  noteNewFolders(files, dirname(folder), known, missing);
  missing.add(folder);
}

/** Makes the steps of a group, all or none. @returns why not */
async function carryOut(
  files: Files,
  steps: readonly Step[],
  newFolders: ReadonlySet<string>,
): Promise<string | undefined> {
  const done: Step[] = [];
  try {
    for (const step of steps) {
      const folder = dirname(step.to);
      if (newFolders.has(folder)) files.makeFolder(folder);
      if (files.exists(step.to)) {
        throw new Deno.errors.AlreadyExists(`something is at ${step.to} already`);
      }
      await renameOrCopy(files, step.from, step.to);
      done.push(step);
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof PaperwardError) && !isFileError(error)) throw error;
    for (const step of done.toReversed()) await stepBack(files, step);
    return error.message;
  }
}

/** Puts a file back, unless something else took its place. */
export async function stepBack(files: Files, { from, to }: Step): Promise<void> {
  if (!files.exists(to) || files.exists(from)) return;
  files.makeFolder(dirname(from));
  await renameOrCopy(files, to, from);
}

/** Removes a folder and those above it while they are empty, up to the folder of originals or archives. */
export function removeUnused(files: Files, folder: string, roots: ReadonlySet<string>): void {
  for (const root of roots) {
    if (folder === root || !folder.startsWith(`${root}/`)) continue;
    try {
      removeEmptyFolders(files, folder, root);
    } catch (error) {
      // An empty folder that stays does no harm; upstream leaves it too.
      if (!(error instanceof PaperwardError) && !isFileError(error)) throw error;
    }
  }
}
