// The story of a retagging: read the rules, match every document in short snapshots, decide, show or ask, and only
// then change the library, batch by batch. Invariant: a batch is one transaction: rows, tags, audit log and files
// change together or not at all.

import { sql } from "kysely";
import { djangoClock } from "../../database/django_clock.ts";
import type { LibraryDatabase } from "../../database/database.ts";
import { PaperwardError } from "../../errors.ts";
import type { ExitName } from "../../exit_codes.ts";
import { checkMedia } from "../../library/check_media.ts";
import { type JournalEntry, openJournal } from "../../library/journal/open_journal.ts";
import type { Assignment } from "../../library/filename/load_filename_documents.ts";
import type { FileNamer } from "../../library/rename/file_namer.ts";
import { tellPlan } from "../../library/rename/tell_plan.ts";
import { openNamer } from "../../library/rename/open_namer.ts";
import { findInterrupted, repairInterruptedMoves } from "../../library/rename/interrupted_moves.ts";
import type { Spool } from "../../library/spool.ts";
import { openLibrary } from "../../library/open_library.ts";
import { takeMediaLock } from "../../library/take_media_lock.ts";
import type { Answer } from "../../report/ask.ts";
import { formatCount } from "../../report/format.ts";
import type { CommandContext } from "../../sandbox/context.ts";
import type { Generation } from "../../schema/model.ts";
import type { Classifier } from "../classifier.ts";
import {
  type MatchingObject,
  OBJECT_KINDS,
  readMatchingObjects,
  readVisibility,
  type Visibility,
} from "../matching_objects.ts";
import { type Matcher, type MatcherOptions } from "../open_matcher.ts";
import type { Rule } from "../match_rule.ts";
import { applyBatch, isSaved, type PlannedDocument } from "./apply_batch.ts";
import { type Candidates, decide, type Decision, type DecisionWorld } from "./decide.ts";
import { followNames, planFollowing } from "./follow_names.ts";
import { matchDocuments, type MatchedDocument } from "./match_documents.ts";
import { type ObjectNames, objectNames } from "./object_names.ts";
import {
  type DocumentId,
  type DocumentState,
  readDocumentIds,
  readDocumentStates,
} from "./read_documents.ts";
import { type RetagOptions, SINGLE_KINDS } from "./retag_options.ts";
import { count, differences, noCounts, openTeller, type RetagCounts, type Teller } from "./tell.ts";

/** What retagging needs of the world. */
export interface RetagContext extends CommandContext {
  /** Asks before something is overwritten. */
  ask(question: string): Promise<Answer>;
  /** The time, for rows that change. */
  readonly now: () => Date;
  /** Starts the Workers that match; see `openMatcher`. */
  openMatcher(rules: readonly Rule[], options: MatcherOptions): Matcher;
  /** Of this machine; more Workers than these are never started. */
  readonly processors: number;
  /** The model, where there is one. */
  readonly classifier?: Classifier;
  /** Characters of a line. */
  readonly columns: number;
}

/** What came of a run. */
export interface RetagSummary extends Readonly<RetagCounts> {
  /** How the command ends: `partial` where something failed or a rule could not be applied. */
  readonly exit: ExitName;
  /** `no target`: no kind of object was asked for. */
  readonly outcome: "retagged" | "suggested" | "would retag" | "declined" | "no target";
  /** Of the library. */
  readonly generation: Generation;
  /** Documents whose files got other names, or would. */
  readonly renamed: number;
  /** Documents that were left alone, or whose files could not follow. */
  readonly failed: number;
  /** Rules of which it is not known for some documents whether they match. */
  readonly undecidedRules: number;
  /** Number of the journal's entry. */
  readonly entry?: string;
  /** ms */
  readonly duration: number;
}

/** Documents of one transaction. */
const BATCH = 200;

/** Assigns correspondents, document types, tags and storage paths by their rules.
 * @throws {PaperwardError} for everything that stops the run */
