// Renames the files of documents. Invariant: nothing is overwritten, and of a group either all files have moved or
// none. Only the renames are made here: what they mean has to be durable in the journal by then.

import { basename, dirname, join } from "node:path";
import { PaperwardError } from "../../errors.ts";
import type { Files } from "../files.ts";
import type { MovedFacts } from "../journal/journal_step.ts";
import { renameOrCopy } from "../journal/move_file.ts";
import { isFileError } from "../os_error.ts";

/** One rename. */
export interface Step {
  /** Absolute. */
  readonly from: string;
  /** Absolute; nothing is there. */
  readonly to: string;
  /** Of what is moved: in a circle what was read, else what the library says; null where nobody knows. */
  readonly checksum: string | null;
  /** What it was known by before it moved; not in a circle, where its checksum alone can tell. */
  readonly facts?: MovedFacts;
}

/** What has to be moved; survives a structured clone. */
export interface MoveOrder {
  /** The steps of a group are made all or none. */
  readonly groups: readonly (readonly Step[])[];
  /** Folders that are made where a file goes to them. */
  readonly newFolders: ReadonlySet<string>;
  /** The folders of originals and archives. */
  readonly roots: ReadonlySet<string>;
}

/** What became of an order. */
export interface MadeMoves {
  /** For each group that was begun why it was not moved; undefined: it was. */
  readonly failures: readonly (string | undefined)[];
  /** A defect that ended it early: the group after those of `failures` may be half moved. */
  readonly error?: unknown;
}

/** Carries an order out. */
export async function makeMoves(
  files: Files,
  { groups, newFolders, roots }: MoveOrder,
): Promise<MadeMoves> {
  const made = new Set<string>();
  const failures: (string | undefined)[] = [];
  try {
    const taken = openTaken(files, roots, groups.flat());
    for (const steps of groups) {
      failures.push(await carryOut(files, steps, newFolders, made, taken));
    }
    return { failures };
  } catch (error) {
    return { failures, error };
  }
}

/** Whether anything is at a path. */
type Taken = (path: string) => boolean;

/** A folder that gets this many files is listed once: asking for a file that isn't there costs as much. */
const WORTH_LISTING = 2;

/** Looks at the targets of moves, in lists of their folders where several go to one. */
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
export function messageOf(error: unknown): string {
  if (error instanceof PaperwardError || isFileError(error)) return error.message;
  throw error;
}
