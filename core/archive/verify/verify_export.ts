// The story of a verification: open the container, read every record, read every file, look for what does not
// belong there; then rehearse, compare, report. Invariant: nothing is changed but what `mend` allows, and what
// is damaged stops only what depends on it.

import { join } from "node:path";
import { PaperwardError } from "../../errors.ts";
import type { ExitName } from "../../exit_codes.ts";
import { isFileError, osErrorCode } from "../../library/os_error.ts";
import { openSpool, type Spool } from "../../library/spool.ts";
import { formatCount } from "../../report/format.ts";
import { openReportFiles } from "../../report/report_files.ts";
import { tellFinding } from "../../report/tell_finding.ts";
import type { History } from "../history/open_history.ts";
import { openHistory } from "../history/open_history.ts";
import { type ImportSchema, importSchema } from "../import/import_schema.ts";
import type { Generation } from "../../schema/model.ts";
import { generationOf } from "../import/open_export.ts";
import { MANIFEST_FILE, readExportRecords } from "../manifest/manifest_files.ts";
import {
  type ExportMetadata,
  METADATA_FILE,
  openExportSecrets,
  readMetadata,
} from "../metadata.ts";
import type { RawRecord } from "../manifest/raw_record.ts";
import type { Secrets } from "../secrets/open_secrets.ts";
import { pendingRecovery, recoverTarget } from "../staging/staging.ts";
import { type ExportSource, openExportSource } from "../zip/export_source.ts";
import { spoolInput } from "../zip/spool_input.ts";
import { compareReleases } from "../history/releases.ts";
import { checkFiles, type FileCounts } from "./check_files.ts";
import { openSecretChecker } from "./check_secrets.ts";
import { checkNamed } from "./checks.ts";
import { findExtraFiles } from "./extra_files.ts";
import type { Finding, FindingSink, Found } from "./finding.ts";
import type { NamedFile } from "./named_file.ts";
import { openKeysByModel } from "./key_set.ts";
import { locateInExport } from "./locate_in_export.ts";
import { openRecordLooker } from "./record_values.ts";
import type { Rehearsal, RehearsalWorld } from "./rehearse.ts";
import { keyOf } from "./references.ts";
import { openScan, type RecordScan, twinFound } from "./scan_records.ts";
import { splitManifests } from "./split_manifests.ts";
import { openSubset, type SubsetChooser } from "./subset.ts";
import { openUniqueValues } from "./unique_values.ts";
import type { VerifyOptions } from "./verify_options.ts";
import { openVerifyTally, type VerifyTally } from "./verify_tally.ts";
import { walkExport } from "./walk_export.ts";

/** What a verification runs in. */
export interface VerifyWorld extends Omit<RehearsalWorld, "createLibrary"> {
  /** Loads what makes the library of a rehearsal: most verifications never need it. */
  loadCreateLibrary(): Promise<RehearsalWorld["createLibrary"]>;
  /** The bytes of standard input. */
  stdin(): AsyncIterable<Uint8Array>;
}

/** How a verification went; text, JSON, JUnit and HTML are printers of it. */
export interface VerifySummary extends FileCounts {
  /** How the command ends. */
  readonly exit: ExitName;
  /** Absolute path of the export, or `standard input`. */
  readonly path: string;
  /** Null where it can't be read as an export. */
  readonly kind: "folder" | "zip" | null;
  /** That wrote the export; null where nothing says so. */
  readonly release: string | null;
  /** Records that were read, of all models. */
  readonly records: number;
  /** Of these, documents. */
  readonly documents: number;
  /** Every manifest was read to its end. */
  readonly isComplete: boolean;
  /** Secrets that decrypted. */
  readonly secrets: number;
  /** Of a random subset. */
  readonly seed?: number;
  /** Absent: not asked for, or it came to no end, for which there is a finding. */
  readonly rehearsal?: Rehearsal;
  /** Documents by what became of them since the other export; absent: not compared. */
  readonly changes?: Readonly<Record<"added" | "removed" | "changed", number>>;
  /** Counts of all findings. */
  readonly tally: VerifyTally;
  /** ISO 8601 */
  readonly started: string;
  /** ms */
  readonly duration: number;
}

/** Everything but the result's frame. */
type Looked = Omit<VerifySummary, "exit" | "path" | "tally" | "started" | "duration">;

