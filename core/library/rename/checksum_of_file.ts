// The checksum of one file, by the algorithm of another checksum.

import { createChecksum } from "../../../wasm/checksum/mod.ts";
import type { Files } from "../files.ts";
import { readChunks } from "../read_chunks.ts";

/** Reads a file. @param like a hexadecimal MD5 or SHA-256: which of the two is meant */
export function checksumOfFile(files: Files, path: string, like: string): string {
  const checksum = createChecksum(like.length === 32 ? "md5" : "sha256");
  for (const chunk of readChunks(files, path)) checksum.update(chunk);
  return checksum.digestHex();
}