export async function retagLibrary(
  context: RetagContext,
  options: RetagOptions,
): Promise<RetagSummary> {
  const { files, report, settings } = context;
  const begun = performance.now();
  const applies = !options.suggest && !options.dryRun;
  await using cleanup = new AsyncDisposableStack();
  if (applies) checkMedia(files, settings);
  const database = await openLibrary(context, applies ? "write" : "read", cleanup);
  const summary = (
    outcome: RetagSummary["outcome"],
    counts: RetagCounts = noCounts(),
    more: Partial<RetagSummary> = {},
  ): RetagSummary => ({
    exit: "done",
    outcome,
    generation: database.generation,
    ...counts,
    renamed: 0,
    failed: 0,
    undecidedRules: 0,
    ...more,
    duration: Math.round(performance.now() - begun),
  });
  if (options.kinds.length === 0) {
    if (database.generation === "v3" && !report.options.json) {
      report.item(
        "line",
        {},
        "No classifier targets specified. Use -c, -T, -t, or -s to select what to retag.",
      );
    }
    return summary("no target");
  }

  const library = await database.snapshot(async (snapshot) => ({
    ids: await readDocumentIds(snapshot, options),
    objects: await readMatchingObjects(snapshot, OBJECT_KINDS),
    visibility: await readVisibility(snapshot, options.kinds),
  }));
  const objects = library.objects.filter(({ kind }) => options.kinds.includes(kind));
  const rules = tellRules(context, database, objects);
  const matched = cleanup.use(
    await matchAll(context, database, { ...library, objects, rules }, options),
  );
  const job: Job = {
    context,
    options,
    database,
    names: objectNames(library.objects),
    tags: new Map(
      library.objects.filter(({ kind }) => kind === "tag").map((object) => [object.id, object]),
    ),
    objects,
    visibility: library.visibility,
    rules,
    matched,
  };
  const teller = cleanup.use(openTeller({ ...job, ...context, generation: database.generation }));
  const undecidedRules = tellUndecided(job);
  const partial = (failed: number): ExitName =>
    failed > 0 || undecidedRules > 0 || rules.invalid > 0 ? "partial" : "done";

  if (!applies) {
    const namer = options.dryRun && !options.suggest
      ? openNamer(context, database.generation)
      : undefined;
    cleanup.defer(() => namer?.close());
    const { counts, ...names } = await lookAtAll(job, teller, namer);
    teller.end(counts);
    return summary(options.suggest ? "suggested" : "would retag", counts, {
      ...names,
      exit: partial(names.failed),
      undecidedRules,
    });
  }
  if (options.overwrite && !options.yes) {
    const { counts } = await lookAtAll(job);
    if (counts.changed > 0 && await context.ask(questionOf(counts)) === "no") {
      return summary("declined", noCounts(), { exit: partial(0), undecidedRules });
    }
  }
  const { counts, ...done } = await applyAll(job, teller);
  teller.end(counts);
  return summary("retagged", counts, { ...done, exit: partial(done.failed), undecidedRules });
}

interface Job {
  readonly context: RetagContext;
  readonly options: RetagOptions;
  readonly database: LibraryDatabase;
  readonly names: ObjectNames;
  /** All tags by id. */
  readonly tags: ReadonlyMap<number, MatchingObject>;
  /** Those that are looked at. */
  readonly objects: readonly MatchingObject[];
  readonly visibility: Visibility;
  readonly rules: RuleFacts;
  readonly matched: Spool<MatchedDocument>;
}

interface RuleFacts {
  /** What the matcher gets: automatic objects are undecided where their model can't be read. */
  readonly rules: readonly Rule[];
  /** Rules that upstream can't use either. */
  readonly invalid: number;
}

const MODEL = "classification_model.pickle";

