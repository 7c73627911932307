// Decodes a WebP image with libwebp (@jsquash/webp, Apache-2.0) to see whether it can be done.

import webpWasm from "@jsquash/webp/codec/dec/webp_dec.wasm" with { type: "bytes" };
import decode, { init } from "@jsquash/webp/decode.js";
import type { RemoteFile } from "./_remote_file.ts";

/** Thumbnails have some kilobytes; what is larger is none. */
const LARGEST = 32 << 20;

/** Pixels on one side; a thumbnail has 500. More would take more memory than a check may. */
const LONGEST_SIDE = 8192;

let module: Promise<WebAssembly.Module> | undefined;
let isReady = false;

/** @returns why it can't be decoded, or undefined */
export async function decodeWebp(file: RemoteFile): Promise<string | undefined> {
  if (file.size > LARGEST) return "it is far too large for a thumbnail";
  const bytes = new Uint8Array(file.size);
  if (!file.readInto(bytes, 0)) return "it changed while it was read";
  const side = longestSide(bytes);
  if (side === undefined) return "it is no WebP image";
  if (side > LONGEST_SIDE) return `it is ${side} pixels long`;
  try {
    if (!isReady) await init(await (module ??= WebAssembly.compile(webpWasm)));
    isReady = true;
    const { width, height, data } = await decode(bytes.buffer);
    // Given back at once: dozens of megabytes of pixels would pass before the collector looks.
    data.buffer.transfer(0);
    return width > 0 && height > 0 ? undefined : "it has no pixels";
  } catch {
    // A module that failed inside may be in any state.
    isReady = false;
    return "its data is damaged";
  }
}

const text = (bytes: Uint8Array, at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));

/** Pixels of the longer side, from the header (RFC 9649); undefined: it is no WebP. */
function longestSide(bytes: Uint8Array): number | undefined {
  if (bytes.length < 30 || text(bytes, 0) !== "RIFF" || text(bytes, 8) !== "WEBP") return undefined;
  const view = new DataView(bytes.buffer);
  switch (text(bytes, 12)) {
    case "VP8 ":
      return Math.max(view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff);
    case "VP8L": {
      const bits = view.getUint32(21, true);
      return Math.max((bits & 0x3fff) + 1, (bits >>> 14 & 0x3fff) + 1);
    }
    case "VP8X":
      return Math.max(
        (view.getUint32(24, true) & 0xffffff) + 1,
        (view.getUint32(26, true) >>> 8) + 1,
      );
    default:
      return undefined;
  }
}
