// Who works while rows are read: whoever looks at files goes on only while the reader rests, or has ended.

import { ok, strictEqual } from "node:assert/strict";
import { clearImmediate, setImmediate } from "node:timers";
import { openBriefRests, openTurns } from "../../../../core/archive/export/turns.ts";

const breath = () => new Promise((resolve) => setTimeout(resolve, 0));

/** A clock that goes on only while somebody works: on a busy machine a rest could be over before anyone sees it. */
function workClock(): Disposable & { work(ms: number): void } {
  const { now } = performance;
  let time = 0;
  performance.now = () => time;
  return {
    work: (ms) => void (time += ms),
    [Symbol.dispose]: () => void (performance.now = now),
  };
}

Deno.test("a reader that keeps writers out lets messages in for a moment only", async () => {
  using clock = workClock();
  const rest = openBriefRests();
  let isIn = false;
  const look = async () => {
    isIn = false;
    const message = setImmediate(() => isIn = true);
    await rest();
    clearImmediate(message);
    return isIn;
  };
  strictEqual(await look(), true);
  clock.work(1900);
  strictEqual(await look(), true);
  clock.work(200);
  strictEqual(await look(), false);
});

Deno.test("the other side works while the reader rests, and freely once the reader has ended", async () => {
  using clock = workClock();
  const turns = openTurns();
  let done = 0;
  const steps = () => done;
  let isEnough = false;
  const other = (async () => {
    while (!isEnough) {
      await turns.wait();
      done++;
      clock.work(0.1);
      if (done % 50 === 0) await breath();
    }
  })();
  for (let i = 0; i < 5; i++) await breath();
  strictEqual(steps(), 0, "it does not begin by itself");
  for (let batch = 0; batch < 3; batch++) {
    const before = steps();
    clock.work(5);
    await turns.rest();
    ok(steps() > before, "nothing was done while the reader rested");
    const meanwhile = steps();
    for (let i = 0; i < 5; i++) await breath();
    strictEqual(steps(), meanwhile, "it works while the reader does");
  }
  const before = steps();
  turns.end();
  for (let i = 0; i < 5; i++) await breath();
  ok(steps() > before, "it waits although the reader has ended");
  isEnough = true;
  await other;
});
