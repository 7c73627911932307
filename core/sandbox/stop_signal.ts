// A stop is a flag in shared memory: a busy Worker sees no messages, so it is looked at after each batch.

import { StopRequested } from "../errors.ts";

const SIGNALS = { 0: undefined, 2: "interrupted", 15: "terminated" } as const;

/** The flag by which the launcher asks a command to stop gracefully. */
export class StopSignal {
  readonly #flag: Int32Array;

  /** A flag. @param memory 4 bytes of shared memory; a fresh one by default. */
  constructor(readonly memory: SharedArrayBuffer = new SharedArrayBuffer(4)) {
    this.#flag = new Int32Array(memory);
  }

  /** Asks for a stop. @param signal number of the signal: 2 (SIGINT) or 15 (SIGTERM) */
  request(signal: 2 | 15): void {
    Atomics.compareExchange(this.#flag, 0, 0, signal);
  }

  /** Why a stop was asked for, or undefined. */
  get requested(): "interrupted" | "terminated" | undefined {
    return SIGNALS[Atomics.load(this.#flag, 0) as keyof typeof SIGNALS];
  }

  /** Ends the work where a stop was asked for. @throws {StopRequested} if a stop was asked for */
  throwIfRequested(): void {
    const reason = this.requested;
    if (reason) throw new StopRequested(reason);
  }
}
