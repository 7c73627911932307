// Writes the records of an export into the database, inside one transaction, with the numbers that the plan
// gave them. Invariant: what is written is what was planned, and every row that is new is in the journal
// before the transaction commits.

import type { Kysely } from "kysely";
import { sql } from "kysely";
import { plainValue, type WrittenValue } from "../../database/escaped_text.ts";
import type { LibraryDatabase } from "../../database/database.ts";
import type { ServerConnection } from "../../database/server_connection.ts";
import type { JournalEntry } from "../../library/journal/open_journal.ts";
import {
  findRows,
  type FoundRow,
  markedColumns,
  markOf,
  markRows,
} from "../../library/journal/mark_rows.ts";
import type { StopSignal } from "../../sandbox/stop_signal.ts";
import type { Tables } from "../../schema/tables.ts";
import { turn } from "../../../wasm/pool.ts";
import type { ExportRecordSource } from "./export_records.ts";
import type { ImportCount } from "./import_summary.ts";
import type { ImportModel, ImportSchema } from "./import_schema.ts";
import { highestNumber } from "./library_facts.ts";
import { mapHiddenReferences } from "./map_hidden_references.ts";
import type { Numbers } from "./number_rows.ts";
import type { FilePlan } from "./plan_files.ts";
import { type AddedRecord, type FateOptions, openFates } from "./record_fates.ts";
import { openRowWriter, type RowTable } from "../../database/row_writer.ts";
import { tagTree, type TreeColumns, type TreeTag } from "./tag_tree.ts";

/** What writing needs. */
export interface WriteOptions extends FateOptions {
  readonly kysely: Kysely<Tables>;
  readonly kind: LibraryDatabase["kind"];
  /** The connection of the transaction, where it is to a server. */
  readonly server?: ServerConnection;
  readonly fileNames: FilePlan["names"];
  /** Checksums that replace the records': by role, then by the export's number. */
  readonly checksums: {
    readonly original: ReadonlyMap<number, string>;
    readonly archive: ReadonlyMap<number, string>;
  };
  /** Pages that were counted, by the export's number of the document. */
  readonly pages: ReadonlyMap<number, number>;
  /** Archive serial numbers that the library has given already. */
  readonly serialNumbers: ReadonlySet<number>;
  readonly batchSize: number;
  readonly journal: JournalEntry;
  readonly stop: StopSignal;
  readonly onRecords: (count: number) => void;
}

/** What was written. */
export interface WrittenRecords {
  /** What became of the records, by model in the export's order. */
  readonly counts: readonly ImportCount[];
  /** New rows, by table. */
  readonly inserted: ReadonlyMap<string, number>;
}

