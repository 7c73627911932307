// A kernel for the tests of the pool: it echoes, tells what it may touch, fails and dies on demand.

import { serveJobs } from "../../wasm/pool.ts";

/** What a job asks for. */
export type EchoJob =
  | { readonly echo: number }
  | { readonly read: string }
  | { readonly init: true }
  | { readonly fail: string }
  | { readonly die: true };

serveJobs<EchoJob, unknown>(async (job, { init }) => {
  if ("echo" in job) return job.echo;
  if ("init" in job) return init;
  if ("fail" in job) throw new RangeError(job.fail);
  if ("die" in job) {
    queueMicrotask(() => {
      throw new Error("died on demand");
    });
    return await new Promise(() => {});
  }
  try {
    return await Deno.readTextFile(job.read);
  } catch (error) {
    return (error as Error).name;
  }
});
