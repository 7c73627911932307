// Where manifests grow: in the staging folder when they are to be renamed into place, in the scratch folder
// when they go into a zip or nowhere (dry run).

import { Buffer } from "node:buffer";
import { join } from "node:path";
import type { Files, OpenFile } from "../../library/files.ts";

/** A folder in which new files get names of their own. */
export interface Outbox {
  newName(): string;
  /** Absolute path. */
  path(name: string): string;
}

/** An outbox in the scratch folder. */
export function scratchOutbox(files: Files, scratch: string): Outbox {
  const folder = join(scratch, "outbox");
  files.makeFolder(folder);
  let names = 0;
  return { newName: () => String(++names), path: (name) => join(folder, name) };
}

/** Bytes compared at once. */
const CHUNK = 1 << 18;

/** Whether two files have the same content; streams. False where one of them is no file. */
export function hasSameContent(files: Files, path: string, other: string): boolean {
  if (!files.exists(path) || files.lstat(path).kind !== "file") return false;
  const [left, right] = [files.openRead(path), files.openRead(other)];
  try {
    if (left.facts().size !== right.facts().size) return false;
    const [a, b] = [Buffer.alloc(CHUNK), Buffer.alloc(CHUNK)];
    while (true) {
      const size = fill(left, a);
      if (fill(right, b) !== size || !a.subarray(0, size).equals(b.subarray(0, size))) return false;
      if (size < CHUNK) return true;
    }
  } finally {
    left.close();
    right.close();
  }
}

function fill(file: OpenFile, buffer: Uint8Array): number {
  let size = 0;
  for (let got = -1; got !== 0 && size < buffer.length; size += got) {
    got = file.read(buffer.subarray(size));
  }
  return size;
}
