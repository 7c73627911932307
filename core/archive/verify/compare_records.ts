// Whether two readings of records hold the same: what was exported and what came out of a restored library.
// Invariant: memory holds a sum for each model; only where sums differ are its records held as hashes.

import type { StopSignal } from "../../sandbox/stop_signal.ts";
import { manyToManyOf } from "../../schema/model.ts";
import { findModel } from "../../schema/registry.ts";
import type { RawRecord } from "../manifest/raw_record.ts";
import { secretFieldsOf } from "../secrets/secret_fields.ts";
import { hashText } from "./name_set.ts";

/** Some records, as manifests and conversions give them. */
interface Batch {
  readonly records: readonly RawRecord[];
}

/** What comparing needs. */
export interface CompareRecordsOptions {
  /** From the first one, each time. */
  before(): AsyncIterable<Batch>;
  after(): AsyncIterable<Batch>;
  /** `<label> <field>` that may differ. */
  readonly ignore: ReadonlySet<string>;
  readonly stop: StopSignal;
  readonly onDifference: (
    message: string,
    facts: Readonly<Record<string, string | number>>,
  ) => void;
}

/** Rows that a fresh library has already, under its own numbers: what points to them is compared by name. */
const BY_NAME: ReadonlySet<string> = new Set(["contenttypes.contenttype", "auth.permission"]);

/** Differences of one model that are listed. */
const MOST = 20;

/** Compares. @returns how many records there were */
export async function compareRecords(options: CompareRecordsOptions): Promise<number> {
  const seed = crypto.getRandomValues(new Int32Array(1))[0]!;
  const before = await sumUp(options.before(), options, seed);
  const after = await sumUp(options.after(), options, seed);
  const differing = new Set<string>();
  let count = 0;
  for (const [label, sum] of before.sums) {
    count += sum.count;
    const other = after.sums.get(label);
    if (sum.count !== other?.count || sum.hash !== other.hash) differing.add(label);
  }
  if (differing.size > 0) await tell(differing, options, seed, before.names, after.names);
  return count;
}

/** Content types and permissions, by number. */
interface Names {
  readonly types: Map<string, string>;
  readonly permissions: Map<string, string>;
}

async function sumUp(batches: AsyncIterable<Batch>, options: CompareRecordsOptions, seed: number) {
  const names: Names = { types: new Map(), permissions: new Map() };
  const sums = new Map<string, { count: number; hash: number }>();
  for await (const { records } of batches) {
    options.stop.throwIfRequested();
    for (const record of records) {
      noteNames(record, names);
      if (BY_NAME.has(record.model)) continue;
      let sum = sums.get(record.model);
      if (!sum) sums.set(record.model, sum = { count: 0, hash: 0 });
      sum.count++;
      // Sums don't mind the order, which is the database's.
      sum.hash = (sum.hash + hashRecord(record, names, options.ignore, seed)) % 2 ** 53;
    }
  }
  return { names, sums };
}

function noteNames({ model, pk, fields }: RawRecord, { types, permissions }: Names): void {
  if (model === "contenttypes.contenttype") {
    types.set(pk, `${fields.get("app_label")}.${fields.get("model")}`);
  }
  if (model === "auth.permission") {
    permissions.set(pk, `${types.get(fields.get("content_type") ?? "")} ${fields.get("codename")}`);
  }
}

function hashRecord(
  record: RawRecord,
  names: Names,
  ignore: ReadonlySet<string>,
  seed: number,
): number {
  const { model, pk } = record;
  const secrets = secretFieldsOf(model);
  const lists = listsOf(model);
  let hash = hashText(pk, seed);
  for (const [field, raw] of record.fields) {
    if (secrets.includes(field) || ignore.has(`${model} ${field}`)) continue;
    hash = (hash + hashText(`${pk} ${field} ${normal(field, raw, lists, names)}`, seed)) % 2 ** 53;
  }
  return hash;
}

const knownLists = new Map<string, ReadonlySet<string>>();

function listsOf(label: string): ReadonlySet<string> {
  const known = knownLists.get(label);
  if (known) return known;
  const model = findModel(label);
  const lists = new Set(
    model
      ? [...manyToManyOf(model, "v2"), ...manyToManyOf(model, "v3")].map(({ name }) => name)
      : [],
  );
  if (model) knownLists.set(label, lists);
  return lists;
}

/** A value without what may differ: the order of lists, numbers of content types, spaces of the layout. */
function normal(
  field: string,
  raw: string,
  lists: ReadonlySet<string>,
  { types, permissions }: Names,
): string {
  if (field === "content_type") return types.get(raw) ?? raw;
  if (field === "permission") return permissions.get(raw) ?? raw;
  if (lists.has(field)) {
    const keys = raw.match(/\d+/g) ?? [];
    const isPermissions = field === "permissions" || field === "user_permissions";
    return (isPermissions ? keys.map((key) => permissions.get(key) ?? key) : keys).sort().join();
  }
  if (raw.startsWith("{") || raw.startsWith("[")) {
    return raw.replace(/"(?:[^"\\]|\\.)*"|\s+/gs, (token) => token.startsWith('"') ? token : "");
  }
  return raw;
}

/** Reads both again and names the records that differ. */
async function tell(
  labels: ReadonlySet<string>,
  options: CompareRecordsOptions,
  seed: number,
  before: Names,
  after: Names,
): Promise<void> {
  const restored = new Map<string, number>();
  for await (const record of recordsIn(options.after(), labels)) {
    restored.set(`${record.model} ${record.pk}`, hashRecord(record, after, options.ignore, seed));
  }
  const told = new Map<string, number>();
  const say = (label: string, message: string, pk: string) => {
    const count = (told.get(label) ?? 0) + 1;
    told.set(label, count);
    if (count <= MOST) options.onDifference(message, { model: label, key: pk });
  };
  for await (const record of recordsIn(options.before(), labels)) {
    const { model, pk } = record;
    const name = `${model} ${pk}`;
    const hash = restored.get(name);
    restored.delete(name);
    if (hash === undefined) say(model, `${name} is not in the restored library`, pk);
    else if (hash !== hashRecord(record, before, options.ignore, seed)) {
      say(model, `${name} is otherwise in the restored library`, pk);
    }
  }
  for (const [label, count] of told) {
    if (count > MOST) {
      options.onDifference(`${count - MOST} more records of ${label} differ`, { model: label });
    }
  }
}

async function* recordsIn(
  batches: AsyncIterable<Batch>,
  labels: ReadonlySet<string>,
): AsyncGenerator<RawRecord> {
  for await (const { records } of batches) {
    for (const record of records) if (labels.has(record.model)) yield record;
  }
}
