// What a transfer pool does, the same in a Worker and in the caller's thread: transfers, batches of files that
// are only read, and syncs of what was written. A run is of one kind, told by its first task.

import { type JobQueue, type KernelContext, stopAsked } from "../pool.ts";
import { runEngine } from "./_engine.ts";
import { describe, type PassageJob, settle, type Unsynced } from "./_passage.ts";
import type { ReadBatch, ReadBatchResult, ReadError } from "./read_batch.ts";
import type { TransferJob, TransferResult } from "./transfer.ts";
import type { TransferIo } from "./transfer_io.ts";
import type { SyncFailure } from "./transfer_pool.ts";

/** One thing to do. */
export type Task =
  | { readonly transfer: TransferJob }
  | { readonly read: ReadBatch }
  | { readonly sync: string };

/** What came of a task; null: all is well with a sync. */
export type Outcome = TransferResult | ReadBatchResult | SyncFailure | null;

/** Files synced at once by one Worker: the file system then makes one commit of its journal for many of them. */
const SYNCS = 16;

/** What a run knows besides its tasks. */
export type TaskContext = Pick<KernelContext, "stop" | "turn">;

/** Does the tasks of one run. */
export async function* runTasks(
  queue: JobQueue<Task>,
  io: TransferIo,
  context: TaskContext,
): AsyncGenerator<Outcome, void, undefined> {
  await queue.wait();
  const first = queue.take();
  if (first === undefined) return;
  if ("sync" in first) yield* syncs(first.sync, queue, io, context);
  else if ("read" in first) yield* reads(first.read, queue, io, context);
  else yield* transfers(first.transfer, queue, io, context);
}

function wrong(): TypeError {
  return new TypeError("Cannot do a task: a run is of transfers, of reads or of syncs");
}

async function* transfers(
  first: TransferJob,
  queue: JobQueue<Task>,
  io: TransferIo,
  { stop, turn }: TaskContext,
): AsyncGenerator<TransferResult, void, undefined> {
  let waiting: TransferJob | undefined = first;
  const jobs = {
    take(): TransferJob | undefined {
      if (waiting) {
        const job = waiting;
        waiting = undefined;
        return job;
      }
      const task = queue.take();
      if (task && !("transfer" in task)) throw wrong();
      return task?.transfer;
    },
    get ended() {
      return waiting === undefined && queue.ended;
    },
  };
  const done: TransferResult[] = [];
  const syncing = new Set<Promise<void>>();
  /** One by one: more may come while the caller looks at one. */
  function* results(): Generator<TransferResult> {
    for (let next; (next = done.shift()) !== undefined;) yield next;
  }
  const sync = (unsynced: Unsynced): void => {
    const promise = settle(unsynced, io).then((result) => {
      done.push(result);
      syncing.delete(promise);
    });
    syncing.add(promise);
  };
  try {
    for (const step of runEngine(jobs, io, { handsOver: true, ...(stop && { stop }) })) {
      if (step === "idle") await Promise.race([queue.wait(), ...syncing]);
      else if (step === "working") await turn();
      else if ("unsynced" in step) sync(step);
      else yield step;
      while (syncing.size >= SYNCS) await Promise.race(syncing);
      yield* results();
    }
    while (syncing.size > 0 || done.length > 0) {
      if (done.length === 0) await Promise.race(syncing);
      yield* results();
    }
  } finally {
    // Whoever left early finds no file open.
    await Promise.all(syncing);
  }
}

/** Files of one batch, at most: a job's number is its batch's number times this, plus its place. */
const MOST_FILES = 1 << 16;

async function* reads(
  first: ReadBatch,
  queue: JobQueue<Task>,
  io: TransferIo,
  { stop, turn }: TaskContext,
): AsyncGenerator<ReadBatchResult, void, undefined> {
  const open = new Map<number, OpenBatch>();
  let numbers = 0;
  let current = openBatch(first);
  let next = 0;
  open.set(0, current);
  const jobs = {
    take(): PassageJob | undefined {
      if (next === current.batch.sources.length) {
        const task = queue.take();
        if (task === undefined) return undefined;
        if (!("read" in task)) throw wrong();
        open.set(++numbers, current = openBatch(task.read));
        next = 0;
      }
      const source = current.batch.sources[next] ?? "";
      const { algorithm } = current.batch;
      return { id: numbers * MOST_FILES + next++, source, algorithm, looksLate: true };
    },
    get ended() {
      return next === current.batch.sources.length && queue.ended;
    },
  };
  for (const step of runEngine(jobs, io, stop ? { stop } : {})) {
    if (step === "idle") await queue.wait();
    else if (step === "working") await turn();
    else if (!("unsynced" in step)) {
      const number = Math.floor(step.id / MOST_FILES);
      const batch = open.get(number);
      if (!batch) throw new Error(`Batch ${number} was never begun`);
      const index = step.id % MOST_FILES;
      batch.digests[index] = step.digest;
      batch.sizes[index] = step.bytes;
      if (step.error) batch.errors.push({ ...step.error, index });
      if (--batch.left > 0) continue;
      open.delete(number);
      const { batch: { id }, digests, sizes, errors } = batch;
      yield { id, digests, sizes, errors };
    }
  }
}

/** A batch of which some files are still to be read. */
interface OpenBatch {
  readonly batch: ReadBatch;
  readonly digests: (string | null)[];
  readonly sizes: number[];
  readonly errors: ReadError[];
  left: number;
}

function openBatch(batch: ReadBatch): OpenBatch {
  const count = batch.sources.length;
  if (count === 0 || count > MOST_FILES) {
    throw new TypeError(`Cannot read a batch of ${count} files`);
  }
  return {
    batch,
    digests: new Array<string | null>(count).fill(null),
    sizes: new Array<number>(count).fill(0),
    errors: [],
    left: count,
  };
}

async function* syncs(
  first: string,
  queue: JobQueue<Task>,
  io: TransferIo,
  { stop }: TaskContext,
): AsyncGenerator<SyncFailure | null, void, undefined> {
  const done: (SyncFailure | null)[] = [];
  const running = new Set<Promise<void>>();
  const begin = (path: string): void => {
    const act = async (): Promise<void> => {
      try {
        if (stopAsked(stop)) {
          done.push({ path, name: "Stopped", message: `Cannot sync ${path}: stopped` });
          return;
        }
        await io.sync(path);
        done.push(null);
      } catch (error) {
        done.push({ path, ...describe(error) });
      }
    };
    const promise = act().finally(() => running.delete(promise));
    running.add(promise);
  };
  begin(first);
  for (;;) {
    while (running.size < SYNCS) {
      const task = queue.take();
      if (task === undefined) break;
      if (!("sync" in task)) throw wrong();
      begin(task.sync);
    }
    // One by one: more may come while the caller looks at one.
    for (let next; (next = done.shift()) !== undefined;) yield next;
    if (running.size > 0) {
      await Promise.race(
        running.size < SYNCS && !queue.ended ? [...running, queue.wait()] : running,
      );
    } else if (queue.ended) return;
    else await queue.wait();
  }
}
