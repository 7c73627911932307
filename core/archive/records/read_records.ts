// Rows of one model → records of an export, in batches, in upstream's order. Memory holds one batch.

import { sql } from "kysely";
import type { ReadColumn, Snapshot } from "../../database/database.ts";
import { decodeText } from "../../database/decode_text.ts";
import type { StorageValue } from "../../database/storage_value.ts";
import type { Field, ManyToMany } from "../../schema/field.ts";
import { fieldsOf, type Generation, manyToManyOf, type Model } from "../../schema/model.ts";
import { modelNamed } from "../../schema/registry.ts";
import { COLUMNS_NEVER_EXPORTED } from "../../schema/tables_left_out.ts";
import type { RawJson, WritableValue } from "../manifest/raw_record.ts";
import { secretFieldsOf } from "../secrets/secret_fields.ts";
import { type Printer, PRINTERS } from "./django_json.ts";
import { type ExportModel, exportModelNamed } from "./export_models.ts";
import { defaultOrder } from "./row_order.ts";

/** One record of an export. The manifest's writer takes it as it is. */
export interface ExportRecord {
  /** `documents.document` */
  readonly model: string;
  readonly pk: bigint;
  /** Every exported field with its JSON text, in Django's order; lists of other models come last. */
  readonly fields: readonly (readonly [name: string, value: WritableValue])[];
  /** A field's value as the database stores it, not as it is exported.
   * @param field Django's name: `correspondent` @throws {Error} if there is no such field: a defect */
  value(field: string): StorageValue;
}

/** Changes a secret's text before it is printed. Called for every field that a passphrase encrypts. */
export type TransformText = (model: string, field: string, text: string) => string;

/** How records are read. */
export interface ReadRecordsOptions {
  /** Rows in memory at once. @default {500} */
  readonly batchSize?: number;
  readonly transformText?: TransformText | undefined;
}

const BATCH_SIZE = 500;
/** Most keys in one `IN (…)`. */
const MOST_KEYS = 500;

/** Reads a model's rows as records. */
export async function* readRecords(
  snapshot: Snapshot,
  exportModel: ExportModel,
  options: ReadRecordsOptions = {},
): AsyncGenerator<ExportRecord[]> {
  const { model, join, where, orderBy } = exportModel;
  const shape = shapeOf(model, snapshot.generation, options.transformText);
  const query = {
    table: model.table,
    columns: shape.columns,
    orderBy,
    ...(join && { join }),
    ...(where && { where }),
  };
  for await (const rows of snapshot.rows(query, options.batchSize ?? BATCH_SIZE)) {
    yield await recordsOf(snapshot, shape, rows);
  }
}

/** Notes and values of custom fields of some documents, as they follow the document in its split manifest:
 * by document, notes first. Documents without any are left out. */
export async function readDocumentRecords(
  snapshot: Snapshot,
  documents: readonly bigint[],
  options: ReadRecordsOptions = {},
): Promise<Map<bigint, ExportRecord[]>> {
  const found = new Map<bigint, ExportRecord[]>();
  for (const label of ["documents.note", "documents.customfieldinstance"]) {
    const exportModel = exportModelNamed(snapshot.generation, label);
    for (const keys of chunks(documents)) {
      const ofThese = sql`${sql.ref(`${exportModel.model.table}.document_id`)} in (${
        sql.join(keys)
      })`;
      const where = exportModel.where ? sql`${exportModel.where} and ${ofThese}` : ofThese;
      for await (const batch of readRecords(snapshot, { ...exportModel, where }, options)) {
        for (const record of batch) {
          const document = record.value("document") as bigint;
          const records = found.get(document);
          if (records) records.push(record);
          else found.set(document, [record]);
        }
      }
    }
  }
  return found;
}

/** How a model's rows become records; made once a model. */
interface Shape {
  readonly model: Model;
  readonly columns: readonly ReadColumn[];
  /** Where a field's value stands in a row. */
  readonly indexOf: ReadonlyMap<string, number>;
  readonly printed: readonly {
    readonly name: string;
    readonly index: number;
    readonly print: Printer;
  }[];
  readonly lists: readonly ManyToMany[];
}

function shapeOf(
  model: Model,
  generation: Generation,
  transformText: TransformText | undefined,
): Shape {
  const fields = fieldsOf(model, generation);
  const secrets = secretFieldsOf(model.label);
  const printed = fields.flatMap((field, index) => {
    const isKey = index === 0;
    if (isKey || `${model.label} ${field.name}` in COLUMNS_NEVER_EXPORTED) return [];
    const transform = secrets.includes(field.name) ? transformText : undefined;
    return [{ name: field.name, index, print: printerOf(model, field, transform) }];
  });
  return {
    model,
    columns: fields,
    indexOf: new Map(fields.map(({ name }, index) => [name, index])),
    printed,
    lists: manyToManyOf(model, generation),
  };
}

