// Writes a zip archive as a stream with bounded memory: small files are compressed side by side in Workers,
// large ones run through zip.js as they are read. Entries stand in the order in which they were given, an
// entry whose source fails leaves nothing behind, and the directory is written only at the end.

import { createHash } from "node:crypto";
import { PaperwardError } from "../../errors.ts";
import type { OpenFile } from "../../library/files.ts";
import { type Deflated, isWorthDeflating, type ZipDigest } from "./_deflate_jobs.ts";
import { type DeflatePool, openDeflatePool } from "./_deflate_pool.ts";
import { formatEndOfDirectory } from "./_end_of_directory.ts";
import { type EntryRecord, formatDirectoryRecord, formatLocalHeader } from "./_entry_records.ts";
import { writeStreamedEntry } from "./_streamed_entry.ts";
import { unwritableNameReason } from "./entry_name.ts";

/** Where an archive's bytes go: an `OpenFile` is one. */
export interface ZipSink {
  /** Writes all of it where the sink stands. */
  write(bytes: Uint8Array): void;
  /** Goes to an offset, in bytes. */
  seek(offset: number): void;
  /** Cuts off what is behind a size, in bytes. */
  truncate(size: number): void;
}

export type { ZipDigest };

/** Bytes of a source, in pieces. The pieces are not changed, but may be kept for a while. */
export type ZipBytes = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** An open file as a source; it is closed when it is read. Small ones are read without waste. */
export type ZipFile = Pick<OpenFile, "read" | "facts" | "close">;

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
  /** What is written about it. */
  readonly facts: ZipEntryFacts;
  /** Opens the source; called when its turn comes. */
  open(): ZipBytes | ZipFile;
}

/** An entry that is in the archive. */
export interface ZippedEntry {
  /** As it was given. */
  readonly name: string;
  /** bytes of the source */
  readonly size: number;
  /** bytes in the archive */
  readonly compressedSize: number;
  /** Of the source. */
  readonly crc32: number;
  /** It was not compressed, because it would not get smaller. */
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
  add(name: string, source: ZipBytes | ZipFile, facts: ZipEntryFacts): Promise<ZippedEntry>;
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
/** Bytes in which the directory grows. */
const DIRECTORY_BLOCK = 256 * 1024;
/** Bytes handed to zip.js at once. */
const PIECE_BYTES = 256 * 1024;
const DEFAULT_MODE = 0o644;
const FILE_TYPE = 0o100000;
const FOLDER_TYPE = 0o040000;

function unsafeName(name: string, reason: string): PaperwardError {
  return new PaperwardError(`Cannot add ${JSON.stringify(name)} to the zip: ${reason}`);
}

/** An item that waits for its turn. */
interface Queued<I extends ZipItem> {
  readonly item: I;
  /** bytes that it holds */
  readonly size: number;
  run(): Promise<Result>;
  /** Closes its source without reading it. */
  readonly drop?: () => Promise<unknown>;
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
  let offset = 0;
  let entries = 0;
  const directory = new DirectoryBytes();
  let finished = false;

  function write(bytes: Uint8Array): void {
    if (finished) throw new TypeError("The archive is finished already");
    sink.write(bytes);
    offset += bytes.length;
  }

  function writeWhole(record: EntryRecord, data: Uint8Array): void {
    write(formatLocalHeader(record));
    write(data);
    directory.add(formatDirectoryRecord(record));
    entries++;
  }

  async function addSmall(item: ZipItem, size: number, job: Promise<Deflated>): Promise<Result> {
    const { data, stored, crc32, digest } = await job;
    const { name, facts } = item;
    const compressedSize = data.length;
    writeWhole({ name, ...headerFacts(facts), stored, crc32, size, compressedSize, offset }, data);
    const entry = { name, size, compressedSize, crc32, stored };
    return { entry: { ...entry, ...(digest === undefined ? {} : { digest }) } };
  }

  async function addLarge(item: ZipItem, head: LargeHead): Promise<Result> {
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
    const start = offset;
    const { mtime, mode } = headerFacts(facts);
    try {
      const { record, ...entry } = await writeStreamedEntry(write, start, name, stream, {
        lastModDate: new Date(mtime),
        unixMode: mode,
        versionMadeBy: (3 << 8) | 20,
        level: worthwhile ? level : 0,
      });
      directory.add(record);
      entries++;
      return { entry: { name, ...entry, ...(hash && { digest: hash.digest("hex") }) } };
    } catch (error) {
      await source.return();
      if (!failure) throw error;
      sink.truncate(start);
      sink.seek(start);
      offset = start;
      return failure;
    }
  }

