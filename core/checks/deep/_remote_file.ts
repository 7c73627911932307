// A file that a Worker without permissions reads piece by piece: it asks by message and sleeps until the piece
// is in shared memory. A few pieces are kept, since PDFs are read to and fro.

import { ANSWERED, ASKED, type DeepReply, HEADER, PIECE } from "./deep_protocol.ts";

/** Pieces that are kept. */
const KEPT = 16;

/** A file that is read remotely. */
export interface RemoteFile {
  readonly size: number;
  /** Copies bytes into `target`. @returns false where they can't be had */
  readInto(target: Uint8Array, position: number): boolean;
}

/** Makes a reader of files, one after the other; its memory is used again for each. */
export function openRemoteReader(
  memory: SharedArrayBuffer,
  post: (reply: DeepReply) => void,
): (size: number) => RemoteFile {
  const header = new Int32Array(memory, 0, HEADER / 4);
  const content = new Uint8Array(memory, HEADER);
  const free: Uint8Array[] = [];
  const pieces = new Map<number, Uint8Array>();

  function ask(index: number, size: number): Uint8Array | undefined {
    const position = index * PIECE;
    const wanted = Math.min(PIECE, size - position);
    Atomics.store(header, 0, ASKED);
    post({ kind: "read", position, size: wanted });
    Atomics.wait(header, 0, ASKED);
    if (Atomics.load(header, 1) !== wanted) return undefined;
    const [oldest] = pieces.keys();
    if (pieces.size >= KEPT && oldest !== undefined) {
      free.push(pieces.get(oldest) ?? new Uint8Array(PIECE));
      pieces.delete(oldest);
    }
    const piece = free.pop() ?? new Uint8Array(PIECE);
    piece.set(content.subarray(0, wanted));
    pieces.set(index, piece);
    return piece;
  }

  return (size) => {
    free.push(...pieces.values());
    pieces.clear();
    return {
      size,
      readInto(target, position) {
        if (position < 0 || position + target.length > size) return false;
        for (let done = 0; done < target.length;) {
          const at = position + done;
          const index = Math.floor(at / PIECE);
          const piece = pieces.get(index) ?? ask(index, size);
          if (!piece) return false;
          const part = piece.subarray(at % PIECE, at % PIECE + target.length - done);
          target.set(part, done);
          done += part.length;
        }
        return true;
      },
    };
  };
}

/** The command's side: puts a piece, or what came of it, into the shared memory and wakes the Worker. */
export function answer(memory: SharedArrayBuffer, read: (into: Uint8Array) => number): void {
  const header = new Int32Array(memory, 0, HEADER / 4);
  Atomics.store(header, 1, read(new Uint8Array(memory, HEADER)));
  Atomics.store(header, 0, ANSWERED);
  Atomics.notify(header, 0);
}
