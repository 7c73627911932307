// The story of fuzzy matching: read the texts in one snapshot, compare, decide in groups, tell, and only then
// and only if asked move duplicates to the trash. Invariant: everything but the last step changes nothing.

import { join } from "node:path";
import type { SimilarityPool, SimilarityPoolOptions } from "../../../wasm/similarity/mod.ts";
import type { LibraryDatabase } from "../../database/database.ts";
import { openDatabase } from "../../database/open_database.ts";
import { PaperwardError } from "../../errors.ts";
import type { Files } from "../../library/files.ts";
import { openJournal } from "../../library/journal/open_journal.ts";
import { openSpool } from "../../library/spool.ts";
import type { Answer } from "../../report/ask.ts";
import { formatCount } from "../../report/format.ts";
import { openReportFiles, type ReportFiles } from "../../report/report_files.ts";
import type { Report } from "../../report/report.ts";
import type { StopSignal } from "../../sandbox/stop_signal.ts";
import type { Generation } from "../../schema/model.ts";
import type { Settings } from "../../settings/settings.ts";
import { type DocumentFacts, readDocumentFacts } from "./document_facts.ts";
import type { DuplicateOptions } from "./duplicate_options.ts";
import { readContent } from "./read_content.ts";
import { duplicatesHtml, PAGE_LIMITS, type PageGroup, type PageMember } from "./duplicates_html.ts";
import { findPairs, type SearchCounters } from "./find_pairs.ts";
import {
  byDocument,
  byScore,
  type DuplicatePair,
  type MatchSpool,
  openMatchSpool,
  spoolPath,
} from "./match_spool.ts";
import { type DuplicateGroup, type Member, planGroups } from "./plan_groups.ts";
import { documentLabel, matchLine, matchTable } from "./print_matches.ts";
import { provePairs } from "./prove_pairs.ts";
import { scoreOf } from "./score.ts";
import { type Deletion, type LeftAlone, softDelete } from "./soft_delete.ts";
import { readTexts, type Texts } from "./texts.ts";
import { diffWords } from "./word_diff.ts";

/** What finding duplicates needs of the world. */
export interface DuplicateWorld {
  /** Where the library is. */
  readonly settings: Settings;
  /** Where everything is said. */
  readonly report: Report;
  /** Asks for a graceful stop. */
  readonly stop: StopSignal;
  /** The file system, within the folders that belong to the run. */
  readonly files: Files;
  /** Absolute path of an empty folder. */
  readonly scratch: string;
  /** Starts the Workers that compare. */
  openPool(options: SimilarityPoolOptions): SimilarityPool;
  /** Asks before something is deleted. */
  ask(question: string): Promise<Answer>;
  /** The time, for the page and for what is deleted. */
  readonly now: () => Date;
  /** A new UUID: 32 hexadecimal digits, with dashes. */
  readonly newId: () => string;
  /** Characters of a line. */
  readonly columns: number;
}

/** What became of `--delete`. */
export type DeleteOutcome = "done" | "planned" | "declined" | "nobody to ask" | "nothing to do";

/** What came of a run. */
export interface DuplicateSummary {
  /** Of the library. */
  readonly generation: Generation;
  /** 0–100, as it was asked for. */
  readonly ratio: number;
  /** Only likely pairs were compared. */
  readonly approximate: boolean;
  /** Documents that were compared. */
  readonly documents: number;
  /** Documents that were not, because there is nothing in them to compare. */
  readonly blank: number;
  /** What the filters did. */
  readonly counters: SearchCounters;
  /** Pairs of documents that match. */
  readonly matches: number;
  /** Groups of documents that matches connect. */
  readonly groups: number;
  /** Documents that could go: each is like one that stays. */
  readonly duplicates: number;
  /** Documents like one that stays, with something that speaks against deleting them. */
  readonly review: number;
  /** What became of `delete`; absent: not asked for. */
  readonly deletion?: {
    readonly outcome: DeleteOutcome;
    readonly deleted: number;
    readonly left: readonly LeftAlone[];
    /** Number of the journal's entry. */
    readonly entry?: string;
  };
  /** ms */
  readonly duration: number;
}

