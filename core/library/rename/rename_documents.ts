// The story of a renaming: bring to rest what a killed run left, plan all names, show or ask, then move batch by
// batch. Invariant: a batch is one transaction: its rows and its files change together or not at all.

import { sql } from "kysely";
import type { LibraryDatabase } from "../../database/database.ts";
import { djangoClock } from "../../database/django_clock.ts";
import { PaperwardError, StopRequested } from "../../errors.ts";
import type { ExitName } from "../../exit_codes.ts";
import type { Answer } from "../../report/ask.ts";
import { formatCount } from "../../report/format.ts";
import type { CommandContext } from "../../sandbox/context.ts";
import type { Generation } from "../../schema/model.ts";
import { checkMedia } from "../check_media.ts";
import type { HeldLock } from "../media_lock.ts";
import { type JournalEntry, openJournal, refuseInterruptedUndo } from "../journal/open_journal.ts";
import { openLibrary } from "../open_library.ts";
import { takeMediaLock } from "../take_media_lock.ts";
import { type DocumentMove, type FileNamer, isMove, type NamePlan } from "./file_namer.ts";
import { findInterrupted, repairInterruptedMoves } from "./interrupted_moves.ts";
import { roleFolder, ROLES } from "./media_names.ts";
import {
  type MovedDocuments,
  moveDocuments,
  type MoveWorld,
  removeUnused,
  syncFolders,
} from "./move_documents.ts";
import type { Mover } from "./open_mover.ts";
import { openNamer } from "./open_namer.ts";
import { stayRecord, tellMove, tellPlan } from "./tell_plan.ts";
import { writeNames } from "./write_names.ts";

/** What renaming needs of the world. */
export interface RenameContext extends CommandContext {
  /** Whether there is anybody to ask. */
  readonly canAsk: boolean;
  /** Asks before files are moved. */
  ask(question: string): Promise<Answer>;
  /** The time, for rows that change. */
  readonly now: () => Date;
  /** Starts the Worker that moves files. @default this thread moves them */
  readonly openMover?: (mediaRoot: string) => Mover;
}

/** What was asked for. */
export interface RenameOptions {
  /** Only these. @default all */
  readonly documents?: readonly number[];
  /** Shows the plan; changes nothing. */
  readonly dryRun: boolean;
  /** Asks nobody. */
  readonly yes: boolean;
  /** ms to wait for media.lock; absent: as long as it takes */
  readonly lockTimeoutMs?: number;
  /** The command line, for the journal. */
  readonly arguments: readonly string[];
}

/** What came of it. */
export interface RenameSummary {
  /** How the command ends: `partial` where a document or its template failed. */
  readonly exit: ExitName;
  /** `would rename`: a dry run. */
  readonly outcome: "renamed" | "would rename" | "declined" | "nothing to do";
  /** Of the library. */
  readonly generation: Generation;
  /** Documents that were looked at. */
  readonly documents: number;
  /** Documents that were renamed, or would be. */
  readonly renamed: number;
  /** The others: their names are right, or could not be changed. */
  readonly stayed: number;
  /** Documents that should have other names and could not be given them. */
  readonly failed: number;
  /** Documents whose template failed. */
  readonly templateFailures: number;
  /** Files that a killed run had left elsewhere than the database says. */
  readonly recovered: number;
  /** Number of the journal's entry. */
  readonly entry?: string;
  /** Names that were planned: originals and archives. */
  readonly names: number;
  /** ms that planning took. */
  readonly planning: number;
  /** ms */
  readonly duration: number;
}

/** Documents of one transaction: what a crash can leave half done, and how long the server may have to wait. */
const BATCH = 1000;

/** Gives files the names that the settings ask for.
 * @throws {PaperwardError} for everything that stops the run */
