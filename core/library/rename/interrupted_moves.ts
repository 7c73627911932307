// Brings a library to rest after a run that was killed while it moved files. Invariant: the database decides. The
// files of a batch whose rows were committed are brought to their new names, should the power have gone before the
// disk had them; those of one whose rows were not go back; nothing else is touched.

import { dirname, join } from "node:path";
import { sql } from "kysely";
import type { LibraryDatabase } from "../../database/database.ts";
import type { Files } from "../files.ts";
import type { JournalStep, RowValues } from "../journal/journal_step.ts";
import { hasFacts } from "../journal/_undo_files.ts";
import { PART, renameOrCopy } from "../journal/move_file.ts";
import type { EntryFacts, Journal } from "../journal/open_journal.ts";
import { checksumOfFile } from "./checksum_of_file.ts";
import { COLUMNS, type NamedRole, roleFolder, ROLES } from "./media_names.ts";
import { isPassing, removeUnused, syncFolders } from "./move_documents.ts";

/** The commands whose entries are batches of: file steps, then the rows that go with them. */
const MOVERS: ReadonlySet<string> = new Set(["document_renamer", "document_retagger"]);

/** What repairing works with. The lock of the media folder is held. */
export interface InterruptedWorld {
  readonly files: Files;
  readonly journal: Journal;
  /** Open for writing, or for reading with {@linkcode findInterrupted} only. */
  readonly database: LibraryDatabase;
  readonly mediaRoot: string;
}

type FileMoved = Extract<JournalStep, { readonly kind: "file moved" }>;

/** The file steps of a batch, and the names that its rows were to get. */
interface Batch {
  readonly files: JournalStep[];
  readonly rows: Extract<JournalStep, { readonly kind: "row changed" }>[];
  /** Number of its first step. */
  first: number;
}

/** Entries of runs that were killed and that nobody looked at yet. */
export function findInterrupted(
  { journal, files }: Pick<InterruptedWorld, "journal" | "files">,
): EntryFacts[] {
  return journal.list().filter(({ id, command, state }) =>
    state === "unfinished" && MOVERS.has(command) && !files.exists(journal.path(id, "settled"))
  );
}

/**
 * Puts files where their rows say after a run that was killed. Call it with the lock held, before an
 * entry of the journal begins.
 *
 * @returns how many files were moved
 */
export async function repairInterruptedMoves(world: InterruptedWorld): Promise<number> {
  const { files, journal } = world;
  let count = 0;
  for (const { id } of findInterrupted(world).reverse()) {
    let kept = journal.read(id).length;
    for (const batch of batchesBackwards(journal, id)) {
      const { moved, isCommitted } = await settle(world, batch);
      count += moved;
      if (!isCommitted) kept = batch.first;
    }
    // Nothing of it is left: an undo shall not stop at it.
    if (kept === 0) await writeMark(files, journal.path(id, "undone"), new Date().toISOString());
    await writeMark(files, journal.path(id, "settled"), String(kept));
  }
  return count;
}

/** Writes a small file that is there as a whole or not at all. */
async function writeMark(files: Files, path: string, text: string): Promise<void> {
  const draft = `${path}.draft`;
  const mark = files.openWrite(draft, { mode: 0o600 });
  try {
    mark.write(new TextEncoder().encode(text));
    await mark.sync();
  } finally {
    mark.close();
  }
  files.rename(draft, path);
  await files.syncFolder(dirname(path));
}

function* batchesBackwards(journal: Journal, id: string): Generator<Batch> {
  let batch: Batch = { files: [], rows: [], first: 0 };
  for (const { number, step } of journal.read(id).backwards()) {
    const isFileStep = step.kind === "file moved" || step.kind === "folder added";
    if (!isFileStep && batch.files.length > 0) {
      yield batch;
      batch = { files: [], rows: [], first: 0 };
    }
    batch.first = number;
    if (isFileStep) batch.files.push(step);
    else if (step.kind === "row changed" && step.table === "documents_document") {
      batch.rows.push(step);
    }
  }
  if (batch.files.length > 0) yield batch;
}

