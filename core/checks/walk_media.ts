// Walks the media folder and gives every file that nobody claims. Links to folders are not followed, as
// upstream's walk doesn't; memory holds the names of one folder for each level.

import { join } from "node:path";
import type { Files } from "../library/files.ts";
import { STAGING_FOLDER } from "../archive/staging/staging.ts";
import type { Found, Place, StrayFile } from "./check.ts";
import { isLitterFile, isLitterFolder, isRecycleBin } from "./nas_litter.ts";

/** What the walk needs to know. */
export interface WalkOptions {
  readonly mediaRoot: string;
  /** Whether a path belongs to something. */
  isClaimed(path: string): boolean;
  locate(path: string): Place;
  /** Looks at the names in a folder. */
  onFolder?(path: string, names: readonly string[]): Iterable<Found>;
  /** A file in a recycle bin: it may be one that is missed. */
  onRecycled?(path: string, size: number): void;
  /** A folder that can't be read, a link that leads out. */
  onUnreadable(path: string, reason: string): void;
  readonly stop: { throwIfRequested(): void };
}

/** What the walk meets. */
export type Met = { readonly stray: StrayFile } | { readonly found: Found };

/** Walks the media folder. */
export function walkMedia(files: Files, options: WalkOptions): Generator<Met> {
  return walk(files, options.mediaRoot, options);
}

function* walk(files: Files, folder: string, options: WalkOptions): Generator<Met> {
  options.stop.throwIfRequested();
  const entries = listFolder(files, folder, options);
  if (!entries) return;
  entries.sort((a, b) => a.name < b.name ? -1 : 1);
  const names = entries.map(({ name }) => name);
  for (const found of options.onFolder?.(folder, names) ?? []) yield { found };
  for (const { name, kind } of entries) {
    const path = join(folder, name);
    if (kind === "folder") {
      // What an interrupted repair has left there, the next one removes.
      if (name === STAGING_FOLDER && folder === options.mediaRoot) continue;
      if (isLitterFolder(name)) yield* litterFolder(files, path, options);
      else yield* walk(files, path, options);
    } else {
      const met = look(files, path, name, kind, options);
      if (met) yield { stray: met };
    }
  }
}

function look(
  files: Files,
  path: string,
  name: string,
  kind: string,
  options: WalkOptions,
): StrayFile | undefined {
  if (options.isClaimed(path)) return undefined;
  const place = options.locate(path);
  if (kind === "link") {
    if (place.kind === "unreadable") {
      options.onUnreadable(path, place.reason);
      return undefined;
    }
    // Upstream looks at what a link points to: that is claimed, met by itself, or a folder.
    if (place.kind === "file" || isFolder(files, path)) return undefined;
  }
  // Gone in the meantime.
  if (place.kind === "missing" && kind === "file") return undefined;
  const size = place.kind === "file" ? place.size : 0;
  return isLitterFile(name) ? { path, size, litter: { path, files: 0 } } : { path, size };
}

function isFolder(files: Files, link: string): boolean {
  try {
    return files.stat(link).kind === "folder";
  } catch {
    return false;
  }
}

function* litterFolder(files: Files, folder: string, options: WalkOptions): Generator<Met> {
  let count = 0;
  const bin = isRecycleBin(folder.slice(folder.lastIndexOf("/") + 1));
  for (const { path, size } of filesBelow(files, folder, options)) {
    if (options.isClaimed(path)) continue;
    count++;
    if (bin) options.onRecycled?.(path, size);
  }
  yield { stray: { path: folder, size: 0, litter: { path: folder, files: count } } };
}

function* filesBelow(
  files: Files,
  folder: string,
  options: WalkOptions,
): Generator<{ readonly path: string; readonly size: number }> {
  options.stop.throwIfRequested();
  for (const { name, kind } of listFolder(files, folder, options) ?? []) {
    const path = join(folder, name);
    if (kind === "folder") yield* filesBelow(files, path, options);
    else {
      const place = options.locate(path);
      yield { path, size: place.kind === "file" ? place.size : 0 };
    }
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
