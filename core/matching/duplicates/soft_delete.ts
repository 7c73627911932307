// Moves documents to the trash as upstream does: the document, its versions, notes, custom fields, share links
// and workflow runs are marked as deleted under one transaction id; files stay until the trash is emptied.
// Invariant: one database transaction, in the journal before it is committed.

import { type Kysely, sql } from "kysely";
import { floatText } from "../../archive/records/float_text.ts";
import type { LibraryDatabase, Snapshot } from "../../database/database.ts";
import { djangoClock } from "../../database/django_clock.ts";
import type { JournalStep, RowValue } from "../../library/journal/journal_step.ts";
import { markRows } from "../../library/journal/mark_rows.ts";
import type { Journal } from "../../library/journal/open_journal.ts";
import type { Tables } from "../../schema/tables.ts";
import { readContent } from "./read_content.ts";
import { contentMark } from "./texts.ts";

/** A document that is to go. */
export interface Deletion {
  readonly id: number;
  /** Mark of its content as it was compared. */
  readonly content: bigint;
  /** The one that stays for it, which must still be there. */
  readonly keeper: { readonly id: number; readonly content: bigint };
}

/** A document that was left alone after all. */
export interface LeftAlone {
  /** Its number in the database. */
  readonly id: number;
  /** What was changed meanwhile, in words. */
  readonly reason: string;
}

/** What deleting needs. */
export interface SoftDeleteWorld {
  /** Open for writing. */
  readonly database: LibraryDatabase;
  readonly journal: Journal;
  /** The command line, for the journal. */
  readonly arguments: readonly string[];
  /** Whether upstream would write its audit log. */
  readonly auditLog: boolean;
  readonly now: () => Date;
  /** 32 hexadecimal digits, with dashes. */
  readonly newId: () => string;
}

/** What was deleted. */
export interface SoftDeleted {
  /** Number of the journal's entry; undefined where nothing was deleted. */
  readonly entry?: string;
  readonly deleted: readonly number[];
  readonly left: readonly LeftAlone[];
}

/** Tables whose rows go with their document (django-soft-delete 1.0 follows these relations). */
const CHILDREN = [
  { table: "documents_note", model: "note" },
  { table: "documents_customfieldinstance", model: "customfieldinstance" },
  { table: "documents_sharelink", model: undefined },
  { table: "documents_workflowrun", model: undefined },
] as const;

/** Rows changed by one step of the journal are written together. */
interface Marked {
  readonly table: string;
  readonly id: number;
}

/** Moves documents to the trash, all or, where anything fails, none. Documents that were changed or deleted
 * since they were compared are left alone, as are those whose keeper was. */
export async function softDelete(
  world: SoftDeleteWorld,
  deletions: readonly Deletion[],
): Promise<SoftDeleted> {
  const { database, journal } = world;
  const clock = djangoClock(world.now);
  using entry = await journal.begin({
    command: "document_fuzzy_match",
    arguments: world.arguments,
  });
  let result: Pick<SoftDeleted, "deleted" | "left">;
  try {
    result = await database.kysely.transaction().execute(async (kysely) => {
      const { going, left } = await stillTheSame(database.within(kysely), deletions);
      const steps: JournalStep[] = [];
      const audited: number[] = [];
      const contentTypes = world.auditLog && database.tables.has("auditlog_logentry")
        ? await readContentTypes(kysely)
        : undefined;
      for (const { id } of going) {
        const transactionId = world.newId().replaceAll("-", "");
        for (const { table, id: pk } of await familyOf(kysely, database, id)) {
          const step = await markDeleted(kysely, table, pk, clock(), transactionId);
          steps.push(step);
          if (contentTypes) {
            const logged = await logDeletion(kysely, contentTypes, table, pk, step, clock());
            if (logged !== undefined) audited.push(logged);
          }
        }
      }
      for (const step of steps) entry.record(step);
      if (audited.length > 0) {
        const library = { kysely, generation: database.generation };
        const marks = await markRows(library, "auditlog_logentry", audited);
        entry.record({ kind: "rows inserted", table: "auditlog_logentry", pks: audited, marks });
      }
      await entry.flush();
      return { deleted: going.map(({ id }) => id), left };
    });
  } catch (error) {
    // The transaction was rolled back: nothing of the entry has happened.
    entry.discard();
    throw error;
  }
  if (result.deleted.length === 0) {
    entry.discard();
    return result;
  }
  await entry.commit();
  return { entry: entry.id, ...result };
}

