// When to kill a running command: by the clock, or as soon as something is seen.

import type { Running } from "./_run_binary.ts";

/** Resolves at the moment, or when the run has ended. */
export type Moment = (running: Running) => Promise<void>;

/** A seed that a failure names, so that it can be repeated: PAPERWARD_SEED. */
export function randomSeed(): number {
  return Number(
    Deno.env.get("PAPERWARD_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0],
  );
}

/** Numbers in [0, 1) from a seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** After a while, or when the run has ended: no timer outlives the moment. */
export function afterMs(ms: number): Moment {
  return async (running) => {
    const { promise: due, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    await Promise.race([due, running.ended]).finally(() => clearTimeout(timer));
  };
}

/** As soon as something is seen, or the run has ended. */
export function whenSeen(seen: () => boolean): Moment {
  return async (running) => {
    let ended = false;
    running.ended.then(() => ended = true);
    while (!ended) {
      // Looks back to back for a while: what is awaited may last for less than a timer's millisecond.
      for (let look = 0; look < 50; look++) if (seen()) return;
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  };
}
