// What an interrupted run has done already: a file of JSON lines, the first one saying which texts and which
// ratio it belongs to. Invariant: a line is complete and has its own checksum or is ignored with all behind it, so
// a run that was killed loses one block at most.

import { createHash } from "node:crypto";
import { PaperwardError } from "../../errors.ts";
import type { Files, OpenFile } from "../../library/files.ts";
import type { PairCounters } from "../../../wasm/similarity/mod.ts";

/** A block that was compared. */
export interface DoneBlock {
  readonly block: number;
  readonly counters: PairCounters;
  /** Three numbers a match, as indices of texts: left, right, distance. */
  readonly matches: readonly number[];
}

/** A checkpoint that is being written. */
export interface Checkpoint extends Disposable {
  /** What an earlier run has done. */
  earlier(): Generator<DoneBlock>;
  /** Blocks in it. */
  readonly count: number;
  add(done: DoneBlock): void;
}

const KIND = "document_fuzzy_match checkpoint";
const VERSION = 2;
/** Bytes read at once, and characters of a line at most. */
const BUFFER = 1 << 18;
const LONGEST = 1 << 26;

/** Where a checkpoint is written before it takes its place. */
export function partialCheckpoint(path: string): string {
  return `${path}.partial`;
}

/**
 * Opens the checkpoint, keeping what is in it where it belongs to the same run.
 *
 * @param path absolute @param fingerprint of everything that the results depend on
 * @param onOther called where it belongs to another run: it starts anew
 * @throws {PaperwardError} where the file is something else: it is never overwritten
 */
export function openCheckpoint(
  files: Files,
  path: string,
  fingerprint: string,
  onOther: () => void,
): Checkpoint {
  const partial = partialCheckpoint(path);
  if (files.exists(path) && files.locate(path).facts.kind !== "file") {
    throw new PaperwardError(`Cannot write ${path}: it is not a regular file`, {
      exit: "usage",
      hints: ["give a file that isn't there yet, or the checkpoint of an earlier run"],
    });
  }
  const known = files.exists(path) ? readHead(files, path) : undefined;
  if (known !== undefined && known !== fingerprint) onOther();
  const continues = known === fingerprint;
  let out: OpenFile;
  try {
    out = files.openWrite(partial, { mode: 0o600 });
  } catch (error) {
    if (error instanceof PaperwardError || !(error instanceof Error)) throw error;
    throw new PaperwardError(`Cannot write ${path}: ${error.message}`, {
      exit: "usage",
      hints: ["give a file in a folder that exists and that you may write to"],
      cause: error,
    });
  }
  const encoder = new TextEncoder();
  const write = (value: unknown) => out.write(encoder.encode(JSON.stringify(value) + "\n"));
  let count = 0;
  let open = true;
  const drop = () => {
    if (open) out.close();
    open = false;
  };
  try {
    write({ paperward: KIND, version: VERSION, fingerprint });
    if (continues) {
      for (const block of readBlocks(files, path, fingerprint)) {
        write(signed(block, fingerprint));
        count++;
      }
    }
    files.rename(partial, path);
  } catch (error) {
    drop();
    throw error;
  }
  return {
    count,
    *earlier() {
      if (continues) yield* readBlocks(files, path, fingerprint, count);
    },
    add: (done) => write(signed(done, fingerprint)),
    [Symbol.dispose]: drop,
  };
}

function readHead(files: Files, path: string): string {
  for (const line of readLines(files, path)) {
    const head = parse(line);
    if (head?.["paperward"] !== KIND) break;
    const { version, fingerprint } = head;
    return version === VERSION && typeof fingerprint === "string" ? fingerprint : "";
  }
  throw new PaperwardError(`Cannot continue from ${path}: it is no checkpoint of this command`, {
    exit: "usage",
    hints: ["give a file that isn't there yet, or remove this one if nobody needs it"],
  });
}

function* readBlocks(
  files: Files,
  path: string,
  fingerprint: string,
  most = Infinity,
): Generator<DoneBlock> {
  let count = 0;
  let isHead = true;
  for (const line of readLines(files, path)) {
    if (count++ > most) return;
    if (isHead) {
      isHead = false;
      continue;
    }
    const value = parse(line);
    const block = asBlock(value);
    // What comes behind a torn or damaged line can't be trusted.
    if (!block || value?.["sum"] !== signed(block, fingerprint).sum) return;
    yield block;
  }
}

function* readLines(files: Files, path: string): Generator<string> {
  const file = files.openRead(path);
  try {
    const buffer = new Uint8Array(BUFFER);
    const decoder = new TextDecoder();
    let rest = "";
    for (let size = file.read(buffer); size > 0; size = file.read(buffer)) {
      const lines = (rest + decoder.decode(buffer.subarray(0, size), { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > LONGEST) return;
      yield* lines;
    }
  } finally {
    file.close();
  }
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null
      ? value as Record<string, unknown>
      : undefined;
  } catch {
    return undefined;
  }
}

const COUNTERS = [
  "pairs",
  "byLength",
  "byHistogram",
  "byClasses",
  "byDistance",
  "matched",
] as const;

function asBlock(value: Record<string, unknown> | undefined): DoneBlock | undefined {
  if (!value) return undefined;
  const { block, matches, counters } = value;
  const isCount = (number: unknown): number is number =>
    typeof number === "number" && Number.isSafeInteger(number) && number >= 0;
  if (!isCount(block) || !Array.isArray(matches) || !matches.every(isCount)) return undefined;
  if (typeof counters !== "object" || counters === null || matches.length % 3 !== 0) {
    return undefined;
  }
  const numbers = counters as Record<string, unknown>;
  if (!COUNTERS.every((name) => isCount(numbers[name]))) return undefined;
  const known = Object.fromEntries(COUNTERS.map((name) => [name, numbers[name]]));
  return { block, matches, counters: known as unknown as PairCounters };
}

/** A block with its checksum: a flipped bit must not make a pair. */
function signed({ block, counters, matches }: DoneBlock, fingerprint: string) {
  const payload = [fingerprint, block, COUNTERS.map((name) => counters[name]), matches];
  const sum = createHash("sha256").update(JSON.stringify(payload)).digest("hex").slice(0, 16);
  return { sum, block, counters, matches };
}
