// Moves files in a Worker, while this thread writes rows. Invariant: it does nothing but what `makeMoves` does here.

import { createPool, type Pool } from "../../../wasm/pool.ts";
import type { MadeMoves, MoveOrder } from "./make_moves.ts";

/** Moves files until it is closed. */
export interface Mover {
  /** As `makeMoves`. @throws {PoolError} where the Worker died: nobody knows what was moved */
  move(order: MoveOrder): Promise<MadeMoves>;
  /** Ends the Worker. */
  close(): void;
}

/** Starts the Worker, which may touch the media folder and nothing else.
 * @param mediaRoot absolute real path */
export function openMover(mediaRoot: string): Mover {
  const pool: Pool<MoveOrder, MadeMoves> = createPool({
    entry: new URL("./move_worker.ts", import.meta.url),
    size: 1,
    permissions: {
      read: [mediaRoot],
      write: [mediaRoot],
      env: false,
      ffi: false,
      import: false,
      net: false,
      run: false,
      sys: false,
    },
    init: mediaRoot,
  });
  return {
    async move(order) {
      for await (const made of pool.run([order])) return made;
      throw new Error("An order to move files got no answer");
    },
    close: () => pool.close(),
  };
}
