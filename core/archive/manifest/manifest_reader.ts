// Reads a manifest as a stream of records of raw JSON values. Memory is bounded by the largest record, any
// layout is read, nothing is parsed into numbers, and hostile input ends in a ManifestError.
//
// Stated rules: UTF-8 only, a byte order mark at the start is dropped; a key that is twice in a record or
// in its fields is an error (upstream would take the last silently); inside values duplicates are text like
// any other; NaN and Infinity count as numbers, as Python writes them.

import { isUtf8 } from "node:buffer";
import { ManifestError } from "./manifest_error.ts";
import { NEED_MORE, RecordScanner, ScanError } from "./_record_scanner.ts";
import type { RawFields } from "./raw_fields.ts";
import type { PlacedRecord } from "./raw_record.ts";

/** How a manifest is read. */
export interface ManifestReaderOptions {
  /** The manifest's path, for messages. */
  readonly file: string;
  /** Largest record, in bytes. @default {128 MiB} */
  readonly maxRecordBytes?: number;
  /** Records are used only until the next ones are asked for: their bytes are then overwritten. Large
   * manifests leave no garbage this way. @default {false} */
  readonly transient?: boolean;
}

/** A record as the reader gives it. */
export interface ManifestRecord extends PlacedRecord {
  /** Decoded when they are asked for. */
  readonly fields: RawFields;
  /** Decoded when they are asked for. */
  readonly extras: RawFields;
}

const DEFAULT_MAX_RECORD_BYTES = 128 * 1024 * 1024;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const COMMA = 0x2c;

type State = "start" | "first" | "between" | "record" | "done";

/** Parses a manifest pushed to it piece by piece. */
export class ManifestParser {
  readonly #file: string;
  readonly #maxRecordBytes: number;
  readonly #scanner = new RecordScanner();
  #state: State = "start";
  #index = 0;
  /** File offset of the first byte that is not consumed yet. */
  #offset = 0;
  #line = 1;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  /** Bytes to gather before the next try: doubles while one record goes on. */
  #wanted = 0;
  /** What is wrong behind the records that were returned last. */
  #failure: ManifestError | undefined;
  readonly #transient: boolean;
  /** Of transient records: the buffer in use, and the one before it. */
  #buffer: Uint8Array | undefined;
  #spare: Uint8Array | undefined;

  /** Starts at the beginning of a manifest. */
  constructor(options: ManifestReaderOptions) {
    this.#file = options.file;
    this.#maxRecordBytes = options.maxRecordBytes ?? DEFAULT_MAX_RECORD_BYTES;
    this.#transient = options.transient ?? false;
  }

