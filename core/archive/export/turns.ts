// Who works while rows are read: the reader, which rests after each batch, or whoever looks at files. Invariant: a
// read transaction lasts twice as long as the reading itself, at most, however slow the library's disk is.

import { turn } from "../../../wasm/pool.ts";

/** ms for which Workers are kept busy while readers keep writers out: paperless-ngx 2 waits 5 s before it gives up to
 * write, and on a slow disk reading waits for whoever else reads. */
const MOMENT = 2000;

/** For a reader that keeps writers out. Workers get what is new to do in the first moment, then nothing until it has
 * ended; this thread does nothing but read. */
export function openBriefRests(): () => Promise<void> {
  const end = performance.now() + MOMENT;
  return () => performance.now() < end ? turn() : Promise.resolve();
}

/** Two sides that take turns in one thread. */
export interface Turns {
  /** The reader rests for as long as it has worked, or until the other side has nothing to do. */
  rest(): Promise<void>;
  /** The other side waits until it may do one more thing. */
  wait(): Promise<void> | undefined;
  /** The reader has ended: the other side never has to wait again. */
  end(): void;
}

/** Begins with the reader's turn. */
export function openTurns(): Turns {
  let since = performance.now();
  let until = 0;
  let isOver = false;
  let opened = Promise.withResolvers<void>();
  const open = () => {
    opened.resolve();
    opened = Promise.withResolvers();
  };
  const isOpen = () => isOver || performance.now() < until;
  return {
    async rest() {
      const now = performance.now();
      until = now + (now - since);
      open();
      // What the other side does without waiting for a Worker is done in this turn; answers come in, too.
      await turn();
      since = performance.now();
      until = 0;
    },
    wait: () =>
      isOpen() ? undefined : (async () => {
        while (!isOpen()) await opened.promise;
      })(),
    end() {
      isOver = true;
      open();
    },
  };
}
