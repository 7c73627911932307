// Entry of a Worker that compresses and checks zip entries. It has no permission at all: bytes in, bytes out.

import { type NumberedJob, type NumberedResult, runCheck, runDeflate } from "./_deflate_jobs.ts";

declare const self: DedicatedWorkerGlobalScope;

self.onmessage = ({ data: job }: MessageEvent<NumberedJob>) => {
  try {
    if (job.kind === "check") return self.postMessage({ id: job.id, ...runCheck(job) });
    const deflated = runDeflate(job);
    self.postMessage({ id: job.id, ...deflated } satisfies NumberedResult, [deflated.data.buffer]);
  } catch (error) {
    self.postMessage({ id: job.id, error: String(error) } satisfies NumberedResult);
  }
};
