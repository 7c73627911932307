// Moves the files of documents to their new names. Invariant: every move is durable in the journal before it is
// made, nothing is overwritten, and of a document either all files have moved or none.

import { basename, dirname, join } from "node:path";
import { PaperwardError } from "../../errors.ts";
import type { Files } from "../files.ts";
import { removeEmptyFolders, renameOrCopy } from "../journal/move_file.ts";
import type { JournalEntry } from "../journal/open_journal.ts";
import { isFileError } from "../os_error.ts";
import { checksumOfFile } from "./checksum_of_file.ts";
import type { DocumentMove } from "./file_namer.ts";
import { roleFolder, ROLES } from "./media_names.ts";

/** What moving works with. The lock of the media folder is held. */
export interface MoveWorld {
  readonly files: Files;
  readonly mediaRoot: string;
  readonly entry: JournalEntry;
  /** Gets the folders that were changed, for {@linkcode syncFolders} before the entry is committed: until then a
   * loss of power is mended from the journal. @default they are made durable at once */
  readonly touched?: Set<string>;
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
  /** Of what is moved, where the names alone can't tell whether it was: in a circle. */
  readonly checksum?: string;
}

/** Name of a file that is on its way between two names, in its role's folder. */
const PASSING = ".paperward-passing";

/** Something as long as a SHA-256. */
const SHA256 = "0".repeat(64);

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
  { files, mediaRoot, entry, touched: collected }: MoveWorld,
  groups: readonly (readonly DocumentMove[])[],
): Promise<MovedDocuments> {
  const failed: FailedMove[] = [];
  const fail = (group: readonly DocumentMove[], message: string) => {
    failed.push(...group.map(({ id }) => ({ id, message })));
  };
  const newFolders = new Set<string>();
  const known = new Set<string>();
  const ready: { readonly group: readonly DocumentMove[]; readonly steps: readonly Step[] }[] = [];
  for (const group of groups) {
    try {
      const steps = stepsOf(files, mediaRoot, group);
      for (const { to } of steps) noteNewFolders(files, dirname(to), known, newFolders);
      ready.push({ group, steps });
    } catch (error) {
      fail(group, messageOf(error));
    }
  }
  for (const path of newFolders) entry.record({ kind: "folder added", path });
  for (const { from, to, checksum = null } of ready.flatMap(({ steps }) => steps)) {
    entry.record({ kind: "file moved", from, to, checksum });
  }
  if (ready.some(({ steps }) => steps.length > 0)) await entry.flush();

  const moved: DocumentMove[] = [];
  const done: Step[] = [];
  const roots = new Set(ROLES.map((role) => roleFolder(mediaRoot, role)));
  const takeBack = async () => {
    for (const step of done.toReversed()) await stepBack(files, step);
    for (const folder of newFolders) removeUnused(files, folder, roots);
    await syncFolders(files, foldersOf(done));
  };
  const made = new Set<string>();
  const taken = openTaken(files, roots, ready.flatMap(({ steps }) => steps));
  try {
    for (const { group, steps } of ready) {
      const message = await carryOut(files, steps, newFolders, made, taken);
      if (message !== undefined) fail(group, message);
      else {
        moved.push(...group);
        done.push(...steps);
      }
    }
    const touched = foldersOf(done);
    for (const folder of newFolders) if (files.exists(folder)) touched.add(dirname(folder));
    if (collected) {
      for (const folder of touched) collected.add(folder);
      // From the disk alone nobody can tell whether files have swapped their names.
      const circles = ready.filter(({ group }) => group.length > 1).flatMap(({ steps }) => steps);
      await syncFolders(files, foldersOf(circles));
    } else await syncFolders(files, touched);
  } catch (error) {
    await takeBack();
    throw error;
  }
  if (failed.length > 0) {
    for (const folder of newFolders) removeUnused(files, folder, roots);
  }

  return {
    moved,
    failed,
    takeBack,
    finish() {
      for (const folder of new Set(done.map(({ from }) => dirname(from)))) {
        removeUnused(files, folder, roots);
      }
    },
  };
}

function foldersOf(steps: readonly Step[]): Set<string> {
  return new Set(steps.flatMap(({ from, to }) => [dirname(from), dirname(to)]));
}

