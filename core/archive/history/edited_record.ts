// A record with changes laid over it: fields that no step touches are not even decoded. Invariant: the record
// below is never changed.

import type { RawJson, RawRecord } from "../manifest/raw_record.ts";
import type { Edits, NewValue } from "./step.ts";

/** The record with the edits applied. */
export function editRecord(record: RawRecord, edits: Edits): RawRecord {
  const below = record.fields instanceof EditedFields ? record.fields : undefined;
  const changes = new Map(below?.changes);
  const base = below?.base ?? record.fields;
  const has = (name: string) =>
    changes.has(name) ? changes.get(name) !== undefined : base.has(name);
  for (const [from, to] of Object.entries(edits.rename ?? {})) {
    if (!has(from)) continue;
    if (!has(to)) changes.set(to, changes.has(from) ? changes.get(from) : base.get(from));
    changes.set(from, undefined);
  }
  for (const [name, value] of Object.entries(edits.set ?? {})) changes.set(name, value);
  for (const name of edits.drop ?? []) changes.set(name, undefined);
  return { ...placeOf(record), fields: new EditedFields(base, changes) };
}

/** A record of its own: nothing of the manifest's bytes is kept alive by it. */
export function copyRecord(record: RawRecord): RawRecord {
  return {
    ...placeOf(record),
    fields: new Map(record.fields),
    extras: new Map(record.extras),
  };
}

/** A new record. */
export function makeRecord(
  model: string,
  pk: RawJson | number,
  fields: Readonly<Record<string, RawJson>>,
): RawRecord {
  return { model, pk: String(pk), fields: new Map(Object.entries(fields)), extras: new Map() };
}

function placeOf(record: RawRecord): RawRecord {
  return { ...record };
}

/** Fields of a record with some of them changed; those that are new come last. */
class EditedFields implements ReadonlyMap<string, RawJson> {
  /** @param changes undefined for a field that is gone */
  constructor(
    readonly base: ReadonlyMap<string, RawJson>,
    readonly changes: ReadonlyMap<string, NewValue | undefined>,
  ) {}

  get size(): number {
    let size = this.base.size;
    for (const [name, value] of this.changes) {
      size += Number(value !== undefined) - Number(this.base.has(name));
    }
    return size;
  }

  has(name: string): boolean {
    return this.changes.has(name) ? this.changes.get(name) !== undefined : this.base.has(name);
  }

  get(name: string): RawJson | undefined {
    if (!this.changes.has(name)) return this.base.get(name);
    const value = this.changes.get(name);
    return typeof value === "function" ? value() : value;
  }

  *keys(): MapIterator<string> {
    for (const name of this.base.keys()) if (this.has(name)) yield name;
    for (const [name, value] of this.changes) {
      if (value !== undefined && !this.base.has(name)) yield name;
    }
  }

  *values(): MapIterator<RawJson> {
    for (const [, value] of this.entries()) yield value;
  }

  *entries(): MapIterator<[string, RawJson]> {
    for (const name of this.keys()) yield [name, this.get(name) ?? "null"];
  }

  [Symbol.iterator](): MapIterator<[string, RawJson]> {
    return this.entries();
  }

  forEach(
    callback: (value: RawJson, key: string, map: ReadonlyMap<string, RawJson>) => void,
    self?: unknown,
  ): void {
    for (const [name, value] of this.entries()) callback.call(self, value, name, this);
  }
}
