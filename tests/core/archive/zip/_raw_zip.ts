// Builds zip files byte by byte, so that tests can say anything in them, true or not.

import { crc32, deflateRawSync } from "node:zlib";

/** One entry; what is left out is filled in truthfully. */
export interface RawEntry {
  readonly name: string | Uint8Array;
  readonly data?: Uint8Array;
  readonly method?: number;
  readonly flags?: number;
  readonly crc32?: number;
  readonly size?: number;
  readonly compressedSize?: number;
  readonly mode?: number;
  /** 0 DOS, 3 Unix */
  readonly host?: number;
  /** In the local header, if it differs. */
  readonly localName?: string;
  readonly localMethod?: number;
  readonly localFlags?: number;
  readonly localCrc32?: number;
  /** Points elsewhere than to its own header. */
  readonly offset?: number;
}

/** Builds an archive. */
export function rawZip(entries: readonly RawEntry[], before = new Uint8Array()): Uint8Array {
  const pieces: Uint8Array[] = [before];
  const directory: Uint8Array[] = [];
  let at = before.length;
  for (const entry of entries) {
    const source = entry.data ?? new Uint8Array();
    const method = entry.method ?? 0;
    const packed = method === 8 ? deflateRawSync(source) : source;
    const name = bytesOf(entry.name);
    const localName = bytesOf(entry.localName ?? entry.name);
    const facts = {
      flags: entry.flags ?? 0x800,
      method,
      crc32: entry.crc32 ?? crc32(source),
      compressedSize: entry.compressedSize ?? packed.length,
      size: entry.size ?? source.length,
    };
    const local = new Uint8Array(30);
    const view = new DataView(local.buffer);
    view.setUint32(0, 0x04034b50, true);
    common(view, 4, {
      ...facts,
      flags: entry.localFlags ?? facts.flags,
      method: entry.localMethod ?? method,
      crc32: entry.localCrc32 ?? facts.crc32,
    }, localName.length);
    const central = new Uint8Array(46);
    const centralView = new DataView(central.buffer);
    centralView.setUint32(0, 0x02014b50, true);
    centralView.setUint16(4, ((entry.host ?? 3) << 8) | 20, true);
    common(centralView, 6, facts, name.length);
    centralView.setUint32(38, ((entry.mode ?? 0o100644) << 16) >>> 0, true);
    centralView.setUint32(42, entry.offset ?? at, true);
    pieces.push(local, localName, packed);
    directory.push(central, name);
    at += local.length + localName.length + packed.length;
  }
  const size = directory.reduce((sum, piece) => sum + piece.length, 0);
  const end = new Uint8Array(22);
  const endView = new DataView(end.buffer);
  endView.setUint32(0, 0x06054b50, true);
  endView.setUint16(8, entries.length, true);
  endView.setUint16(10, entries.length, true);
  endView.setUint32(12, size, true);
  endView.setUint32(16, at, true);
  return joined([...pieces, ...directory, end]);
}

interface Facts {
  readonly flags: number;
  readonly method: number;
  readonly crc32: number;
  readonly compressedSize: number;
  readonly size: number;
}

function common(view: DataView, at: number, facts: Facts, nameLength: number): void {
  view.setUint16(at, 20, true);
  view.setUint16(at + 2, facts.flags, true);
  view.setUint16(at + 4, facts.method, true);
  view.setUint16(at + 6, 0x6000, true);
  view.setUint16(at + 8, 0x5821, true);
  view.setUint32(at + 10, facts.crc32, true);
  view.setUint32(at + 14, facts.compressedSize, true);
  view.setUint32(at + 18, facts.size, true);
  view.setUint16(at + 22, nameLength, true);
}

function bytesOf(name: string | Uint8Array): Uint8Array {
  return typeof name === "string" ? new TextEncoder().encode(name) : name;
}

/** Joins pieces to one. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