export async function renameDocuments(
  context: RenameContext,
  options: RenameOptions,
): Promise<RenameSummary> {
  const { files, report, settings, stop } = context;
  const begun = performance.now();
  await using cleanup = new AsyncDisposableStack();
  checkMedia(files, settings);
  const database = await openLibrary(context, options.dryRun ? "read" : "write", cleanup);
  const journal = openJournal(files, settings);
  const world = { files, journal, database, mediaRoot: settings.mediaRoot };
  let lock: HeldLock | undefined;
  cleanup.defer(() => lock?.release());
  const takeLock = async () => {
    lock = await takeMediaLock({
      settings,
      report,
      stop,
      generation: database.generation,
      ...(options.lockTimeoutMs === undefined ? {} : { timeoutMs: options.lockTimeoutMs }),
      readsOnly: options.dryRun,
    });
  };
  await takeLock();
  if (!options.dryRun) refuseInterruptedUndo(journal);
  else if (journal.last()?.state === "being undone") {
    report.warn(
      "An undo was interrupted: files may not be where the database says",
      "run `paperward undo` to bring it to its end",
    );
  }
  const interrupted = findInterrupted(world);
  let recovered = 0;
  if (interrupted.length > 0 && options.dryRun) {
    report.warn(
      `A run of ${
        interrupted[0]!.command
      } was interrupted: files may not be where the database says`,
      "run document_renamer without --dry-run: it puts them back first",
    );
  } else {
    recovered = await repairInterruptedMoves(world);
    if (recovered > 0) {
      report.info(
        `${
          formatCount(recovered, "file")
        } that a killed run had left elsewhere went to where the database says`,
      );
    }
  }

  const namer = openNamer(context, database.generation);
  cleanup.defer(() => namer.close());
  const job: Job = { context, options, database, namer };
  const planned = performance.now();
  let plan = await makePlan(job);
  const planning = Math.round(performance.now() - planned);
  cleanup.defer(() => plan[Symbol.dispose]());
  const summary = (
    outcome: RenameSummary["outcome"],
    renamed: number,
    failed: number,
    entry?: string,
  ): RenameSummary => ({
    exit: failed > 0 || plan.problems > 0 ? "partial" : "done",
    outcome,
    generation: database.generation,
    documents: plan.moves + plan.stays,
    renamed,
    stayed: plan.moves + plan.stays - renamed,
    failed,
    templateFailures: plan.problems,
    recovered,
    names: plan.names,
    planning,
    ...(entry === undefined ? {} : { entry }),
    duration: Math.round(performance.now() - begun),
  });

  if (options.dryRun) {
    return summary("would rename", plan.moves, tellPlan(report, plan));
  }
  if (plan.moves > 0 && !options.yes && context.canAsk) {
    // Nobody shall wait for an answer: neither the server for the lock, nor the plan to be made on old names.
    lock?.release();
    lock = undefined;
    const answer = await context.ask(
      `Rename the files of ${formatCount(plan.moves, "document")}?`,
    );
    if (answer !== "yes") return summary("declined", 0, 0);
    await takeLock();
    plan[Symbol.dispose]();
    namer.forget();
    plan = await makePlan(job);
  }
  const failed = tellFailures(job, plan);
  if (plan.moves === 0) return summary("nothing to do", 0, failed);
  using entry = await journal.begin({
    command: "document_renamer",
    arguments: options.arguments,
  });
  const moved = await carryOut(job, plan, entry);
  return summary(
    "renamed",
    moved.count,
    failed + moved.failed,
    moved.count > 0 ? entry.id : undefined,
  );
}

interface Job {
  readonly context: RenameContext;
  readonly options: RenameOptions;
  readonly database: LibraryDatabase;
  readonly namer: FileNamer;
}

async function makePlan({ context, options, database, namer }: Job): Promise<NamePlan> {
  const { report, stop } = context;
  const ids = await database.snapshot(async ({ kysely }) => {
    // As upstream goes through them: the newest first, on SQLite the last one of a day first.
    const { rows } = await sql<{ readonly id: number }>`select id from documents_document
      where deleted_at is null order by created desc, id desc`.execute(kysely);
    return rows.map(({ id }) => Number(id));
  });
  const wanted = options.documents === undefined ? undefined : new Set(options.documents);
  const chosen = wanted ? ids.filter((id) => wanted.has(id)) : ids;
  if (wanted && chosen.length < wanted.size) {
    const there = new Set(chosen);
    const missing = [...wanted].filter((id) => !there.has(id));
    throw new PaperwardError(
      `Cannot rename document ${missing.slice(0, 10).join(", ")}: there is none of that number`,
      { hints: ["documents in the trash keep their names"] },
    );
  }
  const progress = report.progress("Planning", chosen.length);
  try {
    return await namer.plan((work) => database.snapshot(work), chosen, (count) => {
      stop.throwIfRequested();
      progress.advance(count);
    });
  } finally {
    progress.end();
  }
}

/** Says which documents can't be moved, and removes the empty folders of missing files. @returns how many */
function tellFailures({ context: { files, report, settings } }: Job, plan: NamePlan): number {
  if (plan.stays === 0) return 0;
  const roots = new Set(ROLES.map((role) => roleFolder(settings.mediaRoot, role)));
  let failed = 0;
  for (const decision of plan.decisions()) {
    if (isMove(decision)) continue;
    if (decision.failed) {
      failed++;
      report.error(`Document ${decision.id} keeps its names: ${decision.message}`);
    }
    // As upstream does: the folder of a file that is gone goes too, once it is empty.
    if (decision.folder !== undefined) removeUnused(files, decision.folder, roots);
    report.item("stay", stayRecord(decision));
  }
  return failed;
}

interface CarriedOut {
  count: number;
  failed: number;
  /** Files may be elsewhere than the rows say. */
  isAstray: boolean;
}

