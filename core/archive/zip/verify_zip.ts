// Reads a finished archive again, every byte of every entry, before it is trusted.

import { PaperwardError } from "../../errors.ts";
import type { Files } from "../../library/files.ts";
import { openDeflatePool } from "./_deflate_pool.ts";
import { openZip, type ZipEntry } from "./zip_reader.ts";
import { SMALL_BYTES } from "./zip_writer.ts";

/** What was read. */
export interface VerifiedZip {
  /** Files and folders. */
  readonly entries: number;
  /** bytes, uncompressed */
  readonly bytes: number;
}

/** How an archive is verified. */
export interface VerifyZipOptions {
  /** Threads that inflate; 0: the calling one. @default {2} */
  readonly threads?: number;
}

/** Checks the directory, and size and CRC-32 of every entry.
 * @param onEntry called after each entry
 * @throws {PaperwardError} at the first entry that is damaged */
export async function verifyZip(
  files: Files,
  path: string,
  onEntry: (entry: ZipEntry) => void = () => {},
  options: VerifyZipOptions = {},
): Promise<VerifiedZip> {
  const zip = await openZip(files, path);
  const pool = openDeflatePool(options.threads ?? 2);
  const underWay: { readonly entry: ZipEntry; readonly done: Promise<{ damage?: string }> }[] = [];
  let bytes = 0;
  const settle = async () => {
    const { entry, done } = underWay.shift()!;
    const { damage } = await done;
    if (damage) {
      throw new PaperwardError(`Cannot read ${JSON.stringify(entry.path)} in ${path}: ${damage}`, {
        hints: ["the zip file is damaged or incomplete: use another copy of it"],
      });
    }
    onEntry(entry);
  };
  try {
    for (const entry of zip.entries.values()) {
      bytes += entry.size;
      const { stored, size, crc32 } = entry;
      const small = entry.compressedSize <= SMALL_BYTES && size <= 2 * SMALL_BYTES;
      const done = small
        ? pool.check({ kind: "check", data: zip.readRaw(entry), stored, size, crc32 })
        : drain(zip.open(entry)).then(() => ({}));
      done.catch(() => {});
      underWay.push({ entry, done });
      while (underWay.length > 2 * pool.width) await settle();
    }
    while (underWay.length > 0) await settle();
    return { entries: zip.entries.size, bytes };
  } finally {
    pool.close();
    zip.close();
  }
}

async function drain(pieces: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of pieces);
}
