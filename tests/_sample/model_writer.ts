// Writes rows by model: what is not given is filled with what upstream's ORM would write, so that a sample
// row says only what matters about it.

import type { DatabaseSync } from "node:sqlite";
import { type Field, type FieldDefault } from "../../core/schema/field.ts";
import { fieldsOf, type Generation, manyToManyOf } from "../../core/schema/model.ts";
import { modelNamed } from "../../core/schema/registry.ts";
import { type Row, RowWriter } from "../_rows.ts";

const TEXT_KINDS: readonly string[] = ["char", "text", "multiSelect", "file"];

/** Rows of a library of one generation. */
export class ModelWriter {
  readonly generation: Generation;
  readonly database: DatabaseSync;
  readonly #rows: RowWriter;
  #clock = Date.UTC(2025, 0, 6, 8, 30);

  constructor(database: DatabaseSync, generation: Generation) {
    this.database = database;
    this.generation = generation;
    this.#rows = new RowWriter(database);
  }

  /** The next moment, as Django stores it: later than all before, with microseconds. */
  moment(): string {
    this.#clock += 61_003;
    return `${new Date(this.#clock).toISOString().slice(0, 23).replace("T", " ")}457`;
  }

  /** Inserts a row. Columns that the other generation has are left out; others that no generation has are
   * a mistake.
   * @param label `documents.document` @returns the new id @throws {TypeError} if a value is missing */
  insert(label: string, row: Row): number {
    const model = modelNamed(label);
    const unknown = Object.keys(row).filter((column) =>
      column !== "id" && !model.fields.some((field) => field.column === column)
    );
    if (unknown.length > 0) throw new TypeError(`Cannot insert ${label}: no column ${unknown}`);
    const entries = fieldsOf(model, this.generation).flatMap((field) => {
      if (field.generated) return [];
      const given = row[field.column];
      if (given !== undefined) return [[field.column, given] as const];
      if (field.kind === "auto") return [];
      return [[field.column, this.#missing(label, field)] as const];
    });
    return this.#rows.insert(model.table, Object.fromEntries(entries));
  }

  /** Links rows of a many-to-many field. */
  link(label: string, field: string, id: number, targets: readonly number[]): void {
    const list = manyToManyOf(modelNamed(label), this.generation).find((each) =>
      each.name === field
    );
    if (!list) return;
    for (const target of targets) {
      this.#rows.insert(list.table, { [list.fromColumn]: id, [list.toColumn]: target });
    }
  }

  /** A content type's id. @param label `documents.document` */
  contentType(label: string): number {
    const row = this.database.prepare(
      "SELECT id FROM django_content_type WHERE app_label = ? AND model = ?",
    ).get(...label.split("."));
    if (!row) throw new TypeError(`Cannot find the content type of ${label}`);
    return Number(row.id);
  }

  /** A permission's id. @param codename `view_document` */
  permission(label: string, codename: string): number {
    const row = this.database.prepare(
      "SELECT id FROM auth_permission WHERE content_type_id = ? AND codename = ?",
    ).get(this.contentType(label), codename);
    if (!row) throw new TypeError(`Cannot find the permission ${codename} of ${label}`);
    return Number(row.id);
  }

  #missing(label: string, field: Field): Row[string] {
    if (field.default !== undefined) return this.#defaultValue(field.default);
    if (field.null) return null;
    if (TEXT_KINDS.includes(field.kind)) return "";
    throw new TypeError(`Cannot insert ${label}: ${field.column} is missing`);
  }

  #defaultValue(value: FieldDefault): Row[string] {
    if (value === "today") return "2025-01-06";
    if (typeof value === "string") return this.moment();
    if (typeof value.value === "object" && value.value !== null) return JSON.stringify(value.value);
    return value.value;
  }
}