/** Lists the rules that can't be used, and says once what becomes of automatic objects. */
function tellRules(
  { report, files, settings, classifier }: RetagContext,
  { generation }: LibraryDatabase,
  objects: readonly MatchingObject[],
): RuleFacts {
  let invalid = 0;
  for (const { kind, id, name, columns, rule } of objects) {
    if (rule.kind !== "invalid" && rule.kind !== "unusable") continue;
    if (rule.kind === "invalid") invalid++;
    report.item("rule problem", { kind, id, name, match: columns.match, problem: rule.why });
    report.warn(
      rule.kind === "invalid"
        ? `The rule of ${kind} "${name}" is no regular expression and matches nothing: ${rule.why}`
        : `The rule of ${kind} "${name}" can't be used: ${rule.why}`,
      rule.kind === "invalid"
        ? undefined
        : `what has ${kind} "${name}" keeps it; nothing is assigned to it`,
    );
  }
  const automatic = objects.filter(({ rule }) => rule.kind === "automatic").length;
  const hasModel = files.exists(`${settings.dataDir}/${MODEL}`);
  if (automatic > 0 && !classifier) {
    report.info(
      hasModel
        ? `${
          formatCount(automatic, "object")
        } matched automatically: the model of paperless-ngx can't be read, ` +
          "so documents keep what they have of these, and get none"
        : `${formatCount(automatic, "object")} matched automatically: there is no model` +
          `${generation === "v2" ? " (document_create_classifier)" : ""}, so they match nothing`,
    );
  }
  const unreadable: Rule = { kind: "unusable", why: "the model of paperless-ngx can't be read" };
  return {
    invalid,
    rules: objects.map(({ rule }) =>
      rule.kind === "automatic" && hasModel && !classifier ? unreadable : rule
    ),
  };
}

async function matchAll(
  context: RetagContext,
  database: LibraryDatabase,
  { ids, objects, rules }: {
    readonly ids: readonly DocumentId[];
    readonly objects: readonly MatchingObject[];
    readonly rules: RuleFacts;
  },
  { explain }: RetagOptions,
): Promise<Spool<MatchedDocument>> {
  const { report, files, scratch, stop, classifier } = context;
  const matcher = context.openMatcher(rules.rules, {
    workers: Math.max(1, Math.min(context.processors, Math.ceil(ids.length / 64), 8)),
    explain,
    onTimeout(rule, givenUp) {
      if (!givenUp) return;
      const { kind, name } = objects[rule]!;
      report.warn(
        `The rule of ${kind} "${name}" takes too long and is not tried any more`,
        `what has ${kind} "${name}" keeps it; nothing more is assigned to it`,
      );
    },
  });
  const progress = report.progress("Matching", ids.length);
  try {
    return await matchDocuments({
      database,
      files,
      scratch,
      stop,
      objects,
      matcher,
      ...(classifier ? { classifier } : {}),
      onDocument: (count) => progress.advance(count),
    }, ids);
  } finally {
    progress.end();
    matcher.close();
  }
}

/** Lists rules that some document's text was too much for. @returns their number, unusable ones included */
function tellUndecided({ context: { report }, objects, rules, matched }: Job): number {
  const counts = new Map<number, number>();
  for (const { undecided } of matched) {
    for (const index of undecided) counts.set(index, (counts.get(index) ?? 0) + 1);
  }
  let number = 0;
  for (const [index, documents] of counts) {
    const { kind, id, name, rule } = objects[index]!;
    // That was said before.
    if (rule.kind === "automatic") continue;
    number++;
    if (rules.rules[index]!.kind === "unusable") continue;
    report.item("undecided", { kind, id, name, documents });
    report.error(
      `The rule of ${kind} "${name}" takes too long for ${formatCount(documents, "document")}`,
    );
  }
  return number;
}

function decisionWorld({ options, tags }: Job): DecisionWorld {
  return { options, tags };
}