async function carryOut(job: Job, plan: NamePlan, entry: JournalEntry): Promise<CarriedOut> {
  const { files, report, settings, stop, openMover } = job.context;
  // A Worker is worth its start only where there is much to move.
  const mover = plan.moves > BATCH ? openMover?.(settings.mediaRoot) : undefined;
  const progress = report.progress("Renaming", plan.moves);
  const done: CarriedOut = { count: 0, failed: 0, isAstray: false };
  const touched = new Set<string>();
  const moving = { entry, touched, ...(mover ? { move: mover.move } : {}) };
  const end = async () => {
    if (done.count === 0) return entry.discard();
    await syncFolders(files, touched);
    await entry.commit();
  };
  try {
    for (const groups of batches(plan.groups())) {
      stop.throwIfRequested();
      await moveBatch(job, moving, groups, done);
      progress.advance(groups.reduce((sum, group) => sum + group.length, 0));
    }
  } catch (error) {
    // A stop comes between two batches. After anything else the entry stays as after a crash, for the next run to
    // look at: unless nothing has happened.
    if (error instanceof StopRequested) await end();
    else if (done.count === 0 && !done.isAstray) entry.discard();
    throw error;
  } finally {
    progress.end();
    mover?.close();
  }
  await end();
  return done;
}

function* batches(
  groups: Iterable<readonly DocumentMove[]>,
): Generator<(readonly DocumentMove[])[]> {
  let batch: (readonly DocumentMove[])[] = [];
  let size = 0;
  for (const group of groups) {
    batch.push(group);
    size += group.length;
    if (size < BATCH) continue;
    yield batch;
    [batch, size] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}

type Moving = Required<Pick<MoveWorld, "entry" | "touched">> & Pick<MoveWorld, "move">;

async function moveBatch(
  { context, database }: Job,
  moving: Moving,
  groups: readonly (readonly DocumentMove[])[],
  done: CarriedOut,
): Promise<void> {
  const { files, report, settings } = context;
  const { entry } = moving;
  const modified = djangoClock(context.now)();
  let result: MovedDocuments | undefined;
  let changed: ReadonlySet<number> = new Set();
  let stamps: ReadonlyMap<number, string> = new Map();
  let trouble: { readonly error: unknown } | undefined;
  try {
    await database.kysely.transaction().execute(async (transaction) => {
      done.isAstray = true;
      result = await moveDocuments(
        { files, mediaRoot: settings.mediaRoot, ...moving },
        groups,
        async () => {
          try {
            stamps = await modifiedOf(transaction, groups);
            return changed = new Set(await writeNames(transaction, groups, { modified }));
          } catch (error) {
            trouble = { error };
            return new Set(groups.flatMap((group) => group.map(({ id }) => id)));
          }
        },
      );
      if (trouble) throw trouble.error;
      if (result.failed.length > 0) await writeBack(transaction, groups, result, stamps);
      for (const { id, before, after } of result.moved) {
        entry.record({
          kind: "row changed",
          table: "documents_document",
          pk: id,
          before: { ...before, modified: stamps.get(id)! },
          after: { ...after, modified },
        });
      }
      if (result.moved.length > 0) await entry.flush();
    });
  } catch (error) {
    if (result) {
      await result.takeBack();
      done.isAstray = false;
    }
    throw error;
  }
  done.isAstray = false;
  if (!result) return;
  result.finish();
  for (const move of result.moved) tellMove(report, "moved", move, false);
  for (const { id, message } of result.failed) {
    report.error(`Document ${id} keeps its names: ${message}`);
    report.item("stay", { document: id, reason: "in the way", message });
  }
  for (const id of changed) {
    const message = "it was changed since it was looked at";
    report.error(`Document ${id} keeps its names: ${message}`);
    report.item("stay", { document: id, reason: "changed", message });
  }
  done.count += result.moved.length;
  done.failed += result.failed.length + changed.size;
}

type Transaction = LibraryDatabase["kysely"];

/** `modified` of each document, as the database has it. */
async function modifiedOf(
  transaction: Transaction,
  groups: readonly (readonly DocumentMove[])[],
): Promise<ReadonlyMap<number, string>> {
  const ids = groups.flatMap((group) => group.map(({ id }) => id));
  const found = new Map<number, string>();
  for (let at = 0; at < ids.length; at += BATCH) {
    const { rows } = await sql<{ readonly id: number; readonly modified: string }>`
      select id, modified from documents_document
      where id in (${sql.join(ids.slice(at, at + BATCH))})`.execute(transaction);
    for (const { id, modified } of rows) found.set(Number(id), modified);
  }
  return found;
}

/** The rows of documents whose files could not be moved get their old names again. */
async function writeBack(
  transaction: Transaction,
  groups: readonly (readonly DocumentMove[])[],
  { failed }: MovedDocuments,
  stamps: ReadonlyMap<number, string>,
): Promise<void> {
  const ids = new Set(failed.map(({ id }) => id));
  // The last first: the names of those that waited for others are free then.
  for (const group of groups.filter((each) => each.some(({ id }) => ids.has(id))).toReversed()) {
    await writeNames(transaction, [group], { back: true });
    for (const { id } of group) {
      await sql`update documents_document set modified = ${stamps.get(id)} where id = ${id}`
        .execute(transaction);
    }
  }
}
