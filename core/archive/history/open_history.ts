// Brings the records of an old export up to date: picks the steps between the release that wrote it and the
// generation of the library, and runs every record through them.
//
// The export's records are read twice. The first reading keeps those of models with few rows (tags, users,
// rules: everything but documents, notes, custom-field values, object permissions and the audit log), the
// second streams the rest. Memory is bounded by the few.

import { PaperwardError } from "../../errors.ts";
import type { Generation } from "../../schema/model.ts";
import { existsIn, fieldsOf, GENERATION_VERSION, manyToManyOf } from "../../schema/model.ts";
import { findModel } from "../../schema/registry.ts";
import type { RawJson, RawRecord } from "../manifest/raw_record.ts";
import { rawIsNull, rawString, RawValueError } from "../manifest/raw_values.ts";
import { CHAIN } from "./chain.ts";
import { detectRelease } from "./detect_release.ts";
import { copyRecord, editRecord } from "./edited_record.ts";
import { countSelectOptions } from "./steps/select_options.ts";
import type { Lost } from "./lost.ts";
import { NOT_EXPORTED, type NotExported } from "./not_exported.ts";
import { compareReleases, NEWEST_RELEASE, type Release, releaseIn } from "./releases.ts";
import {
  isRecordStep,
  type RecordStep,
  type SetStep,
  type Step,
  type StepContext,
  type StepLoss,
} from "./step.ts";

/** What only the importer can tell, because it has the files. A hook that is missing leaves the value to
 * the importer: see {@linkcode History.work}. */
export interface HistoryHooks {
  /** Pages of a PDF original; null if it can't be opened. Asked for documents of type `application/pdf`. */
  readonly pageCount?: (document: RawRecord) => Promise<number | null>;
  /** SHA-256 of a file of the document in hexadecimal digits; null if the file is not there: the record then
   * keeps its MD5, as upstream's upgrade leaves it. */
  readonly sha256?: (
    document: RawRecord,
    file: "original" | "archive",
  ) => Promise<string | null>;
}

/** What {@linkcode openHistory} needs. */
export interface HistoryOptions {
  /** What the export's metadata says; null if it has none: then the records tell. */
  readonly from: string | null;
  readonly to: Generation;
  /** IANA name of the zone of the library (`PAPERLESS_TIME_ZONE`), where its days begin. */
  readonly timeZone: string;
  /** Opens the export's records at their start: `() => readExportRecords(source)`. Called up to twice, never
   * while an earlier one is read. */
  readonly read: () => AsyncIterable<{ readonly records: readonly RawRecord[] }>;
  /** Told of each thing that can't be carried over as it stands. */
  readonly onLost?: (entry: Lost) => void;
  readonly hooks?: HistoryHooks;
}

/** The way from one release's export to today's records. */
export interface History {
  /** The release that wrote the export; without metadata the oldest that the records fit. */
  readonly from: Release;
  /** Whether the export itself says so. */
  readonly stated: boolean;
  readonly to: Generation;
  /** The records are right as they are: nothing is read twice, held back or put in another order. */
  readonly unchanged: boolean;
  /** The steps that are taken, for messages. */
  readonly steps: readonly Pick<Step, "since" | "migration">[];
  /** What is asked of the files, whether a hook does it or the importer. */
  readonly work: {
    /** `checksum` and `archive_checksum` are MD5 and become SHA-256. */
    readonly checksums: boolean;
    /** `page_count` of PDFs is to be counted. */
    readonly pageCounts: boolean;
  };
  /** What a library of that release held and its exports did not. */
  readonly notExported: readonly NotExported[];
  /** The records of today, in batches: first those of models with few rows in an order in which each stands
   * behind what it points to (content types, permissions, groups, users, …), then documents and what belongs
   * to them in the export's order.
   * @throws {PaperwardError} where a value is not what its field holds */
  batches(): AsyncGenerator<readonly RawRecord[], void, undefined>;
  /** The same one by one. */
  records(): AsyncGenerator<RawRecord, void, undefined>;
}

/** Models with a row or more for each document: never held. */
const MANY: ReadonlySet<string> = new Set([
  "documents.document",
  "documents.note",
  "documents.comment",
  "documents.customfieldinstance",
  "auditlog.logentry",
  "guardian.userobjectpermission",
  "guardian.groupobjectpermission",
]);

