// A typed pool of kernel Workers: jobs are pulled only as fast as they are done, so that memory is bounded by
// what is in flight, and each job gives exactly one result, in any order.

import { setImmediate } from "node:timers";

/** Options of {@linkcode createPool}. */
export interface PoolOptions {
  /** The Worker's entry, `new URL("./worker.ts", import.meta.url)`; it calls {@linkcode serveJobs} or
   * {@linkcode serveRuns}. */
  readonly entry: URL;
  /** Number of Workers. */
  readonly size: number;
  /** What the Workers may touch; never more than the caller may. */
  readonly permissions: Deno.PermissionOptionsObject | "none";
  /** Handed to each Worker once, before any job; must survive a structured clone. */
  readonly init?: unknown;
  /** Jobs in one message. @default {8} */
  readonly batch?: number;
  /** Jobs that one Worker has at most, begun or waiting. @default {3 * batch} */
  readonly ahead?: number;
}

/** Options of {@linkcode Pool.run}. */
export interface RunOptions {
  /** 4 bytes of shared memory: an Int32 that is not zero asks for a stop. No more jobs are pulled then; what
   * becomes of the others is the kernel's to say. */
  readonly stop?: SharedArrayBuffer;
}

/** Workers that wait for jobs. */
export interface Pool<Job, Result> {
  readonly size: number;
  /** Runs jobs as they are pulled from `jobs`; one result for each, in any order. Runs may overlap. Leaving
   * the loop early gives up jobs that were not begun, and waits for those that were.
   * @throws {PoolError} where a Worker died or its kernel threw; then the pool is of no more use */
  run(
    jobs: AsyncIterable<Job> | Iterable<Job>,
    options?: RunOptions,
  ): AsyncGenerator<Result, void, undefined>;
  /** Ends the Workers; runs that are under way throw. */
  close(): void;
}

/** A kernel Worker died, or its kernel threw: a defect, not something that a user can mend. */
export class PoolError extends Error {
  override readonly name = "PoolError";
}

/** Messages to a Worker. */
type Order<Job> =
  | { readonly kind: "init"; readonly init: unknown }
  | { readonly kind: "open"; readonly run: number; readonly stop: SharedArrayBuffer | undefined }
  | { readonly kind: "jobs"; readonly run: number; readonly jobs: readonly Job[] }
  | { readonly kind: "end"; readonly run: number; readonly dropped: boolean };

/** Messages from a Worker. */
type Reply<Result> =
  | { readonly kind: "results"; readonly run: number; readonly results: readonly Result[] }
  | { readonly kind: "ended"; readonly run: number }
  | { readonly kind: "failed"; readonly run: number; readonly message: string };

/** One gate: `wait` resolves at the next `open`. */
function gate(): { wait(): Promise<void>; open(): void } {
  let waiting: PromiseWithResolvers<void> | undefined;
  return {
    wait: () => (waiting ??= Promise.withResolvers<void>()).promise,
    open() {
      waiting?.resolve();
      waiting = undefined;
    },
  };
}

/** True where a stop was asked for. */
export function stopAsked(stop: SharedArrayBuffer | undefined): boolean {
  return stop !== undefined && Atomics.load(new Int32Array(stop), 0) !== 0;
}

/** How long jobs of a slow source wait for company, in ms. */
const PATIENCE = 10;

interface Run<Result> {
  readonly ready: Result[];
  readonly changed: ReturnType<typeof gate>;
  /** Jobs of this run that each Worker has. */
  readonly flying: number[];
  /** Workers that have not ended it. */
  unended: number;
  error?: Error;
}

/** Starts the Workers.
 * @throws {Deno.errors.NotCapable} where the permissions exceed the caller's */
