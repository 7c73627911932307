// Reads every record of an export once: keys, references, values, secrets, the files that it names. Invariant:
// memory holds one bit for each record and eight bytes for each file; records themselves pass by.

import { ManifestError } from "../manifest/manifest_error.ts";
import { type ManifestRecord, readManifestBatches } from "../manifest/manifest_reader.ts";
import type { RawRecord } from "../manifest/raw_record.ts";
import { compareReleases, type Release } from "../history/releases.ts";
import { SERVICE_USER_NUMBERS } from "../import/number_rows.ts";
import type { FileRole } from "../import/wanted_file.ts";
import type { ImportSchema } from "../import/import_schema.ts";
import { PaperwardError } from "../../errors.ts";
import { isFileError } from "../../library/os_error.ts";
import type { StopSignal } from "../../sandbox/stop_signal.ts";
import type { ExportSource } from "../zip/export_source.ts";
import type { SecretChecker } from "./check_secrets.ts";
import type { FindingSink, Found } from "./finding.ts";
import { type KeysByModel, openKeysByModel } from "./key_set.ts";
import { filesOf, type NamedFile } from "./named_file.ts";
import { type NameSet, openNameSet } from "./name_set.ts";
import type { RecordLooker } from "./record_values.ts";
import { keyOf, type Reference, referencesOf } from "./references.ts";
import { openUniqueValues, type Twin, type UniqueValues } from "./unique_values.ts";

/** What scanning needs. */
export interface ScanOptions {
  readonly source: ExportSource;
  readonly manifests: readonly string[];
  readonly stop: StopSignal;
  /** Of the export's own generation. */
  readonly schema: ImportSchema;
  readonly release: Release;
  readonly secrets: SecretChecker;
  /** Looks at values; absent where the records have an old form and are looked at after conversion. */
  readonly values?: RecordLooker;
  readonly sink: FindingSink;
  /** The files that are named should be there. */
  readonly withFiles: boolean;
  readonly onRecords: (count: number) => void;
  /** Told of every file once more. */
  readonly onFile?: (file: NamedFile) => void;
}

/** What an export holds. */
export interface RecordScan {
  /** Records by model, in the order of their first ones. */
  readonly counts: ReadonlyMap<string, number>;
  /** Every file that was named. */
  readonly names: NameSet;
  /** How many files were named, by role. */
  readonly named: ReadonlyMap<FileRole, number>;
  /** A manifest could not be read to its end: what is missing may be in there. */
  readonly isCut: boolean;
  /** Reads the records; the files that they name as they come, some at a time. */
  files(): AsyncGenerator<readonly NamedFile[], void, undefined>;
  /** After that: tells of references to what is not there, and of documents without files. */
  finish(): Promise<void>;
}

/** Roles by which a document without file is told; the others are left out on purpose where all lack them. */
const ROLES: readonly FileRole[] = ["original", "archive", "thumbnail"];

/** Documents and models that are listed one by one. */
const MOST_UNNAMED = 1000;

/** Models whose numbers are kept; no release has a tenth of it. */
const MOST_MODELS = 1000;
const OTHER_MODELS = "other models";

