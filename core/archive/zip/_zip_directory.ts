// The directory of a zip file, read record by record in a window. Strict: the directory must end where the
// end records begin and fill the place that they name, with nothing before the archive and nothing behind it,
// so that no other reader can see another archive in the same bytes. PKWARE APPNOTE 4.3.12 to 4.5.

import { crc32 } from "node:zlib";

/** Reads bytes at an offset; fewer where the file ends. */
export type ReadAt = (offset: number, length: number) => Uint8Array<ArrayBuffer>;

/** What the directory says of one entry, unjudged but for its own layout. */
export interface DirectoryRecord {
  readonly name: string;
  /** Of the system that wrote it: 0 DOS, 3 Unix. */
  readonly host: number;
  readonly flags: number;
  readonly method: number;
  readonly crc32: number;
  readonly compressedSize: number;
  readonly size: number;
  /** External attributes: a Unix mode in the upper half, DOS attributes in the lower. */
  readonly attributes: number;
  readonly offset: number;
  /** ms since the epoch, or null where there is no date */
  readonly mtime: number | null;
}

/** A directory that is not laid out as it must be. */
export class DirectoryError extends Error {
  override readonly name = "DirectoryError";
}

const END = 0x06054b50;
const END_BYTES = 22;
const ZIP64_END = 0x06064b50;
const ZIP64_END_BYTES = 56;
const ZIP64_LOCATOR = 0x07064b50;
const ZIP64_LOCATOR_BYTES = 20;
const RECORD = 0x02014b50;
const RECORD_BYTES = 46;
const MAX_COMMENT = 0xffff;
const MAX_16 = 0xffff;
const MAX_32 = 0xffffffff;
const UTF8_FLAG = 0x800;
const WINDOW_BYTES = 512 * 1024;

/** Where the directory is. */
interface Place {
  readonly entries: number;
  readonly offset: number;
  readonly size: number;
}

/** The position of the record that ends an archive, or -1: the last one whose comment fills the file.
 * @param size of the file, in bytes */
export function findEnd(readAt: ReadAt, size: number): number {
  const start = Math.max(0, size - END_BYTES - MAX_COMMENT);
  const tail = readAt(start, size - start);
  const view = viewOf(tail);
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (view.getUint32(at, true) !== END) continue;
    if (at + END_BYTES + view.getUint16(at + 20, true) === tail.length) return start + at;
  }
  return -1;
}

/** Reads the records in their order.
 * @param size of the file, in bytes
 * @throws {DirectoryError} where the layout is broken */
export function* readDirectory(
  readAt: ReadAt,
  size: number,
): Generator<DirectoryRecord, void, undefined> {
  const { entries, offset, size: length } = locate(readAt, size);
  let base = offset;
  let window = new Uint8Array();
  let at = 0;
  /** Makes sure that some bytes from `at` on are in the window. */
  const need = (bytes: number) => {
    if (at + bytes <= window.length) return;
    base += at;
    at = 0;
    const left = offset + length - base;
    if (bytes > left) throw new DirectoryError("a record is cut short");
    window = readAt(base, Math.min(left, Math.max(bytes, WINDOW_BYTES)));
    if (window.length < bytes) throw new DirectoryError("a record is cut short");
  };
  for (let index = 0; index < entries; index++) {
    need(RECORD_BYTES);
    const header = viewOf(window);
    if (header.getUint32(at, true) !== RECORD) throw new DirectoryError("a record is missing");
    const whole = RECORD_BYTES + header.getUint16(at + 28, true) + header.getUint16(at + 30, true) +
      header.getUint16(at + 32, true);
    need(whole);
    yield parseRecord(window.subarray(at, at + whole));
    at += whole;
  }
  if (base + at !== offset + length) throw new DirectoryError("it holds more than its records");
}

function locate(readAt: ReadAt, size: number): Place {
  const end = findEnd(readAt, size);
  if (end < 0) throw new DirectoryError("the record that ends a zip file is missing");
  const view = viewOf(readAt(end, END_BYTES));
  const plain = {
    disk: view.getUint16(4, true),
    entriesHere: view.getUint16(8, true),
    entries: view.getUint16(10, true),
    size: view.getUint32(12, true),
    offset: view.getUint32(16, true),
  };
  const far = plain.entries === MAX_16 || plain.size === MAX_32 || plain.offset === MAX_32;
  const zip64 = far ? locate64(readAt, end) : undefined;
  const place = zip64 ?? plain;
  if (plain.disk !== 0 && !(zip64 && plain.disk === MAX_16)) {
    throw new DirectoryError("it is split over several files");
  }
  if (!zip64 && plain.entriesHere !== plain.entries) {
    throw new DirectoryError("it is split over several files");
  }
  const agree = (short: number, long: number, none: number) => short === none || short === long;
  if (
    !agree(plain.entries, place.entries, MAX_16) || !agree(plain.size, place.size, MAX_32) ||
    !agree(plain.offset, place.offset, MAX_32)
  ) throw new DirectoryError("its end records contradict each other");
  if (place.offset + place.size !== (zip64?.start ?? end)) {
    throw new DirectoryError("it is not where its end record says");
  }
  if (place.entries * RECORD_BYTES > place.size) {
    throw new DirectoryError("it is too small for its entries");
  }
  return place;
}