export function createPool<Job, Result>(options: PoolOptions): Pool<Job, Result> {
  const { entry, size, permissions, init, batch = 8, ahead = 3 * batch } = options;
  const runs = new Map<number, Run<Result>>();
  let numbers = 0;
  let broken: Error | undefined;

  const fail = (error: Error): void => {
    broken ??= error;
    for (const worker of workers) worker.terminate();
    for (const run of runs.values()) {
      run.error ??= error;
      run.changed.open();
    }
  };

  const workers = Array.from({ length: size }, (_, index) => {
    const worker = new Worker(entry, { type: "module", deno: { permissions } });
    worker.onerror = (event) => {
      event.preventDefault();
      fail(new PoolError(`Cannot go on: a kernel Worker died: ${event.message}`));
    };
    worker.onmessageerror = () =>
      fail(new PoolError("Cannot go on: a kernel's answer is unreadable"));
    worker.onmessage = (event: MessageEvent<Reply<Result>>) => {
      const reply = event.data;
      if (reply.kind === "failed") {
        fail(new PoolError(`Cannot go on: a kernel failed: ${reply.message}`));
        return;
      }
      const run = runs.get(reply.run);
      // A run that was given up.
      if (!run) return;
      if (reply.kind === "ended") run.unended--;
      else {
        run.flying[index]! -= reply.results.length;
        for (const result of reply.results) run.ready.push(result);
      }
      run.changed.open();
    };
    return worker;
  });

  const send = (worker: Worker, order: Order<Job>): void => worker.postMessage(order);
  if (init !== undefined) { for (const worker of workers) send(worker, { kind: "init", init }); }

  async function* run(
    jobs: AsyncIterable<Job> | Iterable<Job>,
    { stop }: RunOptions = {},
  ): AsyncGenerator<Result, void, undefined> {
    if (broken) throw broken;
    const number = ++numbers;
    const state: Run<Result> = {
      ready: [],
      changed: gate(),
      flying: workers.map(() => 0),
      unended: size,
    };
    runs.set(number, state);
    for (const worker of workers) send(worker, { kind: "open", run: number, stop });

    const iterator = Symbol.asyncIterator in jobs
      ? jobs[Symbol.asyncIterator]()
      : jobs[Symbol.iterator]();
    let over = false;
    let fed = false;
    let exhausted = false;

    /** The Worker with the least to do, if any has room and the caller keeps up. */
    const idle = (): number | undefined => {
      if (state.ready.length >= size * ahead) return undefined;
      const least = Math.min(...state.flying);
      return least + batch <= ahead ? state.flying.indexOf(least) : undefined;
    };
    const feed = async (): Promise<void> => {
      let gathered: Job[] = [];
      let timer: ReturnType<typeof setTimeout> | undefined;
      const flush = (): void => {
        clearTimeout(timer);
        timer = undefined;
        if (gathered.length === 0 || over || state.error) return;
        const index = state.flying.indexOf(Math.min(...state.flying));
        state.flying[index]! += gathered.length;
        send(workers[index]!, { kind: "jobs", run: number, jobs: gathered });
        gathered = [];
      };
      try {
        for (;;) {
          while (!over && !state.error && idle() === undefined) await turn.wait();
          if (over || state.error || stopAsked(stop)) break;
          const next = await iterator.next();
          if (next.done) {
            exhausted = true;
            break;
          }
          gathered.push(next.value);
          if (gathered.length >= batch) flush();
          else timer ??= setTimeout(flush, PATIENCE);
        }
        flush();
      } catch (error) {
        state.error ??= error as Error;
      } finally {
        clearTimeout(timer);
        fed = true;
        state.changed.open();
      }
    };

    // Opened whenever room may have come up for the feeder.
    const turn = gate();
    void feed();
    try {
      for (;;) {
        while (state.ready.length > 0) {
          const results = state.ready.splice(0);
          turn.open();
          yield* results;
        }
        if (state.error) throw state.error;
        if (fed && state.flying.every((count) => count === 0)) break;
        turn.open();
        await state.changed.wait();
      }
    } finally {
      over = true;
      turn.open();
      const dropped = state.flying.some((count) => count > 0);
      if (!broken) {
        for (const worker of workers) send(worker, { kind: "end", run: number, dropped });
      }
      // What is under way may still write: whoever cleans up after this run must come after it.
      while (dropped && !broken && state.unended > 0) await state.changed.wait();
      runs.delete(number);
      // A source that hangs must not hold the caller.
      if (!fed) void Promise.resolve(iterator.return?.()).catch(() => {});
      else if (!exhausted) await iterator.return?.();
    }
  }

  return {
    size,
    run,
    close: () => fail(new PoolError("Cannot go on: the pool was closed")),
  };
}

/** Jobs that have come for one run, as the kernel's side sees them. */
export interface JobQueue<Job> {
  /** The next job, or undefined where none has come yet. */
  take(): Job | undefined;
  /** True once no more jobs will come and all are taken. */
  readonly ended: boolean;
  /** Resolves when a job has come or none will. */
  wait(): Promise<void>;
}