const NOTHING: Looked = {
  kind: null,
  release: null,
  records: 0,
  documents: 0,
  isComplete: false,
  secrets: 0,
  files: 0,
  present: 0,
  read: 0,
  bytes: 0,
};

/** Verifies an export. @throws {PaperwardError} where a report can't be written */
export async function verifyExport(
  world: VerifyWorld,
  given: VerifyOptions,
): Promise<VerifySummary> {
  const { files, scratch } = world;
  const name = given.path === "-" ? "standard input" : given.path;
  const started = world.now().toISOString();
  const begun = performance.now();
  const reports = openReportFiles(files, { junit: given.junit, html: given.html });
  try {
    const tally = openVerifyTally();
    using findings = openSpool<Finding>(files, join(scratch, "findings"));
    using thumbnails = openSpool<Thumbnail>(files, join(scratch, "thumbnails"));
    let options = given;
    const sink = (found: Found) => {
      const finding: Finding = {
        ...found,
        message: options === given
          ? found.message
          // Where standard input is kept is nobody's business.
          : found.message.replaceAll(options.path, name),
        level: checkNamed(found.check).level,
      };
      tally.add(finding);
      findings.add(finding);
      tell(world, finding);
    };
    const path = await tryInput(world, given.path, sink);
    if (path !== given.path && path !== undefined) options = { ...given, path, name };
    const looked = path === undefined
      ? NOTHING
      : await look(world, options, sink, tally, thumbnails);
    findings.close();
    thumbnails.close();
    const summary: VerifySummary = {
      ...looked,
      path: name,
      exit: tally.exit(options.strict),
      tally,
      started,
      duration: Math.round(performance.now() - begun),
    };
    if (options.junit !== undefined) {
      const { verifyJunit } = await import("./verify_junit.ts");
      reports.write("junit", () => verifyJunit(summary, findings, options));
    }
    if (options.html !== undefined) {
      const { loadPictures, verifyHtml } = await import("./verify_html.ts");
      const pictures = await loadPictures(files, options.path, findings, thumbnails);
      reports.write("html", () => verifyHtml(summary, findings, pictures, options));
    }
    return summary;
  } finally {
    reports.close();
  }
}

/** The path of the export: of what comes on standard input, if that is where it is. */
async function tryInput(
  world: VerifyWorld,
  path: string,
  sink: FindingSink,
): Promise<string | undefined> {
  if (path !== "-") return path;
  try {
    return await spoolInput(world);
  } catch (error) {
    // That scratch is full says nothing about the export.
    if (!(error instanceof PaperwardError) || error.cause !== undefined) throw error;
    sink({ check: "container", message: error.message });
    return undefined;
  }
}

/** Where a document's thumbnail is in the export. */
export interface Thumbnail {
  readonly id: number;
  readonly path: string;
}

function tell({ report }: VerifyWorld, finding: Finding): void {
  tellFinding(report, finding, `${finding.check}  ${finding.message}`);
}

async function look(
  world: VerifyWorld,
  options: VerifyOptions,
  sink: FindingSink,
  tally: VerifyTally,
  thumbnails: Spool<Thumbnail>,
): Promise<Looked> {
  const source = await openContainer(world, options, sink);
  if (!source) return NOTHING;
  try {
    const job = await openJob(world, options, sink, source);
    const { looked, named } = await readAll(job, thumbnails);
    const rehearsal = await tryRehearsal(job, tally, named);
    const changes = await tellChanges(job);
    return {
      ...looked,
      ...(rehearsal ? { rehearsal } : {}),
      ...(changes ? { changes } : {}),
    };
  } finally {
    source.close();
  }
}

/** Opens the folder or the zip, and mends what may be mended. */
async function openContainer(
  { files, report }: VerifyWorld,
  { path, mend }: VerifyOptions,
  sink: FindingSink,
): Promise<ExportSource | undefined> {
  try {
    const source = await openExportSource(files, path);
    if (source.kind === "folder") {
      const pending = pendingRecovery(files, path);
      if (pending && mend) {
        const { rolledForward } = await recoverTarget(files, path);
        report.info(
          rolledForward === undefined
            ? "What an interrupted export had left was removed"
            : `The interrupted export was brought to its end (${
              formatCount(rolledForward, "step")
            })`,
        );
      } else if (pending === "roll forward") {
        sink({
          check: "interrupted-export",
          message: `${path}: the last export was killed while it was put in place; ` +
            "--mend, or the next export, brings it to its end",
        });
      } else if (pending) {
        sink({
          check: "litter",
          message: `${path}: an interrupted export left files in its staging folder; ` +
            "the next export, or --mend, removes them",
        });
      }
    }
    return source;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const isOurs = error instanceof PaperwardError;
    if (!isOurs && !isFileError(error)) throw error;
    sink({
      check: UNREADABLE.has(osErrorCode(error) ?? "") ? "unreadable-file" : "container",
      message: isOurs ? error.message : `Cannot open ${path}: ${error.message}`,
    });
    return undefined;
  }
}

