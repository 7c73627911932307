// Matches on disk, sorted by whatever a reader wants: the matches of a library of invoices don't fit in memory.
// Invariant: memory holds one buffer a run; readers get each match once.

import { join } from "node:path";
import type { Files, OpenFile } from "../../library/files.ts";
import { scoreOf } from "./score.ts";

/** Two documents that match, by their index; `a` is the smaller one. */
export interface DuplicatePair {
  readonly a: number;
  readonly b: number;
  /** Insertions and deletions between their texts. */
  readonly distance: number;
  /** Characters of both texts. */
  readonly total: number;
}

/** Orders of matches. */
export type PairOrder = (one: DuplicatePair, other: DuplicatePair) => number;

/** By the first document, then by the second: as 2.20 prints. */
export function byDocument(one: DuplicatePair, other: DuplicatePair): number {
  return one.a - other.a || one.b - other.b;
}

/** The best ones first: as 3.0 prints. */
export function byScore(one: DuplicatePair, other: DuplicatePair): number {
  return scoreOf(other.distance, other.total) - scoreOf(one.distance, one.total) ||
    byDocument(one, other);
}

/** Matches that are sorted on disk. */
export interface MatchSpool extends Disposable {
  readonly length: number;
  add(pair: DuplicatePair): void;
  /** All matches in order; ends adding. */
  sorted(): Generator<DuplicatePair>;
}

/** 32-bit numbers of a match, matches of a run, and matches that are read at once. */
const WIDTH = 4;
const RUN = 1 << 17;
const READ = 1 << 11;

/** Opens an empty spool. @param path of its file in the scratch folder */
export function openMatchSpool(files: Files, path: string, order: PairOrder): MatchSpool {
  const numbers = new Uint32Array(RUN * WIDTH);
  const runs: { readonly at: number; readonly count: number }[] = [];
  let [held, length, written] = [0, 0, 0];
  let out: OpenFile | undefined;
  const pairAt = (from: Uint32Array, index: number): DuplicatePair => ({
    a: from[index * WIDTH]!,
    b: from[index * WIDTH + 1]!,
    distance: from[index * WIDTH + 2]!,
    total: from[index * WIDTH + 3]!,
  });
  const flush = () => {
    if (held === 0) return;
    const pairs = Array.from({ length: held }, (_, i) => pairAt(numbers, i)).sort(order);
    pairs.forEach(({ a, b, distance, total }, i) =>
      numbers.set([a, b, distance, total], i * WIDTH)
    );
    out ??= files.openWrite(path, { exclusive: true, mode: 0o600 });
    out.write(new Uint8Array(numbers.buffer, 0, held * WIDTH * 4));
    runs.push({ at: written, count: held });
    written += held;
    held = 0;
  };
  const close = () => {
    out?.close();
    out = undefined;
  };
  function* readRun({ at, count }: (typeof runs)[number], file: OpenFile) {
    const buffer = new Uint32Array(Math.min(READ, count) * WIDTH);
    for (let done = 0; done < count;) {
      const some = Math.min(READ, count - done);
      const bytes = new Uint8Array(buffer.buffer, 0, some * WIDTH * 4);
      file.seek((at + done) * WIDTH * 4);
      for (let got = 0; got < bytes.length;) {
        const size = file.read(bytes.subarray(got));
        if (size === 0) throw new Error("The scratch file of the matches was cut off");
        got += size;
      }
      for (let i = 0; i < some; i++) yield pairAt(buffer, i);
      done += some;
    }
  }
  return {
    get length() {
      return length;
    },
    add({ a, b, distance, total }) {
      numbers.set([a, b, distance, total], held * WIDTH);
      held++;
      length++;
      if (held === RUN) flush();
    },
    *sorted() {
      flush();
      close();
      if (runs.length === 0) return;
      const file = files.openRead(path);
      try {
        yield* merge(runs.map((run) => readRun(run, file)), order);
      } finally {
        file.close();
      }
    },
    [Symbol.dispose]: close,
  };
}

/** Merges sorted sources by a binary heap. */
function* merge(
  sources: readonly Iterator<DuplicatePair>[],
  order: PairOrder,
): Generator<DuplicatePair> {
  const heap: { pair: DuplicatePair; readonly source: Iterator<DuplicatePair> }[] = [];
  const sink = (from: number): void => {
    for (let at = from;;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < heap.length && order(heap[child]!.pair, heap[least]!.pair) < 0) least = child;
      }
      if (least === at) return;
      [heap[at], heap[least]] = [heap[least]!, heap[at]!];
      at = least;
    }
  };
  for (const source of sources) {
    const next = source.next();
    if (!next.done) heap.push({ pair: next.value, source });
  }
  for (let at = heap.length >> 1; at >= 0; at--) sink(at);
  while (heap.length > 0) {
    const top = heap[0]!;
    yield top.pair;
    const next = top.source.next();
    if (next.done) {
      const last = heap.pop()!;
      if (heap.length > 0) heap[0] = last;
    } else {
      top.pair = next.value;
    }
    sink(0);
  }
}

/** Path of a spool in the scratch folder. */
export function spoolPath(scratch: string, name: string): string {
  return join(scratch, `matches-${name}`);
}
