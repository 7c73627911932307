// The whole command: check, say what was found, write the reports, mend what can be mended. Invariant: a plan
// is always shown before anything is changed, and the exit code speaks of the library as it is afterwards.

import { join } from "node:path";
import type { TransferPool } from "../../wasm/checksum/transfer_pool.ts";
import { listManifests } from "../archive/manifest/manifest_files.ts";
import { EXPORT_HINT, openExportSource } from "../archive/zip/export_source.ts";
import { isInterrupted } from "../archive/import/import_staging.ts";
import { openDatabase } from "../database/open_database.ts";
import { PaperwardError } from "../errors.ts";
import type { ExitName } from "../exit_codes.ts";
import type { Files } from "../library/files.ts";
import { openJournal } from "../library/journal/open_journal.ts";
import { openSpool, type Spool } from "../library/spool.ts";
import { takeMediaLock } from "../library/take_media_lock.ts";
import { ask, type Asker } from "../report/ask.ts";
import { formatCount } from "../report/format.ts";
import { type JunitCase, junitXml } from "../report/junit.ts";
import { openReportFiles } from "../report/report_files.ts";
import { tellFinding } from "../report/tell_finding.ts";
import type { Finding } from "./check.ts";
import { checkLibrary, type SanityCounts, type SanityWorld } from "./check_library.ts";
import { applyRepairs } from "./repair/apply_repairs.ts";
import type { Need } from "./repair/need.ts";
import { planRepairs } from "./repair/plan_repairs.ts";
import { describeRepair, type Repair } from "./repair/repair.ts";
import { sanityHtml } from "./sanity_html.ts";
import type { SanityOptions } from "./sanity_options.ts";
import { openTally, type Tally } from "./tally.ts";

/** What the command was asked for. */
export interface SanityRequest extends SanityOptions {
  /** Warnings count as errors. */
  readonly strict: boolean;
  /** Absolute path of the JUnit report; absent: none is written. */
  readonly junit?: string;
  /** Absolute path of the HTML report; absent: none is written. */
  readonly html?: string;
  /** Absent: nothing is repaired. */
  readonly repair?: RepairRequest;
  /** Where answers come from; tests replace it. */
  readonly asker?: Asker;
  /** The time, for reports. @default {() => new Date()} */
  readonly now?: () => Date;
}

/** What may be mended, and how. */
export interface RepairRequest {
  /** Absolute path of an export with good copies. */
  readonly from?: string;
  /** Shows the repairs and carries none out. */
  readonly dryRun: boolean;
  /** Nobody is asked. */
  readonly yes: boolean;
  /** The command line, for the journal. */
  readonly arguments: readonly string[];
}

/** What came of it. */
export interface SanitySummary extends SanityCounts {
  /** How the command ends; after repairs by what is left. */
  readonly exit: ExitName;
  /** Counts of what was found, before repairs. */
  readonly tally: Tally;
  /** ms */
  readonly duration: number;
  /** Absent: none were asked for. */
  readonly repairs?: RepairSummary;
}

/** What came of repairs. */
export interface RepairSummary {
  /** `planned`: only shown; `declined`: the answer was no, or there was nobody to ask. */
  readonly outcome: "done" | "planned" | "declined" | "nothing to do";
  /** Repairs of the plan. */
  readonly planned: number;
  /** Of these, carried out. */
  readonly repaired: number;
  /** Of these, tried in vain. */
  readonly failed: number;
  /** What is still wrong after them. */
  readonly left: Tally;
}

/** Runs the command. @throws {PaperwardError} for everything that stops it */
export async function runSanity(
  world: SanityWorld,
  request: SanityRequest,
): Promise<SanitySummary> {
  const { files, scratch } = world;
  const now = request.now ?? (() => new Date());
  const started = now().toISOString();
  const begun = performance.now();
  if (request.repair?.from !== undefined) await checkExport(files, request.repair.from);
  const reports = openReportFiles(files, { junit: request.junit, html: request.html });
  try {
    const tally = openTally();
    using findings = openSpool<Finding>(files, join(scratch, "findings"));
    using needs = openSpool<Need>(files, join(scratch, "needs"));
    const ownPaths = [request.junit, request.html, request.repair?.from];
    const counts = await checkLibrary(world, {
      ...request,
      ownPaths: ownPaths.filter((path) => path !== undefined),
    }, {
      finding(finding) {
        tally.add(finding);
        findings.add(finding);
        tell(world, finding);
      },
      ...(request.repair ? { need: (need: Need) => needs.add(need) } : {}),
    });
    findings.close();
    needs.close();
    const duration = Math.round(performance.now() - begun);
    const page = { findings, tally, checks: request.checks, ...counts, duration, started };
    reports.write("junit", () => junit(page, request.strict));
    reports.write(
      "html",
      () => sanityHtml(files, { ...page, mediaRoot: world.settings.mediaRoot }),
    );
    const repairs = request.repair &&
      await repairLibrary(world, request, request.repair, { findings, needs, ...counts });
    const left = repairs?.outcome === "done" ? repairs.left : tally;
    return {
      exit: repairs && repairs.failed > 0 && left.exit(request.strict) === "done"
        ? "partial"
        : left.exit(request.strict),
      tally,
      ...counts,
      duration,
      ...(repairs ? { repairs } : {}),
    };
  } finally {
    reports.close();
  }
}

