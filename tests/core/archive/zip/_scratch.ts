// A temporary folder as the command's files see it, and independent readers of zips where they are there.

import { openFiles } from "../../../../core/library/deno_files.ts";
import type { Files } from "../../../../core/library/files.ts";

/** A temporary folder and the files in it. */
export interface Scratch extends Disposable {
  readonly folder: string;
  readonly files: Files;
  /** Writes a file and returns its absolute path. */
  put(name: string, bytes: Uint8Array | string): string;
}

/** Makes a temporary folder that goes at the end of the block. */
export function scratch(): Scratch {
  const folder = Deno.realPathSync(Deno.makeTempDirSync());
  const files = openFiles({ read: [folder], write: [folder] });
  return {
    folder,
    files,
    put(name, bytes) {
      const path = `${folder}/${name}`;
      Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      if (typeof bytes === "string") Deno.writeTextFileSync(path, bytes);
      else Deno.writeFileSync(path, bytes);
      return path;
    },
    [Symbol.dispose]: () => Deno.removeSync(folder, { recursive: true }),
  };
}

/** Bytes that don't shrink. */
export function noise(size: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let state = seed;
  for (let index = 0; index < size; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

/** Runs a program. @returns its code and both streams, or undefined where it isn't installed */
export function tryRun(
  program: string,
  args: readonly string[],
): { readonly code: number; readonly text: string } | undefined {
  try {
    const { code, stdout, stderr } = new Deno.Command(program, { args: [...args] }).outputSync();
    const decoder = new TextDecoder();
    return { code, text: decoder.decode(stdout) + decoder.decode(stderr) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** All bytes of a stream. */
export async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const found: Uint8Array[] = [];
  for await (const piece of pieces) found.push(piece.slice());
  const whole = new Uint8Array(found.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of found) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