async function settle(
  world: InterruptedWorld,
  batch: Batch,
): Promise<{ readonly moved: number; readonly isCommitted: boolean }> {
  const { files, mediaRoot } = world;
  const roots = new Set(ROLES.map((role) => roleFolder(mediaRoot, role)));
  const reached = await committed(world, batch);
  const touched = new Set<string>();
  let count = 0;
  // Backwards to take a batch back, forwards to bring it to its end.
  const steps = reached ? batch.files.toReversed() : batch.files;
  for (const step of steps) {
    if (step.kind !== "file moved") continue;
    const part = join(dirname(step.to), PART);
    if (files.exists(part)) files.remove(part);
    const moved = reached ? await bringOn(files, step, reached) : await putBack(world, step);
    if (!moved) continue;
    count++;
    touched.add(dirname(step.from)).add(dirname(step.to));
  }
  for (const step of batch.files) {
    if (step.kind === "folder added") removeUnused(files, step.path, roots);
    else if (step.kind === "file moved") removeUnused(files, dirname(step.from), roots);
  }
  await syncFolders(files, touched);
  return { moved: count, isCommitted: reached !== undefined };
}

/**
 * Whether the rows of a batch were committed: they were recorded after its files had moved, and all together.
 *
 * @returns the paths that rows have by it now; undefined: it was not committed
 */
async function committed(
  { database, mediaRoot }: InterruptedWorld,
  { rows }: Batch,
): Promise<ReadonlySet<string> | undefined> {
  const reached = new Set<string>();
  let isOpen = false;
  for (const { pk, before, after } of rows) {
    const roles = ROLES.filter((role) => {
      const column = COLUMNS[role];
      return column in after && after[column] !== before[column];
    });
    if (roles.length === 0) continue;
    const found = await sql<Readonly<Record<typeof COLUMNS[NamedRole], string | null>>>`
      select filename, archive_filename from documents_document where id = ${pk}`
      .execute(database.kysely);
    const row = found.rows[0];
    if (!row) continue;
    const are = (values: RowValues) =>
      roles.every((role) => row[COLUMNS[role]] === values[COLUMNS[role]]);
    if (are(after)) {
      for (const role of roles) {
        reached.add(join(roleFolder(mediaRoot, role), `${row[COLUMNS[role]]}`));
      }
    } else if (are(before)) isOpen = true;
  }
  if (reached.size > 0) return reached;
  // Nothing was recorded: it was killed before. Or every row was changed since: then it was long ago.
  return isOpen || rows.length === 0 ? undefined : reached;
}

/** Makes a move that was lost with the power although its row was committed. @returns whether it was */
async function bringOn(
  files: Files,
  { from, to }: FileMoved,
  reached: ReadonlySet<string>,
): Promise<boolean> {
  if (!reached.has(to) || files.exists(to) || !files.exists(from)) return false;
  files.makeFolder(dirname(to));
  await renameOrCopy(files, from, to);
  return true;
}

/** @returns whether a file went back */
async function putBack(
  world: InterruptedWorld,
  { from, to, checksum, facts }: FileMoved,
): Promise<boolean> {
  const { files } = world;
  if (!files.exists(to)) return false;
  if (!files.exists(from)) {
    // Nobody misses it there: the library has gone on since.
    if (!isPassing(from) && !await isNamed(world, from)) return false;
    // In a circle what is there may be what was there before it began.
    const isKnown = facts !== undefined && hasFacts(files, to, facts);
    if (!isKnown && checksum !== null && checksumOfFile(files, to, checksum) !== checksum) {
      return false;
    }
    files.makeFolder(dirname(from));
    await renameOrCopy(files, to, from);
    return true;
  }
  // Both are there: the source of a copy to another file system was not removed yet.
  if (files.lstat(from).kind !== "file" || files.lstat(to).kind !== "file") return false;
  if (deviceOf(files, from) === deviceOf(files, to) || await isNamed(world, to)) return false;
  const like = "0".repeat(64);
  if (checksumOfFile(files, from, like) !== checksumOfFile(files, to, like)) return false;
  files.remove(to);
  return true;
}

function deviceOf(files: Files, path: string): string | undefined {
  return files.lstat(path).inode?.split(":")[0];
}

/** Whether any row names a file. */
async function isNamed({ database, mediaRoot }: InterruptedWorld, path: string): Promise<boolean> {
  for (const role of ROLES) {
    const root = `${roleFolder(mediaRoot, role)}/`;
    if (!path.startsWith(root)) continue;
    const { rows } = await sql`select id from documents_document
      where ${sql.ref(COLUMNS[role])} = ${path.slice(root.length)}`.execute(database.kysely);
    if (rows.length > 0) return true;
  }
  return false;
}