/** A backup that is not mounted must not show only on the day on which it is needed.
 * @throws {PaperwardError} where no export is there */
async function checkExport(files: Files, path: string): Promise<void> {
  if (path === "-") {
    throw new PaperwardError("Cannot restore from standard input: --from needs a path", {
      exit: "usage",
      hints: [EXPORT_HINT],
    });
  }
  const source = await openExportSource(files, path);
  try {
    listManifests(source);
  } finally {
    source.close();
  }
}

/** One line a finding, as upstream has its columns: level, document, what is wrong. */
function tell({ report }: SanityWorld, finding: Finding): void {
  const { document, message } = finding;
  const who = document ? `#${document.id} ${document.title}` : "(global)";
  tellFinding(report, finding, `${who}  ${message}`);
}

/** What JUnit and HTML are made of. */
interface Page extends SanityCounts {
  readonly findings: Spool<Finding>;
  readonly tally: Tally;
  readonly checks: SanityRequest["checks"];
  readonly duration: number;
  readonly started: string;
}

function junit(page: Page, strict: boolean): Iterable<string> {
  const { findings, tally, checks } = page;
  const clean = checks.filter(({ name }) => !tally.byCheck.has(name));
  const failed = tally.count("error") - tally.unread + (strict ? tally.count("warning") : 0);
  return junitXml({
    name: "document_sanity_checker",
    counts: {
      failed,
      error: tally.unread,
      passed: clean.length + tally.total - failed - tally.unread,
    },
    cases: junitCases(findings, clean.map(({ name }) => name), checks, strict),
    duration: page.duration,
    started: page.started,
  });
}

function* junitCases(
  findings: Spool<Finding>,
  clean: readonly string[],
  checks: SanityRequest["checks"],
  strict: boolean,
): Generator<JunitCase> {
  const unread = new Set(checks.filter((check) => check.unread).map(({ name }) => name));
  for (const name of clean) {
    yield { className: `document_sanity_checker.${name}`, name, outcome: "passed" };
  }
  for (const { check, level, document, role, path, message } of findings) {
    yield {
      className: `document_sanity_checker.${check}`,
      name: document
        ? `#${document.id} ${document.title}${role ? ` (${role})` : ""}`
        : path ?? message,
      outcome: unread.has(check)
        ? "error"
        : level === "error" || (strict && level === "warning")
        ? "failed"
        : "passed",
      message: `${level}: ${message}`,
    };
  }
}

/** What a check found, for repairs. */
interface Found extends Pick<SanityCounts, "generation"> {
  readonly findings: Spool<Finding>;
  readonly needs: Spool<Need>;
}

async function repairLibrary(
  world: SanityWorld,
  request: SanityRequest,
  repair: RepairRequest,
  { findings, needs, generation }: Found,
): Promise<RepairSummary> {
  const { files, report, scratch, settings, stop } = world;
  const { from } = repair;
  if (isInterrupted(files, join(settings.mediaRoot, "documents"))) {
    throw new PaperwardError("Cannot repair: an import into this library was interrupted", {
      hints: ["run the document_importer again: it brings the import to its end, or takes it back"],
    });
  }
  await using cleanup = new AsyncDisposableStack();
  const transfers = world.openTransfers({
    read: [settings.mediaRoot],
    write: [],
    size: request.readers,
  });
  cleanup.defer(() => transfers.close());
  using plan = openSpool<Repair>(files, join(scratch, "repairs"));
  const isWhole = knowsAllLost(request);
  if (!isWhole && someOrphans(needs)) {
    report.info(
      "Orphans stay where they are: only a check of everything tells whether they are missed somewhere",
    );
  }
  const planning = planRepairs({
    files,
    transfers,
    stop,
    movesOrphans: isWhole,
    algorithm: generation === "v2" ? "md5" : "sha256",
    ...(from === undefined ? {} : { from }),
  }, needs);
  for await (const each of planning) plan.add(each);
  plan.close();
  const none = { planned: plan.length, repaired: 0, failed: 0, left: openTally() };
  if (plan.length === 0) return { ...none, outcome: "nothing to do" };
  for (const each of plan) {
    report.item("repair", repairRecord(each, "planned"), `would ${describeRepair(each)}`);
  }
  if (repair.dryRun) return { ...none, outcome: "planned" };
  if (!repair.yes) {
    const answer = await ask(
      `Carry out ${formatCount(plan.length, "repair")}?`,
      stop,
      ...(request.asker ? [request.asker] as const : []),
    );
    if (answer !== "yes") {
      report.info(answer === "no" ? "Nothing was repaired" : "Nothing was repaired: nobody to ask");
      return { ...none, outcome: "declined" };
    }
  }
  const carried = await carryOut(world, request, repair, transfers, plan);
  const left = openTally();
  for (const finding of findings) if (!isMended(finding, carried.mended)) left.add(finding);
  return { outcome: "done", planned: plan.length, ...carried, left };
}

