// What changed between two exports: documents added, removed and changed, by number and checksum; other records
// by count. Invariant: memory holds a few numbers for each document of the older one.

import type { StopSignal } from "../../sandbox/stop_signal.ts";
import { listManifests, readExportRecords } from "../manifest/manifest_files.ts";
import { rawIsNull, rawString } from "../manifest/raw_values.ts";
import type { RawRecord } from "../manifest/raw_record.ts";
import type { ExportSource } from "../zip/export_source.ts";
import { hashText } from "./name_set.ts";
import { keyOf } from "./references.ts";

/** One change. */
export type ExportChange =
  | {
    readonly kind: "added" | "removed" | "changed";
    readonly id: number;
    readonly title: string;
    /** What of a changed document: `original`, `archive`, or names of fields. */
    readonly what: readonly string[];
  }
  | {
    readonly kind: "records";
    readonly model: string;
    readonly before: number;
    readonly after: number;
  };

const DOCUMENT = "documents.document";

/** What is remembered of a document: hashes of its checksums and of the rest of its record. */
interface Fingerprint {
  readonly original: number;
  readonly archive: number;
  readonly fields: number;
  readonly length: number;
}

/** Compares two exports. @param before the other one @throws {ManifestError} where one can't be read */
export async function* compareExports(
  before: ExportSource,
  after: ExportSource,
  stop: StopSignal,
): AsyncGenerator<ExportChange, void, undefined> {
  const seed = crypto.getRandomValues(new Int32Array(1))[0]!;
  const old = new Map<number, Fingerprint>();
  const changed = new Set<number>();
  const counts = new Map<string, { before: number; after: number }>();
  const count = (model: string, side: "before" | "after") => {
    let pair = counts.get(model);
    if (!pair) counts.set(model, pair = { before: 0, after: 0 });
    pair[side]++;
  };

  for await (const record of recordsOf(before, stop)) {
    count(record.model, "before");
    const id = keyOf(record.pk);
    if (record.model === DOCUMENT && id !== undefined) old.set(id, fingerprint(record, seed));
  }
  for await (const record of recordsOf(after, stop)) {
    count(record.model, "after");
    const id = keyOf(record.pk);
    if (record.model !== DOCUMENT || id === undefined) continue;
    const known = old.get(id);
    old.delete(id);
    if (!known) {
      yield { kind: "added", id, title: titleOf(record), what: [] };
      continue;
    }
    const what = differences(known, fingerprint(record, seed));
    if (what.length === 0) continue;
    changed.add(id);
    yield { kind: "changed", id, title: titleOf(record), what };
  }
  if (old.size > 0) {
    for await (const record of recordsOf(before, stop)) {
      const id = keyOf(record.pk);
      if (record.model !== DOCUMENT || id === undefined || !old.delete(id)) continue;
      yield { kind: "removed", id, title: titleOf(record), what: [] };
    }
  }
  for (const [model, pair] of counts) {
    if (pair.before !== pair.after) yield { kind: "records", model, ...pair };
  }
}

async function* recordsOf(source: ExportSource, stop: StopSignal): AsyncGenerator<RawRecord> {
  for await (const { records } of readExportRecords(source, listManifests(source))) {
    stop.throwIfRequested();
    yield* records;
  }
}

function fingerprint({ fields }: RawRecord, seed: number): Fingerprint {
  const sum = (name: string) => hashText((fields.get(name) ?? "null").toLowerCase(), seed);
  let rest = 0;
  for (const [name, raw] of fields) {
    if (name === "checksum" || name === "archive_checksum") continue;
    // The order of fields is no difference; that of a list of tags neither, but it is rare.
    rest = (rest + hashText(`${name} ${normal(raw)}`, seed)) % 2 ** 53;
  }
  return {
    original: sum("checksum"),
    archive: sum("archive_checksum"),
    fields: rest,
    length: (fields.get("checksum") ?? "").length,
  };
}

/** Lists of numbers are sets: databases give them in any order. */
function normal(raw: string): string {
  if (!/^\[[\s\d,]*\]$/.test(raw)) return raw;
  return (raw.match(/\d+/g) ?? []).sort().join(",");
}

function differences(before: Fingerprint, after: Fingerprint): string[] {
  // MD5 and SHA-256 say nothing about each other: an upgrade makes them anew.
  const isComparable = before.length === after.length;
  return [
    ...(isComparable && before.original !== after.original ? ["original"] : []),
    ...(isComparable && before.archive !== after.archive ? ["archive"] : []),
    ...(before.fields !== after.fields ? ["record"] : []),
  ];
}

function titleOf({ fields }: RawRecord): string {
  const raw = fields.get("title");
  return rawIsNull(raw) || !raw.startsWith('"') ? "" : rawString(raw).slice(0, 80);
}