function candidatesOf(
  { objects, visibility }: Job,
  { matches, undecided }: MatchedDocument,
  owner: number | null,
): Candidates {
  const seen = (indices: readonly number[]) =>
    indices.map((index) => objects[index]!).filter((object) => visibility.sees(owner, object));
  return { matches: seen(matches), undecided: seen(undecided) };
}

/** Decides for all documents without changing any.
 * @param namer tells which files would get other names */
async function lookAtAll(
  job: Job,
  teller?: Teller,
  namer?: FileNamer,
): Promise<Pick<Done, "counts" | "renamed" | "failed">> {
  const { database, context: { stop, report }, matched, options } = job;
  const counts = noCounts();
  const world = decisionWorld(job);
  const isSuggestion = options.suggest && database.generation === "v3";
  let [renamed, failed] = [0, 0];
  const progress = report.progress("Deciding", matched.length);
  try {
    for (const batch of batches(matched)) {
      stop.throwIfRequested();
      const states = await database.snapshot((snapshot) =>
        readDocumentStates(snapshot, batch.map(({ id }) => id))
      );
      const assignments = new Map<number, Assignment>();
      for (const document of batch) {
        const state = states.get(document.id);
        if (!state) continue;
        const decisions = decide(world, state, candidatesOf(job, document, state.owner));
        count(counts, state, decisions, isSuggestion);
        if (teller) tellOne(job, teller, document, { state, decisions });
        if (isSaved(state, decisions)) assignments.set(document.id, assignmentOf(state, decisions));
      }
      if (namer && assignments.size > 0) {
        using plan = await planFollowing({ database, namer }, assignments);
        renamed += plan.moves;
        failed += tellPlan(report, plan, true);
      }
      progress.advance(batch.length);
    }
  } finally {
    progress.end();
  }
  return { counts, renamed, failed };
}

/** What decisions come to, as names see it. */
function assignmentOf(state: DocumentState, decisions: readonly Decision[]): Assignment {
  const all = differences(state, decisions);
  const tags = all.find((difference) => difference.kind === "tag");
  return {
    columns: Object.fromEntries(
      all.flatMap((difference) =>
        difference.kind === "tag" ? [] : [[SINGLE_KINDS[difference.kind].column, difference.to]]
      ),
    ),
    tagsAdded: tags?.added ?? [],
    tagsRemoved: tags?.removed ?? [],
  };
}

function tellOne(
  { objects, visibility }: Job,
  teller: Teller,
  { why, matches, undecided }: MatchedDocument,
  told: {
    readonly state: DocumentState;
    readonly decisions: readonly Decision[];
    readonly problem?: string;
  },
): void {
  if (!why) {
    teller.document(told);
    return;
  }
  const { owner } = told.state;
  const hidden = objects.flatMap((object, index) => visibility.sees(owner, object) ? [] : [index]);
  teller.document({
    ...told,
    why,
    matches: new Set(matches),
    undecided: new Set(undecided),
    hidden: new Set(hidden),
  });
}

