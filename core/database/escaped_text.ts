// A long text on its way from JSON to a server that takes the same escapes: neither decoded nor encoded again.

import type { StorageValue } from "./storage_value.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const BACKSLASH = 0x5c;

/** What the byte after a backslash stands for; others stand for themselves. */
const MEANING = Uint8Array.from({ length: 256 }, (_, byte) => byte);
for (const [escape, byte] of Object.entries({ b: 8, f: 12, n: 10, r: 13, t: 9 })) {
  MEANING[escape.charCodeAt(0)] = byte;
}

/** Where texts lose their escapes, one after the other. */
let room = new Uint8Array(1 << 16);

/** A text as JSON writes it, without its quotes, in UTF-8. */
export class EscapedText {
  /** With its escapes; only good as long as nobody overwrites the bytes. */
  readonly bytes: Uint8Array;

  /** Holds the bytes, makes no copy.
   * @param bytes without `\u`, checked to be UTF-8 and JSON */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** The text itself in UTF-8, good until the next text is asked for, and its length in UTF-16 units. */
  plain(): { readonly bytes: Uint8Array; readonly length: number } {
    const { bytes } = this;
    if (room.length < bytes.length) room = new Uint8Array(2 * bytes.length);
    const plain = room;
    let size = 0;
    let length = 0;
    for (let at = 0; at < bytes.length; at++) {
      let byte = bytes[at]!;
      if (byte === BACKSLASH) byte = MEANING[bytes[++at]!]!;
      plain[size++] = byte;
      // The bytes of a character that follow its first one count nothing, four of them stand for two units.
      if (byte < 0x80 || byte >= 0xc0) length += byte < 0xf0 ? 1 : 2;
    }
    return { bytes: plain.subarray(0, size), length };
  }

  /** The text. */
  toString(): string {
    return decoder.decode(this.plain().bytes);
  }
}

/** A value that is about to be written. */
export type WrittenValue = StorageValue | EscapedText;

/** The value as everybody else knows it. */
export function plainValue(value: WrittenValue): StorageValue {
  return value instanceof EscapedText ? value.toString() : value;
}