async function stillTheSame(
  snapshot: Snapshot,
  deletions: readonly Deletion[],
): Promise<{ readonly going: readonly Deletion[]; readonly left: readonly LeftAlone[] }> {
  const going: Deletion[] = [];
  const left: LeftAlone[] = [];
  const isSame = async (id: number, content: bigint): Promise<boolean> =>
    contentMark(await readContent(snapshot, id) ?? "") === content;
  const keepers = new Map<number, boolean>();
  for (const deletion of deletions) {
    const { id, content, keeper } = deletion;
    if (!keepers.has(keeper.id)) keepers.set(keeper.id, await isSame(keeper.id, keeper.content));
    if (!keepers.get(keeper.id)) {
      left.push({ id, reason: `document ${keeper.id}, which should stay for it, was changed` });
    } else if (!await isSame(id, content)) {
      left.push({ id, reason: "it was changed or deleted since it was compared" });
    } else {
      going.push(deletion);
    }
  }
  return { going, left };
}

/** The rows that go with a document, and itself last: as upstream writes them. */
async function familyOf(
  kysely: Kysely<Tables>,
  database: LibraryDatabase,
  id: number,
): Promise<Marked[]> {
  const rows: Marked[] = [];
  if (database.generation === "v3") {
    const { rows: versions } = await sql<{ readonly id: number }>`
      select id from documents_document where root_document_id = ${id} and deleted_at is null
      order by id`.execute(kysely);
    for (const version of versions) {
      // A version has no versions of its own; one that claims to be its own root must not hang us.
      if (Number(version.id) !== id) {
        rows.push(...await childrenOf(kysely, database, Number(version.id)));
        rows.push({ table: "documents_document", id: Number(version.id) });
      }
    }
  }
  rows.push(...await childrenOf(kysely, database, id));
  rows.push({ table: "documents_document", id });
  return rows;
}

async function childrenOf(
  kysely: Kysely<Tables>,
  { tables }: LibraryDatabase,
  document: number,
): Promise<Marked[]> {
  const rows: Marked[] = [];
  for (const { table } of CHILDREN) {
    if (!tables.has(table)) continue;
    const found = await sql<{ readonly id: number }>`select id from ${sql.table(table)}
      where document_id = ${document} and deleted_at is null order by id`.execute(kysely);
    rows.push(...found.rows.map(({ id }) => ({ table, id: Number(id) })));
  }
  return rows;
}

type RowChanged = Extract<JournalStep, { readonly kind: "row changed" }>;

async function markDeleted(
  kysely: Kysely<Tables>,
  table: string,
  pk: number,
  deletedAt: string,
  transactionId: string,
): Promise<RowChanged> {
  type Before = Readonly<Record<"deleted_at" | "restored_at" | "transaction_id", RowValue>>;
  const { rows } = await sql<Before>`select deleted_at, restored_at, transaction_id
    from ${sql.table(table)} where id = ${pk}`.execute(kysely);
  const [before] = rows;
  if (!before) throw new Error(`Row ${pk} of ${table} vanished inside a transaction`);
  await sql`update ${sql.table(table)} set deleted_at = ${deletedAt}, restored_at = null,
    transaction_id = ${transactionId} where id = ${pk}`.execute(kysely);
  const after = { deleted_at: deletedAt, restored_at: null, transaction_id: transactionId };
  return { kind: "row changed", table, pk, before: { ...before }, after };
}

/** Ids of the content types that are audited, by the table. */
async function readContentTypes(kysely: Kysely<Tables>): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ readonly id: number; readonly model: string }>`
    select id, model from django_content_type where app_label = 'documents'`.execute(kysely);
  const ids = new Map(rows.map(({ id, model }) => [model, Number(id)]));
  const audited = [{ table: "documents_document", model: "document" }, ...CHILDREN];
  return new Map(audited.flatMap(({ table, model }) => {
    const id = model === undefined ? undefined : ids.get(model);
    return id === undefined ? [] : [[table, id] as const];
  }));
}

