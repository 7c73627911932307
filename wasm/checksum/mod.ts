// Checksums of one stream and transfers of many files: the face of this kernel.
// An algorithm gives the same digest whichever implementation measures faster here.

import { createHash } from "node:crypto";
import { ALGORITHMS, DIGEST_SIZES, hex, type KernelExports, LANES, openKernel } from "./_kernel.ts";

export { denoTransferIo } from "./transfer_io.ts";
export type { ReadHandle, SourceFacts, TransferIo, WriteHandle } from "./transfer_io.ts";
export type { ReadBatch, ReadBatchResult, ReadError } from "./read_batch.ts";
export { transferFiles } from "./transfer.ts";
export type {
  TransferAlgorithm,
  TransferFailure,
  TransferJob,
  TransferOptions,
  TransferResult,
  TransferTarget,
} from "./transfer.ts";
export { inlineTransferPool, openTransferPool } from "./transfer_pool.ts";
export type {
  SyncFailure,
  TransferPool,
  TransferPoolOptions,
  TransferRunOptions,
} from "./transfer_pool.ts";

/** Algorithms of checksums: paperless-ngx v2 keeps MD5, v3 SHA-256. */
export type ChecksumAlgorithm = "md5" | "sha256";

/** A checksum in the making. */
export interface Checksum {
  /** May be called any number of times. */
  update(bytes: Uint8Array): void;
  /** Lower-case hexadecimal of all bytes so far. Ends the checksum: call it once, last.
   * @throws {TypeError} at any further call */
  digestHex(): string;
}

/** Starts a checksum of one stream.
 *
 * MD5 (RFC 1321) is the module's scalar code: 0.83 GB/s, against 0.58 GB/s of Deno's `node:crypto` in the same
 * run. SHA-256 (FIPS 180-4) is the host's: 1.85 GB/s where the processor has SHA instructions, against
 * 0.26 GB/s of scalar WASM (`bench/checksum.ts`).
 *
 * @example
 * ```ts
 * import { createChecksum } from "./mod.ts";
 * const checksum = createChecksum("md5");
 * checksum.update(new TextEncoder().encode("abc"));
 * if (checksum.digestHex() !== "900150983cd24fb0d6963f7d28e17f72") throw new Error("wrong");
 * ```
 */
export function createChecksum(algorithm: ChecksumAlgorithm): Checksum {
  return algorithm === "md5" ? wasmChecksum("md5") : nativeChecksum(algorithm);
}

/** By the host, through `node:crypto`. */
export function nativeChecksum(algorithm: ChecksumAlgorithm): Checksum {
  const hash = createHash(algorithm);
  let ended = false;
  const check = (): void => {
    if (ended) throw new TypeError("Cannot go on with a checksum: it was ended");
  };
  return {
    update(bytes) {
      check();
      hash.update(bytes);
    },
    digestHex() {
      check();
      ended = true;
      return hash.digest("hex");
    },
  };
}

let shared: KernelExports | undefined;

/** By the module; streams of one thread take turns in one instance. */
export function wasmChecksum(algorithm: ChecksumAlgorithm): Checksum {
  const kernel = (shared ??= openKernel());
  const code = ALGORITHMS[algorithm];
  const room = kernel.chunk();
  const buffer = new Uint8Array(kernel.memory.buffer, kernel.buffer(LANES), room);
  const current = new Uint32Array(kernel.memory.buffer, kernel.stream(), 8);
  kernel.stream_begin(code);
  const state = current.slice();
  /** What is left of the last block. */
  const rest = new Uint8Array(64);
  let held = 0;
  let total = 0;
  let ended = false;
  const check = (): void => {
    if (ended) throw new TypeError("Cannot go on with a checksum: it was ended");
  };
  return {
    update(bytes) {
      check();
      total += bytes.length;
      if (held + bytes.length < 64) {
        rest.set(bytes, held);
        held += bytes.length;
        return;
      }
      current.set(state);
      for (let at = 0; at < bytes.length;) {
        const taken = Math.min(room - held, bytes.length - at);
        buffer.set(rest.subarray(0, held));
        buffer.set(bytes.subarray(at, at + taken), held);
        const length = held + taken;
        const whole = length - length % 64;
        kernel.stream_update(code, whole);
        held = length - whole;
        rest.set(buffer.subarray(whole, length));
        at += taken;
      }
      state.set(current);
    },
    digestHex() {
      check();
      ended = true;
      current.set(state);
      buffer.set(rest.subarray(0, held));
      kernel.stream_digest(code, held, total % 2 ** 32, Math.floor(total / 2 ** 32));
      return hex(new Uint8Array(kernel.memory.buffer, kernel.digest(), DIGEST_SIZES[algorithm]));
    },
  };
}
