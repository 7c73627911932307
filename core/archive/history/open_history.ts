// Brings the records of an old export up to date: picks the steps between the release that wrote it and the
// generation of the library, and runs every record through them.
//
// The export's records are read twice: the first reading keeps those of models with few rows (tags, users,
// rules, …), the second streams the rest. Memory is bounded by the few.

import { PaperwardError } from "../../errors.ts";
import type { Generation } from "../../schema/model.ts";
import { findModel } from "../../schema/registry.ts";
import type { RawRecord } from "../manifest/raw_record.ts";
import { Conversion, type OnLoss } from "./_conversion.ts";
import { askFiles, type HistoryHooks } from "./ask_files.ts";
import { CHAIN } from "./chain.ts";
import { detectRelease } from "./detect_release.ts";
import { copyRecord } from "./edited_record.ts";
import type { Lost } from "./lost.ts";
import { NOT_EXPORTED, type NotExported } from "./not_exported.ts";
import { compareReleases, NEWEST_RELEASE, type Release, releaseIn } from "./releases.ts";
import { type FewRecords, isRecordStep, type Step, type StepContext } from "./step.ts";
import { countSelectOptions } from "./steps/select_options.ts";
import { uniqueNames } from "./unique_names.ts";

/** Some records, as `readExportRecords` gives them. */
export interface HistoryBatch {
  /** Path of the manifest that they are from. */
  readonly manifest: string;
  /** In the order in which they are to be read. */
  readonly records: readonly RawRecord[];
}

/** What {@linkcode openHistory} needs. */
export interface HistoryOptions {
  /** What the export's metadata says; null if it has none: then the records tell. */
  readonly from: string | null;
  /** The library's generation. */
  readonly to: Generation;
  /** IANA name of the zone of the library (`PAPERLESS_TIME_ZONE`), where its days begin. */
  readonly timeZone: string;
  /** Opens the export's records at their start: `() => readExportRecords(source)`. Called more than once,
   * never while an earlier one is read. */
  readonly read: () => AsyncIterable<HistoryBatch>;
  /** Told of each thing that can't be carried over as it stands: while the records are read for the first
   * time, not when they are read again. */
  readonly onLost?: (entry: Lost) => void;
  /** Answers what stands in the files. */
  readonly hooks?: HistoryHooks;
}

