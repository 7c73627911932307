// Asks the user before something is changed. Invariant: without a terminal nobody is asked, and nothing but a
// plain yes is one.

import type { StopSignal } from "../sandbox/stop_signal.ts";

/** What came of a question. */
export type Answer = "yes" | "no" | "nobody there";

/** Where answers come from; tests replace it. */
export interface Asker {
  /** Whether there is somebody to ask. */
  isTerminal(): boolean;
  /** Bytes read, or null at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
  /** Shows the question. */
  write(text: string): void;
}

const terminal: Asker = {
  isTerminal: () => Deno.stdin.isTerminal() && Deno.stderr.isTerminal(),
  read: (buffer) => Deno.stdin.read(buffer),
  write: (text) => void Deno.stderr.writeSync(new TextEncoder().encode(text)),
};

/** How often the stop flag is looked at; ms. */
const PATIENCE = 100;

/** Asks a question on the terminal. @param question without control characters @throws {StopRequested} */
export async function ask(
  question: string,
  stop: StopSignal,
  asker: Asker = terminal,
): Promise<Answer> {
  if (!asker.isTerminal()) return "nobody there";
  asker.write(`${question} [y/N] `);
  const buffer = new Uint8Array(1024);
  let size: number | null | undefined;
  // A terminal that was closed can't be read, or is at its end.
  const reading = asker.read(buffer).catch(() => null).then((got) => void (size = got));
  while (size === undefined) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise((resolve) => timer = setTimeout(resolve, PATIENCE));
    await Promise.race([reading, patience]).finally(() => clearTimeout(timer));
    stop.throwIfRequested();
  }
  if (size === null) {
    // Its signal may still be on its way, and is the better answer.
    await new Promise((resolve) => setTimeout(resolve, PATIENCE));
    stop.throwIfRequested();
  }
  const answer = new TextDecoder().decode(buffer.subarray(0, size ?? 0)).trim().toLowerCase();
  return answer === "y" || answer === "yes" ? "yes" : "no";
}
