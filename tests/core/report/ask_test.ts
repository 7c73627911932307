// Questions on a terminal that is closed meanwhile: a stop, or a no, and never a failure.

import { rejects, strictEqual } from "node:assert/strict";
import { StopRequested } from "../../../core/errors.ts";
import { ask, type Asker } from "../../../core/report/ask.ts";
import { StopSignal } from "../../../core/sandbox/stop_signal.ts";

/** A terminal whose reading ends like this. */
function terminal(read: Asker["read"]): Asker {
  return { isTerminal: () => true, read, write: () => {} };
}

const ENDS: Readonly<Record<string, Asker["read"]>> = {
  "is at its end": () => Promise.resolve(null),
  "can't be read": () => Promise.reject(new Error("Input/output error (os error 5)")),
};

for (const [name, read] of Object.entries(ENDS)) {
  Deno.test(`a terminal that ${name} says no, unless a signal follows`, async () => {
    strictEqual(await ask("Really?", new StopSignal(), terminal(read)), "no");
    const stop = new StopSignal();
    const asked = ask("Really?", stop, terminal(read));
    // The end is seen before any timer runs, and timers run in order: however busy, this is between both.
    setTimeout(() => stop.request(1), 0);
    await rejects(asked, (error) => error instanceof StopRequested && error.exit === "hungUp");
  });
}

Deno.test("a plain yes is one, anything else is none", async () => {
  for (
    const [text, answer] of [["y\n", "yes"], [" YES \n", "yes"], ["yep\n", "no"], ["\n", "no"]]
  ) {
    const read = (buffer: Uint8Array) =>
      Promise.resolve(new TextEncoder().encodeInto(text!, buffer).written);
    strictEqual(await ask("Really?", new StopSignal(), terminal(read)), answer);
  }
});
