// The WASM module of the similarities. Every user instantiates one of its own, so that what one prepares or
// compares never meets another's; its memory never shrinks, 3 to 8 MB for blocks of usual documents.

import module from "./similarity.wasm" with { type: "bytes" };

/** The module's exports; `src/abi.rs` says what each does. */
export interface KernelExports {
  readonly memory: WebAssembly.Memory;
  input(length: number): number;
  prepare(length: number): number;
  prepared(): number;
  prepared_length(): number;
  plan(): number;
  planned(): number;
  count_shingles(length: number): void;
  sketch(length: number): number;
  sketch_bands(): number;
  open(words: number): number;
  compare(
    left: number,
    right: number,
    leftBytes: number,
    rightBytes: number,
    ratio: number,
    cutOff: number,
  ): number;
  compare_pairs(
    texts: number,
    pairs: number,
    bytes: number,
    ratio: number,
    cutOff: number,
  ): number;
  matches(): number;
  counters(): number;
  partial_input(length: number): number;
  partial_text(): void;
  partial_reaches(cutOff: number): number;
}

let compiled: WebAssembly.Module | undefined;

/** A fresh instance. */
export function openKernel(): KernelExports {
  compiled ??= new WebAssembly.Module(module);
  return new WebAssembly.Instance(compiled).exports as unknown as KernelExports;
}

/** Puts bytes into the input buffer. */
export function fillInput(kernel: KernelExports, ...pieces: readonly Uint8Array[]): void {
  let at = kernel.input(pieces.reduce((sum, { length }) => sum + length, 0));
  for (const piece of pieces) {
    new Uint8Array(kernel.memory.buffer, at, piece.length).set(piece);
    at += piece.length;
  }
}