/** Documents that are carried out together; a document and its versions never apart. */
function* batches(matched: Iterable<MatchedDocument>): Generator<MatchedDocument[]> {
  let batch: MatchedDocument[] = [];
  for (const document of matched) {
    batch.push(document);
    if (batch.length < BATCH || !document.last) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function questionOf(counts: RetagCounts): string {
  const set = counts.correspondents + counts.documentTypes + counts.storagePaths;
  return `Overwrite: change ${formatCount(counts.changed, "document")} (set ${
    formatCount(set, "field")
  }, clear ${formatCount(counts.cleared, "field")}, take ${
    formatCount(counts.tagsRemoved, "tag")
  } away, add ${formatCount(counts.tagsAdded, "tag")})?`;
}

interface Done {
  readonly counts: RetagCounts;
  readonly renamed: number;
  readonly failed: number;
  readonly entry?: string;
}

async function applyAll(job: Job, teller: Teller): Promise<Done> {
  const { context, database, options } = job;
  const { files, report, settings, stop } = context;
  await using cleanup = new AsyncDisposableStack();
  const lock = await takeMediaLock({
    settings,
    report,
    stop,
    generation: database.generation,
    ...(options.lockTimeoutMs === undefined ? {} : { timeoutMs: options.lockTimeoutMs }),
  });
  cleanup.defer(() => lock?.release());
  const journal = openJournal(files, settings);
  const { mediaRoot } = settings;
  if (findInterrupted({ files, journal }).length > 0) {
    const back = await repairInterruptedMoves({ files, journal, database, mediaRoot });
    if (back > 0) {
      report.info(`${formatCount(back, "file")} went back to where a killed run had found them`);
    }
  }
  const namer = openNamer(context, database.generation);
  cleanup.defer(() => namer.close());
  const audited = settings.auditLogEnabled ? await auditedType(database) : undefined;
  using entry = await journal.begin({
    command: "document_retagger",
    arguments: options.arguments,
  });
  const world = {
    ...decisionWorld(job),
    database,
    entry,
    names: job.names,
    ...(audited === undefined ? {} : { audited }),
    clock: djangoClock(context.now),
    follow: followNames.bind(undefined, { database, files, mediaRoot, entry, namer }),
  };
  const counts = noCounts();
  let [renamed, failed, changed] = [0, 0, false];
  const progress = report.progress("Retagging", job.matched.length);
  try {
    for (const batch of batches(job.matched)) {
      stop.throwIfRequested();
      const applied = await applyBatch(world, batch.map((document) => plannedOf(job, document)));
      changed ||= applied.changed;
      renamed += applied.renamed;
      failed += tellBatch(job, teller, batch, applied, counts);
      progress.advance(batch.length);
    }
  } catch (error) {
    // Batches that were committed stay; the one that failed has not happened.
    await end(entry, changed).catch(() => {});
    throw error;
  } finally {
    progress.end();
  }
  await end(entry, changed);
  return { counts, renamed, failed, ...(changed ? { entry: entry.id } : {}) };
}

async function end(entry: JournalEntry, changed: boolean): Promise<void> {
  if (changed) await entry.commit();
  else entry.discard();
}

function plannedOf(job: Job, document: MatchedDocument): PlannedDocument {
  return {
    id: document.id,
    modified: document.modified,
    candidates: (owner) => candidatesOf(job, document, owner),
  };
}

/** @returns how many documents were left alone, or have files that could not follow */
function tellBatch(
  job: Job,
  teller: Teller,
  batch: readonly MatchedDocument[],
  { documents, left, problems }: Awaited<ReturnType<typeof applyBatch>>,
  counts: RetagCounts,
): number {
  const { report } = job.context;
  const matched = new Map(batch.map((document) => [document.id, document]));
  let failed = 0;
  for (const { id, state, decisions, problem } of documents) {
    count(counts, state, decisions, false);
    if (problem !== undefined) failed++;
    const told = { state, decisions, ...(problem === undefined ? {} : { problem }) };
    tellOne(job, teller, matched.get(id)!, told);
  }
  for (const id of left) {
    failed++;
    report.item("left", { id });
    report.error(
      `Document ${id} was left alone: it was changed or deleted since it was matched`,
      "run the command again",
    );
  }
  for (const { id, message } of problems) {
    failed++;
    report.item("failed", { id, message });
    report.error(`Document ${id} keeps the names of its files: ${message}`);
  }
  return failed;
}

/** The content type of documents, where upstream keeps an audit log. */
async function auditedType({ kysely, tables }: LibraryDatabase): Promise<number | undefined> {
  if (!tables.has("auditlog_logentry")) return undefined;
  const { rows } = await sql<{ readonly id: number }>`select id from django_content_type
    where app_label = 'documents' and model = 'document'`.execute(kysely);
  if (rows[0]) return Number(rows[0].id);
  throw new PaperwardError("Cannot write the audit log: the library doesn't know documents", {
    hints: ["run upstream's migrations"],
  });
}
