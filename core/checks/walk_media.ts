// Walks the media folder and takes stock of every file. Links to folders are not followed, as upstream's walk
// doesn't; memory holds the names of one folder for each level.

import { join } from "node:path";
import type { Files } from "../library/files.ts";
import { isLitterFile, isLitterFolder, isRecycleBin } from "./nas_litter.ts";

/** What the walk is told to do with what it meets. Paths are absolute. */
export interface WalkOptions {
  /** Whether something is there on purpose: it is passed by. */
  isOwn(path: string): boolean;
  onFile(path: string, kind: "file" | "link"): void;
  /** The names in a folder, sorted. */
  onFolder?(path: string, names: readonly string[]): void;
  /** What a NAS or a desktop has left: a file, or a folder with so many files in it. */
  onLitter?(path: string, files: number): void;
  /** A file in a recycle bin: it may be one that is missed. */
  onRecycled?(path: string): void;
  /** A folder that can't be read. */
  onUnreadable(path: string, reason: string): void;
  /** Lets messages in; called after each folder. */
  turn(): Promise<void>;
}

/** Walks the media folder. */
export async function walkMedia(
  files: Files,
  mediaRoot: string,
  options: WalkOptions,
): Promise<void> {
  const walk = async (folder: string): Promise<void> => {
    const entries = listFolder(files, folder, options);
    if (!entries) return;
    entries.sort((a, b) => a.name < b.name ? -1 : 1);
    options.onFolder?.(folder, entries.map(({ name }) => name));
    await options.turn();
    for (const { name, kind } of entries) {
      const path = `${folder}/${name}`;
      if (options.isOwn(path)) continue;
      if (kind !== "folder") {
        if (isLitterFile(name)) options.onLitter?.(path, 0);
        // Pipes and sockets are nothing that paperless-ngx made: like links they are looked at before they are read.
        else options.onFile(path, kind === "file" ? "file" : "link");
      } else if (isLitterFolder(name)) {
        const isBin = isRecycleBin(name);
        let count = 0;
        for (const inside of filesBelow(files, path, options)) {
          count++;
          if (isBin) options.onRecycled?.(inside);
        }
        options.onLitter?.(path, count);
      } else await walk(path);
    }
  };
  await walk(mediaRoot);
}

function* filesBelow(files: Files, folder: string, options: WalkOptions): Generator<string> {
  for (const { name, kind } of listFolder(files, folder, options) ?? []) {
    const path = join(folder, name);
    if (kind === "folder") yield* filesBelow(files, path, options);
    else yield path;
  }
}

function listFolder(files: Files, folder: string, { onUnreadable }: WalkOptions) {
  try {
    return files.list(folder);
  } catch (error) {
    onUnreadable(folder, error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

/** Bytes of all files below a folder; links count as nothing. */
export function sizeBelow(files: Files, folder: string): number {
  let size = 0;
  for (const { name, kind } of files.list(folder)) {
    const path = join(folder, name);
    if (kind === "folder") size += sizeBelow(files, path);
    else if (kind === "file") size += files.lstat(path).size;
  }
  return size;
}
