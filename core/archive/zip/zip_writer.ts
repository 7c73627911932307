// Writes a zip archive as a stream with bounded memory: small files are compressed side by side in Workers,
// large ones run through zip.js as they are read. Entries stand in the order in which they were given, an
// entry whose source fails leaves nothing behind, and the directory is written only at the end.

import { createHash } from "node:crypto";
import type { ZipWriterAddDataOptions } from "@zip.js/zip.js";
import { PaperwardError } from "../../errors.ts";
import { type Deflated, isWorthDeflating, type ZipDigest } from "./_deflate_jobs.ts";
import { type DeflatePool, openDeflatePool } from "./_deflate_pool.ts";
import { formatEndOfDirectory } from "./_end_of_directory.ts";
import { openSegment, type ZipSegment, type ZipSink } from "./_zip_segment.ts";
import { unsafeNameReason } from "./entry_name.ts";

export type { ZipDigest, ZipSink };

/** Bytes of a source, in pieces. The pieces are not changed, but may be kept for a while. */
export type ZipBytes = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** What an entry says about its file. */
export interface ZipEntryFacts {
  /** ms since the epoch; kept to the second */
  readonly mtime: number;
  /** Permission bits. @default {0o644} */
  readonly mode?: number;
  /** Checksum of the source, computed on the way. */
  readonly digest?: ZipDigest;
}

/** One file to be added. */
export interface ZipItem {
  /** Path in the archive, `/` between. */
  readonly name: string;
  readonly facts: ZipEntryFacts;
  /** Opens the source; called when its turn comes. */
  open(): ZipBytes;
}

/** An entry that is in the archive. */
export interface ZippedEntry {
  readonly name: string;
  /** bytes of the source */
  readonly size: number;
  readonly compressedSize: number;
  readonly crc32: number;
  readonly stored: boolean;
  /** hex, if it was asked for */
  readonly digest?: string;
}

/** What became of an item: an entry, or the error of its source. */
export type ZipOutcome<I extends ZipItem> =
  | { readonly item: I; readonly entry: ZippedEntry }
  | { readonly item: I; readonly error: unknown };

/** How an archive is written. */
export interface ZipWriterOptions {
  /** 0 stores, 1 is fast, 9 is small. @default {6} */
  readonly level?: number;
  /** Threads that compress; 0: the calling one. @default {2} */
  readonly threads?: number;
}

/** The finished archive. */
export interface ZipTotals {
  /** Files and folders. */
  readonly entries: number;
  /** bytes of the archive */
  readonly size: number;
}

/** An archive being written. One call at a time. */
export interface ZipWriter {
  /** Adds a folder entry, as upstream's archives have them.
   * @param name with or without `/` at its end */
  addFolder(name: string, facts: ZipEntryFacts): Promise<void>;
  /** Adds one file. @throws what its source throws; the archive is then as it was */
  add(name: string, source: ZipBytes, facts: ZipEntryFacts): Promise<ZippedEntry>;
  /** Adds many files, compressing several at once, and tells in their order what became of each. */
  addAll<I extends ZipItem>(items: Iterable<I> | AsyncIterable<I>): AsyncGenerator<ZipOutcome<I>>;
  /** Writes the directory. The sink stays open. */
  finish(): Promise<ZipTotals>;
  /** Ends the Workers without finishing; does nothing after {@linkcode finish}. */
  close(): void;
}

/** Files up to this size are compressed whole, in memory. */
export const SMALL_BYTES = 4 * 1024 * 1024;
/** Sources that wait for their turn, at most, in bytes. */
const WAITING_BYTES = 16 * 1024 * 1024;
/** Entries of one segment. */
const SEGMENT_ENTRIES = 256;
/** Bytes handed to zip.js at once. */
const PIECE_BYTES = 256 * 1024;
const DEFAULT_MODE = 0o644;
const FILE_TYPE = 0o100000;
const FOLDER_TYPE = 0o040000;

