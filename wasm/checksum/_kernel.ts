// The WASM module of the checksums, instantiated with a memory of its own for each user: lanes and streams
// of one user never meet another's. Memory is static, 1.7 MB an instance, and cannot grow.

import module from "./checksum.wasm" with { type: "bytes" };

/** Streams that are processed side by side. */
export const LANES = 16;

/** Numbers of the algorithms in the module. */
export const ALGORITHMS = { none: 0, md5: 1, sha256: 2 } as const;

/** Bytes of a digest. */
export const DIGEST_SIZES = { none: 0, md5: 16, sha256: 32 } as const;

/** The module's exports; `src/lib.rs` says what each does. */
export interface KernelExports {
  readonly memory: WebAssembly.Memory;
  chunk(): number;
  buffer(lane: number): number;
  digest(): number;
  stream(): number;
  lane_begin(lane: number, algorithm: number): void;
  lane_fill(lane: number, length: number): void;
  lane_finish(lane: number, length: number, low: number, high: number): void;
  lane_left(lane: number): number;
  lane_digest(lane: number): void;
  lanes_run(): void;
  stream_begin(algorithm: number): void;
  stream_update(algorithm: number, length: number): void;
  stream_digest(algorithm: number, length: number, low: number, high: number): void;
}

let compiled: WebAssembly.Module | undefined;

/** A fresh instance. */
export function openKernel(): KernelExports {
  compiled ??= new WebAssembly.Module(module);
  return new WebAssembly.Instance(compiled).exports as unknown as KernelExports;
}

/** Lower-case hexadecimal. */
export function hex(bytes: Uint8Array): string {
  return bytes.toHex();
}