/** Finds documents that are nearly equal; with `options.delete` moves the duplicates among them to the trash.
 * @throws {PaperwardError} for everything that stops the run */
export async function findDuplicates(
  world: DuplicateWorld,
  options: DuplicateOptions,
): Promise<DuplicateSummary> {
  const { files, report, settings } = world;
  const begun = performance.now();
  const started = world.now().toISOString();
  await using cleanup = new AsyncDisposableStack();
  const pages = openReportFiles(files, { html: options.html });
  cleanup.defer(() => pages.close());
  const database = await openDatabase(settings.database, {
    files,
    scratch: world.scratch,
    report,
    mode: options.delete && !options.delete.dryRun ? "write" : "read",
    stop: world.stop,
  });
  cleanup.defer(() => database.close());
  report.info(
    `Library: ${database.kind} ${database.place}, paperless-ngx ${database.schema.release} (${database.generation})`,
  );
  const texts = cleanup.use(await collectTexts(world, database, options));
  const order = database.generation === "v2" ? byDocument : byScore;
  const matches = cleanup.use(
    openMatchSpool(files, spoolPath(world.scratch, "found"), order),
  );
  const matched = new Uint8Array(texts.ids.length);
  const counters = await findPairs(
    world,
    texts,
    { ...options, generation: database.generation },
    (pair) => {
      matches.add(pair);
      matched[pair.a] = matched[pair.b] = 1;
    },
  );
  const facts = await factsOf(database, texts, matched);
  const groups = planGroups(
    texts.ids.length,
    stoppable(matches.sorted(), world.stop),
    { facts, numbers: texts.numbers },
    {
      ...options,
      openSpool: (order) => openMatchSpool(files, spoolPath(world.scratch, "ranked"), order),
    },
  );
  const job: Job = { world, options, database, texts, facts, matches, groups };
  tellMatches(job);
  tellGroups(job);
  const count = (fate: Member["fate"]) =>
    groups.reduce(
      (sum, { members }) => sum + members.filter((member) => member.fate === fate).length,
      0,
    );
  const found = {
    documents: texts.ids.length,
    matches: matches.length,
    groups: groups.length,
    duplicates: count("duplicate"),
    review: count("review"),
  };
  if (options.html !== undefined) await writePage(job, pages, found, started);
  const deletion = options.delete ? await carryOut(job, options.delete) : undefined;
  if (options.checkpoint !== undefined && isFinished(deletion?.outcome)) {
    files.remove(options.checkpoint);
  }
  return {
    generation: database.generation,
    ratio: options.ratio,
    approximate: options.approximate,
    blank: texts.blank,
    counters,
    ...found,
    ...(deletion ? { deletion } : {}),
    duration: Math.round(performance.now() - begun),
  };
}

/** Whether nobody will want to continue from the checkpoint. */
function isFinished(outcome: DeleteOutcome | undefined): boolean {
  return outcome === undefined || outcome === "done" || outcome === "nothing to do";
}

interface Job {
  readonly world: DuplicateWorld;
  readonly options: DuplicateOptions;
  readonly database: LibraryDatabase;
  readonly texts: Texts;
  /** By index; only documents that match any other. */
  readonly facts: ReadonlyMap<number, DocumentFacts>;
  readonly matches: MatchSpool;
  readonly groups: readonly DuplicateGroup[];
}

async function collectTexts(
  { files, scratch, stop, report }: DuplicateWorld,
  database: LibraryDatabase,
  { since, approximate }: DuplicateOptions,
): Promise<Texts> {
  const progress = report.progress("Reading texts");
  try {
    return await database.snapshot((snapshot) =>
      readTexts(snapshot, {
        files,
        scratch,
        stop,
        ...(since === undefined ? {} : { since }),
        sketches: approximate,
        onDocument: () => progress.advance(),
      })
    );
  } finally {
    progress.end();
  }
}