function unsafeName(name: string, reason: string): PaperwardError {
  return new PaperwardError(`Cannot add ${JSON.stringify(name)} to the zip: ${reason}`);
}

type Result = { readonly entry: ZippedEntry } | { readonly error: unknown };

/** Starts an archive at the beginning of a sink.
 * @example
 * ```ts ignore
 * const zip = openZipWriter(file);
 * await zip.addFolder("originals", { mtime, mode: 0o755 });
 * for await (const outcome of zip.addAll(items)) report(outcome);
 * await zip.finish();
 * ``` */
export function openZipWriter(sink: ZipSink, options: ZipWriterOptions = {}): ZipWriter {
  const level = options.level ?? 6;
  let pool: DeflatePool | undefined;
  const threads = () => pool ??= openDeflatePool(options.threads ?? 2);
  let segment: ZipSegment | undefined;
  let offset = 0;
  let entries = 0;
  const directory: Uint8Array[] = [];
  let finished = false;

  async function endSegment(): Promise<void> {
    if (!segment) return;
    if (segment.entries > 0) directory.push(await segment.close());
    offset = segment.offset;
    segment = undefined;
  }

  /** The segment for the next entry. */
  async function current(): Promise<ZipSegment> {
    if (finished) throw new TypeError("The archive is finished already");
    if (segment && segment.entries >= SEGMENT_ENTRIES) await endSegment();
    return segment ??= openSegment(sink, offset);
  }

  async function addSmall(item: ZipItem, size: number, job: Promise<Deflated>): Promise<Result> {
    const { data, stored, crc32, digest } = await job;
    const { name, facts } = item;
    await (await current()).add(name, streamOf([data]), {
      ...entryOptions(facts),
      passThrough: true,
      dataDescriptor: false,
      compressionMethod: stored ? 0 : 8,
      level: stored ? 0 : level,
      uncompressedSize: size,
      crc32,
    });
    entries++;
    return {
      entry: {
        name,
        size,
        compressedSize: data.length,
        crc32,
        stored,
        ...(digest === undefined ? {} : { digest }),
      },
    };
  }

  /** A large file has a segment of its own, so that nothing stays of it where its source fails. */
  async function addLarge(item: ZipItem, head: LargeHead): Promise<Result> {
    await endSegment();
    const { name, facts } = item;
    const { rest: source, worthwhile } = head;
    const hash = facts.digest && createHash(facts.digest);
    let failure: { readonly error: unknown } | undefined;
    const stream = new ReadableStream<Uint8Array>({
      async pull(controller) {
        try {
          const { done, value } = await source.next();
          if (done) return controller.close();
          hash?.update(value);
          controller.enqueue(value);
        } catch (error) {
          failure = { error };
          controller.error(error);
        }
      },
    }, { highWaterMark: 1 });
    const alone = await current();
    try {
      const entry = await alone.add(name, stream, {
        ...entryOptions(facts),
        level: worthwhile ? level : 0,
      });
      entries++;
      await endSegment();
      return { entry: { name, ...entry, ...(hash && { digest: hash.digest("hex") }) } };
    } catch (error) {
      segment = undefined;
      await source.return?.();
      if (!failure) throw error;
      sink.truncate(offset);
      sink.seek(offset);
      return failure;
    }
  }

  async function* addAll<I extends ZipItem>(
    items: Iterable<I> | AsyncIterable<I>,
  ): AsyncGenerator<ZipOutcome<I>> {
    const queue: { item: I; size: number; run: () => Promise<Result> }[] = [];
    let waiting = 0;
    const next = async (): Promise<ZipOutcome<I>> => {
      const { item, size, run } = queue.shift()!;
      const result = await run();
      waiting -= size;
      return { item, ...result };
    };
    for await (const item of items) {
      const reason = unsafeNameReason(item.name);
      const head: Head = reason ? { error: unsafeName(item.name, reason) } : await readHead(item);
      if ("error" in head) {
        queue.push({ item, size: 0, run: () => Promise.resolve(head) });
      } else if ("rest" in head) {
        queue.push({ item, size: head.size, run: () => addLarge(item, head) });
      } else {
        const { data } = head;
        const size = data.length;
        const { digest } = item.facts;
        const job = threads().deflate({ kind: "deflate", data, level, ...(digest && { digest }) });
        // A failure is handled when the entry's turn comes.
        job.catch(() => {});
        waiting += size;
        queue.push({ item, size, run: () => addSmall(item, size, job) });
      }
      while (queue.length > 4 * threads().width || waiting > WAITING_BYTES || "rest" in head) {
        if (queue.length === 0) break;
        yield await next();
      }
    }
    while (queue.length > 0) yield await next();
  }

  return {
    async addFolder(name, facts) {
      const path = name.endsWith("/") ? name : `${name}/`;
      const reason = unsafeNameReason(path);
      if (reason) throw unsafeName(name, reason);
      await (await current()).add(path, undefined, {
        ...entryOptions({ mode: 0o755, ...facts }, FOLDER_TYPE),
        directory: true,
      });
      entries++;
    },
    async add(name, source, facts) {
      for await (const outcome of addAll([{ name, facts, open: () => source }])) {
        if ("error" in outcome) throw outcome.error;
        return outcome.entry;
      }
      throw new TypeError("One item has one outcome");
    },
    addAll,
    async finish() {
      await endSegment();
      finished = true;
      pool?.close();
      let size = 0;
      for (const records of directory) {
        sink.write(records);
        size += records.length;
      }
      const end = formatEndOfDirectory({ entries, size, offset });
      sink.write(end);
      return { entries, size: offset + size + end.length };
    },
    close() {
      finished = true;
      pool?.close();
    },
  };
}

