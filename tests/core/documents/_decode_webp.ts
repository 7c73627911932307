// Decodes WebP images for tests.

import webpWasm from "@jsquash/webp/codec/dec/webp_dec.wasm" with { type: "bytes" };
import decode, { init } from "@jsquash/webp/decode.js";

let ready: Promise<unknown> | undefined;

/** Four bytes a pixel. */
export async function decodeWebp(
  bytes: Uint8Array<ArrayBuffer>,
): Promise<{ readonly width: number; readonly height: number; readonly data: ArrayLike<number> }> {
  await (ready ??= WebAssembly.compile(webpWasm).then((module) => init(module)));
  return await decode(bytes.slice().buffer);
}
