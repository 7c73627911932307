// Encodes a picture as WebP with libwebp (@jsquash/webp, Apache-2.0).

import plainWasm from "@jsquash/webp/codec/enc/webp_enc.wasm" with { type: "bytes" };
import simdWasm from "@jsquash/webp/codec/enc/webp_enc_simd.wasm" with { type: "bytes" };
import encode, { init } from "@jsquash/webp/encode.js";
import type { Picture } from "./decode_png.ts";

let isReady = false;

/** Encodes a picture with the quality that upstream's converter uses. */
export async function encodeWebp(picture: Picture): Promise<Uint8Array<ArrayBuffer>> {
  if (!isReady) await init(await compile());
  isReady = true;
  return new Uint8Array(await encode(picture as unknown as ImageData, { quality: 75 }));
}

/** Which of the two the encoder asks for is its own affair: a processor without SIMD refuses the one. */
async function compile(): Promise<WebAssembly.Module> {
  return await WebAssembly.compile(WebAssembly.validate(simdWasm) ? simdWasm : plainWasm);
}