async function factsOf(
  database: LibraryDatabase,
  { ids }: Texts,
  matched: Uint8Array,
): Promise<Map<number, DocumentFacts>> {
  const indices = Array.from(matched.keys()).filter((index) => matched[index]);
  const byId = await readDocumentFacts(database, indices.map((index) => ids[index]!));
  return new Map(indices.flatMap((index) => {
    const facts = byId.get(Number(ids[index]));
    return facts ? [[index, facts] as const] : [];
  }));
}

/** Looks at the stop flag now and then: ten thousand equal documents are fifty million matches. */
function* stoppable<T>(items: Iterable<T>, stop: StopSignal): Generator<T> {
  let count = 0;
  for (const item of items) {
    if (++count % 4096 === 0) stop.throwIfRequested();
    yield item;
  }
}

/** Every match, as the generation prints it. */
function tellMatches(job: Job): void {
  const { world: { report, stop }, database, texts, facts, matches, options } = job;
  const sorted = () => stoppable(matches.sorted(), stop);
  const score = ({ distance, total }: DuplicatePair) => scoreOf(distance, total);
  const record = (pair: DuplicatePair) => ({
    a: texts.ids[pair.a]!,
    b: texts.ids[pair.b]!,
    ratio: score(pair),
    distance: pair.distance,
    numbersDiffer: texts.numbers[pair.a] !== texts.numbers[pair.b],
  });
  const isTable = database.generation === "v3" && !report.options.json && matches.length > 0;
  if (!isTable) {
    for (const pair of sorted()) {
      const line = matchLine(texts.ids[pair.a]!, texts.ids[pair.b]!, score(pair));
      report.item("match", record(pair), line);
    }
    if (matches.length === 0) report.item("none", {}, "No matches found");
    return;
  }
  const label = (index: number) => documentLabel(texts.ids[index]!, facts.get(index)?.title ?? "");
  function* rows() {
    let number = 0;
    for (const pair of sorted()) {
      yield { number: ++number, left: label(pair.a), right: label(pair.b), score: score(pair) };
    }
  }
  for (const line of matchTable(rows, options.ratio, job.world.columns)) {
    report.item("line", {}, line);
  }
  report.item("line", {}, `Found ${matches.length} matching pair(s).`);
}

/** The groups, for programs and where something is going to be deleted. */
function tellGroups({ world: { report }, texts, facts, groups, options }: Job): void {
  const id = (index: number) => texts.ids[index]!;
  for (const { members } of groups) {
    const of = (fate: Member["fate"]) =>
      members.filter((member) => member.fate === fate).map(({ document }) => id(document));
    report.item("group", {
      keep: of("keep"),
      duplicates: of("duplicate"),
      review: of("review"),
      members: members.map(({ document, fate, doubt, like, pair }) => ({
        id: id(document),
        title: facts.get(document)?.title,
        fate,
        doubt,
        like: like === undefined ? undefined : id(like),
        ratio: pair && scoreOf(pair.distance, pair.total),
      })),
    }, options.delete && groupLine(id, members));
  }
}

function groupLine(id: (index: number) => bigint, members: readonly Member[]): string {
  const parts = members.map(({ document, fate, doubt, like }) =>
    fate === "keep"
      ? `keep ${id(document)}`
      : fate === "duplicate"
      ? `delete ${id(document)} (like ${id(like!)})`
      : `leave ${id(document)} (like ${id(like!)}, ${doubt})`
  );
  return `Group: ${parts.join(", ")}`;
}

async function writePage(
  job: Job,
  pages: ReportFiles<"html">,
  found: {
    readonly documents: number;
    readonly matches: number;
    readonly duplicates: number;
    readonly review: number;
  },
  started: string,
): Promise<void> {
  const { world, groups, options } = job;
  using spool = openSpool<PageGroup>(world.files, join(world.scratch, "page"));
  for (const group of groups.slice(0, PAGE_LIMITS.groups)) {
    world.stop.throwIfRequested();
    spool.add(await pageGroup(job, group));
  }
  spool.close();
  pages.write("html", () =>
    duplicatesHtml(world.files, {
      ...found,
      groups: spool,
      more: groups.length - spool.length,
      allGroups: groups.length,
      ratio: options.ratio,
      approximate: options.approximate,
      mediaRoot: world.settings.mediaRoot,
      started,
    }));
}

