// Brings staged files to the disk while others are still copied, or rows written: what waits for the disk
// is in nobody's way. Invariant: memory does not grow with a slow disk.

import type { TransferPool } from "../../../wasm/checksum/transfer_pool.ts";
import type { Report } from "../../report/report.ts";
import type { StopSignal } from "../../sandbox/stop_signal.ts";
import { writeError } from "./write_error.ts";

/** Files on their way to the disk. */
export interface FileSync {
  /** Takes a file; resolves when there is room for the next one.
   * @param path absolute, of a file that is complete
   * @throws {PaperwardError} where an earlier one can't be written */
  add(path: string): Promise<void>;
  /** No more files. Resolves when all are on the disk, and shows that they are waited for.
   * @throws {PaperwardError} where one can't be written */
  end(report: Report): Promise<void>;
  /** Gives up what has not begun. */
  [Symbol.dispose](): void;
}

/** Files that wait, at most. */
const MOST_WAITING = 2000;

/** Begins. @param folder for messages @param of what is written there */
export function openFileSync(
  transfers: TransferPool,
  stop: StopSignal,
  folder: string,
  of: "export" | "library",
): FileSync {
  const waiting: string[] = [];
  let isEnded = false;
  let failure: { readonly error: unknown } | undefined;
  let changed = Promise.withResolvers<void>();
  const wake = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };

  async function* paths() {
    while (waiting.length > 0 || !isEnded) {
      const path = waiting.shift();
      if (path === undefined) {
        await changed.promise;
        continue;
      }
      wake();
      yield path;
    }
  }
  async function run(): Promise<void> {
    for await (const failure of transfers.sync(paths(), { stop: stop.memory })) {
      throw writeError(folder, failure.code, failure.message, of);
    }
    stop.throwIfRequested();
  }
  // Whoever asks next hears of it.
  const done = run().catch((error) => {
    failure = { error };
    wake();
  });
  const throwFailure = () => {
    if (failure) throw failure.error;
  };

  return {
    async add(path) {
      waiting.push(path);
      wake();
      while (waiting.length >= MOST_WAITING && !failure) await changed.promise;
      throwFailure();
    },
    async end(report) {
      isEnded = true;
      wake();
      const progress = report.progress("Waiting for the disk");
      try {
        await done;
      } finally {
        progress.end();
      }
      throwFailure();
    },
    [Symbol.dispose]() {
      isEnded = true;
      waiting.length = 0;
      wake();
    },
  };
}