/** Each model behind those that it points to; models not named come before `MANY`. */
const ORDER: readonly string[] = [
  "contenttypes.contenttype",
  "auth.permission",
  "auth.group",
  "auth.user",
  "documents.uisettings",
  "documents.correspondent",
  "documents.tag",
  "documents.documenttype",
  "documents.storagepath",
  "paperless_mail.mailaccount",
  "paperless_mail.mailrule",
  "documents.savedview",
  "documents.savedviewfilterrule",
  "documents.customfield",
  "documents.workflowtrigger",
  "documents.workflowactionemail",
  "documents.workflowactionwebhook",
  "documents.workflowaction",
  "documents.workflow",
  "paperless.applicationconfiguration",
  "socialaccount.socialapp",
  "socialaccount.socialaccount",
  "socialaccount.socialtoken",
  "mfa.authenticator",
];

/** Documents whose files are asked about at a time. */
const HOOKS_AT_ONCE = 16;

/** Records of the few models in one batch. */
const BATCH = 200;

/** Whether the records of an export need to be brought up to date at all.
 * @param from what the metadata says; null needs a look at the records */
export function isUpToDate(from: string | null, to: Generation): boolean {
  const release = from === null ? null : releaseIn(from);
  return release !== null && stepsBetween(release, to).length === 0;
}

/** Opens the way from an old export to today. Reads the records once, unless they are up to date.
 * @throws {PaperwardError} exit `version` if the export is newer than the library */
export async function openHistory(options: HistoryOptions): Promise<History> {
  const { to } = options;
  const stated = options.from === null ? null : releaseIn(options.from);
  if (stated !== null) refuseNewer(stated, to);
  if (stated !== null && stepsBetween(stated, to).length === 0) {
    return upToDate(stated, options);
  }

  const detector = detectRelease();
  const few = new Map<string, RawRecord[]>();
  const looked = new Map<string, number>();
  for await (const { records } of options.read()) {
    for (const record of records) {
      const { model } = record;
      const seen = looked.get(model) ?? 0;
      if (stated === null && seen < LOOKED_AT) {
        detector.look(record);
        looked.set(model, seen + 1);
      }
      if (MANY.has(model)) continue;
      if (!isKnownModel(model)) continue;
      const list = few.get(model);
      if (list) list.push(copyRecord(record));
      else few.set(model, [copyRecord(record)]);
    }
  }
  const from = stated ?? detector.release;
  refuseNewer(from, to);
  const steps = stepsBetween(from, to);
  return new Conversion(options, from, stated !== null, steps, few);
}

/** Records of a model that are looked at where no metadata names the release. */
const LOOKED_AT = 100;

function stepsBetween(from: Release, to: Generation): readonly Step[] {
  const end = NEWEST_RELEASE[to];
  return CHAIN.filter(({ since }) =>
    compareReleases(from, since) < 0 && compareReleases(since, end) <= 0
  );
}

function refuseNewer(from: Release, to: Generation): void {
  const newest = NEWEST_RELEASE[to];
  if (compareReleases(from, newest) <= 0) return;
  throw new PaperwardError(
    `Cannot import an export of paperless-ngx ${from}: the library is of ${newest}, which is older`,
    {
      exit: "version",
      hints: compareReleases(from, NEWEST_RELEASE.v3) > 0
        ? ["Use a newer Paperward."]
        : ["Import it into a library of version 3: add --create --generation v3 for a new one."],
    },
  );
}

function upToDate(from: Release, { to, read }: HistoryOptions): History {
  return {
    from,
    stated: true,
    to,
    unchanged: true,
    steps: [],
    work: { checksums: false, pageCounts: false },
    notExported: notExportedBy(from),
    async *batches() {
      for await (const { records } of read()) yield records;
    },
    async *records() {
      for await (const { records } of read()) yield* records;
    },
  };
}

function notExportedBy(from: Release): readonly NotExported[] {
  return NOT_EXPORTED.filter(({ since, until }) =>
    compareReleases(from, since) >= 0 && compareReleases(from, until) < 0
  );
}

const STEP_MODELS: ReadonlySet<string> = new Set(
  CHAIN.flatMap((step) => isRecordStep(step) ? [step.model] : step.models),
);

/** Whether some release up to now has had the model. */
function isKnownModel(model: string): boolean {
  return findModel(model) !== undefined || STEP_MODELS.has(model);
}

class Conversion implements History {
  readonly to: Generation;
  readonly unchanged = false;
  readonly work: History["work"];
  readonly notExported: readonly NotExported[];
  readonly #options: HistoryOptions;
  readonly #few: ReadonlyMap<string, readonly RawRecord[]>;
  readonly #chains = new Map<string, Chain>();

  constructor(
    options: HistoryOptions,
    readonly from: Release,
    readonly stated: boolean,
    readonly steps: readonly Step[],
    few: ReadonlyMap<string, readonly RawRecord[]>,
  ) {
    this.#options = options;
    this.#few = few;
    this.to = options.to;
    this.work = {
      checksums: options.to === "v3" && compareReleases(from, "3.0.0") < 0,
      pageCounts: compareReleases(from, "2.13.0") < 0,
    };
    this.notExported = notExportedBy(from);
  }

