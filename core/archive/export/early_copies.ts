// Copies what is surely new while rows are still read: neither the disk nor the other processors wait for them.
// Invariant: memory does not grow with what waits, and the target is never filled before it is known that all fits.

import { createQueue } from "../../../wasm/pool.ts";
import type { PlannedFile } from "./planned_file.ts";

/** Files that are copied ahead of the others. */
export interface EarlyCopies {
  /** @returns false where it has to wait for the others */
  take(file: PlannedFile): boolean;
  /** Bytes of the files taken. */
  readonly bytes: number;
  /** No more. Resolves when all that were taken are copied.
   * @throws what copying threw */
  end(): Promise<void>;
  /** Gives up what has not begun; resolves when nothing more is written. */
  cancel(): Promise<void>;
}

/** Files that wait, at most. */
const MOST_WAITING = 1024;

/** Begins.
 * @param mostBytes taken, at most
 * @param copy copies all of some files */
export function openEarlyCopies(
  mostBytes: number,
  copy: (files: AsyncIterable<PlannedFile>) => Promise<void>,
): EarlyCopies {
  const queue = createQueue<PlannedFile>();
  let bytes = 0;
  let isOver = false;
  async function* waiting(): AsyncGenerator<PlannedFile> {
    while (!queue.ended) {
      const file = queue.take();
      if (file) yield file;
      else await queue.wait();
    }
  }
  const done = copy(waiting());
  // It is told where it is waited for; nothing more is taken then.
  done.catch(() => isOver = true);
  return {
    take(file) {
      // Encrypted files are made plain in this thread, which has to read rows.
      const fits = bytes + file.size <= mostBytes && queue.length < MOST_WAITING;
      if (isOver || file.reason !== "new" || file.gpg || !fits) return false;
      bytes += file.size;
      queue.push([file]);
      return true;
    },
    get bytes() {
      return bytes;
    },
    end() {
      isOver = true;
      queue.end();
      return done;
    },
    async cancel() {
      isOver = true;
      queue.end(true);
      await done.catch(() => {});
    },
  };
}
