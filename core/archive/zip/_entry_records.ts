// The two headers of an entry whose data is at hand: before the data, and in the directory. PKWARE APPNOTE
// 4.3.7 and 4.3.12; times as Info-ZIP's extended timestamp, modes in Unix's upper bits.
//
// zip.js would write these too, but at 0.2 ms and 14 KB of streams and promises for each of the tens of
// thousands of entries of a library; it writes the few that are streamed.

/** What is known of an entry. */
export interface EntryRecord {
  /** A folder's name ends with `/`. */
  readonly name: string;
  /** ms since the epoch */
  readonly mtime: number;
  /** File type and permission bits. */
  readonly mode: number;
  readonly stored: boolean;
  readonly crc32: number;
  /** Both sizes are below 4 GiB. */
  readonly size: number;
  readonly compressedSize: number;
  /** Where the local header starts in the file; may be beyond 4 GiB. */
  readonly offset: number;
}

const MAX_32 = 0xffffffff;
const MADE_BY_UNIX = (3 << 8) | 20;
const UTF8_FLAG = 0x800;
const DOS_FOLDER = 0x10;

const encoder = new TextEncoder();

/** The header before the data. */
export function formatLocalHeader(entry: EntryRecord): Uint8Array<ArrayBuffer> {
  const name = encoder.encode(entry.name);
  const time = extendedTimestamp(entry.mtime);
  const bytes = new Uint8Array(30 + name.length + time.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x04034b50, true);
  setCommon(view, 4, entry, name.length, false);
  view.setUint16(28, time.length, true);
  bytes.set(name, 30);
  bytes.set(time, 30 + name.length);
  return bytes;
}

/** The record in the directory. */
export function formatDirectoryRecord(entry: EntryRecord): Uint8Array<ArrayBuffer> {
  const name = encoder.encode(entry.name);
  const time = extendedTimestamp(entry.mtime);
  const far = entry.offset >= MAX_32;
  const extra = (far ? 12 : 0) + time.length;
  const bytes = new Uint8Array(46 + name.length + extra);
  const view = new DataView(bytes.buffer);
  const folder = entry.name.endsWith("/");
  view.setUint32(0, 0x02014b50, true);
  view.setUint16(4, MADE_BY_UNIX, true);
  setCommon(view, 6, entry, name.length, far);
  view.setUint16(30, extra, true);
  view.setUint32(38, ((entry.mode << 16) >>> 0) + (folder ? DOS_FOLDER : 0), true);
  view.setUint32(42, Math.min(entry.offset, MAX_32), true);
  bytes.set(name, 46);
  let at = 46 + name.length;
  if (far) {
    view.setUint16(at, 0x0001, true);
    view.setUint16(at + 2, 8, true);
    view.setBigUint64(at + 4, BigInt(entry.offset), true);
    at += 12;
  }
  bytes.set(time, at);
  return bytes;
}

/** What both headers hold, from the version that is needed to the length of the name. */
function setCommon(
  view: DataView,
  at: number,
  entry: EntryRecord,
  nameLength: number,
  zip64: boolean,
): void {
  const { date, time } = dosTime(entry.mtime);
  const version = entry.stored && !entry.name.endsWith("/") ? 10 : 20;
  const plain = /^[\x20-\x7e]*$/.test(entry.name);
  view.setUint16(at, zip64 ? 45 : version, true);
  view.setUint16(at + 2, plain ? 0 : UTF8_FLAG, true);
  view.setUint16(at + 4, entry.stored ? 0 : 8, true);
  view.setUint16(at + 6, time, true);
  view.setUint16(at + 8, date, true);
  view.setUint32(at + 10, entry.crc32, true);
  view.setUint32(at + 14, entry.compressedSize, true);
  view.setUint32(at + 18, entry.size, true);
  view.setUint16(at + 22, nameLength, true);
}

/** Local time in steps of two seconds, 1980 to 2107: what lies outside is the nearest. */
function dosTime(mtime: number): { readonly date: number; readonly time: number } {
  const local = new Date(mtime);
  const year = local.getFullYear();
  if (!(year >= 1980)) return { date: (1 << 5) | 1, time: 0 };
  if (year > 2107) return { date: (127 << 9) | (12 << 5) | 31, time: (23 << 11) | (59 << 5) | 29 };
  return {
    date: ((year - 1980) << 9) | ((local.getMonth() + 1) << 5) | local.getDate(),
    time: (local.getHours() << 11) | (local.getMinutes() << 5) | (local.getSeconds() >> 1),
  };
}

/** Seconds since the epoch as 32 bits with sign; nothing where they don't fit. */
function extendedTimestamp(mtime: number): Uint8Array<ArrayBuffer> {
  const seconds = Math.floor(mtime / 1000);
  if (!(seconds >= -(2 ** 31) && seconds < 2 ** 31)) return new Uint8Array();
  const bytes = new Uint8Array(9);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0x5455, true);
  view.setUint16(2, 5, true);
  view.setUint8(4, 1);
  view.setInt32(5, seconds, true);
  return bytes;
}
