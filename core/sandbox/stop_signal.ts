// A stop is a flag in shared memory: a busy Worker sees no messages, so it is looked at after each batch.

import { type StopReason, StopRequested } from "../errors.ts";

/** The number of a signal that asks for a stop. */
export type StopNumber = 1 | 2 | 15;

/** The signals that ask for a stop, by their numbers. */
export const STOP_SIGNALS: Readonly<
  Record<StopNumber, { readonly name: Deno.Signal; readonly exit: StopReason }>
> = {
  1: { name: "SIGHUP", exit: "hungUp" },
  2: { name: "SIGINT", exit: "interrupted" },
  15: { name: "SIGTERM", exit: "terminated" },
};

/** The flag by which the launcher asks a command to stop gracefully. */
export class StopSignal {
  readonly #flag: Int32Array;

  /** A flag. @param memory 4 bytes of shared memory; a fresh one by default. */
  constructor(readonly memory: SharedArrayBuffer = new SharedArrayBuffer(4)) {
    this.#flag = new Int32Array(memory);
  }

  /** Asks for a stop. @param signal number of the signal: 1 (SIGHUP), 2 (SIGINT) or 15 (SIGTERM) */
  request(signal: StopNumber): void {
    Atomics.compareExchange(this.#flag, 0, 0, signal);
  }

  /** Why a stop was asked for, or undefined. */
  get requested(): StopReason | undefined {
    const signal = Atomics.load(this.#flag, 0);
    return signal === 0 ? undefined : STOP_SIGNALS[signal as StopNumber].exit;
  }

  /** Ends the work where a stop was asked for. @throws {StopRequested} if a stop was asked for */
  throwIfRequested(): void {
    const reason = this.requested;
    if (reason) throw new StopRequested(reason);
  }
}
