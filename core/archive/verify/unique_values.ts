// Values that must differ between the records of a model: the database of a restored library would refuse the
// second one. Invariant: eight bytes a value are kept; which they were is found by reading the records again.

import type { ImportSchema } from "../import/import_schema.ts";
import { uniqueFieldsOf } from "../../schema/unique_keys.ts";
import type { RawRecord } from "../manifest/raw_record.ts";
import { rawIsNull, rawString, RawValueError } from "../manifest/raw_values.ts";
import { openKeysByModel } from "./key_set.ts";
import { openNameSet } from "./name_set.ts";

/** Fields that together must differ, by model. */
export type UniqueGroups = ReadonlyMap<string, readonly (readonly string[])[]>;

/** Every group of fields that a library of this generation keeps unique, primary keys left out. */
export function uniqueGroups(schema: ImportSchema): UniqueGroups {
  return new Map(
    schema.models.map(({ label, model }) =>
      [label, uniqueFieldsOf(model, schema.generation)] as const
    ).filter(([, groups]) => groups.length > 0),
  );
}

/** A value that another record has already. */
export interface Twin {
  /** `name and owner` */
  readonly fields: string;
  /** Number of the record that had it first. */
  readonly first: number;
}

/** Gathers values. */
export interface UniqueValues {
  /** Takes a record's values. @param key its number, met for the first time */
  add(record: RawRecord, key: number): void;
  /** Whether any value came twice. */
  readonly hasTwins: boolean;
  /** After all: for reading the records again, to be told of each value that came before. */
  tellTwins(): (record: RawRecord, key: number) => Iterable<Twin>;
}

/** Starts gathering. */
export function openUniqueValues(schema: ImportSchema): UniqueValues {
  const groups = uniqueGroups(schema);
  const seen = openNameSet();
  return {
    add(record) {
      for (const fields of groups.get(record.model) ?? []) {
        const text = valuesOf(record, fields);
        if (text !== undefined) seen.add(text);
      }
    },
    get hasTwins() {
      return seen.hasDoubles;
    },
    tellTwins() {
      const first = new Map<string, number>();
      const numbers = openKeysByModel();
      return function* (record, key) {
        const own = groups.get(record.model);
        // One that has its number from another is told as that.
        if (!own || !numbers.of(record.model).add(key)) return;
        for (const fields of own) {
          const text = valuesOf(record, fields);
          if (text === undefined || !seen.hasTwice(text)) continue;
          const other = first.get(text);
          if (other === undefined) first.set(text, key);
          else yield { fields: fields.join(" and "), first: other };
        }
      };
    },
  };
}

/** Undefined where nothing has to differ: NULL differs from everything, but for rows without owner, whose names
 * differ among themselves. */
function valuesOf({ model, fields }: RawRecord, names: readonly string[]): string | undefined {
  const values: string[] = [];
  for (const name of names) {
    const raw = fields.get(name);
    if (!rawIsNull(raw)) values.push(decoded(raw));
    else if (name === "owner") values.push("");
    else return undefined;
  }
  return `${model} ${names.join()} ${values.join("\n")}`;
}

/** One text can be written in several ways; numbers are written in one. */
function decoded(raw: string): string {
  try {
    return raw.startsWith('"') ? rawString(raw) : raw;
  } catch (error) {
    if (error instanceof RawValueError) return raw;
    throw error;
  }
}