/** A source of which more than its head is to come. */
interface LargeHead {
  /** The whole source, head included. */
  readonly rest: AsyncIterator<Uint8Array>;
  /** bytes that are held */
  readonly size: number;
  readonly worthwhile: boolean;
}

type Head = { readonly data: Uint8Array<ArrayBuffer> } | LargeHead | { readonly error: unknown };

/** Reads a source to its end, or as far as it is too large to be held. */
async function readHead(item: ZipItem): Promise<Head> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  try {
    const source = iterate(item.open());
    while (size <= SMALL_BYTES) {
      const { done, value } = await source.next();
      if (done) return { data: joined(pieces, size) };
      pieces.push(value);
      size += value.length;
    }
    const held = joined(pieces, size);
    return { rest: chained(held, source), size, worthwhile: isWorthDeflating(held) };
  } catch (error) {
    return { error };
  }
}

function iterate(source: ZipBytes): AsyncIterator<Uint8Array> {
  if (Symbol.asyncIterator in source) return source[Symbol.asyncIterator]();
  const iterator = source[Symbol.iterator]();
  return {
    next: () => Promise.resolve(iterator.next()),
    return: () => Promise.resolve(iterator.return?.() ?? { done: true, value: undefined }),
  };
}

async function* chained(
  head: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, undefined> {
  for (let at = 0; at < head.length; at += PIECE_BYTES) yield head.subarray(at, at + PIECE_BYTES);
  while (true) {
    const { done, value } = await rest.next();
    if (done) return;
    yield value;
  }
}

function joined(pieces: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function streamOf(pieces: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) if (piece.length > 0) controller.enqueue(piece);
      controller.close();
    },
  });
}

function entryOptions(facts: ZipEntryFacts, type = FILE_TYPE): ZipWriterAddDataOptions {
  return {
    lastModDate: new Date(facts.mtime),
    unixMode: type | ((facts.mode ?? DEFAULT_MODE) & 0o7777),
    versionMadeBy: (3 << 8) | 20,
  };
}