/** Checks without which an orphan might be put aside that is missed somewhere. */
const TELL_LOST = ["missing-file", "unreadable-file", "empty-file", "checksum-mismatch"];

function knowsAllLost({ checks, subset }: SanityRequest): boolean {
  return subset === undefined &&
    TELL_LOST.every((wanted) => checks.some(({ name }) => name === wanted));
}

function someOrphans(needs: Spool<Need>): boolean {
  for (const { kind } of needs) if (kind === "orphan") return true;
  return false;
}

async function carryOut(
  world: SanityWorld,
  request: SanityRequest,
  { from, arguments: given }: RepairRequest,
  transfers: TransferPool,
  plan: Spool<Repair>,
) {
  const { files, report, settings, stop } = world;
  await using cleanup = new AsyncDisposableStack();
  const database = await openDatabase(settings.database, {
    files,
    scratch: world.scratch,
    report,
    mode: "write",
    stop,
  });
  cleanup.defer(() => database.close());
  const lock = await takeMediaLock({
    settings,
    report,
    stop,
    generation: database.generation,
    ...(request.lockTimeoutMs === undefined ? {} : { timeoutMs: request.lockTimeoutMs }),
  });
  cleanup.defer(() => lock?.release());
  const progress = report.progress("Repairing", plan.length);
  cleanup.defer(() => progress.end());
  const mended = newMended();
  let repaired = 0;
  let failed = 0;
  const results = applyRepairs({
    files,
    transfers,
    database,
    journal: openJournal(files, { dataDir: settings.dataDir, mediaRoot: settings.mediaRoot }),
    mediaRoot: settings.mediaRoot,
    ...(from === undefined ? {} : { from }),
    stop,
    arguments: given,
  }, plan);
  for await (const { repair, problem } of results) {
    progress.advance();
    if (problem === undefined) {
      repaired++;
      noteMended(mended, repair);
      report.item("repair", repairRecord(repair, "done"));
      continue;
    }
    failed++;
    report.item("repair", { ...repairRecord(repair, "failed"), problem });
    report.error(`Cannot ${describeRepair(repair).replace(/ +/g, " ")}: ${problem}`);
  }
  return { repaired, failed, mended };
}

function repairRecord(repair: Repair, state: "planned" | "done" | "failed") {
  const { kind, ...rest } = repair;
  const { document, ...facts } = { document: undefined, ...rest };
  return { kind, state, ...(document ? { document: { ...document } } : {}), ...facts };
}

/** What is right again. */
interface Mended {
  /** `12:original`, by the checks that looked at it. */
  readonly files: Set<string>;
  readonly checksums: Set<string>;
  readonly paths: Set<string>;
}

function newMended(): Mended {
  return { files: new Set(), checksums: new Set(), paths: new Set() };
}

function noteMended({ files, checksums, paths }: Mended, repair: Repair): void {
  switch (repair.kind) {
    case "put back":
      files.add(`${repair.document.id}:${repair.role}`);
      paths.add(repair.from);
      return;
    case "restore":
      files.add(`${repair.document.id}:${repair.role}`);
      return;
    case "name archive":
      files.add(`${repair.document.id}:archive`);
      paths.add(repair.path);
      return;
    case "rewrite checksum":
      checksums.add(`${repair.document.id}:${repair.role}`);
      return;
    case "quarantine":
      paths.add(repair.path);
      return;
  }
}

function isMended({ check, document, role, path }: Finding, mended: Mended): boolean {
  if (path !== undefined && mended.paths.has(path)) return true;
  if (!document || role === undefined) return false;
  const key = `${document.id}:${role}`;
  return mended.files.has(key) || (check === "stale-checksum" && mended.checksums.has(key));
}
