// Transfers by a pool of Workers, or in this thread: one face for both, so that fault tests replace only
// the file operations. Results come in any order, exactly one for each job.

import {
  createPool,
  createQueue,
  type JobQueue,
  type Pool,
  type RunOptions,
  stopAsked,
  turn,
} from "../pool.ts";
import { type Outcome, runTasks, type Task } from "./_tasks.ts";
import type { ReadBatch, ReadBatchResult } from "./read_batch.ts";
import type { TransferJob, TransferResult } from "./transfer.ts";
import { denoTransferIo, type TransferIo } from "./transfer_io.ts";

/** What {@linkcode TransferPool.run} and {@linkcode TransferPool.sync} accept. */
export interface TransferRunOptions {
  /** 4 bytes of shared memory: an Int32 that is not zero asks for a stop. Looked at between chunks. */
  readonly stop?: SharedArrayBuffer;
}

/** Why one file could not be made durable. */
export interface SyncFailure {
  /** Absolute. */
  readonly path: string;
  /** Name of the error's class. */
  readonly name: string;
  /** What the operating system said. */
  readonly message: string;
  /** As the operating system calls it: `ENOSPC`. */
  readonly code?: string;
}

/** Copies and checksums files, and makes them durable. */
export interface TransferPool {
  /** Runs the jobs; pulls them only as fast as they are done. After a stop no more jobs are pulled, and those
   * that were pulled but are not done come back with an error of phase `"stop"`.
   * @throws {PoolError} where a Worker died; errors of single files are in the results
   * @throws what the source of the jobs throws */
  run(
    jobs: AsyncIterable<TransferJob> | Iterable<TransferJob>,
    options?: TransferRunOptions,
  ): AsyncIterable<TransferResult>;
  /** Reads and checksums many files a job, writing nowhere; otherwise as {@linkcode run}. */
  read(
    batches: AsyncIterable<ReadBatch> | Iterable<ReadBatch>,
    options?: TransferRunOptions,
  ): AsyncIterable<ReadBatchResult>;
  /** fdatasync(2) of files written earlier, best once and late. Yields the failures only. */
  sync(
    paths: AsyncIterable<string> | Iterable<string>,
    options?: TransferRunOptions,
  ): AsyncIterable<SyncFailure>;
  /** Starts the Workers now, while there is something else to do; otherwise the first job does. */
  start(): void;
  /** Ends the Workers. */
  close(): void;
}

/** Options of {@linkcode openTransferPool}. */
export interface TransferPoolOptions {
  /** Folders and files that the Workers may read; absolute real paths. */
  readonly read: readonly string[];
  /** Folders that the Workers may write to; absolute real paths. */
  readonly write: readonly string[];
  /** Number of Workers. @default {2} */
  readonly size?: number;
}

/** Tasks that a Worker has at most: enough to keep it busy while this thread reads and writes a batch of rows. */
const AHEAD_IN_WORKER = 128;

/** Transfers by Workers that hold no permission but the given ones. They start with the first job: a run
 * that has nothing to do starts none.
 * @throws {Deno.errors.NotCapable} where the caller doesn't hold them itself */
export function openTransferPool(options: TransferPoolOptions): TransferPool {
  const { read, write, size = 2 } = options;
  let pool: Pool<Task, Outcome> | undefined;
  const open = () =>
    pool ??= createPool<Task, Outcome>({
      entry: new URL("./worker.ts", import.meta.url),
      size,
      ahead: AHEAD_IN_WORKER,
      permissions: {
        read: [...read],
        write: [...write],
        env: false,
        ffi: false,
        import: false,
        net: false,
        run: false,
        sys: false,
      },
    });
  return face(
    (tasks, options) => whereAny(tasks, (some) => open().run(some, options)),
    () => void open(),
    () => pool?.close(),
  );
}

/** Runs tasks unless there are none. */
async function* whereAny<T, R>(
  items: AsyncIterable<T>,
  run: (items: AsyncIterable<T>) => AsyncIterable<R>,
): AsyncGenerator<R, void, undefined> {
  const iterator = items[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done) return;
  yield* run({
    [Symbol.asyncIterator]() {
      let next: IteratorResult<T> | undefined = first;
      return {
        next() {
          const known = next;
          next = undefined;
          return known ? Promise.resolve(known) : iterator.next();
        },
        return: () => iterator.return?.() ?? Promise.resolve({ done: true, value: undefined }),
      };
    },
  });
}

/** The same in this thread, with file operations of the caller's choice. */
export function inlineTransferPool(io: TransferIo = denoTransferIo): TransferPool {
  return face((tasks, options) => runInline(tasks, io, options.stop), () => {}, () => {});
}

type Run = (tasks: AsyncIterable<Task>, options: RunOptions) => AsyncIterable<Outcome>;

function face(run: Run, start: () => void, close: () => void): TransferPool {
  return {
    async *run(jobs, options = {}) {
      for await (const outcome of run(each(jobs, (transfer) => ({ transfer })), options)) {
        if (outcome && "digest" in outcome) yield outcome;
      }
    },
    async *read(batches, options = {}) {
      for await (const outcome of run(each(batches, (read) => ({ read })), options)) {
        if (outcome && "digests" in outcome) yield outcome;
      }
    },
    async *sync(paths, options = {}) {
      for await (const outcome of run(each(paths, (sync) => ({ sync })), options)) {
        if (outcome && "path" in outcome) yield outcome;
      }
    },
    start,
    close,
  };
}

async function* each<T>(
  items: AsyncIterable<T> | Iterable<T>,
  wrap: (item: T) => Task,
): AsyncGenerator<Task, void, undefined> {
  for await (const item of items) yield wrap(item);
}

/** Tasks that are fetched ahead of an inline run. */
const AHEAD = 16;

async function* runInline(
  tasks: AsyncIterable<Task>,
  io: TransferIo,
  stop: SharedArrayBuffer | undefined,
): AsyncGenerator<Outcome, void, undefined> {
  const queue = createQueue<Task>();
  let failure: { readonly error: unknown } | undefined;
  let over = false;
  // Waiting turn by turn would keep the event loop too busy to look at what was synced.
  let taken = Promise.withResolvers<void>();
  const feed = async (): Promise<void> => {
    try {
      for await (const task of tasks) {
        if (over || stopAsked(stop)) break;
        queue.push([task]);
        while (queue.length >= AHEAD && !over) {
          taken = Promise.withResolvers();
          await taken.promise;
        }
      }
    } catch (error) {
      failure = { error };
    } finally {
      queue.end();
    }
  };
  const watched: JobQueue<Task> = {
    take() {
      taken.resolve();
      return queue.take();
    },
    get ended() {
      return queue.ended;
    },
    wait: queue.wait,
  };
  void feed();
  try {
    yield* runTasks(watched, io, { stop, turn });
  } finally {
    over = true;
    taken.resolve();
  }
  if (failure) throw failure.error;
}
