// Records of today compared as an import takes them: content types, permissions and select options by their
// natural names, many-to-many lists as sets, without what an upgrade stamps with its own time.

import { gunzipSync } from "node:zlib";
import {
  type ManifestRecord,
  readManifestSync,
} from "../../../../core/archive/manifest/manifest_reader.ts";
import type { RawRecord } from "../../../../core/archive/manifest/raw_record.ts";
import type { HistoryBatch } from "../../../../core/archive/history/open_history.ts";
import type { Lost } from "../../../../core/archive/history/lost.ts";
import { type History, openHistory } from "../../../../core/archive/history/open_history.ts";
import type { HistoryOptions } from "../../../../core/archive/history/open_history.ts";
import { manyToManyOf } from "../../../../core/schema/model.ts";
import { findModel } from "../../../../core/schema/registry.ts";
import { asObject, canonical, type Exact, type ExactObject, parseExact } from "../../../_json.ts";
import { fixturesRoot } from "../../../_fixtures.ts";

/** The old releases whose real exports are in the fixtures. */
export const OLD_RELEASES = [
  "ng-1.5.0",
  "v1.7.1",
  "v1.10.2",
  "v1.13.0",
  "v1.17.4",
  "v2.0.1",
  "v2.7.2",
  "v2.13.5",
  "v2.18.4",
] as const;

/** Reads a manifest, packed or not. @param path below the fixtures */
export function readFixture(path: string): ManifestRecord[] {
  const full = `${fixturesRoot()}/${path}`;
  let bytes: Uint8Array;
  try {
    bytes = Deno.readFileSync(full);
  } catch {
    bytes = gunzipSync(Deno.readFileSync(`${full}.gz`));
  }
  return [...readManifestSync([bytes], { file: path })];
}

/** Records as an export that can be read again and again, in batches of a few. */
export function asExport(records: readonly RawRecord[]): () => AsyncIterable<HistoryBatch> {
  return async function* () {
    for (let at = 0; at < records.length; at += 7) {
      await Promise.resolve();
      yield { manifest: "manifest.json", records: records.slice(at, at + 7) };
    }
  };
}

/** A conversion run to its end. */
export interface Converted {
  readonly history: History;
  readonly records: readonly RawRecord[];
  readonly lost: readonly Lost[];
}

/** Converts records. */
export async function convert(
  records: readonly RawRecord[],
  options: Omit<HistoryOptions, "read" | "onLost" | "timeZone"> & { readonly timeZone?: string },
): Promise<Converted> {
  const lost: Lost[] = [];
  const history = await openHistory({
    timeZone: "Europe/Berlin",
    ...options,
    read: asExport(records),
    onLost: (entry) => void lost.push(entry),
  });
  const converted: RawRecord[] = [];
  for await (const record of history.records()) converted.push(record);
  return { history, records: converted, lost };
}

/** A record in the fewest words: `make("documents.tag", 1, { name: "a" })`; values are JSON. */
export function make(
  model: string,
  pk: number | string,
  fields: Readonly<Record<string, unknown>>,
  extras: Readonly<Record<string, unknown>> = {},
): RawRecord {
  const raw = (object: Readonly<Record<string, unknown>>) =>
    new Map(Object.entries(object).map(([name, value]) => [name, JSON.stringify(value)]));
  return { model, pk: String(pk), fields: raw(fields), extras: raw(extras) };
}

/** A record's fields as plain values. */
export function plain(record: RawRecord | undefined): Record<string, unknown> {
  return Object.fromEntries(
    [...record?.fields ?? []].map(([name, raw]) => [name, JSON.parse(raw) as unknown]),
  );
}

/** Names of content types and permissions, by key. */
interface Names {
  readonly types: ReadonlyMap<string, string>;
  readonly permissions: ReadonlyMap<string, string>;
  readonly options: ReadonlyMap<string, string>;
}

