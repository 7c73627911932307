// Checks the grammar of one record's bytes and notes where its values start and end, without recursion
// and without making a string of any value. Where the bytes end early it throws NEED_MORE, and the
// reader tries the record again with more of them.

import { decodeUtf8, RawFields } from "./raw_fields.ts";
import { RecordShape } from "./_record_shape.ts";
import { MAX_DEPTH } from "./layout_json.ts";

/** Thrown where the bytes end inside a record and more may come. */
export const NEED_MORE = new Error("more bytes are needed");

/** Thrown where the grammar is broken; the position is that of the scanner. */
export class ScanError extends Error {}

/** Most keys of a record, and of its fields. No model has a tenth of it. */
export const MAX_KEYS = 500;

/** Steps of the tree of key sequences before a new one is begun; real manifests need some hundreds. */
const MAX_SHAPES = 20_000;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const MINUS = 0x2d;

/** 1 for the bytes that a scan of a string stops at. */
const STRING_STOP = Uint8Array.from(
  { length: 256 },
  (_, byte) => byte < 0x20 || byte === QUOTE || byte === BACKSLASH ? 1 : 0,
);
/** 1 for what may follow a backslash, `u` apart. */
const SIMPLE_ESCAPE = byteSet('"\\/bfnrt');
const HEX = byteSet("0123456789abcdefABCDEF");
/** What Python's json writes and reads beside numbers. */
const LITERALS = ["true", "false", "null", "NaN", "Infinity", "-Infinity"].map((text) =>
  new TextEncoder().encode(text)
);

/** What one record holds. */
export interface ScannedRecord {
  readonly model: string;
  readonly pk: string;
  readonly fields: RawFields;
  readonly extras: RawFields;
}

/** Most records have none. */
const NO_EXTRAS = new RawFields(new Uint8Array(), new RecordShape(), new Int32Array(), 0, false);

/** Numbers in an array that records share, more than one record has: an array of its own for each record would be a
 * trip to the system's memory. */
const SPANS = 1 << 12;

/** Scans records in a buffer. `bytes` has one byte of room behind `end`. */
export class RecordScanner {
  bytes: Uint8Array = new Uint8Array(1);
  at = 0;
  end = 0;
  /** No more bytes come after `end`. */
  final = false;
  /** Newlines passed since the last reset; strings hold none. */
  newlines = 0;

  /** A `\u` was passed since the record began. */
  #unicodeEscapes = false;
  readonly #stack = new Uint8Array(MAX_DEPTH + 1);
  #spans = new Int32Array(SPANS);
  /** How many of them are some record's. */
  #spansUsed = 0;
  #root = new RecordShape();
  readonly #names = new Map<number, { readonly bytes: Uint8Array; readonly text: string }>();

  /** Sets the bytes to scan. */
  load(bytes: Uint8Array, end: number): void {
    this.bytes = bytes;
    this.end = end;
    this.at = 0;
    // Stops the scan of a string without a comparison of positions for every byte.
    bytes[end] = QUOTE;
  }

  /** The next byte that isn't white space, not passed; -1 at the very end. */
  peek(): number {
    this.#space();
    if (this.at < this.end) return this.bytes[this.at]!;
    if (!this.final) throw NEED_MORE;
    return -1;
  }

