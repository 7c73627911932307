// Whether a PNG (thumbnails before 1.8.0) is whole: signature, every chunk with its CRC-32, an end.
// PNG specification, third edition, sections 5.2 to 5.5.

import { crc32 } from "node:zlib";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] as const;

/** @returns why it can't be decoded, or undefined */
export function checkPng(bytes: Uint8Array): string | undefined {
  if (SIGNATURE.some((byte, index) => bytes[index] !== byte)) return "it is no PNG image";
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let hasData = false;
  for (let at: number = SIGNATURE.length; at + 12 <= bytes.length;) {
    const length = view.getUint32(at);
    const end = at + 12 + length;
    if (end > bytes.length) return "it is cut short";
    if (crc32(bytes.subarray(at + 4, end - 4)) !== view.getUint32(end - 4)) {
      return "its data is damaged";
    }
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (type === "IDAT") hasData = true;
    if (type === "IEND") return hasData ? undefined : "it has no pixels";
    at = end;
  }
  return "it is cut short";
}
