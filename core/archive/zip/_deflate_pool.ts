// A few Workers that compress and check zip entries side by side. Deno's own zlib blocks the thread that
// calls it, also in its asynchronous form, so two cores need two threads.

import {
  type Checked,
  type CheckJob,
  type Deflated,
  type DeflateJob,
  type NumberedResult,
  runCheck,
  runDeflate,
} from "./_deflate_jobs.ts";

/** Threads that work on entries. */
export interface DeflatePool {
  /** How many jobs are worked on at once; 1 without Workers. */
  readonly width: number;
  /** The job's data is handed over and must not be used any more. */
  deflate(job: DeflateJob): Promise<Deflated>;
  /** As {@linkcode deflate}. */
  check(job: CheckJob): Promise<Checked>;
  close(): void;
}

interface Waiting {
  readonly resolve: (result: Deflated & Checked) => void;
  readonly reject: (error: Error) => void;
}

/** Starts the Workers. @param threads 0: everything runs in the calling thread */
export function openDeflatePool(threads: number): DeflatePool {
  if (threads === 0) {
    return {
      width: 1,
      deflate: (job) => Promise.resolve(runDeflate(job)),
      check: (job) => Promise.resolve(runCheck(job)),
      close: () => {},
    };
  }
  const waiting = new Map<number, Waiting>();
  const workers = Array.from({ length: threads }, () => startWorker(waiting));
  let id = 0;
  const run = (job: DeflateJob | CheckJob) =>
    new Promise<Deflated & Checked>((resolve, reject) => {
      id++;
      waiting.set(id, { resolve, reject });
      const worker = workers.reduce((a, b) => b.jobs < a.jobs ? b : a);
      worker.post({ ...job, id }, job.data.buffer);
    });
  return {
    width: threads,
    deflate: run,
    check: run,
    close: () => workers.forEach((worker) => worker.end()),
  };
}

interface PoolWorker {
  /** Jobs handed to it that aren't done. */
  jobs: number;
  post(message: unknown, transfer: ArrayBuffer): void;
  end(): void;
}

function startWorker(waiting: Map<number, Waiting>): PoolWorker {
  const worker = new Worker(new URL("./_deflate_worker.ts", import.meta.url), {
    type: "module",
    deno: { permissions: "none" },
  });
  const self: PoolWorker = {
    jobs: 0,
    post(message, transfer) {
      self.jobs++;
      worker.postMessage(message, [transfer]);
    },
    end: () => worker.terminate(),
  };
  worker.onmessage = ({ data }: MessageEvent<NumberedResult>) => {
    self.jobs--;
    const { resolve, reject } = waiting.get(data.id)!;
    waiting.delete(data.id);
    if ("error" in data) reject(new Error(data.error));
    else resolve(data as Deflated & Checked);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    for (const { reject } of waiting.values()) reject(new Error(event.message));
    waiting.clear();
  };
  return self;
}
