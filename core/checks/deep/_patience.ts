// How long a file may keep its reader busy. Invariant: it is the processor's time that counts, not the clock's: a
// machine that stands still, sleeps or is busy with something else makes no sound file look like a trap.

import process from "node:process";

/** What a patience looks at; tests replace it. Times in ms. */
export interface PatienceClock {
  now(): number;
  /** The processor's time that the whole process has used. */
  cpu(): number;
  /** Calls back again and again. @returns ends that */
  every(ms: number, act: () => void): () => void;
}

/** Waits for files. */
export interface Patience {
  /** Begins to wait for one. @returns ends that */
  wait(onEnd: () => void): () => void;
}

/** Looks at the clock in the time that a file may take. */
const LOOKS = 30;

/** A reader that uses no processor at all has hung in another way: then the clock counts, so many times slower. */
const IDLE = 20;

const clock: PatienceClock = {
  now: () => performance.now(),
  cpu() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
  every(ms, act) {
    const timer = setInterval(act, ms);
    return () => clearInterval(timer);
  },
};

/** Makes a patience that all readers of a process share.
 * @param limit ms of the processor's time that one file may take */
export function openPatience(limit: number, { now, cpu, every }: PatienceClock = clock): Patience {
  const step = limit / LOOKS;
  /** Files that are waited for: they share what the process uses. */
  let waiting = 0;
  return {
    wait(onEnd) {
      waiting++;
      let before = { now: now(), cpu: cpu() };
      let spent = 0;
      const end = every(step, () => {
        const after = { now: now(), cpu: cpu() };
        const used = (after.cpu - before.cpu) / waiting;
        // However late a look comes, it counts as one: nobody knows who had the time in between.
        spent += Math.min(step, Math.max(used, (after.now - before.now) / IDLE));
        before = after;
        if (spent >= limit) onEnd();
      });
      let over = false;
      return () => {
        if (over) return;
        over = true;
        waiting--;
        end();
      };
    },
  };
}
