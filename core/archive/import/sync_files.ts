// Brings staged files to the disk while others are still copied and rows are written: what waits for the disk
// is in nobody's way.

import { createQueue } from "../../../wasm/pool.ts";
import type { TransferPool } from "../../../wasm/checksum/transfer_pool.ts";
import type { StopSignal } from "../../sandbox/stop_signal.ts";
import { writeError } from "../export/write_error.ts";

/** Files on their way to the disk. */
export interface FileSync {
  /** @param path absolute, of a file that is complete */
  add(path: string): void;
  /** No more files. Resolves when all are on the disk.
   * @throws {PaperwardError} where one can't be written */
  end(): Promise<void>;
  /** Gives up what has not begun. */
  abandon(): void;
}

/** Begins. @param folder for messages */
export function openFileSync(transfers: TransferPool, stop: StopSignal, folder: string): FileSync {
  const queue = createQueue<string>();
  async function* paths() {
    while (!queue.ended) {
      const path = queue.take();
      if (path === undefined) await queue.wait();
      else yield path;
    }
  }
  async function run(): Promise<void> {
    for await (const failure of transfers.sync(paths(), { stop: stop.memory })) {
      throw writeError(folder, failure.code, failure.message);
    }
    stop.throwIfRequested();
  }
  const done = run();
  // Whoever waits for it hears of it.
  done.catch(() => {});
  return {
    add: (path) => queue.push([path]),
    async end() {
      queue.end();
      await done;
    },
    abandon: () => queue.end(true),
  };
}
