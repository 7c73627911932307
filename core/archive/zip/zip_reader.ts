// Reads a zip archive in place, entry by entry, without unpacking it. Everything in it is foreign: names that
// lead out, links, devices, overlaps, bombs and two readings of one archive are refused before an entry is
// opened, and each entry's size and CRC-32 are checked while it is read.

import { crc32 } from "node:zlib";
import { PaperwardError } from "../../errors.ts";
import type { Files, OpenFile } from "../../library/files.ts";
import { inflateWhole } from "./_deflate_jobs.ts";
import {
  DirectoryError,
  type DirectoryRecord,
  findEnd,
  readDirectory as readRecords,
} from "./_zip_directory.ts";
import { unsafeNameReason } from "./entry_name.ts";

/** One file or folder of an archive. */
export interface ZipEntry {
  /** `/` between, a folder's name without `/` at its end. */
  readonly path: string;
  /** What it is: nothing else is let in. */
  readonly kind: "file" | "folder";
  /** bytes, uncompressed */
  readonly size: number;
  /** bytes in the archive */
  readonly compressedSize: number;
  /** Not compressed. */
  readonly stored: boolean;
  /** Of the uncompressed bytes, as the directory says. */
  readonly crc32: number;
  /** ms since the epoch, or null where the archive's date is none */
  readonly mtime: number | null;
  /** Permission bits, or null where it wasn't written on Unix. */
  readonly mode: number | null;
  /** Where its local header starts in the file. */
  readonly offset: number;
}

/** What an archive may be at most. */
export interface ZipLimits {
  /** Files and folders. @default {5,000,000} */
  readonly entries?: number;
  /** Uncompressed bytes of all entries. @default {16 TiB} */
  readonly totalBytes?: number;
  /** Uncompressed bytes for each compressed one, of an entry or all, looked at from 1 GiB on: smaller ones
   * can't fill a disk. Real documents stay below 100. @default {200} */
  readonly ratio?: number;
}

/** Options of {@linkcode openZip}. */
export interface ZipOptions extends ZipLimits {
  /** What messages call it. @default {its path} */
  readonly name?: string;
}

/** An open archive. */
export interface ZipArchive {
  /** Absolute path of the file. */
  readonly path: string;
  /** What messages call it. */
  readonly name: string;
  /** Files and folders, in the order of the directory. */
  readonly entries: ReadonlyMap<string, ZipEntry>;
  /** Whether there is a file by that path. */
  has(path: string): boolean;
  /** A file by its path; folders don't count. */
  find(path: string): ZipEntry | undefined;
  /** Streams a file.
   * @throws {PaperwardError} if it is damaged: at the end, or as soon as it shows */
  open(entry: ZipEntry): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>;
  /** The bytes of a file as they stand in the archive, compressed or stored; checked against its local
   * header, but not against its CRC-32. Only for files that may be held in memory. */
  readRaw(entry: ZipEntry): Uint8Array<ArrayBuffer>;
  /** Closes the file. */
  close(): void;
}

const DEFAULT_LIMITS: Required<ZipLimits> = { entries: 5_000_000, totalBytes: 2 ** 44, ratio: 200 };
/** From here on ratios are looked at. */
const RATIO_FROM = 2 ** 30;
const LOCAL_HEADER_BYTES = 30;
const LOCAL_HEADER = 0x04034b50;
const PIECE_BYTES = 256 * 1024;
/** Pieces given to the inflater: deflate grows at most 1,032 times. */
const DEFLATED_PIECE_BYTES = 16 * 1024;
/** Entries up to these sizes are inflated in one go. */
const WHOLE_COMPRESSED_BYTES = 1 << 20;
const WHOLE_BYTES = 8 << 20;

/** Encrypted data, strong encryption, encrypted directory. */
const ENCRYPTED_FLAGS = 0x0001 | 0x0040 | 0x2000;

const TYPE_MASK = 0o170000;
/** What may stand in the upper bits of a Unix mode; 0 where a writer leaves them out. */
const FILE_TYPES: ReadonlyMap<number, "file" | "folder"> = new Map([
  [0o100000, "file"],
  [0o040000, "folder"],
]);

/** Opens an archive and checks its directory.
 * @throws {PaperwardError} if it is no zip file, damaged, or refused as hostile */
export function openZip(
  files: Files,
  path: string,
  { name = path, ...limits }: ZipOptions = {},
): Promise<ZipArchive> {
  return Promise.try(() => {
    const file = files.openRead(path);
    try {
      return { path, ...openArchive(file, name, { ...DEFAULT_LIMITS, ...limits }) };
    } catch (error) {
      file.close();
      throw error;
    }
  });
}

/** Whether a file looks like a zip: it ends with the record that ends a zip. */
export function isZip(file: OpenFile): boolean {
  return findEnd((offset, length) => readAt(file, offset, length), file.facts().size) >= 0;
}

