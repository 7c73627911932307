// Brings a library to rest after a run that was killed while it moved files. Invariant: the database decides. A
// batch whose rows were committed stays; the files of one whose rows were not go back; nothing else is touched.

import { dirname, join } from "node:path";
import { sql } from "kysely";
import type { LibraryDatabase } from "../../database/database.ts";
import type { Files } from "../files.ts";
import type { JournalStep } from "../journal/journal_step.ts";
import { PART, renameOrCopy } from "../journal/move_file.ts";
import type { EntryFacts, Journal } from "../journal/open_journal.ts";
import { checksumOfFile } from "./checksum_of_file.ts";
import { COLUMNS, roleFolder, ROLES } from "./media_names.ts";
import { isPassing, removeUnused } from "./move_documents.ts";

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

/** The file steps of a batch, and the names that its rows were to get. */
interface Batch {
  readonly files: JournalStep[];
  readonly rows: Extract<JournalStep, { readonly kind: "row changed" }>[];
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
 * Puts files back that a killed run had moved without committing their rows. Call it with the lock held, before an
 * entry of the journal begins.
 *
 * @returns how many files went back
 */
export async function repairInterruptedMoves(world: InterruptedWorld): Promise<number> {
  const { files, journal } = world;
  let count = 0;
  for (const { id } of findInterrupted(world).reverse()) {
    for (const batch of batchesBackwards(journal, id)) {
      count += await settle(world, batch);
    }
    const mark = files.openWrite(journal.path(id, "settled"), { mode: 0o600 });
    try {
      await mark.sync();
    } finally {
      mark.close();
    }
  }
  return count;
}

function* batchesBackwards(journal: Journal, id: string): Generator<Batch> {
  let batch: Batch = { files: [], rows: [] };
  for (const { step } of journal.read(id).backwards()) {
    const isFileStep = step.kind === "file moved" || step.kind === "folder added";
    if (!isFileStep && batch.files.length > 0) {
      yield batch;
      batch = { files: [], rows: [] };
    }
    if (isFileStep) batch.files.push(step);
    else if (step.kind === "row changed" && step.table === "documents_document") {
      batch.rows.push(step);
    }
  }
  if (batch.files.length > 0) yield batch;
}

/** @returns how many files went back */
async function settle(world: InterruptedWorld, batch: Batch): Promise<number> {
  const { files, mediaRoot } = world;
  const roots = new Set(ROLES.map((role) => roleFolder(mediaRoot, role)));
  const isCommitted = await committed(world, batch);
  const touched = new Set<string>();
  let count = 0;
  for (const step of batch.files) {
    if (step.kind === "file moved") {
      const part = join(dirname(step.to), PART);
      if (files.exists(part)) files.remove(part);
      if (isCommitted) removeUnused(files, dirname(step.from), roots);
      else if (await putBack(world, step)) {
        count++;
        touched.add(dirname(step.from)).add(dirname(step.to));
      }
    } else if (step.kind === "folder added") removeUnused(files, step.path, roots);
  }
  for (const folder of touched) if (files.exists(folder)) await files.syncFolder(folder);
  return count;
}

const NAMES = ["filename", "archive_filename"] as const;

/** Rows are recorded after their files have moved, and committed all together: one row tells for all. */
async function committed({ database }: InterruptedWorld, { rows }: Batch): Promise<boolean> {
  for (const { pk, before, after } of rows) {
    const columns = NAMES.filter((column) => column in after && after[column] !== before[column]);
    if (columns.length === 0) continue;
    const found = await sql<Readonly<Record<typeof NAMES[number], string | null>>>`
      select filename, archive_filename from documents_document where id = ${pk}`
      .execute(database.kysely);
    const row = found.rows[0];
    if (!row) continue;
    if (columns.every((column) => row[column] === after[column])) return true;
    if (columns.every((column) => row[column] === before[column])) return false;
  }
  // Nothing was recorded: it was killed before. Or every row was changed since: then it was long ago.
  return rows.length > 0;
}

/** @returns whether a file went back */
async function putBack(
  world: InterruptedWorld,
  { from, to }: Extract<JournalStep, { readonly kind: "file moved" }>,
): Promise<boolean> {
  const { files } = world;
  if (!files.exists(to)) return false;
  if (!files.exists(from)) {
    // Nobody misses it there: the library has gone on since.
    if (!isPassing(from) && !await isNamed(world, from)) return false;
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
