// Reads an export from end to end and looks at every record, without changing anything: what there is, what
// is wrong with it, which files it names. Invariant: memory holds numbers and names, never texts.

import { join } from "node:path";
import type { StorageValue } from "../../database/storage_value.ts";
import { extensionForMimeType } from "../../library/filename/extension_for_mime_type.ts";
import type { Files } from "../../library/files.ts";
import { openSpool, type Spool } from "../../library/spool.ts";
import type { StopSignal } from "../../sandbox/stop_signal.ts";
import { rawIsNull, rawString, RawValueError } from "../manifest/raw_values.ts";
import type { RawRecord } from "../manifest/raw_record.ts";
import { fileConversions } from "../history/file_conversions.ts";
import type { MariadbTwinFinder } from "../../database/mariadb/twin_finder.ts";
import { type ClashingNames, showRecord, tellTwins } from "./database_twins.ts";
import type { ExportRecordSource } from "./export_records.ts";
import type { ImportProblem, ProblemList } from "./import_problem.ts";
import type { ImportModel, ImportSchema } from "./import_schema.ts";
import { fieldsToCompare, FRESH_MODELS, keyPart, MERGE_RULES } from "./merge_rules.ts";
import type { TreeTag } from "./tag_tree.ts";
import { UnfitValue } from "./parse_value.ts";
import type { ParsedRecord } from "./row_shape.ts";
import type { FileRole, WantedFile } from "./wanted_file.ts";

/** What is remembered of a row to tell it from others. */
export interface RowFacts {
  readonly pk: number;
  /** Values of the rule's key, those that the generation has; references still by the export's numbers. */
  readonly key: readonly StorageValue[];
  /** The row that it is part of. */
  readonly partOf: number | null;
  /** The rows of other models that decide its fate, by field: lists and single references. */
  readonly lists: Readonly<Record<string, readonly number[]>>;
  /** Where names must differ: the name. */
  readonly name: string | null;
}

/** What an export holds. */
export interface ExportScan {
  /** Records by model, in the order of their first ones. */
  readonly counts: ReadonlyMap<string, number>;
  /** Numbers of the rows, by model; models to which nothing points may be missing. */
  readonly keys: ReadonlyMap<string, ReadonlySet<number>>;
  /** What is needed to match rows with those of the library, by model. */
  readonly facts: ReadonlyMap<string, readonly RowFacts[]>;
  /** All tags, where they join others: their tree changes. */
  readonly tags: readonly TreeTag[];
  /** Archive serial numbers of documents that join others, by the document's number. */
  readonly serialNumbers: ReadonlyMap<number, number>;
  readonly files: Spool<WantedFile>;
  /** Records that can't become rows, by model. */
  readonly dropped: ReadonlyMap<string, ReadonlySet<number>>;
  /** Stored names that the library's database takes for another's. */
  readonly clashing: ClashingNames;
  /** What is wrong with records that the library may have already: then it doesn't matter. */
  readonly doubts: Spool<Doubt>;
}

/** A problem of a record, which counts unless the library has the record. */
export interface Doubt {
  readonly label: string;
  readonly pk: number;
  readonly problem: ImportProblem;
}

/** What scanning needs. */
export interface ScanOptions {
  readonly files: Files;
  readonly scratch: string;
  readonly stop: StopSignal;
  readonly schema: ImportSchema;
  readonly problems: ProblemList;
  /** Files are wanted. */
  readonly withFiles: boolean;
  /** The release that wrote the export did not count pages. */
  readonly pageCounts: boolean;
  /** Users that the export leaves out and the library has, by the export's numbers; asked for at the end. */
  readonly serviceUsers: Promise<ReadonlyMap<number, string>>;
  /** The library holds something: rows have to be matched. */
  readonly merging: boolean;
  /** The library's database has its own idea of equality: it is asked. */
  readonly twins?: MariadbTwinFinder | undefined;
  /** Called between records; what it throws ends the scan. */
  readonly onRecords: (count: number) => Promise<void> | void;
}

/** Rounds of looking for rows that point to rows which aren't there: each may drop rows that others point to. */
const MOST_ROUNDS = 20;

/** Scans an export.
 * @throws {ManifestError} where a manifest can't be read at all */