/** Opens a scan. */
export function openScan(options: ScanOptions): RecordScan {
  const { source, manifests, stop, sink, release, schema } = options;
  const counts = new Map<string, number>();
  const keys = openKeysByModel();
  const missing = openKeysByModel();
  const names = openNameSet();
  const types = new Map<number, string>();
  const named = new Map<FileRole, number>();
  const unnamed = openKeysByModel();
  // Values of old exports have to differ once they are brought up to date.
  const uniques = options.values ? openUniqueValues(schema) : undefined;
  let isCut = false;
  let hasLateTypes = false;

  return {
    counts,
    names,
    named,
    files,
    finish,
    get isCut() {
      return isCut;
    },
  };

  async function* files(): AsyncGenerator<readonly NamedFile[], void, undefined> {
    for (const manifest of manifests) {
      try {
        for await (
          const records of readManifestBatches(source.open(manifest), {
            file: manifest,
            transient: true,
          })
        ) {
          stop.throwIfRequested();
          const found: NamedFile[] = [];
          for (const record of records) scanRecord(record, manifest, found);
          options.onRecords(records.length);
          if (found.length > 0) yield found;
        }
      } catch (error) {
        if (!(error instanceof PaperwardError) && !isFileError(error)) throw error;
        isCut = true;
        if (!(error instanceof PaperwardError)) {
          sink({ check: "unreadable-file", message: error.message, path: manifest });
          continue;
        }
        const line = error instanceof ManifestError ? error.line : undefined;
        sink({
          check: "manifest",
          message: error.message,
          path: manifest,
          ...(line === undefined ? {} : { record: { manifest, line } }),
        });
      }
    }
  }

  function scanRecord(record: ManifestRecord, manifest: string, found: NamedFile[]): void {
    const { model, line } = record;
    const place = { manifest, line };
    const bad = (message: string) =>
      sink({
        check: "record",
        message: `${model} ${record.pk.slice(0, 40)}: ${message}`,
        record: place,
      });
    if (counts.size >= MOST_MODELS && !counts.has(model)) {
      // None that any release knows: the looker has told of enough of them.
      counts.set(OTHER_MODELS, (counts.get(OTHER_MODELS) ?? 0) + 1);
      return;
    }
    counts.set(model, (counts.get(model) ?? 0) + 1);
    const key = keyOf(record.pk);
    if (key === undefined) return bad("its number is none");
    if (keys.of(model).add(key)) {
      uniques?.add(record, key);
    } else {
      sink({
        check: "duplicate-key",
        message: `${model} ${key} is there twice (line ${line} of ${manifest} is the second)`,
        record: place,
        facts: { model, key },
      });
    }
    if (model === "contenttypes.contenttype") noteType(record, key);
    options.secrets.look(record);
    for (const problem of options.values?.look(record) ?? []) bad(problem);
    for (
      const { to, key: target } of refer(record, ({ field, message }) => {
        // Where values are looked at it has been told.
        if (!options.values) bad(`${field} ${message}`);
      })
    ) {
      if (!keys.has(to, target)) missing.of(to).add(target);
    }
    if (record.model.startsWith("guardian.") && types.size === 0) hasLateTypes = true;
    for (const claim of filesOf(record, key)) {
      if (claim.kind === "bad") bad(claim.message);
      else if (claim.kind === "unnamed") unnamed.of(claim.role).add(claim.pk);
      else {
        named.set(claim.file.role, (named.get(claim.file.role) ?? 0) + 1);
        names.add(claim.file.path);
        options.onFile?.(claim.file);
        if (options.withFiles) found.push(claim.file);
      }
    }
  }

  function noteType({ fields }: RawRecord, key: number): void {
    const [app, model] = [fields.get("app_label") ?? "", fields.get("model") ?? ""];
    if (types.size < 10_000) types.set(key, `${app.slice(1, -1)}.${model.slice(1, -1)}`);
  }

  function refer(
    record: RawRecord,
    onBad: Parameters<typeof referencesOf>[1]["onBad"] = () => {},
  ): Generator<Reference> {
    return referencesOf(record, { contentType: (key) => types.get(key), onBad });
  }

  async function finish(): Promise<void> {
    // What isn't there may stand behind the cut.
    if (isCut) return;
    tellUnnamed();
    if (hasLateTypes || isAnythingMissing()) await tellDangling();
    if (names.hasDoubles) await tellShared();
    if (uniques?.hasTwins) await tellTwins(uniques.tellTwins());
  }

  async function tellTwins(twinsOf: ReturnType<UniqueValues["tellTwins"]>): Promise<void> {
    for await (const [record, manifest] of again()) {
      for (const twin of twinsOf(record, keyOf(record.pk) ?? 0)) {
        sink({ ...twinFound(record, twin), record: { manifest, line: record.line } });
      }
    }
  }

  /** The records once more. */
  async function* again(): AsyncGenerator<readonly [ManifestRecord, string], void, undefined> {
    for (const manifest of manifests) {
      for await (
        const records of readManifestBatches(source.open(manifest), {
          file: manifest,
          transient: true,
        })
      ) {
        stop.throwIfRequested();
        for (const record of records) yield [record, manifest];
      }
    }
  }

  function isAnythingMissing(): boolean {
    for (const label of missing.labels) {
      if (!isJudged(label)) continue;
      for (const key of missing.of(label)) if (isDangling(label, key, keys)) return true;
    }
    return false;
  }

  /** Whether exports of this release hold that model's records at all. */
  function isJudged(label: string): boolean {
    if (!schema.find(label)) return false;
    const since = EXPORTED_SINCE[label];
    if (since !== undefined && compareReleases(release, since) < 0) return false;
    // Custom management of them is Django's: their absence as a whole is another release's form.
    return counts.has(label) || !DJANGOS.has(label);
  }

  async function tellDangling(): Promise<void> {
    for await (const [record, manifest] of again()) {
      for (const { field, to, key, kind } of refer(record)) {
        if (!isJudged(to) || !isDangling(to, key, keys)) continue;
        sink({
          check: kind === "key" ? "dangling-reference" : "stale-reference",
          message: `${record.model} ${
            record.pk.slice(0, 40)
          }: ${field} is ${to} ${key}, which the export does not hold`,
          record: { manifest, line: record.line },
          facts: { model: record.model, field, target: to, key },
        });
      }
    }
  }

  function tellUnnamed(): void {
    for (const role of ROLES) {
      // None at all: they were left out on purpose (--data-only, -na, -nt).
      if ((named.get(role) ?? 0) === 0) continue;
      let told = 0;
      for (const pk of unnamed.of(role)) {
        if (++told > MOST_UNNAMED) break;
        sink({
          check: "unnamed-file",
          message: `document ${pk}: the manifest names no ${role} for it`,
          role,
          document: { id: pk, title: "" },
        });
      }
    }
  }

  /** Reads the names again and tells of those that are there more than once. */
  async function tellShared(): Promise<void> {
    const first = new Map<string, NamedFile>();
    for await (const [record] of again()) {
      for (const claim of filesOf(record, keyOf(record.pk) ?? 0)) {
        if (claim.kind !== "named" || !names.hasTwice(claim.file.path)) continue;
        tellSharedFile(claim.file, first);
      }
    }
  }

  function tellSharedFile(file: NamedFile, first: Map<string, NamedFile>): void {
    const { path, pk, title, role } = file;
    const other = first.get(path);
    if (!other) return void first.set(path, file);
    sink({
      check: "shared-file",
      message:
        `${path}: it is the ${other.role} of document ${other.pk}, and the ${role} of document ${pk}`,
      path,
      role,
      document: { id: pk, title },
      facts: { other: other.pk },
    });
  }
}

/** Tells of a value that should differ. */
export function twinFound({ model, pk }: RawRecord, { fields, first }: Twin): Found {
  return {
    check: "duplicate-value",
    message: `${model} ${pk.slice(0, 40)}: its ${fields} is that of ${model} ${first} already`,
    facts: { model, fields, first },
  };
}

/** Models that exports hold since a release, though other records pointed to them before. */
const EXPORTED_SINCE: Readonly<Record<string, Release>> = { "auth.group": "1.6.0" };

/** Models that Django itself fills. */
const DJANGOS: ReadonlySet<string> = new Set(["contenttypes.contenttype", "auth.permission"]);

/** Users that exports leave out and records still name. */
const SERVICE_USERS: ReadonlySet<number> = new Set([
  ...SERVICE_USER_NUMBERS.v2.keys(),
  ...SERVICE_USER_NUMBERS.v3.keys(),
]);

function isDangling(label: string, key: number, keys: KeysByModel): boolean {
  return !keys.has(label, key) && !(label === "auth.user" && SERVICE_USERS.has(key));
}
