// What becomes of each record of an export: one decision for the run that writes and the dry run that only counts,
// so that a dry run promises what the real one does.

import type { WrittenValue } from "../../database/escaped_text.ts";
import type { RawRecord } from "../manifest/raw_record.ts";
import type { ImportModel, ImportSchema } from "./import_schema.ts";
import type { ImportCount } from "./import_summary.ts";
import type { Fate, Numbers } from "./number_rows.ts";
import { UnfitValue } from "./parse_value.ts";
import type { ParsedRecord } from "./row_shape.ts";
import type { ExportScan } from "./scan_export.ts";

/** What deciding needs. */
export interface FateOptions {
  /** Of the library. */
  readonly tables: ReadonlySet<string>;
  readonly schema: ImportSchema;
  readonly scan: ExportScan;
  readonly numbers: Numbers;
  /** The library held something before. */
  readonly merging: boolean;
}

/** A record that becomes a row. */
export interface AddedRecord {
  readonly model: ImportModel;
  readonly parsed: ParsedRecord<WrittenValue>;
}

/** Decides about one record after the other. */
export interface RecordFates {
  /** Decides about the next record and counts it: every record of the export once, in its order.
   * @returns the record if it becomes a row */
  take(record: RawRecord): AddedRecord | undefined;
  /** The row of any model that permissions on objects and the audit log are about; undefined for other records.
   * Its label is undefined where the model is unknown. */
  target(
    model: ImportModel,
    values: readonly WrittenValue[],
  ): { readonly label: string | undefined; readonly pk: number } | undefined;
  /** What became of those that were taken, by model in the export's order. */
  counts(): readonly ImportCount[];
}

/** Begins. */
export function openFates(
  { tables, schema, scan, numbers, merging }: FateOptions,
): RecordFates {
  const counted = new Map<string, Record<Fate, number>>();
  const seen = new Map<string, Set<number>>();
  const labels = contentTypeLabels(schema, scan);

  function countOf(model: string): Record<Fate, number> {
    let count = counted.get(model);
    if (!count) counted.set(model, count = { add: 0, merge: 0, "leave out": 0 });
    return count;
  }

  function fateOf(model: ImportModel, { pk, values }: ParsedRecord<WrittenValue>): Fate {
    const { label } = model;
    // Only numbers that something points to were looked at before; of twins the first one counts.
    if (scan.keys.has(label)) {
      let known = seen.get(label);
      if (!known) seen.set(label, known = new Set());
      if (known.has(pk)) return "leave out";
      known.add(pk);
    }
    const fate = numbers.fate(label, pk);
    if (fate !== "add" || !merging) return fate;
    const about = target(model, values);
    if (!about) return fate;
    // What is about a row that the library had before, or about one that is gone, is not this import's.
    if (about.label === undefined) return "leave out";
    if (numbers.fate(about.label, about.pk) === "merge") return "merge";
    return scan.keys.get(about.label)?.has(about.pk) ? "add" : "leave out";
  }

  function target(model: ImportModel, values: readonly WrittenValue[]) {
    if (!GENERIC.has(model.label)) return undefined;
    const type = values[model.indexOf("content_type")];
    const key = String(values[model.indexOf("object_pk")]);
    return { label: labels.get(Number(type)), pk: /^\d+$/.test(key) ? Number(key) : NaN };
  }

  return {
    take(record) {
      const model = schema.find(record.model);
      const count = countOf(record.model);
      const parsed = model && tables.has(model.table.name) ? parse(model, record) : undefined;
      const fate = model && parsed ? fateOf(model, parsed) : "leave out";
      count[fate]++;
      return model && parsed && fate === "add" ? { model, parsed } : undefined;
    },
    target,
    counts: () =>
      Array.from(counted, ([model, count]) => ({
        model,
        records: count.add + count.merge + count["leave out"],
        added: count.add,
        merged: count.merge,
        leftOut: count["leave out"],
      })),
  };
}

/** Models that point to a row of any model, by content type and number. */
const GENERIC: ReadonlySet<string> = new Set([
  "auditlog.logentry",
  "guardian.userobjectpermission",
  "guardian.groupobjectpermission",
]);

/** The model of each content type, by the export's number. */
function contentTypeLabels(schema: ImportSchema, scan: ExportScan): ReadonlyMap<number, string> {
  const rows = scan.facts.get("contenttypes.contenttype") ?? [];
  return new Map(
    rows.map(({ pk, key }) => [pk, key.join(".")] as const)
      .filter(([, label]) => schema.find(label) !== undefined),
  );
}

function parse(model: ImportModel, record: RawRecord) {
  try {
    return model.parseToWrite(record);
  } catch (error) {
    if (error instanceof UnfitValue) return undefined;
    throw error;
  }
}