/** Writes all records. */
export async function writeRecords(
  source: ExportRecordSource,
  options: WriteOptions,
): Promise<WrittenRecords> {
  const { kysely, schema, scan, numbers, merging, journal } = options;
  const fates = openFates(options);
  const inserted = new Map<string, number>();
  const links = new Set(
    (scan.facts.get("documents.customfield") ?? [])
      .filter(({ key }) => key[1] === "documentlink").map(({ pk }) => pk),
  );
  const hidden = { of: numbers.of, linksDocuments: (field: number) => links.has(field) };
  const tree = merging ? await growTree(options) : undefined;
  const nextLink = new Map<RowTable, number>();
  await using writer = openRowWriter(kysely, {
    batchSize: options.batchSize,
    verb: "import",
    ...(options.server ? { server: options.server } : {}),
    // A server's columns change nothing that they take. SQLite's do: there the rows are read back.
    noteOf: ({ name }, values) => ({
      pk: Number(values[0]),
      mark: options.server ? markOf(markedColumns(schema.generation, name), values) : "",
    }),
    async onWritten({ name }, notes) {
      const pks = notes.map(({ pk }) => pk);
      inserted.set(name, (inserted.get(name) ?? 0) + notes.length);
      journal.record({
        kind: "rows inserted",
        table: name,
        pks,
        marks: options.server
          ? notes.map(({ mark }) => mark)
          : await markRows({ kysely, generation: schema.generation }, name, pks),
      });
      // Lets others take their turn: the staged files are synced meanwhile.
      await turn();
    },
  });

  for await (const { records } of source.read()) {
    options.stop.throwIfRequested();
    for (const record of records) {
      const added = fates.take(record);
      if (added) await add(added);
    }
    options.onRecords(records.length);
    await turn();
  }
  await writer.flush();
  return { counts: fates.counts(), inserted };

  async function add({ model, parsed }: AddedRecord): Promise<void> {
    const { label } = model;
    const { pk, values } = parsed;
    const number = numbers.of(label, pk) ?? pk;
    if (merging) mapGeneric(model, values);
    if (merging) {
      mapHiddenReferences(
        label,
        (field) => plainValue(values[model.indexOf(field)] ?? null),
        (field, value) => values[model.indexOf(field)] = value,
        hidden,
      );
    }
    for (const { index, to } of model.references) {
      const value = values[index];
      if (typeof value !== "bigint") continue;
      const mapped = numbers.of(to, Number(value));
      values[index] = mapped === undefined ? null : BigInt(mapped);
    }
    values[0] = BigInt(number);
    const branch = label === "documents.tag" ? tree?.get(number) : undefined;
    for (const [field, value] of Object.entries(branch ?? {})) {
      values[model.indexOf(field)] = typeof value === "number" ? BigInt(value) : value;
    }
    if (label === "documents.document") finishDocument(model, pk, values);
    if (label === "documents.sharelinkbundle") rename(model, "file_path", "bundle", pk, values);
    const name = numbers.names.get(label)?.get(pk);
    if (name !== undefined) values[model.indexOf("name")] = name;
    if (label === "paperless.applicationconfiguration" && await configure(model, values)) return;
    await writer.add(model.table, values);
    for (const [index, { to, table }] of model.listTargets.entries()) {
      const members = new Set(
        (parsed.lists[index] ?? []).flatMap((key) => numbers.of(to, key) ?? []),
      );
      for (const member of members) {
        await writer.add(table, [await linkNumber(table), BigInt(number), BigInt(member)]);
      }
    }
  }

  /** A fresh library has a configuration in which nothing is set: it takes the export's values.
   * @returns false where there is no such row */
  async function configure(model: ImportModel, values: readonly WrittenValue[]): Promise<boolean> {
    const { name, columns } = model.table;
    const pk = Number(values[0]);
    const before = (await findRows(kysely, name, "id", [pk])).get(String(pk));
    if (!before) return false;
    const changes = columns.slice(1).map((column, index) =>
      sql`${sql.ref(column)} = ${plainValue(values[index + 1] ?? null)}`
    );
    await sql`update ${sql.table(name)} set ${sql.join(changes)} where id = ${pk}`.execute(kysely);
    const after = (await findRows(kysely, name, "id", [pk])).get(String(pk)) ?? {};
    const changed = columns.filter((column) => before[column] !== after[column]);
    const pick = (row: FoundRow) =>
      Object.fromEntries(changed.map((column) => [column, row[column] ?? null]));
    if (changed.length > 0) {
      journal.record({
        kind: "row changed",
        table: name,
        pk,
        before: pick(before),
        after: pick(after),
      });
    }
    return true;
  }

  function finishDocument(model: ImportModel, pk: number, values: WrittenValue[]): void {
    rename(model, "filename", "original", pk, values);
    rename(model, "archive_filename", "archive", pk, values);
    const original = options.checksums.original.get(pk);
    if (original !== undefined) values[model.indexOf("checksum")] = original;
    const archive = options.checksums.archive.get(pk);
    if (archive !== undefined) values[model.indexOf("archive_checksum")] = archive;
    const pages = options.pages.get(pk);
    if (pages !== undefined) values[model.indexOf("page_count")] = BigInt(pages);
    // Exports hold documents decrypted, whatever an old one says.
    if (schema.generation === "v2") values[model.indexOf("storage_type")] = "unencrypted";
    const serial = model.indexOf("archive_serial_number");
    if (options.serialNumbers.has(Number(values[serial] ?? NaN))) values[serial] = null;
  }

  function rename(
    model: ImportModel,
    field: string,
    role: "original" | "archive" | "bundle",
    pk: number,
    values: WrittenValue[],
  ): void {
    const name = options.fileNames.get(role)?.get(pk);
    if (name !== undefined) values[model.indexOf(field)] = name;
  }

  function mapGeneric(model: ImportModel, values: WrittenValue[]): void {
    const about = fates.target(model, values);
    const number = about?.label === undefined ? undefined : numbers.of(about.label, about.pk);
    if (number === undefined) return;
    values[model.indexOf("object_pk")] = String(number);
    if (model.label === "auditlog.logentry") values[model.indexOf("object_id")] = BigInt(number);
  }

  async function linkNumber(table: RowTable): Promise<bigint> {
    const next = nextLink.get(table) ?? await highestNumber(options, table.name) + 1;
    nextLink.set(table, next + 1);
    return BigInt(next);
  }
}

