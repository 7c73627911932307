// The records that end a zip file, with zip64 where a number needs it. PKWARE APPNOTE 4.3.14 to 4.3.16.

const MAX_16 = 0xffff;
const MAX_32 = 0xffffffff;

/** Lengths of the records, in bytes. */
export const END_BYTES = 22;
const ZIP64_END_BYTES = 56;
const ZIP64_LOCATOR_BYTES = 20;

/** What the end records say. */
export interface DirectoryFacts {
  readonly entries: number;
  /** bytes of the central directory */
  readonly size: number;
  /** where it starts in the file */
  readonly offset: number;
}

/** Makes the end records. */
export function formatEndOfDirectory(facts: DirectoryFacts): Uint8Array<ArrayBuffer> {
  const { entries, size, offset } = facts;
  const zip64 = entries >= MAX_16 || size >= MAX_32 || offset >= MAX_32;
  const extra = zip64 ? ZIP64_END_BYTES + ZIP64_LOCATOR_BYTES : 0;
  const bytes = new Uint8Array(extra + END_BYTES);
  const view = new DataView(bytes.buffer);
  if (zip64) {
    view.setUint32(0, 0x06064b50, true);
    view.setBigUint64(4, BigInt(ZIP64_END_BYTES - 12), true);
    view.setUint16(12, (3 << 8) | 45, true);
    view.setUint16(14, 45, true);
    view.setBigUint64(24, BigInt(entries), true);
    view.setBigUint64(32, BigInt(entries), true);
    view.setBigUint64(40, BigInt(size), true);
    view.setBigUint64(48, BigInt(offset), true);
    view.setUint32(56, 0x07064b50, true);
    view.setBigUint64(64, BigInt(offset + size), true);
    view.setUint32(72, 1, true);
  }
  view.setUint32(extra, 0x06054b50, true);
  view.setUint16(extra + 8, Math.min(entries, MAX_16), true);
  view.setUint16(extra + 10, Math.min(entries, MAX_16), true);
  view.setUint32(extra + 12, Math.min(size, MAX_32), true);
  view.setUint32(extra + 16, Math.min(offset, MAX_32), true);
  return bytes;
}