/** Folders that are made durable at the same time: a disk takes their flushes for one. */
const TOGETHER = 32;

/** Makes the entries of folders durable; those that are gone are left out. */
export async function syncFolders(files: Files, folders: Iterable<string>): Promise<void> {
  let some: Promise<void>[] = [];
  for (const folder of folders) {
    if (!files.exists(folder)) continue;
    some.push(files.syncFolder(folder));
    if (some.length < TOGETHER) continue;
    await Promise.all(some);
    some = [];
  }
  await Promise.all(some);
}

/** The renames of a group, in their order. */
function stepsOf(
  files: Files,
  mediaRoot: string,
  group: readonly DocumentMove[],
): Step[] {
  const isCircle = group.length > 1;
  const away: Step[] = [];
  const there: Step[] = [];
  for (const { id, files: moves } of group) {
    for (const { role, from, to, same } of moves) {
      const root = roleFolder(mediaRoot, role);
      const [source, target] = [join(root, from), join(root, to)];
      if (!isCircle && !same) {
        there.push({ from: source, to: target });
        continue;
      }
      const passing = join(root, `${PASSING}-${id}`);
      const checksum = checksumOfFile(files, source, SHA256);
      away.push({ from: source, to: passing, checksum });
      there.push({ from: passing, to: target, checksum });
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

/** Whether anything is at a path. */
type Taken = (path: string) => boolean;

/** A folder that gets this many files is listed once: asking for a file that isn't there costs as much. */
const WORTH_LISTING = 3;

/** Looks at the targets of moves, in lists of their folders where many go to one. */
function openTaken(files: Files, roots: Iterable<string>, steps: readonly Step[]): Taken {
  // Which names such a disk takes for one, only it can tell.
  const ignoresCase = [...roots].some((root) =>
    files.exists(join(dirname(root), basename(root).toUpperCase()))
  );
  if (ignoresCase) return (path) => files.exists(path);
  const counts = new Map<string, number>();
  for (const { to } of steps) {
    const folder = dirname(to);
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  const lists = new Map<string, Set<string>>();
  return (path) => {
    const folder = dirname(path);
    if ((counts.get(folder) ?? 0) < WORTH_LISTING) return files.exists(path);
    let names = lists.get(folder);
    if (!names) {
      names = new Set(files.list(folder).map(({ name }) => name));
      lists.set(folder, names);
    }
    const name = basename(path);
    // What was there may have gone since.
    if (names.has(name) && files.exists(path)) return true;
    names.add(name);
    return false;
  };
}

/** Makes the steps of a group, all or none. @returns why not */
async function carryOut(
  files: Files,
  steps: readonly Step[],
  newFolders: ReadonlySet<string>,
  made: Set<string>,
  taken: Taken,
): Promise<string | undefined> {
  const done: Step[] = [];
  try {
    for (const step of steps) {
      const folder = dirname(step.to);
      if (newFolders.has(folder) && !made.has(folder)) {
        files.makeFolder(folder);
        made.add(folder);
      }
      if (taken(step.to)) {
        throw new Deno.errors.AlreadyExists(`something is at ${step.to} already`);
      }
      await renameOrCopy(files, step.from, step.to);
      done.push(step);
    }
    return undefined;
  } catch (error) {
    const message = messageOf(error);
    for (const step of done.toReversed()) await stepBack(files, step);
    return message;
  }
}

/** Puts a file back, unless something else took its place. */
export async function stepBack(files: Files, { from, to }: Step): Promise<void> {
  if (!files.exists(to) || files.exists(from)) return;
  if (!files.exists(dirname(from))) files.makeFolder(dirname(from));
  await renameOrCopy(files, to, from);
}

/** The message of an error that concerns one document only. @throws any other error */
function messageOf(error: unknown): string {
  if (error instanceof PaperwardError || isFileError(error)) return error.message;
  throw error;
}

/** Removes a folder and those above it while they are empty, up to the folder of originals or archives. */
export function removeUnused(files: Files, folder: string, roots: ReadonlySet<string>): void {
  for (const root of roots) {
    if (folder === root || !folder.startsWith(`${root}/`)) continue;
    try {
      removeEmptyFolders(files, folder, root);
    } catch (error) {
      // An empty folder that stays does no harm; upstream leaves it too.
      messageOf(error);
    }
  }
}
