// One entry that is too large to be held, written by zip.js as its source is read. zip.js keeps an archive's
// entries in memory until it closes it (14 KB each), so each entry is an archive of its own to zip.js, which
// starts where the last one ended; of its directory only the record is kept.

import { configure, ZipWriter, type ZipWriterAddDataOptions } from "@zip.js/zip.js";
import { END_BYTES } from "./_end_of_directory.ts";

// Workers of zip.js come from blob: addresses, which a permissionless Worker can't load.
configure({ useWebWorkers: false });

/** What zip.js tells of an entry it has written. */
export interface StreamedEntry {
  readonly size: number;
  readonly compressedSize: number;
  readonly crc32: number;
  readonly stored: boolean;
  /** Its record for the directory. */
  readonly record: Uint8Array;
}

/** Writes an entry.
 * @param write takes the bytes
 * @param offset where the entry starts in the file
 * @throws what the stream or `write` throws; bytes may have been written */
export async function writeStreamedEntry(
  write: (bytes: Uint8Array) => void,
  offset: number,
  name: string,
  data: ReadableStream<Uint8Array>,
  options: ZipWriterAddDataOptions,
): Promise<StreamedEntry> {
  const directory: Uint8Array[] = [];
  let closing = false;
  const writable = new WritableStream<Uint8Array>({
    write: (bytes) => closing ? void directory.push(bytes.slice()) : write(bytes),
  });
  const writer = new ZipWriter(writable, { offset, preventClose: true });
  const entry = await writer.add(name, data, options);
  closing = true;
  await writer.close();
  return {
    size: entry.uncompressedSize,
    compressedSize: entry.compressedSize,
    crc32: (entry.crc32 ?? 0) >>> 0,
    stored: entry.compressionMethod === 0,
    record: withoutEnd(concat(directory)),
  };
}

/** Cuts off the end records; zip.js writes zip64 ones where the entry or its offset needs them. */
function withoutEnd(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.length - END_BYTES;
  const locator = end - 20;
  const zip64 = locator >= 0 && view.getUint32(locator, true) === 0x07064b50;
  return bytes.slice(0, zip64 ? locator - 56 : end);
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