  /** Scans a record that starts at `at`. */
  record(): ScannedRecord {
    if (this.#next() !== OPEN_OBJECT) this.#fail("a record does not start with {");
    this.at++;
    this.#unicodeEscapes = false;
    let model: string | undefined;
    let pk: string | undefined;
    let fields: RawFields | undefined;
    const extraSpans: number[] = [];
    let extras = this.#root;
    let keys = 0;
    for (let first = true; this.#separator(first, CLOSE_OBJECT); first = false) {
      if (++keys > MAX_KEYS) this.#fail(`a record has more than ${MAX_KEYS} keys`);
      const nameAt = this.at;
      const name = this.#key();
      const twice = (name === "model" && model !== undefined) ||
        (name === "pk" && pk !== undefined) ||
        (name === "fields" && fields !== undefined);
      if (twice) this.#failAt(nameAt, `the key ${JSON.stringify(name)} is there twice`);
      if (name === "model") {
        if (this.#next() !== QUOTE) this.#fail("the model of a record is not a string");
        model = this.#shortString();
      } else if (name === "pk") {
        pk = this.#pk();
      } else if (name === "fields") {
        fields = this.#fields();
      } else {
        extras = this.#step(extras, name, nameAt);
        this.#next();
        extraSpans.push(this.at);
        this.#value();
        extraSpans.push(this.at);
      }
    }
    if (model === undefined) this.#fail("a record has no model");
    if (pk === undefined) this.#fail("a record has no pk");
    if (fields === undefined) this.#fail("a record has no fields");
    return {
      model,
      pk,
      fields,
      extras: extraSpans.length === 0
        ? NO_EXTRAS
        : new RawFields(this.bytes, extras, Int32Array.from(extraSpans), 0, this.#unicodeEscapes),
    };
  }

  #fields(): RawFields {
    if (this.#next() !== OPEN_OBJECT) this.#fail("the fields of a record are not an object");
    this.at++;
    let shape = this.#root;
    for (let first = true; this.#separator(first, CLOSE_OBJECT); first = false) {
      if (shape.size === MAX_KEYS) this.#fail(`a record has more than ${MAX_KEYS} fields`);
      const nameAt = this.at;
      shape = this.#step(shape, this.#key(), nameAt);
      this.#next();
      const start = this.at;
      this.#value();
      const slot = this.#slot(2 * (shape.size - 1));
      this.#spans[slot] = start;
      this.#spans[slot + 1] = this.at;
    }
    const first = this.#spansUsed;
    this.#spansUsed += 2 * shape.size;
    return new RawFields(this.bytes, shape, this.#spans, first, this.#unicodeEscapes);
  }

  /** Room for two numbers more of this record, which has some already. @returns where */
  #slot(had: number): number {
    if (this.#spansUsed + had + 2 > this.#spans.length) {
      const spans = new Int32Array(SPANS);
      spans.set(this.#spans.subarray(this.#spansUsed, this.#spansUsed + had));
      this.#spans = spans;
      this.#spansUsed = 0;
    }
    return this.#spansUsed + had;
  }

  #step(shape: RecordShape, name: string, nameAt: number): RecordShape {
    const next = shape.with(name);
    if (!next) this.#failAt(nameAt, `the key ${JSON.stringify(name)} is there twice`);
    // A file that never repeats a sequence of keys must not fill the memory with them.
    if (next.tree.steps > MAX_SHAPES) this.#root = new RecordShape();
    return next;
  }

  #pk(): string {
    const first = this.#next();
    const start = this.at;
    if (first !== QUOTE && first !== MINUS && !isDigit(first)) {
      this.#fail("the pk of a record is neither a number nor a string");
    }
    if (first === QUOTE) this.#string();
    else this.#number();
    return decodeUtf8(this.bytes, start, this.at);
  }

  /** Passes what stands between items. @returns whether an item follows; else the closer is passed */
  #separator(first: boolean, closer: number): boolean {
    const byte = this.#next();
    if (byte === closer) {
      this.at++;
      return false;
    }
    if (first) return true;
    if (byte !== COMMA) this.#fail("a comma or the end of the object is missing");
    this.at++;
    this.#next();
    return true;
  }

  /** A key and its colon. */
  #key(): string {
    if (this.#next() !== QUOTE) this.#fail("a key is not a string");
    const name = this.#shortString();
    this.#colon();
    return name;
  }

  #colon(): void {
    if (this.#next() !== COLON) this.#fail("a colon is missing after a key");
    this.at++;
  }

  /** A string that repeats from record to record: its text is made once. */
  #shortString(): string {
    const bytes = this.bytes;
    const start = this.at + 1;
    let at = start;
    let hash = 0x811c9dc5;
    let plain = true;
    for (; STRING_STOP[bytes[at]!] === 0; at++) {
      const byte = bytes[at]!;
      if (byte >= 0x80) plain = false;
      hash = Math.imul(hash ^ byte, 0x01000193);
    }
    if (at >= this.end || bytes[at] !== QUOTE || !plain || at - start > 100) {
      this.#string();
      if (this.at - start > 10_000) this.#failAt(start - 1, "a key is longer than 10,000 bytes");
      return parseString(decodeText(bytes, start - 1, this.at));
    }
    this.at = at + 1;
    const known = this.#names.get(hash);
    if (known && equalBytes(known.bytes, bytes, start, at)) return known.text;
    const text = decodeUtf8(bytes, start, at);
    if (this.#names.size >= 4096) this.#names.clear();
    this.#names.set(hash, { bytes: bytes.slice(start, at), text });
    return text;
  }

