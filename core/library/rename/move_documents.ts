// Moves the files of documents to their new names. Invariant: every move is durable in the journal before it is
// made, nothing is overwritten, and of a document either all files have moved or none.

import { basename, dirname, join } from "node:path";
import type { Files } from "../files.ts";
import { movedFacts } from "../journal/journal_step.ts";
import { removeEmptyFolders } from "../journal/move_file.ts";
import type { JournalEntry } from "../journal/open_journal.ts";
import { checksumOfFile } from "./checksum_of_file.ts";
import type { DocumentMove } from "./file_namer.ts";
import {
  type MadeMoves,
  makeMoves,
  messageOf,
  type MoveOrder,
  type Step,
  stepBack,
} from "./make_moves.ts";
import { roleFolder, ROLES } from "./media_names.ts";

/** What moving works with. The lock of the media folder is held. */
export interface MoveWorld {
  readonly files: Files;
  readonly mediaRoot: string;
  readonly entry: JournalEntry;
  /** Gets the folders that were changed, for {@linkcode syncFolders} before the entry is committed: until then a
   * loss of power is mended from the journal. @default they are made durable at once */
  readonly touched?: Set<string>;
  /** Moves files elsewhere than in this thread: see `openMover`. @default {makeMoves} */
  readonly move?: (order: MoveOrder) => Promise<MadeMoves>;
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
 * @param meanwhile what can be done while files are moved; gives documents that may not move after all: the files of
 * their groups go back. Must not fail
 */
export async function moveDocuments(
  world: MoveWorld,
  groups: readonly (readonly DocumentMove[])[],
  meanwhile: () => Promise<ReadonlySet<number>> = () => Promise.resolve(new Set()),
): Promise<MovedDocuments> {
  const { files, mediaRoot, entry, touched: collected } = world;
  const { move = (order: MoveOrder) => makeMoves(files, order) } = world;
  const failed: FailedMove[] = [];
  const fail = (group: readonly DocumentMove[], message: string) => {
    failed.push(...group.map(({ id }) => ({ id, message })));
  };
  const newFolders = new Set<string>();
  const isThere = openIsThere(files, mediaRoot, newFolders);
  const ready: { readonly group: readonly DocumentMove[]; readonly steps: readonly Step[] }[] = [];
  for (const group of groups) {
    try {
      const steps = stepsOf(files, mediaRoot, group);
      for (const { to } of steps) isThere(dirname(to));
      ready.push({ group, steps });
    } catch (error) {
      fail(group, messageOf(error));
    }
  }
  for (const path of newFolders) entry.record({ kind: "folder added", path });
  for (const step of ready.flatMap(({ steps }) => steps)) {
    entry.record({ kind: "file moved", ...step });
  }
  if (ready.some(({ steps }) => steps.length > 0)) await entry.flush();

  const moved: DocumentMove[] = [];
  const done: Step[] = [];
  const roots = new Set(ROLES.map((role) => roleFolder(mediaRoot, role)));
  const stepsBack = async (steps: readonly Step[]) => {
    for (const step of steps.toReversed()) await stepBack(files, step);
  };
  const takeBack = async () => {
    await stepsBack(done);
    for (const folder of newFolders) removeUnused(files, folder, roots);
    await syncFolders(files, foldersOf(done));
  };
  // Where this throws nothing is known of what was moved: as after a crash the journal tells.
  const [made, withheld] = await Promise.all([
    move({ groups: ready.map(({ steps }) => steps), newFolders, roots }),
    meanwhile(),
  ]);
  const goesBack: Step[] = [];
  for (const [i, message] of made.failures.entries()) {
    const { group, steps } = ready[i]!;
    const isWithheld = group.some(({ id }) => withheld.has(id));
    if (message === undefined) (isWithheld ? goesBack : done).push(...steps);
    if (isWithheld) continue;
    if (message === undefined) moved.push(...group);
    else fail(group, message);
  }
  try {
    if ("error" in made) throw made.error;
    await stepsBack(goesBack);
    const touched = foldersOf([...done, ...goesBack]);
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
  if (failed.length > 0 || goesBack.length > 0) {
    for (const folder of newFolders) removeUnused(files, folder, roots);
  }

  return {
    moved,
    failed: failed.filter(({ id }) => !withheld.has(id)),
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
    for (const { role, from, to, same, checksum } of moves) {
      const root = roleFolder(mediaRoot, role);
      const [source, target] = [join(root, from), join(root, to)];
      if (!isCircle && !same) {
        const facts = movedFacts(files.lstat(source));
        there.push({ from: source, to: target, checksum, ...(facts && { facts }) });
        continue;
      }
      const passing = join(root, `${PASSING}-${id}`);
      const found = checksumOfFile(files, source, SHA256);
      away.push({ from: source, to: passing, checksum: found });
      there.push({ from: passing, to: target, checksum: found });
    }
  }
  return [...away, ...there];
}

/** Tells whether folders of the media folder are there, and notes those that have to be made, the outermost first. */
function openIsThere(
  files: Files,
  mediaRoot: string,
  missing: Set<string>,
): (folder: string) => boolean {
  const known = new Map<string, boolean>([[mediaRoot, true], ["/", true]]);
  const isThere = (folder: string): boolean => {
    let there = known.get(folder);
    if (there !== undefined) return there;
    // Nothing is in a folder that isn't there: no need to look.
    there = isThere(dirname(folder)) && files.exists(folder);
    known.set(folder, there);
    if (!there) missing.add(folder);
    return there;
  };
  return isThere;
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
