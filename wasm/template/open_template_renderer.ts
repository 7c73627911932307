// Templates rendered in a Worker that may do nothing else. Every job gets a result: one that takes too long
// ends with its Worker, and the others go on in a new one.

import type { TemplateResult } from "./template_engine.ts";
import type { TemplateOrder } from "./worker.ts";

export {
  encodeVariables,
  PLACEHOLDER,
  TemplateDate,
  type TemplateFailureKind,
  TemplateFloat,
  TemplateMoment,
  TemplateObject,
  type TemplateResult,
  type TemplateValue,
} from "./template_engine.ts";

/** One rendering. */
export interface TemplateJob {
  readonly template: string;
  /** As {@linkcode encodeVariables} writes them. */
  readonly variables: string;
}

/** Options of {@linkcode openTemplateRenderer}. */
export interface TemplateRendererOptions {
  /** How long one rendering may take by the clock. The kernel's own limit on steps comes long before it, so that
   * results do not depend on the machine. ms @default {10_000} */
  readonly deadline?: number;
  /** The Worker's entry; tests put one that hangs. @default the kernel's */
  readonly entry?: URL;
}

/** Renders until it is closed. */
export interface TemplateRenderer {
  /** One result for each job, in their order. Calls wait for each other. */
  render(jobs: readonly TemplateJob[]): Promise<readonly TemplateResult[]>;
  close(): void;
}

/** Jobs in one message: bounds what is in flight, and is enough to do while the next ones are put together. */
export const JOB_CHUNK = 512;
/** How long a Worker may take to begin. ms */
const START = 60_000;

/** Starts the Worker when it is first needed. */
export function openTemplateRenderer(
  options: TemplateRendererOptions = {},
): TemplateRenderer {
  const { deadline = 10_000, entry = new URL("./worker.ts", import.meta.url) } = options;
  let worker: Worker | undefined;
  let before: Promise<unknown> = Promise.resolve();
  let abandon: (() => void) | undefined;
  let closed = false;

  const stop = (): void => {
    worker?.terminate();
    worker = undefined;
  };

  /** Results of the jobs up to the first one that ended its Worker, and of that one. */
  function attempt(jobs: readonly TemplateJob[]): Promise<readonly TemplateResult[]> {
    const { promise, resolve, reject } = Promise.withResolvers<readonly TemplateResult[]>();
    const begun = new SharedArrayBuffer(4);
    const counter = new Int32Array(begun);
    const current = worker ??= new Worker(entry, {
      type: "module",
      deno: { permissions: "none" },
    });
    let last = -1;
    let since = performance.now();
    const watch = setInterval(() => {
      const at = Atomics.load(counter, 0);
      if (at !== last) {
        last = at;
        since = performance.now();
      } else if (at === 0 && performance.now() - since > START) {
        stop();
        reject(new Error("Cannot render templates: their Worker does not start"));
      } else if (at > 0 && performance.now() - since > deadline) {
        stop();
        resolve([...Array<undefined>(at - 1), TOO_LONG] as TemplateResult[]);
      }
    }, Math.min(deadline, 250));
    abandon = () => reject(new Error("Cannot render templates: the renderer was closed"));
    current.onmessage = (event: MessageEvent<readonly TemplateResult[]>) => resolve(event.data);
    current.onerror = (event) => {
      event.preventDefault();
      stop();
      reject(new Error(`Cannot render templates: their Worker died: ${event.message}`));
    };
    current.postMessage({ jobs, begun } satisfies TemplateOrder);
    return promise.finally(() => {
      clearInterval(watch);
      abandon = undefined;
    });
  }

  async function chunk(jobs: readonly TemplateJob[]): Promise<TemplateResult[]> {
    const results = [...await attempt(jobs)];
    if (results.length === jobs.length && results[0] !== undefined) return results;
    // The last one ended the Worker, and with it went the results before it.
    const lost = jobs.slice(0, results.length - 1);
    const kept = lost.length > 0 ? await chunk(lost) : [];
    const rest = jobs.slice(results.length);
    return [...kept, results.at(-1)!, ...(rest.length > 0 ? await chunk(rest) : [])];
  }

  async function all(jobs: readonly TemplateJob[]): Promise<readonly TemplateResult[]> {
    const results: TemplateResult[] = [];
    for (let at = 0; at < jobs.length; at += JOB_CHUNK) {
      if (closed) throw new Error("Cannot render templates: the renderer was closed");
      results.push(...await chunk(jobs.slice(at, at + JOB_CHUNK)));
    }
    return results;
  }

  return {
    render(jobs) {
      const result = before.then(() => all(jobs));
      before = result.catch(() => {});
      return result;
    },
    close() {
      closed = true;
      stop();
      abandon?.();
    },
  };
}

const TOO_LONG: TemplateResult = {
  failure: "limit",
  message: "the template takes too long",
};
