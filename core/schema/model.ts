// A Django model as data: its table, its fields in the order in which Django declares them (the order of
// keys in exports), its many-to-many lists and the versions in which it exists.

import type { Field, ManyToMany, VersionRange } from "./field.ts";

/** The two upstream generations that one code supports: 2.20.15 and 3.0.5. */
export type Generation = "v2" | "v3";

/** The version of each generation against which version ranges are held. */
export const GENERATION_VERSION: Readonly<Record<Generation, string>> = { v2: "2.20", v3: "3.0" };

/** A model: a table and what Django knows of it. */
export interface Model extends VersionRange {
  /** `documents` */
  readonly app: string;
  /** `customfieldinstance`: lower case, as in exports. */
  readonly name: string;
  /** `documents.customfieldinstance` */
  readonly label: string;
  /** `documents_customfieldinstance` */
  readonly table: string;
  /** The primary key's column. */
  readonly primaryKey: string;
  /** Default order: column names, `-` in front for descending. Empty: as the database likes. */
  readonly ordering: readonly string[];
  /** All columns, the primary key first. */
  readonly fields: readonly Field[];
  readonly manyToMany: readonly ManyToMany[];
}

/** What {@linkcode model} needs besides the name. */
export interface ModelOptions<F extends readonly Field[], T extends string> extends VersionRange {
  readonly table: T;
  /** @default {[]} */
  readonly ordering?: readonly string[];
  readonly fields: F;
  readonly manyToMany?: readonly ManyToMany[];
}

/** A model whose literal types are kept, so that row types can be derived. */
export interface TypedModel<F extends readonly Field[], T extends string> extends Model {
  readonly table: T;
  readonly fields: F;
}

/** Describes a model. @param label `documents.customfieldinstance` */
export function model<const F extends readonly Field[], const T extends string>(
  label: string,
  options: ModelOptions<F, T>,
): TypedModel<F, T> {
  const [app = "", name = ""] = label.split(".");
  return Object.freeze({
    ordering: [],
    manyToMany: [],
    ...options,
    app,
    name,
    label,
    primaryKey: options.fields[0]?.column ?? "id",
  });
}

/** A list of rows of another model.
 * @param owner the owning model's label @param name the field @param to the target's label */
export function manyToMany(
  owner: string,
  name: string,
  to: string,
  range: VersionRange = {},
): ManyToMany {
  const [, ownerModel = ""] = owner.split(".");
  const [, target = ""] = to.split(".");
  return Object.freeze({
    ...range,
    name,
    to,
    table: `${owner.replace(".", "_")}_${name}`,
    fromColumn: `${ownerModel}_id`,
    toColumn: `${target}_id`,
  });
}

/** Whether something with this range exists in a version, `"2.20.15"`. */
export function existsIn(range: VersionRange, version: string): boolean {
  if (range.since !== undefined && compareVersions(version, range.since) < 0) return false;
  return range.until === undefined || compareVersions(version, range.until) < 0;
}

/** A model's fields in one generation, with the changes up to then applied, in Django's order. */
export function fieldsOf(model: Model, generation: Generation): readonly Field[] {
  const version = GENERATION_VERSION[generation];
  return model.fields.filter((field) => existsIn(field, version)).map((field) => {
    let current: Field = field;
    for (const { since, ...change } of field.changes ?? []) {
      if (existsIn({ since }, version)) current = { ...current, ...change };
    }
    return current;
  });
}

/** A model's many-to-many lists in one generation, in Django's order. */
export function manyToManyOf(model: Model, generation: Generation): readonly ManyToMany[] {
  return model.manyToMany.filter((list) => existsIn(list, GENERATION_VERSION[generation]));
}

function compareVersions(a: string, b: string): number {
  const left = a.split(".").map(Number);
  const right = b.split(".").map(Number);
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
