// Texts as upstream compares them, the alphabet that the filters work with, and sketches for the approximate
// search. Invariant: preparing never loses a character, it only replaces some and strips the ends.

import { fillInput, type KernelExports, openKernel } from "./_kernel.ts";

/** A text that is ready to be compared. */
export interface PreparedText {
  /** UTF-8: letters and numbers in lower case, spaces in place of all else. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** In characters. */
  readonly length: number;
  /** Nothing but white space went in: upstream doesn't compare such documents. */
  readonly blank: boolean;
}

/** Prepares the texts of one library. */
export interface TextPreparation {
  /** As `rapidfuzz.utils.default_process` does (2.20 and 3.0); lone surrogates count as any other character
   * that is no letter. */
  prepare(text: string): PreparedText;
  /** The alphabet for all texts prepared so far: what {@linkcode openComparer} wants. */
  alphabet(): Uint32Array<ArrayBuffer>;
  /** Counts a prepared text for {@linkcode sketch}; all are counted before the first is sketched. */
  count(bytes: Uint8Array): void;
  /** Texts that share a number at one place are candidates for near-duplicates. */
  sketch(bytes: Uint8Array): Uint32Array<ArrayBuffer>;
  /** Numbers of a sketch. */
  readonly bands: number;
}

const BLANK = 0x8000_0000;

/** Starts with no text known. */
export function openTextPreparation(): TextPreparation {
  const kernel = openKernel();
  const encoder = new TextEncoder();
  const words = (pointer: number, count: number) =>
    new Uint32Array(kernel.memory.buffer, pointer, count).slice();
  return {
    prepare(text) {
      const input = encodeInto(kernel, encoder, text);
      const result = kernel.prepare(input) >>> 0;
      return {
        bytes: new Uint8Array(kernel.memory.buffer, kernel.prepared(), kernel.prepared_length())
          .slice(),
        length: result & ~BLANK,
        blank: (result & BLANK) !== 0,
      };
    },
    alphabet: () => {
      const count = kernel.plan();
      return words(kernel.planned(), count);
    },
    count(bytes) {
      fillInput(kernel, bytes);
      kernel.count_shingles(bytes.length);
    },
    sketch(bytes) {
      fillInput(kernel, bytes);
      return words(kernel.sketch(bytes.length), kernel.sketch_bands());
    },
    bands: kernel.sketch_bands(),
  };
}

/** Writes UTF-8 right into the module's memory. @returns bytes */
function encodeInto(kernel: KernelExports, encoder: TextEncoder, text: string): number {
  const room = text.length * 3;
  const at = kernel.input(room);
  return encoder.encodeInto(text, new Uint8Array(kernel.memory.buffer, at, room)).written;
}