/** `documents.document` and `documents.document|add_document` of each. */
export function namesIn(records: readonly RawRecord[]): Names {
  const types = new Map<string, string>();
  const permissions = new Map<string, string>();
  const options = new Map<string, string>();
  const text = (record: RawRecord, field: string) =>
    String(JSON.parse(record.fields.get(field) ?? "null"));
  for (const record of records) {
    if (record.model === "contenttypes.contenttype") {
      types.set(record.pk, `${text(record, "app_label")}.${text(record, "model")}`);
    }
    if (record.model !== "documents.customfield") continue;
    const extra = plain(record)["extra_data"] as
      | { select_options?: { id: string; label: string }[] }
      | null
      | undefined;
    for (const { id, label } of extra?.select_options ?? []) options.set(id, label);
  }
  for (const record of records) {
    if (record.model !== "auth.permission") continue;
    const type = types.get(record.fields.get("content_type") ?? "") ?? "(no content type)";
    permissions.set(record.pk, `${type}|${text(record, "codename")}`);
  }
  return { types, permissions, options };
}

const SERVICE_USERS: readonly string[] = ['"consumer"', '"AnonymousUser"'];
/** What an upgrade sets to its own time, and what the database computes. */
const LEFT_OUT: Readonly<Record<string, readonly string[]>> = {
  "documents.document": ["modified"],
  "documents.customfieldinstance": ["value_monetary_amount"],
};

/** Records by name, each a map of fields to one line of text. Permissions and content types are not in it. */
export function comparable(
  records: readonly RawRecord[],
): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const names = namesIn(records);
  const result = new Map<string, ReadonlyMap<string, string>>();
  for (const record of records) {
    const { model, pk, fields } = record;
    if (model === "contenttypes.contenttype" || model === "auth.permission") continue;
    if (model === "auth.user" && SERVICE_USERS.includes(fields.get("username") ?? "")) continue;
    const lists = new Set(
      (["v2", "v3"] as const).flatMap((generation) => {
        const known = findModel(model);
        return known ? manyToManyOf(known, generation).map(({ name }) => name) : [];
      }),
    );
    const lines = new Map<string, string>();
    for (const [field, raw] of fields) {
      if (LEFT_OUT[model]?.includes(field)) continue;
      lines.set(field, lineOf(field, parseExact(raw), lists.has(field), names));
    }
    const key = model === "documents.uisettings"
      ? `${model} of user ${fields.get("user")}`
      : `${model} ${pk}`;
    if (result.has(key)) throw new Error(`${key} is there twice`);
    result.set(key, lines);
  }
  return result;
}

function lineOf(field: string, value: Exact, list: boolean, names: Names): string {
  const key = canonical(value);
  if (field === "content_type") return names.types.get(key) ?? `(no content type ${key})`;
  if (field === "permission") return names.permissions.get(key) ?? `(no permission ${key})`;
  if (field === "value_select" && typeof value === "string") {
    return names.options.get(value) ?? `(no option ${key})`;
  }
  if (field === "extra_data" && value instanceof Map) return canonical(withoutIds(value));
  if (field === "tn_siblings_pks") return String(value).split(",").sort().join();
  if (!list || !Array.isArray(value)) return key;
  const items = (value as readonly Exact[]).map(canonical);
  const isPermissions = field === "permissions" || field === "user_permissions";
  const named = isPermissions
    ? items.map((item) => names.permissions.get(item) ?? `(no permission ${item})`)
    : items;
  return named.sort().join();
}

function withoutIds(extra: ExactObject): Exact {
  const options = extra.get("select_options");
  if (!Array.isArray(options)) return extra;
  const labels = (options as readonly Exact[]).map((option) => asObject(option).get("label")!);
  return new Map([...extra, ["select_options", labels]]);
}

/** Readable differences between records: `documents.tag 3 color: expected "#000000", is "#ffffff"`. */
export function differences(
  actual: ReadonlyMap<string, ReadonlyMap<string, string>>,
  expected: ReadonlyMap<string, ReadonlyMap<string, string>>,
): string[] {
  const found: string[] = [];
  for (const [key, fields] of expected) {
    const ours = actual.get(key);
    if (!ours) {
      found.push(`${key}: missing`);
      continue;
    }
    for (const name of new Set([...fields.keys(), ...ours.keys()])) {
      const [want, is] = [fields.get(name), ours.get(name)];
      if (want === is) continue;
      found.push(`${key} ${name}: expected ${short(want)}, is ${short(is)}`);
    }
  }
  for (const key of actual.keys()) if (!expected.has(key)) found.push(`${key}: too much`);
  return found;
}

function short(line: string | undefined): string {
  if (line === undefined) return "no such field";
  return line.length > 300 ? `${line.slice(0, 300)}… (${line.length})` : line;
}
