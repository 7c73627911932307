// What a transfer pool does, the same in a Worker and in the caller's thread: transfers, and syncs of what
// was written. A run is of one kind, told by its first task.

import { type JobQueue, type KernelContext, stopAsked } from "../pool.ts";
import { runEngine } from "./_engine.ts";
import { describe } from "./_passage.ts";
import type { TransferJob, TransferResult } from "./transfer.ts";
import type { TransferIo } from "./transfer_io.ts";
import type { SyncFailure } from "./transfer_pool.ts";

/** One thing to do. */
export type Task =
  | { readonly transfer: TransferJob }
  | { readonly sync: string };

/** What came of a task; null: all is well with a sync. */
export type Outcome = TransferResult | SyncFailure | null;

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
  else yield* transfers(first.transfer, queue, io, context);
}

function wrong(): TypeError {
  return new TypeError("Cannot do a task: a run is either of transfers or of syncs");
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
      if (task && "sync" in task) throw wrong();
      return task?.transfer;
    },
    get ended() {
      return waiting === undefined && queue.ended;
    },
  };
  for (const step of runEngine(jobs, io, stop ? { stop } : {})) {
    if (step === "idle") await queue.wait();
    else if (step === "working") await turn();
    else yield step;
  }
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