  /** Passes one value of any kind. */
  #value(): void {
    const stack = this.#stack;
    let depth = 0;
    while (true) {
      const byte = this.#next();
      if (byte === QUOTE) {
        this.#string();
      } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        if (depth === MAX_DEPTH) this.#fail(`values are nested deeper than ${MAX_DEPTH}`);
        this.at++;
        const closer = byte === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY;
        if (this.#next() === closer) {
          this.at++;
        } else {
          stack[depth++] = closer;
          if (closer === CLOSE_OBJECT) this.#innerKey();
          continue;
        }
      } else if (byte === MINUS || isDigit(byte)) {
        this.#number();
      } else {
        this.#literal();
      }
      while (true) {
        if (depth === 0) return;
        const closer = stack[depth - 1]!;
        const next = this.#next();
        if (next === closer) {
          this.at++;
          depth--;
          continue;
        }
        if (next !== COMMA) this.#fail("a comma or a closing bracket is missing");
        this.at++;
        if (closer === CLOSE_OBJECT) this.#innerKey();
        break;
      }
    }
  }

  #innerKey(): void {
    if (this.#next() !== QUOTE) this.#fail("a key is not a string");
    this.#string();
    this.#colon();
  }

  /** Passes a string, from its opening quote to behind its closing one. */
  #string(): void {
    const bytes = this.bytes;
    let at = this.at + 1;
    while (true) {
      while (STRING_STOP[bytes[at]!] === 0) at++;
      if (at >= this.end) this.#short("a string is not closed");
      const byte = bytes[at]!;
      if (byte === QUOTE) {
        this.at = at + 1;
        return;
      }
      if (byte !== BACKSLASH) this.#failAt(at, "a string holds a control character");
      const escape = at + 1 < this.end ? bytes[at + 1]! : this.#short("a string is not closed");
      if (SIMPLE_ESCAPE[escape] === 1) {
        at += 2;
        continue;
      }
      if (escape !== 0x75) this.#failAt(at, "a string holds an unknown escape");
      this.#unicodeEscapes = true;
      if (at + 6 > this.end) this.#short("a string is not closed");
      for (let digit = at + 2; digit < at + 6; digit++) {
        if (HEX[bytes[digit]!] !== 1) this.#failAt(at, "a string holds an unknown escape");
      }
      at += 6;
    }
  }

  #number(): void {
    const bytes = this.bytes;
    let at = this.at;
    if (bytes[at] === MINUS) at++;
    if (at >= this.end) this.#short("a number is cut short");
    if (bytes[at] === 0x49) return this.#literal();
    if (bytes[at] === 0x30) at++;
    else at = this.#digits(at);
    if (at < this.end && bytes[at] === 0x2e) at = this.#digits(at + 1);
    if (at < this.end && (bytes[at] === 0x65 || bytes[at] === 0x45)) {
      at++;
      if (at < this.end && (bytes[at] === 0x2b || bytes[at] === MINUS)) at++;
      at = this.#digits(at);
    }
    if (at >= this.end) this.#short("a number is cut short");
    this.at = at;
  }

  #digits(start: number): number {
    let at = start;
    while (at < this.end && isDigit(this.bytes[at]!)) at++;
    if (at === this.end) this.#short("a number is cut short");
    if (at === start) this.#failAt(at, "a number is malformed");
    return at;
  }

  #literal(): void {
    for (const literal of LITERALS) {
      const end = this.at + literal.length;
      if (equalBytes(literal, this.bytes, this.at, Math.min(end, this.end))) {
        this.at = end;
        return;
      }
    }
    if (this.end - this.at < 9 && !this.final) throw NEED_MORE;
    this.#fail("a value is expected here");
  }

  /** The next byte that isn't white space, which must be there. */
  #next(): number {
    this.#space();
    if (this.at >= this.end) this.#short("it ends inside a record");
    return this.bytes[this.at]!;
  }

  #space(): void {
    const bytes = this.bytes;
    const end = this.end;
    let at = this.at;
    for (; at < end; at++) {
      const byte = bytes[at]!;
      if (byte === 0x20) continue;
      if (byte === 0x0a) this.newlines++;
      else if (byte !== 0x0d && byte !== 0x09) break;
    }
    this.at = at;
  }

  #short(reason: string): never {
    if (!this.final) throw NEED_MORE;
    this.at = this.end;
    throw new ScanError(`${reason}: the file is cut short`);
  }

  #failAt(at: number, reason: string): never {
    this.at = at;
    throw new ScanError(reason);
  }

  #fail(reason: string): never {
    throw new ScanError(reason);
  }
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function byteSet(text: string): Uint8Array {
  const set = new Uint8Array(256);
  for (const byte of new TextEncoder().encode(text)) set[byte] = 1;
  return set;
}

function equalBytes(known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  for (let index = 0; index < known.length; index++) {
    if (known[index] !== bytes[start + index]) return false;
  }
  return true;
}

function decodeText(bytes: Uint8Array, start: number, end: number): string {
  // Invalid UTF-8 is reported for the whole piece of the file later; here it must only not throw.
  return new TextDecoder().decode(bytes.subarray(start, end));
}

function parseString(raw: string): string {
  return JSON.parse(raw) as string;
}
