// The names of files follow what a document is assigned to, as upstream's save handler lets them. Invariant: called
// inside the transaction that changed the rows; what it moved goes back where that transaction fails.

import { type Kysely, sql } from "kysely";
import type { LibraryDatabase } from "../../database/database.ts";
import type { Assignment } from "../../library/filename/load_filename_documents.ts";
import type { Files } from "../../library/files.ts";
import type { JournalEntry } from "../../library/journal/open_journal.ts";
import {
  type FileNamer,
  isMove,
  type NameColumns,
  type NamePlan,
} from "../../library/rename/file_namer.ts";
import { moveDocuments } from "../../library/rename/move_documents.ts";
import { writeNames } from "../../library/rename/write_names.ts";
import type { Tables } from "../../schema/tables.ts";

/** What became of names. */
export interface FollowedNames {
  /** The columns that were changed, by document; versions of documents among them. */
  readonly names: ReadonlyMap<number, NameChange>;
  /** Documents whose files could not follow. */
  readonly failed: readonly { readonly id: number; readonly message: string }[];
  /** The transaction failed: puts all files back. */
  takeBack(): Promise<void>;
  /** The transaction is committed: removes emptied folders. */
  finish(): void;
}

/** Columns of a document before and after. */
export interface NameChange {
  readonly before: NameColumns;
  readonly after: NameColumns;
}

/** What following needs. The lock of the media folder is held. */
export interface FollowWorld {
  readonly database: LibraryDatabase;
  readonly files: Files;
  readonly mediaRoot: string;
  readonly entry: JournalEntry;
  readonly namer: FileNamer;
}

/** Looks at the names of documents whose rows were changed inside the transaction, and of their versions; moves
 * their files, and changes their rows. */
export async function followNames(
  { database, files, mediaRoot, entry, namer }: FollowWorld,
  transaction: Kysely<Tables>,
  ids: readonly number[],
): Promise<FollowedNames> {
  const all = [...ids, ...await versionsOf(database, transaction, ids)];
  using plan = await namer.plan((work) => work(database.within(transaction)), all);
  const failed: { readonly id: number; readonly message: string }[] = [];
  for (const decision of plan.decisions()) {
    if (!isMove(decision) && decision.failed) failed.push(decision);
  }
  const groups = [...plan.groups()];
  const { moved, takeBack, finish, ...result } = await moveDocuments(
    { files, mediaRoot, entry },
    groups,
  );
  try {
    const unmoved = new Set(result.failed.map(({ id }) => id));
    // Nobody else can have changed a name: that happens under the lock, and in this transaction.
    const going = groups.filter((group) => !group.some(({ id }) => unmoved.has(id)));
    const changed = await writeNames(transaction, going);
    if (changed.length > 0) {
      throw new Error(`Document ${changed[0]} got another name inside a transaction`);
    }
    // It remembers what it gave away.
    if (unmoved.size > 0) namer.forget();
  } catch (error) {
    await takeBack();
    throw error;
  }
  return {
    names: new Map(moved.map(({ id, before, after }) => [id, { before, after }])),
    failed: [...failed, ...result.failed],
    async takeBack() {
      await takeBack();
      namer.forget();
    },
    finish,
  };
}

/** Plans the names that documents will have once they are assigned to what was decided, and changes nothing. */
export async function planFollowing(
  { database, namer }: Pick<FollowWorld, "database" | "namer">,
  assignments: ReadonlyMap<number, Assignment>,
): Promise<NamePlan> {
  const ids = [...assignments.keys()];
  const versions = await database.snapshot(({ kysely }) => versionsOf(database, kysely, ids));
  return await namer.plan(
    (work) => database.snapshot(work),
    [...ids, ...versions],
    undefined,
    assignments,
  );
}

/** Versions of documents (v3) that aren't among them: they are named like their documents. */
async function versionsOf(
  { generation }: LibraryDatabase,
  transaction: Kysely<Tables>,
  ids: readonly number[],
): Promise<number[]> {
  if (generation === "v2" || ids.length === 0) return [];
  const { rows } = await sql<{ readonly id: number }>`select id from documents_document
    where root_document_id in (${sql.join(ids)}) and deleted_at is null and filename is not null
    order by id`.execute(transaction);
  const known = new Set(ids);
  return rows.map(({ id }) => Number(id)).filter((id) => !known.has(id));
}
