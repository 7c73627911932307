// The limit of the deep checks counts the processor's time: no machine that stands still makes a file suspicious.

import assert from "node:assert/strict";
import { openPatience } from "../../../core/checks/deep/_patience.ts";

/** A clock that a test moves by hand. */
function handClock() {
  let [now, cpu] = [0, 0];
  const acts = new Set<() => void>();
  return {
    clock: {
      now: () => now,
      cpu: () => cpu,
      every(_ms: number, act: () => void) {
        acts.add(act);
        return () => void acts.delete(act);
      },
    },
    /** Time goes by, and the timers are looked at once. */
    pass(clockMs: number, cpuMs: number) {
      now += clockMs;
      cpu += cpuMs;
      for (const act of [...acts]) act();
    },
    get timers() {
      return acts.size;
    },
  };
}

/** How often a step of time passes until a file is given up; Infinity: not in a thousand. */
function stepsUntilEnd(clockMs: number, cpuMs: number, others = 0): number {
  const hand = handClock();
  const patience = openPatience(30_000, hand.clock);
  for (let i = 0; i < others; i++) patience.wait(() => {});
  let ended = false;
  patience.wait(() => ended = true);
  for (let step = 1; step <= 1000; step++) {
    hand.pass(clockMs, cpuMs);
    if (ended) return step;
  }
  return Infinity;
}

Deno.test("a reader that is busy all the time is given up at the limit", () => {
  assert.equal(stepsUntilEnd(1000, 1000), 30);
});

Deno.test("what the process uses is shared by all that wait", () => {
  assert.equal(stepsUntilEnd(1000, 1000, 1), 60);
  assert.equal(stepsUntilEnd(1000, 2000, 1), 30);
});

Deno.test("a machine that stands still for hours counts as one look", () => {
  assert.equal(stepsUntilEnd(10 * 3600_000, 0), 30);
  const hand = handClock();
  let ended = false;
  openPatience(30_000, hand.clock).wait(() => ended = true);
  hand.pass(10 * 3600_000, 5);
  for (let i = 0; i < 28; i++) hand.pass(1000, 1000);
  assert.equal(ended, false);
});

Deno.test("a machine that gives the reader a tenth of its time makes it wait ten times as long", () => {
  assert.equal(stepsUntilEnd(1000, 100), 300);
});

Deno.test("a reader that uses no processor at all is given up in the end", () => {
  assert.equal(stepsUntilEnd(1000, 0), 600);
});

Deno.test("nothing is waited for once a file is done", () => {
  const hand = handClock();
  const patience = openPatience(30_000, hand.clock);
  const calm = patience.wait(() => assert.fail("it was done"));
  calm();
  calm();
  assert.equal(hand.timers, 0);
  // The next one does not share with it.
  let ended = 0;
  patience.wait(() => ended++);
  for (let i = 0; i < 30; i++) hand.pass(1000, 1000);
  assert.equal(ended, 1);
});