/** Fields that are exported otherwise than they are stored. */
const REWRITTEN: Readonly<Record<string, (print: Printer) => Printer>> = {
  // v2's export holds documents decrypted, so it says so.
  "documents.document storage_type": () => () => '"unencrypted"',
  // v3 makes the path portable: an absolute one keeps its last component.
  "documents.sharelinkbundle file_path": (print) => (value) =>
    print(
      typeof value === "string" && value.startsWith("/")
        ? value.slice(value.lastIndexOf("/") + 1)
        : value,
    ),
};

function printerOf(model: Model, field: Field, transformText: TransformText | undefined): Printer {
  const print = PRINTERS[field.kind];
  const rewrite = REWRITTEN[`${model.label} ${field.name}`];
  if (rewrite) return rewrite(print);
  if (!transformText) return print;
  // A secret in a storage class that it should not have is still a secret.
  return (value) => {
    if (value === null) return print(value);
    const text = value instanceof Uint8Array ? decodeText(value) : String(value);
    return print(text === "" ? text : transformText(model.label, field.name, text));
  };
}

async function recordsOf(
  snapshot: Snapshot,
  shape: Shape,
  rows: readonly StorageValue[][],
): Promise<ExportRecord[]> {
  const records = rows.map((row) => new RowRecord(shape, row));
  for (const list of shape.lists) {
    const members = await readMembers(snapshot, list, records.map(({ pk }) => pk));
    for (const record of records) record.lists.push([list.name, members.get(record.pk) ?? []]);
  }
  return records;
}

class RowRecord implements ExportRecord {
  readonly #shape: Shape;
  readonly #row: readonly StorageValue[];
  /** Filled before anybody sees the record. */
  readonly lists: (readonly [name: string, value: readonly RawJson[]])[] = [];

  constructor(shape: Shape, row: readonly StorageValue[]) {
    this.#shape = shape;
    this.#row = row;
  }

  get model(): string {
    return this.#shape.model.label;
  }

  get pk(): bigint {
    return this.#row[0] as bigint;
  }

  get fields(): readonly (readonly [name: string, value: WritableValue])[] {
    const row = this.#row;
    const fields: (readonly [string, WritableValue])[] = this.#shape.printed.map(
      ({ name, index, print }) => [name, print(row[index] ?? null)] as const,
    );
    return fields.concat(this.lists);
  }

  value(field: string): StorageValue {
    const index = this.#shape.indexOf.get(field);
    if (index === undefined) throw new Error(`No field ${field} in ${this.model}`);
    return this.#row[index] ?? null;
  }
}

/** The keys of a many-to-many list, by owner, in the target's default order. Targets in the trash are left
 * out, as upstream's managers do. */
async function readMembers(
  snapshot: Snapshot,
  list: ManyToMany,
  owners: readonly bigint[],
): Promise<Map<bigint, RawJson[]>> {
  const target = modelNamed(list.to);
  const from = sql.ref(`${list.table}.${list.fromColumn}`);
  const to = sql.ref(`${list.table}.${list.toColumn}`);
  const { join, orderBy } = defaultOrder(target);
  const notInTrash = target.fields.some(({ name }) => name === "deleted_at")
    ? sql`and ${sql.ref(`${target.table}.deleted_at`)} is null`
    : sql``;
  const joined = sql`${sql.table(list.table)} inner join ${sql.table(target.table)} on ${
    sql.ref(`${target.table}.id`)
  } = ${to} ${join}`;
  const members = new Map<bigint, RawJson[]>();
  for (const keys of chunks(owners)) {
    const { rows } = await sql<
      Member
    >`select ${from} as owner, ${to} as member from ${joined} where ${from} in (${
      sql.join(keys)
    }) ${notInTrash} order by ${orderBy}`.execute(snapshot.kysely);
    for (const { owner, member } of rows) {
      const key = BigInt(owner);
      const known = members.get(key);
      if (known) known.push(String(member));
      else members.set(key, [String(member)]);
    }
  }
  return members;
}

interface Member {
  readonly owner: number | bigint;
  readonly member: number | bigint;
}

function* chunks(keys: readonly bigint[]): Generator<readonly bigint[]> {
  for (let start = 0; start < keys.length; start += MOST_KEYS) {
    yield keys.slice(start, start + MOST_KEYS);
  }
}