export async function scanExport(
  source: ExportRecordSource,
  options: ScanOptions,
): Promise<ExportScan> {
  const { schema, problems, merging } = options;
  using files = openSpool<WantedFile>(options.files, join(options.scratch, "wanted"));
  using doubts = openSpool<Doubt>(options.files, join(options.scratch, "doubts"));
  const counts = new Map<string, number>();
  const keys = new Map<string, Set<number>>();
  const wanted = new Map<string, Set<number>>();
  const facts = new Map<string, RowFacts[]>();
  const dropped = new Map<string, Set<number>>();
  const tags: TreeTag[] = [];
  const serialNumbers = new Map<number, number>();
  const targets = referencedModels(schema);
  const unknownModels = new Set<string>();
  const keepsApart = schema.database !== "mariadb";
  const compared = new Map(
    schema.models.map((model) => [model.label, fieldsToCompare(model, schema.generation)]),
  );
  /** What must differ, by model. */
  const uniques = new Map<string, Set<string>>();

  for await (const { records } of source.read()) {
    options.stop.throwIfRequested();
    for (const record of records) scanRecord(record);
    await options.twins?.settle();
    await options.onRecords(records.length);
  }
  files.close();
  const clashing = await dropTwins();
  await dropDangling();
  doubts.close();
  return { counts, keys, facts, tags, serialNumbers, files, dropped, clashing, doubts };

  function tell(label: string, pk: number, about: Omit<ImportProblem, "item">): void {
    const { kind, ...rest } = about;
    const problem = { kind, item: `${label} ${pk}`, ...rest };
    if (merging) doubts.add({ label, pk, problem });
    else problems.add(problem);
  }

  function scanRecord(record: RawRecord): void {
    const { model: label } = record;
    counts.set(label, (counts.get(label) ?? 0) + 1);
    const model = schema.find(label);
    if (!model) {
      if (!unknownModels.has(label)) {
        problems.add({
          kind: "unknown model",
          item: label,
          message: `paperless-ngx ${schema.generation} has no such records`,
          instead: "they are left out",
        });
      }
      unknownModels.add(label);
      return;
    }
    const parsed = parseRecord(model, record);
    if (!parsed) return;
    const { pk } = parsed;
    const isTarget = targets.has(label);
    if (isTarget || merging) {
      const known = setOf(keys, label);
      if (known.has(pk)) {
        problems.add({
          kind: "row twice",
          item: `${label} ${pk}`,
          message: "two records have this number",
          instead: "the second one is left out",
        });
        return;
      }
      known.add(pk);
    }
    const isDropped = tellProblems(model, parsed) || isTwin(model, parsed);
    if (isDropped) setOf(dropped, label).add(pk);
    else if (options.twins) showRecord(options.twins, model, parsed);
    noteReferences(model, parsed);
    const rule = MERGE_RULES[label];
    if (rule && (merging || FRESH_MODELS.has(label))) {
      const list = facts.get(label);
      const row = factsOf(model, parsed);
      if (list) list.push(row);
      else facts.set(label, [row]);
    }
    if (merging && label === "documents.document") {
      const serial = parsed.values[model.indexOf("archive_serial_number")];
      if (typeof serial === "bigint") serialNumbers.set(pk, Number(serial));
    }
    if (merging && label === "documents.tag") tags.push(treeTagOf(model, parsed));
    if (!options.withFiles || isDropped) return;
    if (label === "documents.document") wantDocument(model, parsed, record);
    if (label === "documents.sharelinkbundle") wantBundle(model, parsed, record);
  }

  function parseRecord(model: ImportModel, record: RawRecord): ParsedRecord | undefined {
    try {
      return model.check(record);
    } catch (error) {
      if (!(error instanceof UnfitValue)) throw error;
      problems.add({
        kind: "bad value",
        item: model.label,
        message: error.message,
        instead: "the record is left out",
      });
      return undefined;
    }
  }

  /** @returns whether the record can't become a row */
  function tellProblems(model: ImportModel, { pk, problems: found }: ParsedRecord): boolean {
    let isDropped = false;
    for (const { field, message } of found) {
      const isUnknown = message === "is unknown";
      const required = !isUnknown &&
        model.fields.some(({ name, null: isNullable }) => name === field && !isNullable);
      isDropped ||= required;
      tell(model.label, pk, {
        kind: isUnknown ? "unknown field" : "bad value",
        message: `${field} ${message}`,
        instead: required ? "the record is left out" : "the field is left empty",
      });
    }
    return isDropped;
  }

  /** Whether an earlier record has the same values where they must differ. */
  function isTwin({ label, indexOf }: ImportModel, { pk, values }: ParsedRecord): boolean {
    for (const [number, fields] of (compared.get(label) ?? []).entries()) {
      const key = fields.map((field) => values[indexOf(field)] ?? null);
      // NULL differs from everything, but for rows without owner, whose names differ among themselves where the
      // database can say so.
      if (key[0] === null || (key.at(-1) === null && !(keepsApart && fields.at(-1) === "owner"))) {
        continue;
      }
      const text = `${number} ${key.join("\n")}`;
      const known = setOf(uniques, label);
      if (!known.has(text)) {
        known.add(text);
        continue;
      }
      problems.add({
        kind: "row twice",
        item: `${label} ${pk}`,
        message: `another record has the same ${fields.join(" and ")}`,
        instead: "it is left out",
      });
      return true;
    }
    return false;
  }

  async function dropTwins(): Promise<ClashingNames> {
    if (!options.twins) return new Map();
    const { dropped: twins, clashing } = await tellTwins(options.twins, options);
    for (const [label, pk] of twins) setOf(dropped, label).add(pk);
    return clashing;
  }

  function noteReferences(model: ImportModel, { values, lists }: ParsedRecord): void {
    const want = (label: string, key: number) => {
      if (!keys.get(label)?.has(key)) setOf(wanted, label).add(key);
    };
    for (const { index, to } of model.references) {
      const value = values[index];
      if (typeof value === "bigint") want(to, Number(value));
    }
    model.listTargets.forEach(({ to }, index) => {
      for (const key of lists[index] ?? []) want(to, key);
    });
  }

  function factsOf(model: ImportModel, { pk, values, lists }: ParsedRecord): RowFacts {
    const rule = MERGE_RULES[model.label] ?? {};
    const has = (name: string) => model.fields.some((field) => field.name === name);
    const value = (name: string) => values[model.indexOf(name)] ?? null;
    const listed: Record<string, readonly number[]> = {};
    model.lists.forEach(({ name }, index) => listed[name] = lists[index] ?? []);
    for (const { index, field } of model.references) {
      const reference = values[index];
      if (typeof reference === "bigint") listed[field.name] = [Number(reference)];
    }
    const part = rule.partOf === undefined || !has(rule.partOf) ? null : value(rule.partOf);
    return {
      pk,
      key: (rule.key ?? []).filter(has).map((name) =>
        keyPart(model.fields[model.indexOf(name)]!, value(name))
      ),
      partOf: typeof part === "bigint" ? Number(part) : null,
      lists: listsNeeded.has(model.label) ? listed : {},
      name: rule.unique ? String(value("name")) : null,
    };
  }

  function treeTagOf(model: ImportModel, { pk, values }: ParsedRecord): TreeTag {
    const value = (name: string) => values[model.indexOf(name)] ?? null;
    const parent = value("tn_parent");
    return {
      pk,
      name: String(value("name")),
      parent: typeof parent === "bigint" ? Number(parent) : null,
      priority: Number(value("tn_priority")),
    };
  }

  function wantDocument(model: ImportModel, parsed: ParsedRecord, record: RawRecord): void {
    const text = (field: string) => textOrNull(parsed.values[model.indexOf(field)]);
    const extension = extensionForMimeType(text("mime_type") ?? "");
    const want = (
      role: FileRole,
      extra: string,
      file: Pick<WantedFile, "name" | "checksum" | "task">,
    ) => {
      const path = exportedPath(record, extra, model.label, parsed.pk);
      if (path !== null) files.add({ role, pk: parsed.pk, path, extension, ...file });
      return path;
    };
    const original = want("original", "__exported_file_name__", {
      name: text("filename"),
      checksum: text("checksum"),
      ...(countsPages(model, parsed) ? { task: "count pages" } : {}),
    });
    if (original === null) {
      tell(model.label, parsed.pk, {
        kind: "missing file",
        message: "the manifest names no original for it",
        instead: "the document is imported without it",
      });
    }
    want("thumbnail", "__exported_thumbnail_name__", {
      name: null,
      checksum: null,
      ...(thumbnailTask(record) ?? {}),
    });
    const name = text("archive_filename");
    const archive = exportedPath(record, "__exported_archive_name__", model.label, parsed.pk);
    if (archive === null) return;
    if (name === null) {
      tell(model.label, parsed.pk, {
        kind: "bad value",
        message: "it has an archive, but archive_filename is empty",
        instead: "the archive is left out",
      });
      return;
    }
    const checksum = text("archive_checksum");
    files.add({ role: "archive", pk: parsed.pk, path: archive, name, extension, checksum });
  }

  /** Upstream's upgrade to 2.13 counts the pages of PDF originals. */
  function countsPages(model: ImportModel, { values }: ParsedRecord): boolean {
    return options.pageCounts && values[model.indexOf("mime_type")] === "application/pdf" &&
      values[model.indexOf("page_count")] === null;
  }

  function wantBundle(model: ImportModel, parsed: ParsedRecord, record: RawRecord): void {
    const path = exportedPath(
      record,
      "__exported_share_link_bundle_name__",
      model.label,
      parsed.pk,
    );
    const name = textOrNull(parsed.values[model.indexOf("file_path")]);
    if (path === null || !name) return;
    files.add({ role: "bundle", pk: parsed.pk, path, name, extension: "", checksum: null });
  }

  function exportedPath(
    record: RawRecord,
    extra: string,
    label: string,
    pk: number,
  ): string | null {
    const raw = record.extras.get(extra);
    if (rawIsNull(raw)) return null;
    try {
      return rawString(raw);
    } catch (error) {
      if (!(error instanceof RawValueError)) throw error;
      tell(label, pk, {
        kind: "bad value",
        message: `${extra} is no text`,
        instead: "the file is left out",
      });
      return null;
    }
  }

  /** Rows that point to rows which aren't in the export: told, and dropped where the reference is needed. */
  async function dropDangling(): Promise<void> {
    for (const [label, set] of dropped) for (const key of set) keys.get(label)?.delete(key);
    const serviceUsers = await options.serviceUsers;
    let missing = missingKeys(dropped, serviceUsers);
    for (let round = 0; missing.size > 0 && round < MOST_ROUNDS; round++) {
      const found = await findDangling(missing);
      missing = new Map();
      for (const [label, pks] of found) {
        for (const pk of pks) {
          setOf(dropped, label).add(pk);
          keys.get(label)?.delete(pk);
          if (targets.has(label)) setOf(missing, label).add(pk);
        }
      }
    }
  }

  function missingKeys(
    gone: ReadonlyMap<string, ReadonlySet<number>>,
    serviceUsers: ReadonlyMap<number, string>,
  ): Map<string, Set<number>> {
    const missing = new Map<string, Set<number>>();
    for (const [label, set] of wanted) {
      for (const key of set) {
        const isKnown = keys.get(label)?.has(key) ||
          (label === "auth.user" && serviceUsers.has(key));
        if (!isKnown) setOf(missing, label).add(key);
      }
    }
    for (const [label, set] of gone) {
      if (targets.has(label)) { for (const key of set) setOf(missing, label).add(key); }
    }
    return missing;
  }

  async function findDangling(
    missing: ReadonlyMap<string, ReadonlySet<number>>,
  ): Promise<Map<string, Set<number>>> {
    const found = new Map<string, Set<number>>();
    for await (const { records } of source.read()) {
      options.stop.throwIfRequested();
      for (const record of records) {
        const model = schema.find(record.model);
        const parsed = model && parseQuietly(model, record);
        if (!model || !parsed || dropped.get(model.label)?.has(parsed.pk)) continue;
        for (const { index, field, to } of model.references) {
          const value = parsed.values[index];
          if (typeof value !== "bigint" || !missing.get(to)?.has(Number(value))) continue;
          tell(model.label, parsed.pk, {
            kind: "dangling reference",
            message: `${field.name} is ${to} ${value}, which the export does not hold`,
            instead: field.null ? "the field is left empty" : "the record is left out",
          });
          if (!field.null) setOf(found, model.label).add(parsed.pk);
        }
        model.listTargets.forEach(({ to }, index) => {
          for (const key of parsed.lists[index] ?? []) {
            if (!missing.get(to)?.has(key)) continue;
            tell(model.label, parsed.pk, {
              kind: "dangling reference",
              message: `${
                model.lists[index]?.name
              } names ${to} ${key}, which the export does not hold`,
              instead: "it is left out of the list",
            });
          }
        });
      }
    }
    return found;
  }
}

