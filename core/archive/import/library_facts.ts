// What the library holds already, as far as an import has to know it: whether it is as fresh as an
// installation leaves it, and else everything by which rows are told apart.

import { type Kysely, type RawBuilder, sql } from "kysely";
import type { LibraryDatabase, Snapshot } from "../../database/database.ts";
import type { StorageValue } from "../../database/storage_value.ts";
import type { Tables } from "../../schema/tables.ts";
import { SERVICE_USERS } from "../records/export_models.ts";
import type { ImportModel, ImportSchema } from "./import_schema.ts";
import { FRESH_MODELS, keyPart, MERGE_RULES } from "./merge_rules.ts";
import type { LibraryFacts, LibraryRow } from "./number_rows.ts";

/** What there is in a library that isn't empty. */
export interface LibraryContent extends LibraryFacts {
  /** `12 documents`, for messages; empty if the library is. */
  readonly holds: readonly string[];
  /** Rows of each table that an import may write, now. */
  readonly rowCounts: ReadonlyMap<string, number>;
  /** Archive serial numbers that are given. */
  readonly serialNumbers: ReadonlySet<number>;
  /** `filename` and `archive_filename` of all documents. */
  readonly fileNames: ReadonlySet<string>;
}

/** Rows read at once. */
const BATCH = 500;

/** Looks at a library. */
export async function readLibraryFacts(
  snapshot: Snapshot,
  schema: ImportSchema,
  kind: LibraryDatabase["kind"],
): Promise<LibraryContent> {
  const { kysely } = snapshot;
  const there = schema.models.filter(({ table }) => snapshot.tables.has(table.name));
  const rowCounts = await countRows(
    kysely,
    there.flatMap(({ table, listTargets }) => [
      table.name,
      ...listTargets.map((list) => list.table.name),
    ]),
  );
  const holds: string[] = [];
  for (const model of there) {
    const { name } = model.table;
    const count = rowCounts.get(name) ?? 0;
    const own = model.label === "auth.user"
      ? await countUsers(kysely)
      : model.label === "paperless.applicationconfiguration"
      ? await countConfigured(snapshot, model)
      : FRESH_MODELS.has(model.label)
      ? 0
      : count;
    if (own > 0) holds.push(`${own} in ${name}`);
  }
  const isEmpty = holds.length === 0;
  const rows = new Map<string, readonly LibraryRow[]>();
  const highest = new Map<string, number>();
  for (const model of there) {
    if (!isEmpty) {
      highest.set(model.label, await highestNumber({ kysely, kind }, model.table.name));
    }
    if (MERGE_RULES[model.label]?.key && (!isEmpty || FRESH_MODELS.has(model.label))) {
      rows.set(model.label, await readRows(snapshot, model));
    }
  }
  const names = isEmpty ? [] : await documentNames(kysely);
  return {
    isEmpty,
    holds,
    rows,
    highest,
    rowCounts,
    serialNumbers: new Set(names.flatMap(({ asn }) => asn === null ? [] : [Number(asn)])),
    fileNames: new Set(
      names.flatMap(({ filename, archive }) => [
        ...(filename === null ? [] : [`originals/${filename}`]),
        ...(archive === null ? [] : [`archive/${archive}`]),
      ]),
    ),
  };
}

/** Rows of each table, asked for in one statement: the way to a server may be long. */
export async function countRows(
  kysely: Kysely<Tables>,
  tables: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const counts = tables.map((table, place) =>
    sql`select ${sql.lit(place)} as place, count(*) as count from ${sql.table(table)}`
  );
  const { rows } = await sql<{ place: number; count: number | bigint }>`${
    sql.join(counts, sql` union all `)
  }`.execute(kysely);
  return new Map(rows.map(({ place, count }) => [tables[place] ?? "", Number(count)]));
}

/** The highest number that a table's rows have, or ever had where the database remembers it (MariaDB's
 * counter can't be read in a transaction). */
export async function highestNumber(
  { kysely, kind }: Pick<LibraryDatabase, "kysely" | "kind">,
  table: string,
): Promise<number> {
  const { rows } = await sql<{ highest: number | bigint | null }>`select max(id) as highest from ${
    sql.table(table)
  }`.execute(kysely);
  const highest = Number(rows[0]?.highest ?? 0);
  const remembered = REMEMBERED[kind]?.(table);
  if (!remembered) return highest;
  const { rows: sequence } = await remembered.execute(kysely);
  return Math.max(highest, Number(sequence[0]?.seq ?? 0));
}

/** The last number that was given, whether its row is still there or not. */
const REMEMBERED: Readonly<
  Partial<
    Record<
      LibraryDatabase["kind"],
      (table: string) => RawBuilder<{ readonly seq: number | bigint | null }>
    >
  >
> = {
  sqlite: (table) => sql`select seq from sqlite_sequence where name = ${table}`,
  postgres: (table) =>
    sql`select pg_sequence_last_value(pg_get_serial_sequence(${table}, 'id')::regclass) as seq`,
};

async function countUsers(kysely: Kysely<Tables>): Promise<number> {
  const { count } = await kysely.selectFrom("auth_user")
    .select(({ fn }) => fn.countAll<number | bigint>().as("count"))
    .where("username", "not in", [...SERVICE_USERS]).executeTakeFirstOrThrow();
  return Number(count);
}

/** Rows in which somebody has set something. */
async function countConfigured(snapshot: Snapshot, model: ImportModel): Promise<number> {
  let count = 0;
  const query = { table: model.table.name, columns: model.fields };
  for await (const rows of snapshot.rows(query, BATCH)) {
    count += rows.filter((row) => row.slice(1).some(isSet)).length;
  }
  return count;
}

function isSet(value: StorageValue): boolean {
  return value !== null && value !== "" && value !== 0n;
}

async function readRows(snapshot: Snapshot, model: ImportModel): Promise<LibraryRow[]> {
  const rule = MERGE_RULES[model.label] ?? {};
  const names = [...rule.key ?? [], ...(rule.unique ? ["name"] : [])]
    .filter((name) => model.fields.some((field) => field.name === name));
  const columns = [model.fields[0]!, ...names.map((name) => model.fields[model.indexOf(name)]!)];
  const width = rule.unique ? columns.length - 1 : columns.length;
  const found: LibraryRow[] = [];
  const query = { table: model.table.name, columns, orderBy: sql.ref(`${model.table.name}.id`) };
  for await (const rows of snapshot.rows(query, BATCH)) {
    for (const row of rows) {
      found.push({
        pk: Number(row[0]),
        key: row.slice(1, width).map((value, index) => keyPart(columns[index + 1]!, value)),
        name: rule.unique ? String(row[width] ?? "") : null,
      });
    }
  }
  return found;
}

interface DocumentNames {
  readonly filename: string | null;
  readonly archive: string | null;
  readonly asn: number | bigint | null;
}

async function documentNames(kysely: Kysely<Tables>): Promise<readonly DocumentNames[]> {
  return await kysely.selectFrom("documents_document").select([
    "filename",
    "archive_filename as archive",
    "archive_serial_number as asn",
  ]).execute();
}