/** The zip64 end record before the plain one, or undefined if there is none. */
function locate64(readAt: ReadAt, end: number): Place & { readonly start: number } | undefined {
  const locatorAt = end - ZIP64_LOCATOR_BYTES;
  if (locatorAt < ZIP64_END_BYTES) return undefined;
  const locator = viewOf(readAt(locatorAt, ZIP64_LOCATOR_BYTES));
  if (locator.getUint32(0, true) !== ZIP64_LOCATOR) return undefined;
  const start = uint64(locator, 8);
  if (start > locatorAt - ZIP64_END_BYTES) throw new DirectoryError("its zip64 record is missing");
  const view = viewOf(readAt(start, ZIP64_END_BYTES));
  if (
    view.getUint32(0, true) !== ZIP64_END || start + 12 + uint64(view, 4) !== locatorAt ||
    locator.getUint32(4, true) !== 0
  ) throw new DirectoryError("its zip64 record is missing");
  return { start, entries: uint64(view, 32), size: uint64(view, 40), offset: uint64(view, 48) };
}

function parseRecord(bytes: Uint8Array): DirectoryRecord {
  const view = viewOf(bytes);
  const nameEnd = RECORD_BYTES + view.getUint16(28, true);
  const extraEnd = nameEnd + view.getUint16(30, true);
  const rawName = bytes.subarray(RECORD_BYTES, nameEnd);
  const extra = parseExtra(bytes.subarray(nameEnd, extraEnd));
  const flags = view.getUint16(8, true);
  const sizes = [view.getUint32(24, true), view.getUint32(20, true), view.getUint32(42, true)];
  const disk = view.getUint16(34, true);
  const [size, compressedSize, offset] = withZip64(sizes, extra.get(0x0001));
  if (disk !== 0 && disk !== MAX_16) throw new DirectoryError("it is split over several files");
  return {
    name: decodeName(rawName, flags, extra.get(0x7075)),
    host: view.getUint8(5),
    flags,
    method: view.getUint16(10, true),
    crc32: view.getUint32(16, true),
    size: size!,
    compressedSize: compressedSize!,
    attributes: view.getUint32(38, true),
    offset: offset!,
    mtime: timeOf(extra, view.getUint16(14, true), view.getUint16(12, true)),
  };
}

/** Extra fields by their number; the first counts. Some writers leave a few bytes of rubbish at the end. */
function parseExtra(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> {
  if (bytes.length === 0) return NO_EXTRA;
  const view = viewOf(bytes);
  const fields = new Map<number, Uint8Array>();
  for (let at = 0; at + 4 <= bytes.length;) {
    const id = view.getUint16(at, true);
    const end = at + 4 + view.getUint16(at + 2, true);
    if (end > bytes.length) break;
    if (!fields.has(id)) fields.set(id, bytes.subarray(at + 4, end));
    at = end;
  }
  return fields;
}

const NO_EXTRA: ReadonlyMap<number, Uint8Array> = new Map();

/** Takes from the zip64 field, in its order, what doesn't fit into 32 bits. */
function withZip64(values: readonly number[], field: Uint8Array | undefined): number[] {
  let at = 0;
  return values.map((value) => {
    if (value !== MAX_32) return value;
    if (!field || at + 8 > field.length) throw new DirectoryError("a zip64 field is missing");
    at += 8;
    return uint64(viewOf(field), at - 8);
  });
}

function decodeName(raw: Uint8Array, flags: number, unicodePath: Uint8Array | undefined): string {
  if ((flags & UTF8_FLAG) === 0 && unicodePath && unicodePath.length > 5 && unicodePath[0] === 1) {
    const fits = viewOf(unicodePath).getUint32(1, true) === crc32(raw);
    if (fits) return decodeUtf8(unicodePath.subarray(5)) ?? fail();
  }
  // Many writers leave the flag out and still write UTF-8; what isn't UTF-8 is then the old code page.
  return decodeUtf8(raw) ?? ((flags & UTF8_FLAG) === 0 ? decodeCp437(raw) : fail());

  function fail(): never {
    throw new DirectoryError("a name is not UTF-8");
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

const CP437 = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐" +
  "└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";

function decodeCp437(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte < 0x80 ? String.fromCharCode(byte) : CP437[byte - 0x80])
    .join("");
}

/** From Unix's field, else Windows's, else DOS's local time. */
function timeOf(extra: ReadonlyMap<number, Uint8Array>, date: number, time: number): number | null {
  const unix = extra.get(0x5455);
  if (unix && unix.length >= 5 && (unix[0]! & 1) !== 0) {
    return viewOf(unix).getInt32(1, true) * 1000;
  }
  const ntfs = extra.get(0x000a);
  if (ntfs && ntfs.length >= 16) {
    const view = viewOf(ntfs);
    const ticks = view.getUint16(4, true) === 1 ? view.getBigUint64(8, true) : 0n;
    if (ticks > 0n) return Number(ticks / 10_000n - 11_644_473_600_000n);
  }
  const month = (date >> 5) & 15;
  if (month < 1 || month > 12 || (date & 31) === 0) return null;
  return new Date(
    1980 + (date >> 9),
    month - 1,
    date & 31,
    time >> 11,
    (time >> 5) & 63,
    (time & 31) * 2,
  ).getTime();
}

function uint64(view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new DirectoryError("a size is absurd");
  return Number(value);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
