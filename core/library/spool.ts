// A list on disk: what a plan holds besides names. Invariant: memory holds one buffer, never the list.

import type { Files } from "./files.ts";

/** A list of JSON values in a scratch file: written once, then read as often as needed. */
export interface Spool<Item> extends Iterable<Item>, Disposable {
  readonly length: number;
  add(item: Item): void;
  /** No more items; before reading. `using` only lets go of the file, so that an error leaves none open. */
  close(): void;
  /** Reads along while it is written, from the start to the last item before it is closed or let go of. */
  follow(): AsyncIterable<Item>;
}

/** Characters that are buffered before they are written, and bytes that are read at once. */
const BUFFER = 1 << 18;

/** Opens an empty spool at a path in the scratch folder. */
export function openSpool<Item>(files: Files, path: string): Spool<Item> {
  const out = files.openWrite(path, { exclusive: true, mode: 0o600 });
  const encoder = new TextEncoder();
  let pending = "";
  let length = 0;
  let open = true;
  /** Bytes in the file. */
  let written = 0;
  let grown = Promise.withResolvers<void>();
  let isWatched = false;
  const flush = () => {
    if (pending === "") return;
    const bytes = encoder.encode(pending);
    out.write(bytes);
    written += bytes.length;
    pending = "";
  };
  const wake = () => {
    if (!isWatched) return;
    isWatched = false;
    grown.resolve();
    grown = Promise.withResolvers();
  };
  const drop = () => {
    if (open) out.close();
    open = false;
    wake();
  };
  return {
    get length() {
      return length;
    },
    add(item) {
      pending += JSON.stringify(item) + "\n";
      length++;
      if (pending.length >= BUFFER) flush();
      wake();
    },
    close() {
      try {
        flush();
      } finally {
        drop();
      }
    },
    [Symbol.dispose]: drop,
    async *follow() {
      const file = files.openRead(path);
      try {
        const buffer = new Uint8Array(BUFFER);
        const decoder = new TextDecoder();
        let rest = "";
        for (let position = 0;;) {
          // What is not in the file yet is still in memory; both end with a whole line.
          const tail = position < written ? undefined : encoder.encode(pending);
          const chunk = tail
            ? tail.subarray(position - written)
            : buffer.subarray(0, file.read(buffer));
          if (chunk.length === 0) {
            if (!open) return;
            isWatched = true;
            await grown.promise;
            continue;
          }
          position += chunk.length;
          if (tail) file.seek(position);
          const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
          rest = lines.pop() ?? "";
          for (const line of lines) yield JSON.parse(line) as Item;
        }
      } finally {
        file.close();
      }
    },
    *[Symbol.iterator]() {
      const file = files.openRead(path);
      try {
        const buffer = new Uint8Array(BUFFER);
        const decoder = new TextDecoder();
        let rest = "";
        for (let size = file.read(buffer); size > 0; size = file.read(buffer)) {
          const lines = (rest + decoder.decode(buffer.subarray(0, size), { stream: true })).split(
            "\n",
          );
          rest = lines.pop() ?? "";
          for (const line of lines) yield JSON.parse(line) as Item;
        }
      } finally {
        file.close();
      }
    },
  };
}
