// A file as a stream of pieces, each an array of its own: readers keep them as long as they like.

import type { Files } from "./files.ts";

/** Bytes in a piece. */
const CHUNK = 1 << 18;

/** Reads a file piece by piece; closes it at the end or when the reader gives up. */
export function* readChunks(
  files: Files,
  path: string,
  size = CHUNK,
): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
  const file = files.openRead(path);
  try {
    while (true) {
      const chunk = new Uint8Array(size);
      const got = file.read(chunk);
      if (got === 0) return;
      yield chunk.subarray(0, got);
    }
  } finally {
    file.close();
  }
}
