// Makes a WebP image of a PNG thumbnail, as upstream's importer and its upgrade to 1.8 do: at most 500 × 5000
// pixels, on white.

import { decodePng, PngError } from "../../documents/thumbnail/decode_png.ts";
import { encodeWebp } from "../../documents/thumbnail/encode_webp.ts";
import { shrinkPicture } from "../../documents/thumbnail/shrink_picture.ts";
import type { RemoteFile } from "./_remote_file.ts";
import type { DeepAnswer } from "./deep_protocol.ts";

/** Thumbnails have some hundred kilobytes; what is larger is none. */
const LARGEST = 32 << 20;

/** Pixels. */
const MOST = { width: 500, height: 5000 } as const;

/** Converts a thumbnail. */
export async function convertPng(file: RemoteFile): Promise<DeepAnswer> {
  if (file.size > LARGEST) return { defect: "it is far too large for a thumbnail" };
  const bytes = new Uint8Array(file.size);
  if (!file.readInto(bytes, 0)) return { defect: "it changed while it was read" };
  if (isWebp(bytes)) return { webp: bytes };
  try {
    return { webp: await encodeWebp(shrinkPicture(decodePng(bytes), MOST)) };
  } catch (error) {
    return {
      defect: error instanceof PngError ? error.message : "it makes the converter fail",
    };
  }
}

/** Some libraries were converted by hand, and kept the names. */
function isWebp(bytes: Uint8Array): boolean {
  const text = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
  return text(0) === "RIFF" && text(8) === "WEBP";
}