/** @param name of the archive, for messages */
function openArchive(
  file: OpenFile,
  name: string,
  limits: Required<ZipLimits>,
): Omit<ZipArchive, "path"> {
  const size = file.facts().size;
  const entries = readDirectory(file, size, name, limits);
  const find = (path: string) => {
    const entry = entries.get(path);
    return entry?.kind === "file" ? entry : undefined;
  };
  return {
    name,
    entries,
    find,
    has: (path) => find(path) !== undefined,
    open: (entry) => readEntry(file, size, name, entry),
    readRaw: (entry) => readAt(file, dataStart(file, size, name, entry), entry.compressedSize),
    close: () => file.close(),
  };
}

function readDirectory(
  file: OpenFile,
  size: number,
  path: string,
  limits: Required<ZipLimits>,
): Map<string, ZipEntry> {
  const entries = new Map<string, ZipEntry>();
  let total = 0;
  try {
    for (const record of readRecords((offset, length) => readAt(file, offset, length), size)) {
      const entry = checkedEntry(record, path);
      if (entries.has(entry.path)) throw refused(path, entry.path, "it is there twice");
      entries.set(entry.path, entry);
      total += entry.size;
      if (entries.size > limits.entries) {
        throw refused(path, undefined, `it has more than ${limits.entries} entries`);
      }
      checkRatio(entry.size, entry.compressedSize, limits, path, entry.path);
    }
  } catch (error) {
    if (!(error instanceof DirectoryError)) throw error;
    throw damaged(path, undefined, `its directory is damaged: ${error.message}`, error);
  }
  if (total > limits.totalBytes) {
    throw refused(path, undefined, `it would unpack to ${total} bytes`);
  }
  checkRatio(total, size, limits, path, undefined);
  checkOverlaps(entries, size, path);
  checkFolders(entries, path);
  return entries;
}

function checkedEntry(record: DirectoryRecord, path: string): ZipEntry {
  const { name, host, method, size, compressedSize } = record;
  const reason = unsafeNameReason(name, host === 0);
  if (reason) throw refused(path, name, reason);
  if ((record.flags & ENCRYPTED_FLAGS) !== 0) throw refused(path, name, "it is encrypted");
  if (method !== 0 && method !== 8) {
    throw refused(path, name, `its compression method ${method} is unknown`);
  }
  const unixMode = host === 3 ? record.attributes >>> 16 : 0;
  const type = unixMode & TYPE_MASK;
  const kind = name.endsWith("/") ? "folder" : "file";
  if (type !== 0 && FILE_TYPES.get(type) !== kind) {
    throw refused(path, name, "it is a link, a device or not what its name says");
  }
  if (kind === "folder" && size !== 0) {
    throw refused(path, name, "it is a folder that holds bytes");
  }
  if (method === 0 && compressedSize !== size) {
    throw refused(path, name, "it is stored, but its two sizes differ");
  }
  return {
    path: kind === "folder" ? name.slice(0, -1) : name,
    kind,
    size,
    compressedSize,
    stored: method === 0,
    crc32: record.crc32,
    mtime: record.mtime,
    mode: unixMode === 0 ? null : unixMode & 0o7777,
    offset: record.offset,
  };
}

function checkRatio(
  size: number,
  compressed: number,
  limits: Required<ZipLimits>,
  path: string,
  name: string | undefined,
): void {
  if (size > RATIO_FROM && size > compressed * limits.ratio) {
    throw refused(path, name, `it would unpack to more than ${limits.ratio} times its size`);
  }
}

/** Overlapping entries make a small file unpack to any size, and mean different things to different readers. */
function checkOverlaps(
  entries: ReadonlyMap<string, ZipEntry>,
  size: number,
  path: string,
): void {
  const sorted = [...entries.values()].sort((a, b) => a.offset - b.offset);
  for (const [index, entry] of sorted.entries()) {
    const name = new TextEncoder().encode(entry.path).length;
    // The name in the archive may be encoded otherwise, but never shorter than one byte a character.
    const least = LOCAL_HEADER_BYTES + Math.min(name, entry.path.length) + entry.compressedSize;
    const end = sorted[index + 1]?.offset ?? size;
    if (entry.offset + least > end) throw refused(path, entry.path, "it overlaps what follows it");
  }
}

/** A name that is a file and a folder at once can't be. */
function checkFolders(entries: ReadonlyMap<string, ZipEntry>, path: string): void {
  for (const name of entries.keys()) {
    for (let slash = name.indexOf("/"); slash > 0; slash = name.indexOf("/", slash + 1)) {
      if (entries.get(name.slice(0, slash))?.kind === "file") {
        throw refused(path, name, "it lies below a file");
      }
    }
  }
}