  async function* addAll<I extends ZipItem>(
    items: Iterable<I> | AsyncIterable<I>,
  ): AsyncGenerator<ZipOutcome<I>> {
    const queue: Queued<I>[] = [];
    let waiting = 0;
    const next = async (): Promise<ZipOutcome<I>> => {
      const { item, size, run } = queue.shift()!;
      const result = await run();
      waiting -= size;
      return { item, ...result };
    };
    try {
      for await (const item of items) {
        const reason = unwritableNameReason(item.name);
        const head: Head = reason ? { error: unsafeName(item.name, reason) } : await readHead(item);
        if ("error" in head) {
          queue.push({ item, size: 0, run: () => Promise.resolve(head) });
        } else if ("rest" in head) {
          const drop = () => head.rest.return();
          queue.push({ item, size: 0, run: () => addLarge(item, head), drop });
        } else {
          const { data } = head;
          const size = data.length;
          const { digest } = item.facts;
          const job = threads().deflate({
            kind: "deflate",
            data,
            level,
            ...(digest && { digest }),
          });
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
    } finally {
      // The caller gave up: sources that wait are closed.
      for (const { drop } of queue) await drop?.();
    }
  }

  return {
    addFolder: (name, facts) =>
      Promise.try(() => {
        const path = name.endsWith("/") ? name : `${name}/`;
        const reason = unwritableNameReason(path);
        if (reason) throw unsafeName(name, reason);
        const header = headerFacts({ mode: 0o755, ...facts }, FOLDER_TYPE);
        const nothing = { stored: true, crc32: 0, size: 0, compressedSize: 0 };
        writeWhole({ name: path, ...header, ...nothing, offset }, new Uint8Array());
      }),
    async add(name, source, facts) {
      for await (const outcome of addAll([{ name, facts, open: () => source }])) {
        if ("error" in outcome) throw outcome.error;
        return outcome.entry;
      }
      throw new TypeError("One item has one outcome");
    },
    addAll,
    finish: () =>
      Promise.try(() => {
        pool?.close();
        const start = offset;
        for (const block of directory.blocks()) write(block);
        const size = offset - start;
        write(formatEndOfDirectory({ entries, size, offset: start }));
        finished = true;
        return { entries, size: offset };
      }),
    close() {
      finished = true;
      pool?.close();
    },
  };
}

/** A source of which more than its head is to come. */
interface LargeHead {
  /** The whole source, head included. */
  readonly rest: ReturnType<typeof chained>;
  readonly worthwhile: boolean;
}

type Head = { readonly data: Uint8Array<ArrayBuffer> } | LargeHead | { readonly error: unknown };

/** Reads a source to its end, or as far as it is too large to be held. */
async function readHead(item: ZipItem): Promise<Head> {
  try {
    const source = item.open();
    return "read" in source ? readFileHead(source) : await readStreamHead(iterate(source));
  } catch (error) {
    return { error };
  }
}

async function readStreamHead(source: AsyncIterator<Uint8Array>): Promise<Head> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  while (size <= SMALL_BYTES) {
    const { done, value } = await source.next();
    if (done) return { data: joined(pieces, size) };
    pieces.push(value);
    size += value.length;
  }
  return largeHead(joined(pieces, size), source);
}

function readFileHead(file: ZipFile): Head {
  let handedOn = false;
  try {
    // One byte more than the file has: its end shows without a second buffer.
    const held = new Uint8Array(Math.min(file.facts().size, SMALL_BYTES) + 1);
    const read = fill(file, held);
    if (read < held.length) return { data: held.subarray(0, read) };
    handedOn = true;
    return largeHead(held, restOf(file));
  } finally {
    if (!handedOn) file.close();
  }
}

function largeHead(held: Uint8Array, rest: AsyncIterator<Uint8Array>): LargeHead {
  return { rest: chained(held, rest), worthwhile: isWorthDeflating(held) };
}

/** What is left of a file. Not a generator: one that was never started doesn't close its file. */
function restOf(file: ZipFile): AsyncIterator<Uint8Array> {
  let open = true;
  const close = () => {
    if (open) file.close();
    open = false;
  };
  return {
    next: () =>
      Promise.try((): IteratorResult<Uint8Array> => {
        const piece = new Uint8Array(PIECE_BYTES);
        const read = open ? fill(file, piece) : 0;
        if (read > 0) return { done: false, value: piece.subarray(0, read) };
        close();
        return { done: true, value: undefined };
      }),
    return: () => Promise.try(close).then(() => ({ done: true, value: undefined })),
  };
}

/** Reads until the buffer is full or the file ends. @returns bytes read */
function fill(file: ZipFile, buffer: Uint8Array): number {
  let read = 0;
  while (read < buffer.length) {
    const got = file.read(buffer.subarray(read));
    if (got === 0) break;
    read += got;
  }
  return read;
}

function iterate(source: ZipBytes): AsyncIterator<Uint8Array> {
  if (Symbol.asyncIterator in source) return source[Symbol.asyncIterator]();
  const iterator = source[Symbol.iterator]();
  return {
    next: () => Promise.resolve(iterator.next()),
    return: () => Promise.resolve(iterator.return?.() ?? { done: true, value: undefined }),
  };
}

/** A head and what follows it, as one stream. */
function chained(
  head: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
): Required<Pick<AsyncIterator<Uint8Array>, "next" | "return">> {
  let at = 0;
  return {
    next() {
      if (at >= head.length) return rest.next();
      const value = head.subarray(at, at + PIECE_BYTES);
      at += value.length;
      return Promise.resolve({ done: false, value });
    },
    return: () => rest.return?.() ?? Promise.resolve({ done: true, value: undefined }),
  };
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

function headerFacts(
  facts: ZipEntryFacts,
  type = FILE_TYPE,
): { readonly mtime: number; readonly mode: number } {
  return { mtime: facts.mtime, mode: type | ((facts.mode ?? DEFAULT_MODE) & 0o7777) };
}

/** The directory's records, gathered in blocks: an array for each would weigh more than what it holds. */
class DirectoryBytes {
  readonly #full: Uint8Array[] = [];
  #block = new Uint8Array(DIRECTORY_BLOCK);
  #used = 0;

  add(record: Uint8Array): void {
    if (record.length > this.#block.length - this.#used) {
      this.#full.push(this.#block.subarray(0, this.#used));
      this.#block = new Uint8Array(DIRECTORY_BLOCK);
      this.#used = 0;
    }
    this.#block.set(record, this.#used);
    this.#used += record.length;
  }

  *blocks(): Generator<Uint8Array> {
    yield* this.#full;
    yield this.#block.subarray(0, this.#used);
  }
}