/** Models whose lists decide about others. */
const listsNeeded: ReadonlySet<string> = new Set(
  Object.values(MERGE_RULES).flatMap(({ listedBy = [] }) => listedBy.map(([model]) => model)),
);

function referencedModels(schema: ImportSchema): ReadonlySet<string> {
  return new Set(
    schema.models.flatMap(({ references, listTargets }) => [
      ...references.map(({ to }) => to),
      ...listTargets.map(({ to }) => to),
    ]),
  );
}

function thumbnailTask(record: RawRecord): Pick<WantedFile, "task"> | undefined {
  try {
    const [conversion] = fileConversions(record);
    return conversion && { task: `${conversion.from} to ${conversion.to}` };
  } catch (error) {
    if (error instanceof RawValueError) return undefined;
    throw error;
  }
}

function parseQuietly(model: ImportModel, record: RawRecord): ParsedRecord | undefined {
  try {
    return model.check(record);
  } catch (error) {
    if (error instanceof UnfitValue) return undefined;
    throw error;
  }
}

function setOf<Item>(sets: Map<string, Set<Item>>, label: string): Set<Item> {
  let set = sets.get(label);
  if (!set) sets.set(label, set = new Set());
  return set;
}

function textOrNull(value: StorageValue | undefined): string | null {
  return typeof value === "string" ? value : null;
}
