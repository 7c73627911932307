// A list of plain values that is too long for memory, read in any order. Invariant: memory holds where each item
// begins and one buffer; short lists never touch the disk.

import { Buffer } from "node:buffer";
import type { Files, OpenFile } from "../files.ts";

/** A list: written first, then read. */
export interface ItemList<Item> extends Disposable {
  readonly length: number;
  add(item: Item): void;
  at(index: number): Item;
}

/** Items that stay in memory. */
const FEW = 512;
const BUFFER = 1 << 17;

/** Opens an empty list. @param path in the scratch folder; used for long lists only */
export function openItemList<Item>(files: Files, path: string): ItemList<Item> {
  const few: Item[] = [];
  let long: ItemList<Item> | undefined;
  return {
    get length() {
      return long?.length ?? few.length;
    },
    add(item) {
      if (!long && few.length < FEW) return void few.push(item);
      if (!long) {
        long = openLongList(files, path);
        for (const each of few.splice(0)) long.add(each);
      }
      long.add(item);
    },
    at: (index) => long ? long.at(index) : few[index]!,
    [Symbol.dispose]: () => long?.[Symbol.dispose](),
  };
}

function openLongList<Item>(files: Files, path: string): ItemList<Item> {
  const out = files.openWrite(path, { mode: 0o600 });
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  let starts = new Float64Array(1024);
  let length = 0;
  let size = 0;
  let pending: string[] = [];
  let pendingSize = 0;
  const buffer = new Uint8Array(BUFFER);
  let [from, to] = [0, 0];

  const flush = () => {
    out.write(encoder.encode(pending.join("")));
    [pending, pendingSize] = [[], 0];
  };

  /** Bytes of the file; those that follow stay at hand. */
  function bytes(start: number, end: number): Uint8Array {
    if (start >= from && end <= to) return buffer.subarray(start - from, end - from);
    const target = end - start <= BUFFER ? buffer : new Uint8Array(end - start);
    readInto(out, start, target);
    if (target === buffer) [from, to] = [start, Math.min(start + BUFFER, size)];
    return target.subarray(0, end - start);
  }

  return {
    get length() {
      return length;
    },
    add(item) {
      const line = JSON.stringify(item);
      const bytes = Buffer.byteLength(line);
      if (length + 1 >= starts.length) {
        const more = new Float64Array(2 * starts.length);
        more.set(starts);
        starts = more;
      }
      pending.push(line);
      pendingSize += bytes;
      size += bytes;
      starts[++length] = size;
      if (pendingSize >= BUFFER) {
        // What was read meanwhile moved the place in the file.
        out.seek(size - pendingSize);
        flush();
      }
    },
    at(index) {
      if (pendingSize > 0) {
        out.seek(size - pendingSize);
        flush();
      }
      return JSON.parse(decoder.decode(bytes(starts[index]!, starts[index + 1]!))) as Item;
    },
    [Symbol.dispose]: () => {
      out.close();
      files.remove(path);
    },
  };
}

function readInto(file: OpenFile, start: number, buffer: Uint8Array): void {
  file.seek(start);
  let got = 0;
  for (let count = 1; count > 0 && got < buffer.length; got += count) {
    count = file.read(buffer.subarray(got));
  }
}