async function pageGroup(
  { database, texts, facts }: Job,
  { members }: DuplicateGroup,
): Promise<PageGroup> {
  const shown = members.slice(0, PAGE_LIMITS.members);
  const contents = await readContents(
    database,
    [
      ...new Set(
        shown.flatMap(({ document, like }) => like === undefined ? [document] : [document, like]),
      ),
    ]
      .map((index) => texts.ids[index]!),
  );
  const content = (index: number) => contents.get(Number(texts.ids[index])) ?? "";
  return {
    more: members.length - shown.length,
    members: shown.map(({ document, fate, doubt, like, pair }): PageMember => ({
      facts: facts.get(document)!,
      fate,
      ...(doubt === undefined ? {} : { doubt }),
      ...(like === undefined || !pair ? {} : {
        like: {
          id: Number(texts.ids[like]),
          score: scoreOf(pair.distance, pair.total),
          numbersDiffer: texts.numbers[document] !== texts.numbers[like],
          diff: diffWords(content(like), content(document)),
        },
      }),
    })),
  };
}

async function readContents(
  database: LibraryDatabase,
  ids: readonly bigint[],
): Promise<Map<number, string>> {
  return await database.snapshot(async (snapshot) => {
    const contents = new Map<number, string>();
    for (const id of ids) {
      contents.set(Number(id), await readContent(snapshot, Number(id)) ?? "");
    }
    return contents;
  });
}

async function carryOut(
  job: Job,
  { dryRun, yes, arguments: given }: NonNullable<DuplicateOptions["delete"]>,
): Promise<NonNullable<DuplicateSummary["deletion"]>> {
  const { world, database, texts, groups, options } = job;
  const { settings, report } = world;
  const nothing = (outcome: DeleteOutcome) => ({ outcome, deleted: 0, left: [] });
  const deletions = groups.flatMap(({ members }) =>
    members.flatMap(({ document, fate, like }): Deletion[] =>
      fate !== "duplicate" || like === undefined ? [] : [{
        id: Number(texts.ids[document]),
        content: texts.contents[document]!,
        keeper: { id: Number(texts.ids[like]), content: texts.contents[like]! },
      }]
    )
  );
  if (deletions.length === 0) return nothing("nothing to do");
  if (dryRun) return nothing("planned");
  if (!yes) {
    const answer = await world.ask(
      `Move ${formatCount(deletions.length, "document")} to the trash?`,
    );
    if (answer === "no") return nothing("declined");
    if (answer === "nobody there") return nothing("nobody to ask");
  }
  world.stop.throwIfRequested();
  if (options.checkpoint !== undefined) await proveDeletions(job, options.checkpoint);
  const { deleted, left, entry } = await softDelete({
    database,
    journal: openJournal(world.files, settings),
    arguments: given,
    auditLog: settings.auditLogEnabled,
    now: world.now,
    newId: world.newId,
  }, deletions);
  for (const { id, reason } of left) {
    report.item("left", { id, reason }, `Document ${id} was left alone: ${reason}`);
  }
  return { outcome: "done", deleted: deleted.length, left, ...(entry ? { entry } : {}) };
}

/** @throws {PaperwardError} where what the checkpoint said of a document that is to go isn't so */
async function proveDeletions(
  { world, database, texts, groups, options }: Job,
  checkpoint: string,
): Promise<void> {
  const claims = groups.flatMap(({ members }) =>
    members.flatMap(({ document, fate, like }) =>
      fate !== "duplicate" || like === undefined ? [] : [{ one: document, other: like }]
    )
  );
  const search = { ratio: options.ratio, generation: database.generation };
  const proven = await provePairs(world, texts, search, claims);
  const wrong = claims.find((_, place) => !proven.has(place));
  if (!wrong) return;
  throw new PaperwardError(
    `Cannot delete by ${checkpoint}: it says that documents ${texts.ids[wrong.one]} and ${
      texts.ids[wrong.other]
    } are alike, and they are not`,
    { exit: "failed", hints: ["remove the file: everything is compared again then"] },
  );
}
