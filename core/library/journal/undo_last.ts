// The story of an undo: find the entry, lock, look at all of it, then take it back or say why not.

import type { TransferPool, TransferPoolOptions } from "../../../wasm/checksum/transfer_pool.ts";
import { openDatabase } from "../../database/open_database.ts";
import { PaperwardError } from "../../errors.ts";
import type { CommandContext } from "../../sandbox/context.ts";
import { ask, type Asker } from "../../report/ask.ts";
import { repairInterruptedMoves } from "../rename/interrupted_moves.ts";
import { takeMediaLock } from "../take_media_lock.ts";
import type { JournalStep } from "./journal_step.ts";
import { type EntryFacts, openJournal } from "./open_journal.ts";
import {
  abandonEntry,
  changesRows,
  isReadable,
  planUndo,
  undoEntry,
  type UndoPlan,
  undoSteps,
} from "./undo_entry.ts";

/** What an undo runs in. */
export interface UndoContext extends CommandContext {
  /** Starts the Workers that checksum. */
  openTransfers(options: TransferPoolOptions): TransferPool;
}

/** What was asked for. */
export interface UndoOptions {
  /** Shows what would be taken back; changes nothing. */
  readonly dryRun: boolean;
  /** Leaves an undo that was interrupted, or a damaged entry, as it is and forgets it. */
  readonly abandon: boolean;
  /** ms to wait for media.lock; absent: as long as it takes */
  readonly lockTimeoutMs?: number;
  /** The plan is shown and a yes waited for. @default {false} */
  readonly asks?: boolean;
  /** Where answers come from; tests replace it. */
  readonly asker?: Asker;
}

/** What came of it. */
export interface UndoSummary {
  /** `refused`: something stands in the way, and nothing was changed. */
  readonly outcome: "undone" | "would undo" | "refused" | "abandoned" | "declined";
  /** The entry as it was found. */
  readonly entry: EntryFacts;
  /** By kind of step: rows, files and folders; empty where nothing was to be taken back. */
  readonly counts: UndoPlan["counts"];
  /** How many things stand in the way. */
  readonly conflicts: number;
}

/** Takes the last entry of the journal back.
 * @throws {PaperwardError} where there is none, and for everything that stops it before it began */
export async function undoLast(context: UndoContext, options: UndoOptions): Promise<UndoSummary> {
  const { files, report, settings, stop } = context;
  const places = { dataDir: settings.dataDir, mediaRoot: settings.mediaRoot };
  const journal = openJournal(files, places);
  const found = journal.last();
  if (!found) {
    throw new PaperwardError(
      `Cannot undo anything: the journal of ${settings.dataDir} holds nothing that can be taken back`,
      { hints: ["`paperward journal list` shows what there is"] },
    );
  }
  const readable = isReadable(journal, found.id);
  if (options.abandon) {
    if (found.state !== "being undone" && readable) {
      throw new PaperwardError(
        "Cannot abandon an undo: none was interrupted, and the last entry is whole",
        { exit: "usage" },
      );
    }
    await abandonEntry(files, journal, found.id);
    return { outcome: "abandoned", entry: found, counts: {}, conflicts: 0 };
  }
  if (!readable) {
    report.warn(
      "The last entry of the journal is damaged: what it lists can't be taken back",
      "leave it as it is and go on with the entry before it: `paperward undo --abandon`",
    );
  }
  if (options.asks && !options.dryRun) {
    const planned = await pass(context, options, found, false);
    if (planned.outcome !== "would undo") return planned;
    const question = `Take back ${found.command} (entry ${found.id})?`;
    const answer = await ask(question, stop, ...(options.asker ? [options.asker] as const : []));
    if (answer !== "yes") return { ...planned, outcome: "declined" };
  }
  return await pass(context, options, found, !options.dryRun);
}

/** Looks at all of it under the lock, and takes it back or says what that would mean.
 * @param acts false: nothing is changed */