/** Where new tags join others, the tree that the tags' rows cache grows: computed for all tags, and written to
 * those that are there. Nothing that anybody has set changes. @returns the columns of new tags, by number */
async function growTree(
  { kysely, numbers, scan, journal }: WriteOptions,
): Promise<ReadonlyMap<number, TreeColumns>> {
  const added = scan.tags.filter(({ pk }) => numbers.fate("documents.tag", pk) === "add")
    .map((tag): TreeTag => ({
      ...tag,
      pk: numbers.of("documents.tag", tag.pk) ?? tag.pk,
      parent: tag.parent === null ? null : numbers.of("documents.tag", tag.parent) ?? null,
    }));
  if (added.length === 0) return new Map();
  const rows = await kysely.selectFrom("documents_tag").selectAll().execute();
  const present = rows.map((row): TreeTag => ({
    pk: row.id,
    name: row.name,
    parent: row.tn_parent_id,
    priority: row.tn_priority,
  }));
  const tree = tagTree([...present, ...added]);
  for (const row of rows) {
    const columns = tree.get(row.id);
    if (!columns) continue;
    const changed = (Object.keys(columns) as (keyof TreeColumns)[])
      .filter((column) => columns[column] !== row[column]);
    if (changed.length === 0) continue;
    const pick = (values: TreeColumns) =>
      Object.fromEntries(changed.map((column) => [column, values[column]]));
    const after = pick(columns);
    await kysely.updateTable("documents_tag").set(after).where("id", "=", row.id).execute();
    journal.record({
      kind: "row changed",
      table: "documents_tag",
      pk: row.id,
      before: pick(row),
      after,
    });
  }
  return tree;
}

/** Gives the rows that a fresh library made by itself their new numbers. Only in an empty library. */
export async function makeRoom(
  kysely: Kysely<Tables>,
  schema: ImportSchema,
  { moved }: Numbers,
): Promise<void> {
  const types = moved.get("contenttypes.contenttype") ?? new Map<number, number>();
  for (const [label, moves] of moved) {
    const { name } = schema.get(label).table;
    // By way of negative numbers: two rows may change places.
    for (const [from] of moves) await renumber(kysely, name, from, -from);
    for (const [from, to] of moves) await renumber(kysely, name, -from, to);
  }
  for (const [from] of types) await repoint(kysely, "auth_permission", from, -from);
  for (const [from, to] of types) await repoint(kysely, "auth_permission", -from, to);
}

async function renumber(kysely: Kysely<Tables>, table: string, from: number, to: number) {
  await sql`update ${sql.table(table)} set id = ${to} where id = ${from}`.execute(kysely);
}

async function repoint(kysely: Kysely<Tables>, table: string, from: number, to: number) {
  await sql`update ${sql.table(table)} set content_type_id = ${to} where content_type_id = ${from}`
    .execute(kysely);
}
