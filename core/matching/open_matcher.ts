// All rules against texts, in Workers. Invariant: no pattern holds the run up for longer than its time limit, and
// what a pattern could not decide is said, never guessed.

import type { Rule } from "./match_rule.ts";
import { BEAT, type MatcherInit, type MatcherJob, type TextVerdict } from "./matcher_protocol.ts";

/** How long one pattern may search one text, in ms. Upstream gives it 100 ms of the processor; this is a clock on
 * the wall, which goes on while other programs have the processor. */
export const PATTERN_LIMIT = 1000;

/** A pattern that took too long so often is not tried any more. */
export const PATTERN_PATIENCE = 3;

/** How often the Workers are looked at, in ms. */
const GLANCE = 50;

/** Options of {@linkcode openMatcher}. */
export interface MatcherOptions {
  /** Number of Workers. */
  readonly workers: number;
  /** Says why, for each rule. @default {false} */
  readonly explain?: boolean;
  /** ms @default {PATTERN_LIMIT} */
  readonly limit?: number;
  /** A pattern took too long. @param given whether it is given up for all texts */
  readonly onTimeout?: (rule: number, given: boolean) => void;
}

/** Matches texts until it is closed. */
export interface Matcher {
  /** How many batches it works at at once. */
  readonly workers: number;
  /** The verdicts, in the order of the texts. Several calls may be under way. */
  match(texts: readonly string[]): Promise<readonly TextVerdict[]>;
  /** Ends the Workers; calls that are under way fail. */
  close(): void;
}

interface Waiting {
  readonly texts: readonly string[];
  readonly skip: number[];
  readonly done: PromiseWithResolvers<readonly TextVerdict[]>;
}

interface Crew {
  worker: Worker;
  beats: Int32Array;
  job: Waiting | undefined;
  /** The ticket of the search that was seen last, and when it was seen first. */
  ticket: number;
  since: number;
}

/** Starts the Workers. Only rules that need a text are applied; see {@linkcode Rule}. */
export function openMatcher(rules: readonly Rule[], options: MatcherOptions): Matcher {
  const { explain = false, limit = PATTERN_LIMIT } = options;
  const waiting: Waiting[] = [];
  const timeouts = new Map<number, number>();
  const given = new Set<number>();
  let broken: Error | undefined;

  const hire = (member: Crew | undefined): Crew => {
    const beat = new SharedArrayBuffer(12);
    const worker = new Worker(new URL("./matcher_worker.ts", import.meta.url), {
      type: "module",
      deno: { permissions: "none" },
    });
    const crew = member ??
      { worker, beats: new Int32Array(beat), job: undefined, ticket: 0, since: 0 };
    crew.worker = worker;
    crew.beats = new Int32Array(beat);
    crew.ticket = 0;
    worker.onmessage = ({ data }: MessageEvent<readonly TextVerdict[]>) => {
      if (crew.worker !== worker) return;
      const { job } = crew;
      crew.job = undefined;
      job?.done.resolve(data);
      feed();
    };
    worker.onerror = (event) => {
      event.preventDefault();
      fail(new Error(`Cannot go on: a Worker that matches texts died: ${event.message}`));
    };
    const init: MatcherInit = { rules, explain, beat };
    worker.postMessage(init);
    return crew;
  };

  const fail = (error: Error): void => {
    broken ??= error;
    clearInterval(watch);
    for (const { worker, job } of crews) {
      worker.terminate();
      job?.done.reject(broken);
    }
    for (const { done } of waiting.splice(0)) done.reject(broken);
  };

  const send = (crew: Crew): void => {
    const { texts, skip } = crew.job!;
    const message: MatcherJob = { texts, skip, skipRules: [...given] };
    crew.worker.postMessage(message);
  };

  const feed = (): void => {
    for (const crew of crews) {
      if (crew.job || waiting.length === 0) continue;
      crew.job = waiting.shift();
      send(crew);
    }
  };

  /** Ends what searches for too long, and begins its texts again without that search. */
  const look = (): void => {
    const now = performance.now();
    for (const crew of crews) {
      const ticket = Atomics.load(crew.beats, BEAT.ticket);
      if (ticket !== crew.ticket || ticket % 2 === 0 || !crew.job) {
        crew.ticket = ticket;
        crew.since = now;
        continue;
      }
      if (now - crew.since < limit) continue;
      const [rule, text] = [
        Atomics.load(crew.beats, BEAT.rule),
        Atomics.load(crew.beats, BEAT.text),
      ];
      crew.worker.terminate();
      crew.job.skip.push(text * rules.length + rule);
      const count = (timeouts.get(rule) ?? 0) + 1;
      timeouts.set(rule, count);
      if (count >= PATTERN_PATIENCE) given.add(rule);
      options.onTimeout?.(rule, given.has(rule));
      hire(crew);
      crew.since = now;
      send(crew);
    }
  };

  const crews: Crew[] = [];
  for (let i = 0; i < options.workers; i++) crews.push(hire(undefined));
  const watch = setInterval(look, Math.min(GLANCE, limit / 2));

  return {
    workers: options.workers,
    match(texts) {
      if (broken) return Promise.reject(broken);
      const job: Waiting = { texts, skip: [], done: Promise.withResolvers() };
      // Where the run ends early nobody waits for it any more.
      job.done.promise.catch(() => {});
      waiting.push(job);
      feed();
      return job.done.promise;
    },
    close: () => fail(new Error("The matcher was closed")),
  };
}
