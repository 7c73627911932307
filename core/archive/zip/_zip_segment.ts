// A run of zip entries written by zip.js. zip.js keeps some 14 KB for every entry until it closes the
// archive, so an archive is written as many short segments: each is closed after a few hundred entries, what
// it would put into the central directory is kept as bytes, and zip.js's memory goes.

import { configure, ZipWriter, type ZipWriterAddDataOptions } from "@zip.js/zip.js";
import { END_BYTES } from "./_end_of_directory.ts";

// Workers of zip.js come from blob: addresses, which a permissionless Worker can't load.
configure({ useWebWorkers: false });

/** Where an archive's bytes go: an `OpenFile` is one. */
export interface ZipSink {
  write(bytes: Uint8Array): void;
  seek(offset: number): void;
  truncate(size: number): void;
}

/** One run of entries. */
export interface ZipSegment {
  /** Entries added so far. */
  readonly entries: number;
  /** Where the next entry starts in the file. */
  readonly offset: number;
  add(
    name: string,
    data: ReadableStream<Uint8Array> | undefined,
    options: ZipWriterAddDataOptions,
  ): Promise<ZipSegmentEntry>;
  /** Ends the segment. @returns its records of the central directory */
  close(): Promise<Uint8Array>;
}

/** What zip.js tells of an entry it has written. */
export interface ZipSegmentEntry {
  readonly size: number;
  readonly compressedSize: number;
  readonly crc32: number;
  readonly stored: boolean;
}

/** Starts a segment at an offset of the file; the sink stands there. */
export function openSegment(sink: ZipSink, offset: number): ZipSegment {
  let position = offset;
  let entries = 0;
  let directory: Uint8Array[] | undefined;
  const writable = new WritableStream<Uint8Array>({
    write(bytes) {
      if (directory) {
        directory.push(bytes.slice());
        return;
      }
      sink.write(bytes);
      position += bytes.length;
    },
  });
  const writer = new ZipWriter(writable, { offset, preventClose: true, keepOrder: true });
  return {
    get entries() {
      return entries;
    },
    get offset() {
      return position;
    },
    async add(name, data, options) {
      const entry = await writer.add(name, data, options);
      entries++;
      return {
        size: entry.uncompressedSize,
        compressedSize: entry.compressedSize,
        crc32: (entry.crc32 ?? 0) >>> 0,
        stored: entry.compressionMethod === 0,
      };
    },
    async close() {
      directory = [];
      await writer.close();
      return withoutEnd(concat(directory));
    },
  };
}

/** Cuts off the end records; zip.js writes zip64 ones where an entry or the offset needs them. */
function withoutEnd(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.length - END_BYTES;
  const locator = end - 20;
  const zip64 = locator >= 0 && view.getUint32(locator, true) === 0x07064b50;
  return bytes.subarray(0, zip64 ? locator - 56 : end);
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
