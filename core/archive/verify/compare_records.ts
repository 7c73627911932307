// Whether two readings of records hold the same: what was exported and what came out of a restored library.
// Invariant: memory holds a sum for each model; only where sums differ are its records held as hashes.

import type { StopSignal } from "../../sandbox/stop_signal.ts";
import type { ImportModel, ImportSchema } from "../import/import_schema.ts";
import { SERVICE_USER_NUMBERS } from "../import/number_rows.ts";
import { UnfitValue } from "../import/parse_value.ts";
import type { ParsedRecord } from "../import/row_shape.ts";
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
  /** Whose rows both become: values are compared as the database keeps them. */
  readonly schema: ImportSchema;
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

/** Users that every library has, and that exports of later releases leave out. */
const SERVICE_USERS: ReadonlySet<string> = new Set(
  Object.values(SERVICE_USER_NUMBERS).flatMap((users) => [...users.values()]),
);

function isCompared({ model, fields }: RawRecord): boolean {
  if (BY_NAME.has(model)) return false;
  return model !== "auth.user" || !SERVICE_USERS.has((fields.get("username") ?? "").slice(1, -1));
}

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
  // What only the restored library has is a difference as well.
  for (const label of after.sums.keys()) if (!before.sums.has(label)) differing.add(label);
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
      if (!isCompared(record)) continue;
      let sum = sums.get(record.model);
      if (!sum) sums.set(record.model, sum = { count: 0, hash: 0 });
      sum.count++;
      // Sums don't mind the order, which is the database's.
      sum.hash = (sum.hash + hashRecord(record, names, options, seed)) % 2 ** 53;
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

/** The hash of a record as rows: lists are sets, and what points to content types does so by name. */
function hashRecord(
  record: RawRecord,
  names: Names,
  options: CompareRecordsOptions,
  seed: number,
): number {
  let hash = hashText(record.pk, seed);
  for (const [field, text] of valuesOf(record, names, options)) {
    hash = (hash + hashText(`${record.pk} ${field} ${text}`, seed)) % 2 ** 53;
  }
  return hash;
}

/** The fields of a record and their values, as the database keeps them. */
function* valuesOf(
  record: RawRecord,
  names: Names,
  { schema, ignore }: CompareRecordsOptions,
): Generator<readonly [field: string, text: string]> {
  const { model: label } = record;
  const model = schema.find(label);
  const parsed = model && parse(model, record);
  // Said by another check, and the same on both sides.
  if (!parsed) return;
  const secrets = secretFieldsOf(label);
  for (const [index, { name, to }] of model.fields.entries()) {
    if (secrets.includes(name) || ignore.has(`${label} ${name}`)) continue;
    const value = parsed.values[index];
    const text = value instanceof Uint8Array ? value.toHex() : String(value);
    yield [name, nameOf(to, text, names)];
  }
  for (const [index, { to }] of model.listTargets.entries()) {
    const keys = parsed.lists[index] ?? [];
    const text = keys.map((key) => nameOf(to, String(key), names)).sort().join();
    yield [model.lists[index]?.name ?? `list ${index}`, text];
  }
}

function nameOf(to: string | undefined, key: string, { types, permissions }: Names): string {
  if (to === "contenttypes.contenttype") return types.get(key) ?? key;
  if (to === "auth.permission") return permissions.get(key) ?? key;
  return key;
}

function parse(model: ImportModel, record: RawRecord): ParsedRecord | undefined {
  try {
    return model.parse(record);
  } catch (error) {
    if (error instanceof UnfitValue) return undefined;
    throw error;
  }
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
    restored.set(nameIn(record), hashRecord(record, after, options, seed));
  }
  const told = new Map<string, number>();
  /** Whether there is room for one more of this model. */
  const count = (label: string) => {
    const number = (told.get(label) ?? 0) + 1;
    told.set(label, number);
    return number <= MOST;
  };
  const say = (label: string, key: string, message: string) =>
    options.onDifference(`${label} ${key} ${message}`, { model: label, key });
  const changed = new Map<string, ReadonlyMap<string, number>>();
  for await (const record of recordsIn(options.before(), labels)) {
    const { model, pk } = record;
    const hash = restored.get(nameIn(record));
    restored.delete(nameIn(record));
    if (hash === undefined) {
      if (count(model)) say(model, pk, "is not in the restored library");
    } else if (hash !== hashRecord(record, before, options, seed) && count(model)) {
      changed.set(nameIn(record), hashFields(record, before, options, seed));
    }
  }
  for await (const record of recordsIn(changed.size > 0 ? options.after() : none(), labels)) {
    const fields = changed.get(nameIn(record));
    if (!fields) continue;
    const now = hashFields(record, after, options, seed);
    const names = [...fields.keys()].filter((name) => fields.get(name) !== now.get(name));
    say(record.model, record.pk, `is otherwise in the restored library: ${names.join(", ")}`);
  }
  for (const name of restored.keys()) {
    const [label = "", key = ""] = name.split(" ");
    if (count(label)) say(label, key, "is only in the restored library");
  }
  for (const [label, number] of told) {
    if (number > MOST) {
      options.onDifference(`${number - MOST} more records of ${label} differ`, { model: label });
    }
  }
}

const nameIn = ({ model, pk }: RawRecord) => `${model} ${pk}`;

function hashFields(
  record: RawRecord,
  names: Names,
  options: CompareRecordsOptions,
  seed: number,
): ReadonlyMap<string, number> {
  const hashes = new Map<string, number>();
  for (const [field, text] of valuesOf(record, names, options)) {
    hashes.set(field, hashText(text, seed));
  }
  return hashes;
}

async function* none(): AsyncGenerator<Batch> {}

async function* recordsIn(
  batches: AsyncIterable<Batch>,
  labels: ReadonlySet<string>,
): AsyncGenerator<RawRecord> {
  for await (const { records } of batches) {
    for (const record of records) if (labels.has(record.model) && isCompared(record)) yield record;
  }
}