  async *records(): AsyncGenerator<RawRecord, void, undefined> {
    for await (const batch of this.batches()) yield* batch;
  }

  async *batches(): AsyncGenerator<readonly RawRecord[], void, undefined> {
    const context: StepContext = {
      from: this.from,
      timeZone: this.#options.timeZone,
      selectOptions: countSelectOptions(this.#few.get("documents.customfield") ?? []),
      uniqueArchiveName: uniqueNames(),
    };
    yield* this.#convertFew(context);
    const unknown = new Set<string>();
    for await (const { records } of this.#options.read()) {
      const converted: RawRecord[] = [];
      for (const record of records) {
        if (MANY.has(record.model)) {
          const one = this.#convert(record, context);
          if (one) converted.push(one);
        } else if (!isKnownModel(record.model)) {
          this.#loseUnknown(record, unknown);
        }
      }
      if (converted.length > 0) yield await this.#askFiles(converted);
    }
  }

  *#convertFew(context: StepContext): Generator<readonly RawRecord[], void, undefined> {
    const few = new Map<string, readonly RawRecord[]>(this.#few);
    for (const step of this.steps) {
      if (isRecordStep(step)) this.#applyToFew(step, few, context);
      else this.#reshape(step, few, context);
    }
    const last = ORDER.length;
    const place = (model: string) => {
      const at = ORDER.indexOf(model);
      return at < 0 ? last : at;
    };
    for (const model of [...few.keys()].sort((a, b) => place(a) - place(b))) {
      const records = few.get(model) ?? [];
      for (let at = 0; at < records.length; at += BATCH) {
        const batch = records.slice(at, at + BATCH).flatMap((record) => this.#fit(record) ?? []);
        if (batch.length > 0) yield batch;
      }
    }
  }

  #applyToFew(
    step: RecordStep,
    few: Map<string, readonly RawRecord[]>,
    context: StepContext,
  ): void {
    const records = few.get(step.model);
    if (!records) return;
    const changed = records.map((record) => this.#apply(step, record, context));
    if (step.renameModel === undefined) {
      few.set(step.model, changed);
      return;
    }
    few.delete(step.model);
    few.set(step.renameModel, [...few.get(step.renameModel) ?? [], ...changed]);
  }

  #reshape(step: SetStep, few: Map<string, readonly RawRecord[]>, context: StepContext): void {
    const reshaped = guard(`${step.models[0] ?? ""} records`, () => step.reshape(few, context));
    if (!reshaped) return;
    for (const [model, records] of reshaped.records) {
      if (records.length === 0) few.delete(model);
      else few.set(model, records);
    }
    for (const { model, pk, ...loss } of reshaped.lost ?? []) this.#lose(model, pk, loss);
  }

  /** One record of a model with many through the whole chain. */
  #convert(record: RawRecord, context: StepContext): RawRecord | undefined {
    let current = record;
    for (const step of this.#chainOf(record.model)) current = this.#apply(step, current, context);
    return this.#fit(current);
  }

  #apply(step: RecordStep, record: RawRecord, context: StepContext): RawRecord {
    const edits = guard(`${record.model} ${record.pk}`, () => step.change(record, context));
    for (const loss of edits?.lost ?? []) this.#lose(record.model, record.pk, loss);
    const edited = edits ? editRecord(record, edits) : record;
    return step.renameModel === undefined ? edited : { ...edited, model: step.renameModel };
  }

