// Entry of the template Worker. It holds no permission at all; what it works on comes by message, and the
// number of the job it is at stands in shared memory, where a busy Worker can be watched.

import { renderTemplate, type TemplateResult } from "./template_engine.ts";
import type { TemplateJob } from "./open_template_renderer.ts";

/** What the Worker is sent. */
export interface TemplateOrder {
  readonly jobs: readonly TemplateJob[];
  /** An Int32: the number of jobs begun. */
  readonly begun: SharedArrayBuffer;
}

const scope = self as unknown as {
  onmessage: ((event: MessageEvent<TemplateOrder>) => void) | null;
  postMessage(results: readonly TemplateResult[]): void;
};

scope.onmessage = ({ data: { jobs, begun } }) => {
  const counter = new Int32Array(begun);
  scope.postMessage(jobs.map(({ template, variables }, index) => {
    Atomics.store(counter, 0, index + 1);
    return renderTemplate(template, variables);
  }));
};