/** What the system says of things that are there. */
const UNREADABLE: ReadonlySet<string> = new Set(["EACCES", "EPERM", "EIO"]);

/** Everything that the parts of a verification share. */
interface Job {
  readonly world: VerifyWorld;
  readonly options: VerifyOptions;
  readonly sink: FindingSink;
  readonly source: ExportSource;
  readonly manifests: readonly string[];
  readonly metadata: ExportMetadata;
  readonly secrets: Secrets | undefined;
  /** The records in today's form; absent where they can't be read at all. */
  readonly history: History | undefined;
  readonly schema: ImportSchema;
  readonly subset: SubsetChooser;
  /** Something stands in the way of reading all records. */
  readonly isCut: boolean;
}

async function openJob(
  world: VerifyWorld,
  options: VerifyOptions,
  sink: FindingSink,
  source: ExportSource,
): Promise<Job> {
  const manifests = findManifests(world, source, sink);
  const metadata = await tryMetadata(source, sink);
  const secrets = await trySecrets(metadata, options.passphrase, sink);
  if (options.passphrase && !metadata.crypto) {
    world.report.warn("The export is not encrypted: the passphrase is not needed");
  }
  const history = manifests.length > 0
    ? await tryHistory(world, source, manifests, metadata, sink)
    : undefined;
  const subset = openSubset(options.subset, () => totalSize(world, source), options.seed);
  if (subset.seed !== undefined) {
    world.report.info(`Reading a random subset; --subset-seed ${subset.seed} gives the same one`);
  }
  return {
    world,
    options,
    sink,
    source,
    manifests,
    metadata,
    secrets,
    history,
    schema: importSchema(history?.generation ?? generationOf(metadata), {
      datetime: "1970-01-01 00:00:00",
      date: "1970-01-01",
    }),
    subset,
    isCut: manifests[0] !== MANIFEST_FILE,
  };
}

function findManifests(
  { files, stop }: VerifyWorld,
  source: ExportSource,
  sink: FindingSink,
): string[] {
  const split = splitManifests(files, source, stop);
  try {
    if (source.find(MANIFEST_FILE)) return [MANIFEST_FILE, ...split];
    sink({ check: "manifest", message: `${MANIFEST_FILE} is missing`, path: MANIFEST_FILE });
  } catch (error) {
    if (!(error instanceof PaperwardError) && !isFileError(error)) throw error;
    sink({ check: "manifest", message: error.message, path: MANIFEST_FILE });
  }
  return split;
}

async function tryMetadata(source: ExportSource, sink: FindingSink): Promise<ExportMetadata> {
  try {
    return await readMetadata(source);
  } catch (error) {
    if (error instanceof PaperwardError) {
      sink({ check: error.exit === "version" ? "version" : "metadata", message: error.message });
    } else if (isFileError(error)) {
      sink({ check: "unreadable-file", message: error.message, path: METADATA_FILE });
    } else throw error;
    return { version: null, file: METADATA_FILE };
  }
}

async function trySecrets(
  metadata: ExportMetadata,
  passphrase: string | undefined,
  sink: FindingSink,
): Promise<Secrets | undefined> {
  try {
    return await openExportSecrets(metadata, passphrase);
  } catch (error) {
    if (!(error instanceof PaperwardError)) throw error;
    const check = ({ passphrase: "passphrase", version: "version" } as const)[
      error.exit as "passphrase" | "version"
    ] ?? "metadata";
    sink({ check, message: error.message });
    return undefined;
  }
}