/** One entry of upstream's audit log. @returns its id, or undefined where upstream writes none */
async function logDeletion(
  kysely: Kysely<Tables>,
  contentTypes: ReadonlyMap<string, number>,
  table: string,
  pk: number,
  { before, after }: RowChanged,
  timestamp: string,
): Promise<number | undefined> {
  const contentType = contentTypes.get(table);
  if (contentType === undefined) return undefined;
  const changes = Object.fromEntries(
    Object.entries(after)
      .filter(([column, value]) => value !== before[column])
      .map(([column, value]) => [
        column,
        [pythonText(column, before[column]), pythonText(column, value)],
      ]),
  );
  const { rows } = await sql<{ readonly id: number }>`insert into auditlog_logentry
    (content_type_id, object_pk, object_id, object_repr, action, changes_text, changes, timestamp)
    values (${contentType}, ${String(pk)}, ${pk}, ${await describe(kysely, table, pk)}, 1, '',
      ${pythonJson(changes)}, ${timestamp}) returning id`.execute(kysely);
  return Number(rows[0]?.id);
}

function pythonText(column: string, value: RowValue | undefined): string {
  if (value === null || value === undefined) return "None";
  const text = String(value);
  return column === "transaction_id" && /^[0-9a-f]{32}$/.test(text) ? dashed(text) : text;
}

/** As Python's json module prints. */
function pythonJson(changes: Readonly<Record<string, readonly string[]>>): string {
  const items = Object.entries(changes).map(([column, pair]) =>
    `${JSON.stringify(column)}: [${pair.map((text) => JSON.stringify(text)).join(", ")}]`
  );
  return `{${items.join(", ")}}`;
}

/** `str()` of a row, as far as upstream's audit log shows it. */
async function describe(kysely: Kysely<Tables>, table: string, pk: number): Promise<string> {
  return await DESCRIPTIONS[table]?.(kysely, pk) ?? "";
}

const DESCRIPTIONS: Readonly<
  Record<string, (kysely: Kysely<Tables>, pk: number) => Promise<string>>
> = {
  async documents_document(kysely, pk) {
    const { rows: [row] } = await sql<Readonly<Record<"created" | "name" | "title", RowValue>>>`
      select d.created, c.name, d.title from documents_document d
      left join documents_correspondent c on c.id = d.correspondent_id where d.id = ${pk}`
      .execute(kysely);
    const created = String(row?.created ?? "").slice(0, 10);
    const name = row?.name ?? null;
    return [created, ...(name === null ? [] : [name]), ...(row?.title ? [row.title] : [])].join(
      " ",
    );
  },
  async documents_note(kysely, pk) {
    const { rows: [row] } = await sql<{ readonly note: RowValue }>`select note from documents_note
      where id = ${pk}`.execute(kysely);
    return String(row?.note ?? "");
  },
  async documents_customfieldinstance(kysely, pk) {
    const { rows: [row] } = await sql<Readonly<Record<string, RowValue>>>`select f.name,
      ${sql.join(VALUE_COLUMNS.map((column) => sql.ref(`i.${column}`)))}, i.value_bool
      from documents_customfieldinstance i join documents_customfield f on f.id = i.field_id
      where i.id = ${pk}`.execute(kysely);
    const column = VALUE_COLUMNS.find((each) => row?.[each] !== null);
    const value = column === undefined
      ? { 0: "False", 1: "True" }[Number(row?.value_bool ?? -1)] ?? "None"
      : column === "value_float"
      ? floatText(Number(row?.[column]))
      : String(row?.[column]);
    return `${row?.name} : ${value}`;
  },
};

/** Of a custom field's values only one is set. */
const VALUE_COLUMNS: readonly string[] = [
  "value_text",
  "value_url",
  "value_date",
  "value_monetary",
  "value_long_text",
  "value_int",
  "value_float",
  "value_select",
  "value_document_ids",
];

function dashed(id: string): string {
  return id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