  #chainOf(model: string): Chain {
    const known = this.#chains.get(model);
    if (known) return known;
    const chain: RecordStep[] = [];
    let current = model;
    for (const step of this.steps) {
      if (!isRecordStep(step) || step.model !== current) continue;
      chain.push(step);
      current = step.renameModel ?? current;
    }
    this.#chains.set(model, chain);
    return chain;
  }

  /** Takes from a converted record what its model does not have today. */
  #fit(record: RawRecord): RawRecord | undefined {
    const names = fieldNames(record.model, this.to);
    if (!names) {
      this.#lose(record.model, record.pk, {
        field: null,
        reason: `paperless-ngx ${NEWEST_RELEASE[this.to]} has no such records`,
      });
      return undefined;
    }
    let drop: string[] | undefined;
    for (const name of record.fields.keys()) {
      if (names.has(name)) continue;
      (drop ??= []).push(name);
      this.#lose(record.model, record.pk, {
        field: name,
        reason: `paperless-ngx ${NEWEST_RELEASE[this.to]} has no such field`,
      });
    }
    return drop ? editRecord(record, { drop }) : record;
  }

  async #askFiles(records: RawRecord[]): Promise<readonly RawRecord[]> {
    const { hooks } = this.#options;
    if (!hooks || (!this.work.checksums && !this.work.pageCounts)) return records;
    for (let at = 0; at < records.length; at += HOOKS_AT_ONCE) {
      const some = records.slice(at, at + HOOKS_AT_ONCE);
      const asked = await Promise.all(some.map((record) => this.#askAbout(record, hooks)));
      records.splice(at, asked.length, ...asked);
    }
    return records;
  }

  async #askAbout(record: RawRecord, hooks: HistoryHooks): Promise<RawRecord> {
    if (record.model !== "documents.document") return record;
    const set: Record<string, RawJson> = {};
    const { pageCount, sha256 } = hooks;
    const isPdf = record.fields.get("mime_type") === '"application/pdf"';
    if (pageCount && this.work.pageCounts && isPdf && rawIsNull(record.fields.get("page_count"))) {
      const pages = await pageCount(record);
      if (pages !== null) set["page_count"] = String(pages);
    }
    if (sha256 && this.work.checksums) {
      for (
        const [field, file] of [["checksum", "original"], ["archive_checksum", "archive"]] as const
      ) {
        const old = record.fields.get(field);
        if (rawIsNull(old) || !/^"[0-9a-fA-F]{32}"$/.test(old)) continue;
        const checksum = await sha256(record, file);
        if (checksum !== null) set[field] = JSON.stringify(checksum);
      }
    }
    return Object.keys(set).length > 0 ? editRecord(record, { set }) : record;
  }

  #loseUnknown({ model, pk }: RawRecord, unknown: Set<string>): void {
    // One entry a model: a foreign application's rows can be any number.
    if (unknown.has(model)) return;
    unknown.add(model);
    this.#lose(model, null, {
      field: null,
      reason: `no release of paperless-ngx has such records (the first is ${pk})`,
    });
  }

  #lose(model: string, pk: RawJson | null, { kind = "lost", field, reason }: StepLoss): void {
    this.#options.onLost?.({ kind, model, pk, field, reason });
  }
}

type Chain = readonly RecordStep[];

const FIELD_NAMES = new Map<string, ReadonlySet<string> | undefined>();

/** Names of a model's fields in exports of a generation; undefined if it has no such model. */
function fieldNames(label: string, generation: Generation): ReadonlySet<string> | undefined {
  const key = `${generation} ${label}`;
  if (FIELD_NAMES.has(key)) return FIELD_NAMES.get(key);
  const model = findModel(label);
  const names = model && existsIn(model, GENERATION_VERSION[generation])
    ? new Set(
      [...fieldsOf(model, generation), ...manyToManyOf(model, generation)].map(({ name }) => name),
    )
    : undefined;
  if (FIELD_NAMES.size < 200) FIELD_NAMES.set(key, names);
  return names;
}

/** Runs a step; a value that is not what its field holds becomes an error that names the record. */
function guard<T>(where: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof RawValueError)) throw error;
    throw new PaperwardError(`Cannot bring ${where} up to date: ${error.message}`, {
      cause: error,
      hints: ["the manifest is damaged or was not written by paperless-ngx: use another export"],
    });
  }
}

/** Gives each name once: `a.pdf`, then `a_01.pdf`. */
function uniqueNames(): (name: string) => string {
  /** Names given, with the counter that a further one of the same name starts from. */
  const taken = new Map<string, number>();
  return (name) => {
    const dot = name.lastIndexOf(".");
    const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
    let counter = taken.get(name) ?? 0;
    let free = name;
    for (; taken.has(free); counter++) {
      free = `${stem}_${String(counter + 1).padStart(2, "0")}${extension}`;
    }
    if (free !== name) taken.set(name, counter);
    taken.set(free, 0);
    return free;
  };
}

/** A change of a file that a record names, which the importer makes. */
export interface FileConversion {
  readonly file: "thumbnail";
  readonly from: "png";
  readonly to: "webp";
  /** Path in the export. */
  readonly path: string;
}

/** What the importer has to convert of a document's files, told from their names as upstream tells it:
 * thumbnails were PNG before 1.8.0, and are WebP in every library since.
 * @throws {RawValueError} if a name is no string */
export function fileConversions(document: RawRecord): readonly FileConversion[] {
  const raw = document.extras.get("__exported_thumbnail_name__");
  if (rawIsNull(raw)) return [];
  const path = rawString(raw);
  return /\.png$/i.test(path) ? [{ file: "thumbnail", from: "png", to: "webp", path }] : [];
}