/** What a kernel knows of its run. */
export interface KernelContext {
  readonly init: unknown;
  readonly stop: SharedArrayBuffer | undefined;
  /** Lets messages in: resolves at the next turn of the event loop. */
  turn(): Promise<void>;
}

/** A queue that is filled from outside. */
export interface FilledQueue<Job> extends JobQueue<Job> {
  readonly length: number;
  push(jobs: Iterable<Job>): void;
  /** No more jobs will come; `dropped` also gives up those that wait. */
  end(dropped?: boolean): void;
}

/** An empty queue. It holds on to nothing that was taken. */
export function createQueue<Job>(): FilledQueue<Job> {
  interface Link {
    readonly job: Job;
    next: Link | undefined;
  }
  let first: Link | undefined;
  let last: Link | undefined;
  let length = 0;
  let closed = false;
  const changed = gate();
  return {
    get length() {
      return length;
    },
    get ended() {
      return closed && first === undefined;
    },
    take() {
      const taken = first;
      if (taken === undefined) return undefined;
      first = taken.next;
      length--;
      return taken.job;
    },
    wait: () => first !== undefined || closed ? Promise.resolve() : changed.wait(),
    push(jobs) {
      for (const job of jobs) {
        const link: Link = { job, next: undefined };
        if (first === undefined) first = link;
        else last!.next = link;
        last = link;
        length++;
      }
      changed.open();
    },
    end(dropped = false) {
      closed = true;
      if (dropped) {
        first = undefined;
        length = 0;
      }
      changed.open();
    },
  };
}

/** Results are sent at the latest after this many, or after so many ms. */
const SEND = { results: 32, ms: 50 } as const;

/** Lets messages in, without the millisecond that a timer of 0 takes. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The Worker's side of a pool, for kernels that work on several jobs at once: `kernel` is called once for
 * each run and yields one result for each job that it takes. */
export function serveRuns<Job, Result>(
  kernel: (queue: JobQueue<Job>, context: KernelContext) => AsyncIterable<Result>,
): void {
  const queues = new Map<number, FilledQueue<Job>>();
  let init: unknown;
  const reply = (message: Reply<Result>): void =>
    (globalThis as unknown as DedicatedWorkerGlobalScope).postMessage(message);

  const serve = async (
    run: number,
    queue: FilledQueue<Job>,
    stop: SharedArrayBuffer | undefined,
  ): Promise<void> => {
    let results: Result[] = [];
    let sent = performance.now();
    const flush = (): void => {
      sent = performance.now();
      if (results.length === 0) return;
      reply({ kind: "results", run, results });
      results = [];
    };
    // Before the kernel rests or lets messages in, everything that is done goes out.
    const outside: JobQueue<Job> = {
      take: queue.take,
      get ended() {
        return queue.ended;
      },
      wait() {
        flush();
        return queue.wait();
      },
    };
    try {
      const context: KernelContext = {
        init,
        stop,
        turn() {
          flush();
          return turn();
        },
      };
      for await (const result of kernel(outside, context)) {
        results.push(result);
        if (results.length >= SEND.results || performance.now() - sent > SEND.ms) flush();
      }
      flush();
      reply({ kind: "ended", run });
    } catch (error) {
      reply({
        kind: "failed",
        run,
        message: error instanceof Error ? error.stack ?? error.message : String(error),
      });
    }
  };

  globalThis.onmessage = (event: MessageEvent<Order<Job>>) => {
    const order = event.data;
    switch (order.kind) {
      case "init":
        init = order.init;
        return;
      case "open": {
        const queue = createQueue<Job>();
        queues.set(order.run, queue);
        void serve(order.run, queue, order.stop);
        return;
      }
      case "jobs":
        queues.get(order.run)?.push(order.jobs);
        return;
      case "end":
        queues.get(order.run)?.end(order.dropped);
        queues.delete(order.run);
        return;
    }
  };
}

/** The Worker's side of a pool, for kernels that work on one job at a time. */
export function serveJobs<Job, Result>(
  handle: (job: Job, context: KernelContext) => Result | Promise<Result>,
): void {
  serveRuns<Job, Result>(async function* (queue, context) {
    while (!queue.ended) {
      const job = queue.take();
      if (job === undefined) await queue.wait();
      else yield await handle(job, context);
    }
  });
}