  /** Takes the next bytes and returns the records that are complete with them.
   * @throws {ManifestError} */
  push(chunk: Uint8Array): ManifestRecord[] {
    if (this.#failure) throw this.#failure;
    if (chunk.length === 0) return [];
    this.#pendingBytes += chunk.length;
    const wait = this.#pendingBytes < this.#wanted;
    // The caller may use its buffer again: what is kept over the call is a copy.
    this.#pending.push(wait ? chunk.slice() : chunk);
    return wait ? [] : this.#scan(false);
  }

  /** Says that no more bytes come and returns the last records.
   * @throws {ManifestError} if the manifest isn't complete */
  end(): ManifestRecord[] {
    if (this.#failure) throw this.#failure;
    return this.#scan(true);
  }

  #scan(final: boolean): ManifestRecord[] {
    const size = this.#pendingBytes;
    const bytes = this.#gather();
    const scanner = this.#scanner;
    scanner.load(bytes, size);
    scanner.final = final;
    const records: ManifestRecord[] = [];
    let consumed = 0;
    let newlines = 0;
    scanner.newlines = 0;
    try {
      while (this.#advance(records)) {
        consumed = scanner.at;
        newlines = scanner.newlines;
      }
      consumed = scanner.at;
      newlines = scanner.newlines;
    } catch (error) {
      if (error === NEED_MORE) {
        const rest = size - consumed;
        if (rest > this.#maxRecordBytes) {
          const reason = `a record is larger than ${this.#maxRecordBytes} bytes`;
          this.#failure = this.#error(reason, consumed, newlines);
        }
        this.#wanted = Math.min(2 * rest, this.#maxRecordBytes + 1);
      } else if (error instanceof ScanError) {
        this.#failure = this.#error(error.message, scanner.at, scanner.newlines);
      } else {
        throw error;
      }
    }
    this.#checkUtf8(bytes.subarray(0, consumed));
    if (this.#failure && (final || records.length === 0)) throw this.#failure;
    if (consumed === size) this.#wanted = 0;
    this.#pending = consumed === size ? [] : [bytes.subarray(consumed, size)];
    this.#pendingBytes = size - consumed;
    this.#offset += consumed;
    this.#line += newlines;
    return records;
  }

  /** One step: a record or what stands between. @returns whether the file goes on */
  #advance(records: ManifestRecord[]): boolean {
    const scanner = this.#scanner;
    if (this.#state === "start") this.#skipMark();
    const byte = scanner.peek();
    switch (this.#state) {
      case "start":
        if (byte === -1) throw new ScanError("it is empty");
        if (byte !== OPEN_ARRAY) throw new ScanError("it does not start with [");
        scanner.at++;
        this.#state = "first";
        return true;
      case "first":
      case "between":
        if (byte === CLOSE_ARRAY) {
          scanner.at++;
          this.#state = "done";
          return true;
        }
        if (byte === -1) throw new ScanError("the array is not closed: the file is cut short");
        if (this.#state === "first") {
          this.#record(records);
        } else {
          if (byte !== COMMA) throw new ScanError("a comma between records is missing");
          scanner.at++;
          this.#state = "record";
        }
        return true;
      case "record":
        if (byte === -1) throw new ScanError("the array is not closed: the file is cut short");
        this.#record(records);
        return true;
      case "done":
        if (byte !== -1) throw new ScanError("something follows the end of the array");
        return false;
    }
  }

  #record(records: ManifestRecord[]): void {
    const scanner = this.#scanner;
    const start = scanner.at;
    const line = this.#line + scanner.newlines;
    const { model, pk, fields, extras } = scanner.record();
    const size = scanner.at - start;
    if (size > this.#maxRecordBytes) {
      scanner.at = start;
      throw new ScanError(`a record is larger than ${this.#maxRecordBytes} bytes`);
    }
    const index = this.#index++;
    records.push({ model, pk, fields, extras, index, offset: this.#offset + start, line, size });
    this.#state = "between";
  }

  #skipMark(): void {
    if (this.#offset > 0 || this.#scanner.at > 0) return;
    const { bytes, end, final } = this.#scanner;
    if (end < 3 && !final) throw NEED_MORE;
    const [first, second, third] = bytes.subarray(0, end);
    if (first === 0xef && second === 0xbb && third === 0xbf) this.#scanner.at = 3;
    const wide = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff) ||
      first === 0 || second === 0;
    if (wide && end > 0) throw new ScanError("it is not UTF-8, but UTF-16 or binary");
  }

  /** The pending bytes in one array, with a byte of room at its end. */
  #gather(): Uint8Array {
    const bytes = this.#newBuffer(this.#pendingBytes + 1);
    let at = 0;
    for (const piece of this.#pending) {
      bytes.set(piece, at);
      at += piece.length;
    }
    this.#pending = [];
    return bytes;
  }

  /** Two buffers take turns: what is pending still stands in the last one. */
  #newBuffer(size: number): Uint8Array {
    if (!this.#transient) return new Uint8Array(size);
    const [spare, buffer] = [this.#spare, this.#buffer];
    this.#spare = buffer;
    this.#buffer = spare && spare.length >= size ? spare : new Uint8Array(size + (size >> 1));
    return this.#buffer;
  }

  #checkUtf8(bytes: Uint8Array): void {
    if (isUtf8(bytes)) return;
    // Bisection keeps this short for large pieces: find the longest valid prefix that ends before ASCII.
    let good = 0;
    let bad = bytes.length;
    while (bad - good > 1) {
      let middle = (good + bad) >> 1;
      while (middle > good + 1 && bytes[middle]! >= 0x80) middle--;
      if (isUtf8(bytes.subarray(good, middle))) good = middle;
      else bad = middle;
      if (bad - good <= 8) break;
    }
    throw this.#error("it is not valid UTF-8", good, countNewlines(bytes.subarray(0, good)));
  }

  #error(reason: string, at: number, newlines: number): ManifestError {
    return new ManifestError(reason, {
      file: this.#file,
      offset: this.#offset + at,
      line: this.#line + newlines,
    });
  }
}

/** Reads a manifest from a stream of bytes.
 * @throws {ManifestError} where it is malformed, cut short or beyond a limit; records that came in earlier
 * pieces are yielded before */
export async function* readManifest(
  chunks: AsyncIterable<Uint8Array>,
  options: ManifestReaderOptions,
): AsyncGenerator<ManifestRecord, void, undefined> {
  const parser = new ManifestParser(options);
  for await (const chunk of chunks) yield* parser.push(chunk);
  yield* parser.end();
}

/** As {@linkcode readManifest}, in arrays of the records that came with one piece of the file: an order of
 * magnitude fewer turns of the event loop. */
export async function* readManifestBatches(
  chunks: AsyncIterable<Uint8Array>,
  options: ManifestReaderOptions,
): AsyncGenerator<ManifestRecord[], void, undefined> {
  const parser = new ManifestParser(options);
  for await (const chunk of chunks) {
    const records = parser.push(chunk);
    if (records.length > 0) yield records;
  }
  const last = parser.end();
  if (last.length > 0) yield last;
}

/** As {@linkcode readManifest}, for bytes that are at hand. */
export function* readManifestSync(
  chunks: Iterable<Uint8Array>,
  options: ManifestReaderOptions,
): Generator<ManifestRecord, void, undefined> {
  const parser = new ManifestParser(options);
  for (const chunk of chunks) yield* parser.push(chunk);
  yield* parser.end();
}

function countNewlines(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) count++;
  return count;
}