/** The way from one release's export to today's records. */
export interface History {
  /** The release that wrote the export; without metadata the oldest that the records fit. */
  readonly from: Release;
  /** Whether the export itself says so. */
  readonly stated: boolean;
  /** Whose form the records have afterwards. */
  readonly generation: Generation;
  /** The records are right as they are: nothing is read twice, held back or put in another order. */
  readonly unchanged: boolean;
  /** The steps that are taken, for messages. */
  readonly steps: readonly Pick<Step, "since" | "migration">[];
  /** What becomes of documents' checksums. The hook `sha256` does it; without one the records keep their MD5
   * and the importer replaces it. */
  readonly checksums: "as they are" | "md5 to sha256";
  /** Whether `page_count` of PDFs is to be counted, by the hook `pageCount` or by the importer. */
  readonly pageCounts: boolean;
  /** What a library of that release held and its exports did not. */
  readonly notExported: readonly NotExported[];
  /** The records of today, in batches, from the first one each time: first those of models with few rows, in
   * an order in which each stands behind what it points to (content types, permissions, groups, users, …),
   * then documents and what belongs to them in the export's order.
   * @throws {PaperwardError} where a value is not what its field holds */
  read(): AsyncGenerator<HistoryBatch, void, undefined>;
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

/** Each model behind those that it points to. */
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

/** Records of the few models in one batch. */
const BATCH = 200;

/** Records of a model that are looked at where no metadata names the release. */
const LOOKED_AT = 100;

/** Where records that a step made are said to be from. */
const MAIN_MANIFEST = "manifest.json";

/** Opens the way from an old export to today. Reads the records once, unless they are up to date.
 * @throws {PaperwardError} exit `version` if the export is newer than the library */
export async function openHistory(options: HistoryOptions): Promise<History> {
  const { to } = options;
  const stated = options.from === null ? null : releaseIn(options.from);
  if (stated !== null) {
    refuseNewer(stated, to);
    if (stepsBetween(stated, to).length === 0) return upToDate(stated, true, options);
  }
  const { few, release } = await readFew(options.read(), stated === null);
  const from = stated ?? release;
  refuseNewer(from, to);
  const steps = stepsBetween(from, to);
  if (steps.length === 0) return upToDate(from, false, options);
  return conversion(options, { from, stated: stated !== null, steps, few });
}

/** The first reading: what is held, and which release the records look like. */
async function readFew(
  batches: AsyncIterable<HistoryBatch>,
  detect: boolean,
): Promise<{ few: FewRecords; release: Release }> {
  const detector = detectRelease();
  const few = new Map<string, RawRecord[]>();
  const looked = new Map<string, number>();
  for await (const { records } of batches) {
    for (const record of records) {
      const { model } = record;
      if (!isKnownModel(model)) continue;
      if (detect) {
        const count = looked.get(model) ?? 0;
        if (count < LOOKED_AT) {
          detector.look(record);
          looked.set(model, count + 1);
        }
      }
      if (MANY.has(model)) continue;
      const list = few.get(model);
      if (list) list.push(copyRecord(record));
      else few.set(model, [copyRecord(record)]);
    }
  }
  return { few, release: detector.release };
}

function stepsBetween(from: Release, to: Generation): readonly Step[] {
  return CHAIN.filter(({ since }) =>
    compareReleases(from, since) < 0 && compareReleases(since, NEWEST_RELEASE[to]) <= 0
  );
}

function refuseNewer(from: Release, to: Generation): void {
  const newest = NEWEST_RELEASE[to];
  if (compareReleases(from, newest) <= 0) return;
  throw new PaperwardError(
    `Cannot import an export of paperless-ngx ${from}: it is newer than the library's ${newest}`,
    {
      exit: "version",
      hints: compareReleases(from, NEWEST_RELEASE.v3) > 0
        ? ["Use a newer Paperward."]
        : ["Import it into a library of version 3."],
    },
  );
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

function upToDate(from: Release, stated: boolean, { to, read }: HistoryOptions): History {
  return {
    from,
    stated,
    generation: to,
    unchanged: true,
    steps: [],
    checksums: "as they are",
    pageCounts: false,
    notExported: notExportedBy(from),
    async *read() {
      yield* read();
    },
    async *records() {
      for await (const { records } of read()) yield* records;
    },
  };
}

/** What the first reading told. */
interface Found {
  readonly from: Release;
  readonly stated: boolean;
  readonly steps: readonly Step[];
  readonly few: FewRecords;
}

function conversion(options: HistoryOptions, { from, stated, steps, few }: Found): History {
  const { to, timeZone, hooks, onLost } = options;
  const checksums = to === "v3" && compareReleases(from, "3.0.0") < 0;
  const pageCounts = compareReleases(from, "2.13.0") < 0;
  const selectOptions = countSelectOptions(few.get("documents.customfield") ?? []);
  let readings = 0;

  async function* read(): AsyncGenerator<HistoryBatch, void, undefined> {
    const first = readings++ === 0;
    const onLoss: OnLoss = (model, pk, { kind = "lost", field, reason }) => {
      if (first) onLost?.({ kind, model, pk, field, reason });
    };
    const context: StepContext = {
      from,
      timeZone,
      selectOptions,
      uniqueArchiveName: uniqueNames(),
    };
    const walk = new Conversion(steps, context, to, onLoss);
    yield* inOrder(walk, few);

    const unknown = new Set<string>();
    for await (const { manifest, records } of options.read()) {
      const converted: RawRecord[] = [];
      for (const record of records) {
        if (MANY.has(record.model)) {
          const one = walk.convert(record);
          if (one) converted.push(one);
        } else if (!isKnownModel(record.model)) {
          loseUnknown(record, unknown, onLoss);
        }
      }
      if (converted.length === 0) continue;
      const asked = hooks && (checksums || pageCounts);
      yield {
        manifest,
        records: asked ? await askFiles(converted, hooks, { checksums, pageCounts }) : converted,
      };
    }
  }

  return {
    from,
    stated,
    generation: to,
    unchanged: false,
    steps: steps.map(({ since, migration }) => ({ since, migration })),
    checksums: checksums ? "md5 to sha256" : "as they are",
    pageCounts,
    notExported: notExportedBy(from),
    read,
    async *records() {
      for await (const { records } of read()) yield* records;
    },
  };
}

/** The few models' records, converted, each behind what it points to. */
function* inOrder(walk: Conversion, few: FewRecords): Generator<HistoryBatch, void, undefined> {
  const converted = walk.convertFew(few);
  const place = (model: string) => {
    const at = ORDER.indexOf(model);
    return at < 0 ? ORDER.length : at;
  };
  for (const model of [...converted.keys()].sort((a, b) => place(a) - place(b))) {
    const records = converted.get(model) ?? [];
    for (let at = 0; at < records.length; at += BATCH) {
      const fitted = records.slice(at, at + BATCH).flatMap((record) => walk.fit(record) ?? []);
      if (fitted.length > 0) yield { manifest: MAIN_MANIFEST, records: fitted };
    }
  }
}

/** One entry a model: a foreign application's rows can be any number. */
function loseUnknown({ model, pk }: RawRecord, unknown: Set<string>, onLoss: OnLoss): void {
  if (unknown.has(model) || unknown.size > 1000) return;
  unknown.add(model);
  onLoss(model, null, {
    field: null,
    reason: `no release of paperless-ngx has such records (the first is ${pk})`,
  });
}