async function tryHistory(
  { settings }: VerifyWorld,
  source: ExportSource,
  manifests: readonly string[],
  metadata: ExportMetadata,
  sink: FindingSink,
): Promise<History | undefined> {
  const open = (to: Generation) =>
    openHistory({
      from: metadata.version,
      to,
      timeZone: settings.timeZone,
      read: () => readExportRecords(source, manifests),
      onLost: ({ kind, model, pk, field, reason }) =>
        sink({
          check: "old-export",
          message: `${kind}: ${[model, pk, field].filter(Boolean).join(" ")}: ${reason}`,
          facts: { kind, model, key: pk, field },
        }),
    });
  try {
    if (metadata.version !== null) return await open(generationOf(metadata));
    // Only the records tell; each generation's are judged in their own form.
    const history = await open("v3");
    return history.from.startsWith("3.") ? history : await open("v2");
  } catch (error) {
    if (!(error instanceof PaperwardError) && !isFileError(error)) throw error;
    // Where a manifest is damaged or can't be read the scan says so, with its place.
    if (error instanceof PaperwardError && error.exit === "version") {
      sink({ check: "version", message: error.message });
    }
    return undefined;
  }
}

function totalSize({ files, stop }: VerifyWorld, source: ExportSource): number {
  let bytes = 0;
  if (source.kind === "zip") {
    for (const { size } of source.files()) bytes += size;
    return bytes;
  }
  for (const { path, kind } of walkExport({ files, root: source.path, stop })) {
    if (kind !== "file") continue;
    const place = locateInExport(files, source, path);
    if (place.kind === "file") bytes += place.size;
  }
  return bytes;
}

/** Records, files, strangers. */
async function readAll(
  job: Job,
  thumbnails: Spool<Thumbnail>,
): Promise<{ readonly looked: Looked; readonly named: RecordScan["named"] }> {
  const { world, options, source, sink, metadata, subset } = job;
  const { files, report, stop } = world;
  report.info(
    `Export: ${source.kind} ${options.name ?? source.path}, ${
      metadata.version === null ? "release not stated" : `paperless-ngx ${metadata.version}`
    }, ${formatCount(job.manifests.length, "manifest")}`,
  );
  await using cleanup = new AsyncDisposableStack();
  const transfers = world.openTransfers({ read: [source.path], write: [] });
  cleanup.defer(() => transfers.close());
  if (source.kind === "folder") transfers.start();
  const deep = options.deep || options.rehearse
    ? (await import("../../checks/deep/deep_pool.ts")).openDeepPool(files, { size: 2 })
    : undefined;
  cleanup.defer(() => deep?.close());
  const progress = report.progress("Verifying");
  cleanup.defer(() => progress.end());
  const secrets = openSecretChecker(metadata, job.secrets, sink);
  const scan = openJobScan(job, secrets, thumbnails);
  const counts = await checkFiles(scan.files(), {
    files,
    scratch: world.scratch,
    stop,
    source,
    transfers,
    deep,
    reads: (path) => subset.has(path),
    sink,
    onFile: () => progress.advance(),
  });
  await scan.finish();
  if (counts.files > 0 && counts.present === 0) {
    report.warn(
      "Not a single file of a document is there",
      "an export that was written with --data-only is verified with --data-only",
    );
  }
  const decrypted = secrets.end();
  const isComplete = !job.isCut && !scan.isCut;
  if (isComplete && job.history) {
    if (!job.history.unchanged) await lookAtConverted(job);
    checkMetadata(job);
  }
  await findExtraFiles({
    files,
    source,
    stop,
    names: scan.names,
    manifests: new Set(job.manifests),
    isComplete,
    own: new Set([options.junit, options.html].filter((path) => path !== undefined)),
    reads: (path) => subset.has(path),
    sink,
  });
  let records = 0;
  for (const count of scan.counts.values()) records += count;
  const looked: Looked = {
    kind: source.kind,
    release: metadata.version ?? job.history?.from ?? null,
    records,
    documents: scan.counts.get("documents.document") ?? 0,
    isComplete,
    secrets: decrypted,
    ...counts,
    ...(subset.seed === undefined ? {} : { seed: subset.seed }),
  };
  return { looked, named: scan.named };
}

function openJobScan(
  { source, manifests, world, schema, history, sink, options }: Job,
  secrets: ReturnType<typeof openSecretChecker>,
  thumbnails: Spool<Thumbnail>,
): RecordScan {
  return openScan({
    source,
    manifests,
    stop: world.stop,
    schema,
    release: history?.from ?? "0.9.0",
    secrets,
    // A history that isn't known can't be judged; an old one is, once it is converted.
    ...(history?.unchanged ? { values: openRecordLooker(schema) } : {}),
    sink,
    withFiles: !options.dataOnly,
    onRecords: () => {},
    onFile({ role, pk, path }: NamedFile) {
      if (role === "thumbnail" && options.html !== undefined) thumbnails.add({ id: pk, path });
    },
  });
}