async function* readEntry(
  file: OpenFile,
  size: number,
  path: string,
  entry: ZipEntry,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const start = dataStart(file, size, path, entry);
  let read = 0;
  let sum = 0;
  try {
    for await (const piece of unpacked(file, start, entry)) {
      read += piece.length;
      if (read > entry.size) throw damaged(path, entry.path, "it is longer than it says");
      sum = crc32(piece, sum);
      yield piece;
    }
  } catch (error) {
    if (!(error instanceof TypeError || isZlibError(error))) throw error;
    throw damaged(path, entry.path, "its compressed data is damaged", error);
  }
  if (read !== entry.size) throw damaged(path, entry.path, "it is shorter than it says");
  if (sum !== entry.crc32) throw damaged(path, entry.path, "its CRC-32 is wrong");
}

function unpacked(
  file: OpenFile,
  start: number,
  entry: ZipEntry,
): Iterable<Uint8Array<ArrayBuffer>> | AsyncIterable<Uint8Array<ArrayBuffer>> {
  if (entry.stored) return readRange(file, start, entry.compressedSize, PIECE_BYTES);
  if (entry.compressedSize <= WHOLE_COMPRESSED_BYTES && entry.size <= WHOLE_BYTES) {
    return [inflateWhole(readAt(file, start, entry.compressedSize), entry.size)];
  }
  const deflated = readRange(file, start, entry.compressedSize, DEFLATED_PIECE_BYTES);
  return ReadableStream.from(deflated).pipeThrough(new DecompressionStream("deflate-raw"));
}

/** Checks an entry's local header against the directory. @returns where its data starts */
function dataStart(file: OpenFile, size: number, path: string, entry: ZipEntry): number {
  const wrong = (reason: string) => damaged(path, entry.path, reason);
  const name = new TextEncoder().encode(entry.kind === "folder" ? `${entry.path}/` : entry.path);
  const bytes = readAt(file, entry.offset, LOCAL_HEADER_BYTES + name.length);
  if (bytes.length < LOCAL_HEADER_BYTES) throw wrong("its header is missing");
  const view = new DataView(bytes.buffer);
  if (view.getUint32(0, true) !== LOCAL_HEADER) throw wrong("its header is missing");
  const flags = view.getUint16(6, true);
  if ((flags & 1) !== 0) throw wrong("its header says that it is encrypted");
  if (view.getUint16(8, true) !== (entry.stored ? 0 : 8)) {
    throw wrong("its header names another compression method");
  }
  const streamed = (flags & 8) !== 0;
  if (!streamed && view.getUint32(14, true) !== entry.crc32) {
    throw wrong("its header has another CRC-32");
  }
  const nameLength = view.getUint16(26, true);
  // Without the flag for UTF-8 the bytes may be those of an old code page: only plain ASCII is compared.
  const comparable = (flags & 0x800) !== 0 || name.length === entry.path.length;
  const local = bytes.subarray(LOCAL_HEADER_BYTES);
  if (comparable && entry.kind === "file") {
    const same = nameLength === name.length && name.every((byte, index) => byte === local[index]);
    if (!same) throw wrong("its header has another name");
  }
  const start = entry.offset + LOCAL_HEADER_BYTES + nameLength + view.getUint16(28, true);
  if (start + entry.compressedSize > size) throw wrong("the file is cut short");
  return start;
}

/** Bytes of a file from an offset; fewer where it ends. */
function readAt(file: OpenFile, offset: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  file.seek(offset);
  let read = 0;
  while (read < length) {
    const got = file.read(bytes.subarray(read));
    if (got === 0) break;
    read += got;
  }
  return read === length ? bytes : bytes.slice(0, read);
}

function* readRange(
  file: OpenFile,
  start: number,
  length: number,
  piece: number,
): Generator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < length;) {
    // Other entries may be read meanwhile: each piece finds its own place.
    const bytes = readAt(file, start + at, Math.min(piece, length - at));
    if (bytes.length === 0) return;
    at += bytes.length;
    yield bytes;
  }
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" &&
    (error.code.startsWith("Z_") || error.code === "ERR_BUFFER_TOO_LARGE");
}

function damaged(path: string, name: string | undefined, reason: string, cause?: unknown): Error {
  return problem("damaged", path, name, reason, cause);
}

function refused(path: string, name: string | undefined, reason: string): Error {
  return problem("refused", path, name, reason);
}

const HINTS = {
  damaged: "the zip file is damaged or incomplete: use another copy of it",
  refused: "Paperward does not read such archives: unpack it yourself if you trust it",
} as const;

function problem(
  kind: keyof typeof HINTS,
  path: string,
  name: string | undefined,
  reason: string,
  cause?: unknown,
): PaperwardError {
  const what = name === undefined ? path : `${JSON.stringify(name)} in ${path}`;
  return new PaperwardError(`Cannot read ${what}: ${reason}`, {
    hints: [HINTS[kind]],
    ...(cause === undefined ? {} : { cause }),
  });
}