async function pass(
  context: UndoContext,
  options: UndoOptions,
  found: EntryFacts,
  acts: boolean,
): Promise<UndoSummary> {
  const { files, report, settings, stop } = context;
  const places = { dataDir: settings.dataDir, mediaRoot: settings.mediaRoot };
  const journal = openJournal(files, places);
  await using cleanup = new AsyncDisposableStack();
  const hasRows = changesRows(journal, found.id);
  const database = await openDatabase(settings.database, {
    files,
    scratch: context.scratch,
    report,
    mode: hasRows && acts ? "write" : "read",
    stop,
  });
  cleanup.defer(() => database.close());
  const { lockTimeoutMs } = options;
  const lock = await takeMediaLock({
    settings,
    report,
    stop,
    generation: database.generation,
    ...(lockTimeoutMs === undefined ? {} : { timeoutMs: lockTimeoutMs }),
    readsOnly: !acts,
  });
  cleanup.defer(() => lock?.release());
  // Whoever held the lock may have changed something meanwhile.
  const entry = journal.last();
  if (entry?.id !== found.id) {
    throw new PaperwardError(
      "Cannot undo: another command changed the library while the lock was waited for",
      { hints: ["look at `paperward journal list` and try again"] },
    );
  }
  // What a killed run left half done can't be told from what it did.
  if (!options.dryRun && lock) {
    await repairInterruptedMoves({ files, journal, database, mediaRoot: places.mediaRoot });
    // It had come to nothing that was left.
    if (journal.last()?.id !== entry.id) {
      return { entry, counts: {}, conflicts: 0, outcome: "undone" };
    }
  }
  const transfers = context.openTransfers({ read: [places.mediaRoot, places.dataDir], write: [] });
  cleanup.defer(() => transfers.close());
  const world = {
    files,
    journal,
    places,
    transfers,
    stop,
    database: hasRows ? database : undefined,
  };
  const plan = await planUndo(world, entry);
  const summary = { entry, counts: plan.counts, conflicts: plan.conflictCount };
  if (plan.conflictCount > 0) {
    for (const { what, reason } of plan.conflicts) {
      report.item("conflict", { what, reason }, `in the way: ${what}: ${reason}`);
    }
    if (entry.state === "being undone") {
      report.warn(
        "The undo that was interrupted can't go on",
        "mend what is listed and run `paperward undo` again, or leave it as it is: --abandon",
      );
    }
    return { ...summary, outcome: "refused" };
  }
  if (!acts) {
    for (const step of undoSteps(journal, entry.id)) {
      report.item("step", describeStep(step), describeUndo(step));
    }
    return { ...summary, outcome: "would undo" };
  }
  const total = Object.values(plan.counts).reduce((sum, count) => sum + count, 0);
  const progress = report.progress("Taking back", total);
  try {
    await undoEntry(
      world,
      entry,
      (step) => progress.advance(step.kind === "rows inserted" ? step.pks.length : 1),
    );
  } catch (error) {
    if (journal.last()?.state === "being undone") {
      report.warn(
        "The undo did not come to its end: a part of the entry may be taken back",
        "run `paperward undo` again: it goes on where it stopped",
      );
    }
    throw error;
  } finally {
    progress.end();
  }
  if (hasRows) report.info("The search index may hold what was taken back: reindex it");
  return { ...summary, outcome: "undone" };
}

/** A step for JSON: keys as text, no rows. */
export function describeStep(step: JournalStep): Record<string, string | number> {
  switch (step.kind) {
    case "rows inserted":
      return { kind: step.kind, table: step.table, rows: step.pks.length };
    case "row changed":
      return { kind: step.kind, table: step.table, row: String(step.pk) };
    case "row deleted":
      return { kind: step.kind, table: step.table, row: String(step.row[step.key ?? "id"]) };
    case "file moved":
      return { kind: step.kind, from: step.from, to: step.to };
    case "file replaced":
      return { kind: step.kind, path: step.path, backup: step.backup };
    default:
      return { kind: step.kind, path: step.path };
  }
}

/** What taking a step back means, in words. */
export function describeUndo(step: JournalStep): string {
  switch (step.kind) {
    case "rows inserted":
      return `remove   ${step.pks.length} rows of ${step.table}`;
    case "row changed":
      return `restore  row ${step.pk} of ${step.table} (${Object.keys(step.before).join(", ")})`;
    case "row deleted":
      return `restore  row ${step.row[step.key ?? "id"]} of ${step.table}`;
    case "file moved":
      return `move     ${step.to} back to ${step.from}`;
    case "file replaced":
      return `restore  ${step.path} from ${step.backup}`;
    default:
      return `remove   ${step.path}`;
  }
}

/** What a step was, in words. */
export function describeDone(step: JournalStep): string {
  switch (step.kind) {
    case "rows inserted":
      return `added    ${step.pks.length} rows of ${step.table}`;
    case "row changed":
      return `changed  row ${step.pk} of ${step.table} (${Object.keys(step.after).join(", ")})`;
    case "row deleted":
      return `removed  row ${step.row[step.key ?? "id"]} of ${step.table}`;
    case "file moved":
      return `moved    ${step.from} to ${step.to}`;
    case "file replaced":
      return `replaced ${step.path} (the old one is ${step.backup})`;
    default:
      return `added    ${step.path}`;
  }
}