/** The records of an old export are judged in the form in which an import would take them. */
async function lookAtConverted({ history, schema, sink, world }: Job): Promise<void> {
  const looker = openRecordLooker(schema);
  const uniques = openUniqueValues(schema);
  const keys = openKeysByModel();
  const eachRecord = async (act: (record: RawRecord, key: number) => void) => {
    for await (const { records } of history?.read() ?? []) {
      world.stop.throwIfRequested();
      for (const record of records) act(record, keyOf(record.pk) ?? 0);
    }
  };
  try {
    await eachRecord((record, key) => {
      for (const problem of looker.look(record)) {
        sink({
          check: "record",
          message: `${record.model} ${record.pk.slice(0, 40)}, brought up to date: ${problem}`,
        });
      }
      // Twice the same number has been told already.
      if (keys.of(record.model).add(key)) uniques.add(record, key);
    });
    if (!uniques.hasTwins) return;
    const twinsOf = uniques.tellTwins();
    await eachRecord((record, key) => {
      for (const twin of twinsOf(record, key)) sink(twinFound(record, twin));
    });
  } catch (error) {
    if (!(error instanceof PaperwardError)) throw error;
    sink({ check: "record", message: `the export can't be brought up to date: ${error.message}` });
  }
}

/** First release that wrote a file which says its version. */
const FIRST_WITH_VERSION = "1.8.0";

function checkMetadata({ metadata, history, sink }: Job): void {
  if (metadata.file !== null || !history) return;
  if (compareReleases(history.from, FIRST_WITH_VERSION) < 0) return;
  sink({
    check: "metadata",
    message:
      `metadata.json is missing, though paperless-ngx ${history.from} or later wrote the export`,
  });
}

/** Files that an export may be written without. */
const LEFT_OUT = ["archive", "thumbnail"] as const;

async function tryRehearsal(
  job: Job,
  tally: VerifyTally,
  named: RecordScan["named"],
): Promise<Rehearsal | undefined> {
  const { options, world, history, sink, metadata, secrets } = job;
  if (!options.rehearse) return undefined;
  // What could not be looked at can't be restored either: that was told, and says how the run ends.
  const isTold = [...tally.byCheck.keys()].some((name) => checkNamed(name).exit !== undefined);
  if (!history || (metadata.crypto && !secrets) || isTold) {
    world.report.info("Rehearsal: the export can't be restored as it is, see above");
    return undefined;
  }
  world.report.info("Rehearsal: restoring into a throw-away library");
  // Only here the importer, the exporter and the sanity checker are needed.
  const { rehearse } = await import("./rehearse.ts");
  return await rehearse({ ...world, createLibrary: await world.loadCreateLibrary() }, {
    path: options.path,
    dataOnly: options.dataOnly,
    leftOut: new Set(LEFT_OUT.filter((role) => !named.has(role))),
    schema: job.schema,
    records: history,
    sink,
    ...(options.passphrase === undefined ? {} : { passphrase: options.passphrase }),
  });
}

async function tellChanges(job: Job): Promise<VerifySummary["changes"] | undefined> {
  const { options, sink } = job;
  if (options.against === undefined) return undefined;
  try {
    return await compareWith(options.against, job);
  } catch (error) {
    if (!(error instanceof PaperwardError) && !isFileError(error)) throw error;
    sink({ check: "comparison", message: error.message });
    return undefined;
  }
}

async function compareWith(
  against: string,
  { world, source }: Job,
): Promise<VerifySummary["changes"]> {
  const { compareExports } = await import("./compare_exports.ts");
  const other = await openExportSource(world.files, against);
  const counts = { added: 0, removed: 0, changed: 0 };
  try {
    for await (const change of compareExports(other, source, world.stop)) {
      if (change.kind === "records") {
        const { model, before, after } = change;
        world.report.item(
          "change",
          { ...change },
          `CHANGE  ${model}: ${before} records before, ${after} now`,
        );
        continue;
      }
      counts[change.kind]++;
      const { kind, id, title, what } = change;
      world.report.item(
        "change",
        { kind, document: { id, title }, what: [...what] },
        `CHANGE  ${kind}: #${id} ${title}${what.length > 0 ? ` (${what.join(", ")})` : ""}`,
      );
    }
    return counts;
  } finally {
    other.close();
  }
}
