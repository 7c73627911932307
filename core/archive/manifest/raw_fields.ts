// A read-only map from field name to raw JSON text that decodes a value only when it is asked for: most
// readers look at three of twenty fields, and document text is by far the most of a manifest.

import type { RecordShape } from "./_record_shape.ts";
import type { RawJson } from "./raw_record.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Fields of one record, in the order of the manifest. Holds the piece of the manifest (usually some
 * 100 KiB) that the record stood in: copy the values to keep a few of many records. */
export class RawFields implements ReadonlyMap<string, RawJson> {
  readonly #bytes: Uint8Array;
  readonly #shape: RecordShape;
  /** Start and end of each value in `#bytes`, from `#first` on: records share the arrays. */
  readonly #spans: Int32Array;
  readonly #first: number;
  /** Whether a `\\u` stands in any of the texts: without one none holds half a character. */
  readonly hasUnicodeEscapes: boolean;

  /** Made by the reader: the bytes, the names and where each value starts and ends. */
  constructor(
    bytes: Uint8Array,
    shape: RecordShape,
    spans: Int32Array,
    first: number,
    hasUnicodeEscapes: boolean,
  ) {
    this.#bytes = bytes;
    this.#shape = shape;
    this.#spans = spans;
    this.#first = first;
    this.hasUnicodeEscapes = hasUnicodeEscapes;
  }

  /** Number of fields. */
  get size(): number {
    return this.#shape.size;
  }

  /** Names, in the order of the manifest: the same list for all records that have these. */
  get names(): readonly string[] {
    return this.#shape.names;
  }

  /** Whether there is a field by that name. */
  has(name: string): boolean {
    return this.#shape.indexOf(name) >= 0;
  }

  /** The field's JSON text. */
  get(name: string): RawJson | undefined {
    const index = this.#shape.indexOf(name);
    return index < 0 ? undefined : this.#text(index);
  }

  /** The value's JSON text as UTF-8: a view, not a copy. */
  bytesOf(name: string): Uint8Array | undefined {
    const index = this.#shape.indexOf(name);
    return index < 0 ? undefined : this.#view(index);
  }

  /** Looks at the value's JSON text as UTF-8, where it stands: not even a view is made.
   * @param look gets the bytes of a piece of the manifest, and where in them the value starts and ends */
  look<T>(
    name: string,
    look: (bytes: Uint8Array, start: number, end: number) => T,
  ): T | undefined {
    const index = this.#shape.indexOf(name);
    return index < 0 ? undefined : look(this.#bytes, this.#start(index), this.#end(index));
  }

  /** Names, in the order of the manifest. */
  keys(): MapIterator<string> {
    return this.#shape.names[Symbol.iterator]();
  }

  /** JSON texts, in the order of the manifest. */
  *values(): MapIterator<RawJson> {
    for (let index = 0; index < this.size; index++) yield this.#text(index);
  }

  /** Names and JSON texts. */
  *entries(): MapIterator<[string, RawJson]> {
    const names = this.#shape.names;
    for (let index = 0; index < names.length; index++) yield [names[index]!, this.#text(index)];
  }

  /** Names and JSON texts. */
  [Symbol.iterator](): MapIterator<[string, RawJson]> {
    return this.entries();
  }

  /** Calls back for each field. */
  forEach(
    callback: (value: RawJson, key: string, map: ReadonlyMap<string, RawJson>) => void,
    self?: unknown,
  ): void {
    for (const [name, value] of this.entries()) callback.call(self, value, name, this);
  }

  #view(index: number): Uint8Array {
    return this.#bytes.subarray(this.#start(index), this.#end(index));
  }

  #text(index: number): RawJson {
    return decodeUtf8(this.#bytes, this.#start(index), this.#end(index));
  }

  #start(index: number): number {
    return this.#spans[this.#first + 2 * index]!;
  }

  #end(index: number): number {
    return this.#spans[this.#first + 2 * index + 1]!;
  }
}

/** Decodes a piece of UTF-8; short ASCII, which most values are, without a call out of JavaScript. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= 24) {
    let text = "";
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!;
      if (byte >= 0x80) return decoder.decode(bytes.subarray(start, end));
      text += String.fromCharCode(byte);
    }
    return text;
  }
  return decoder.decode(bytes.subarray(start, end));
}
