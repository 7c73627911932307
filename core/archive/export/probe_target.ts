// What the target's file system can do: found out by trying, in the staging folder, before the first byte.

import { join } from "node:path";
import type { Files } from "../../library/files.ts";

/** Abilities of a target's file system. */
export interface TargetAbilities {
  /** Longest name of a file, in bytes. */
  readonly longestName: number;
  /** `A` and `a` are one name (NTFS, exFAT, most SMB shares, APFS). */
  readonly ignoresCase: boolean;
  /** Modification times can be set; their grain in ms (FAT: 2000), or null where they can't be set. */
  readonly timeGrain: number | null;
  /** Permission bits can be set. */
  readonly hasModes: boolean;
}

/** Times are compared cut to the coarsest grain that is known: FAT's two seconds. */
const GRAINS = [1, 10, 100, 1000, 2000] as const;

/** A time with every digit set, odd in seconds: shows what a file system drops. */
const ODD_TIME = 1_700_000_001_789;

/**
 * Tries out a folder.
 *
 * @param folder the staging folder; nothing is left in it
 */
export function probeTarget(files: Files, folder: string): TargetAbilities {
  const path = join(folder, "Probe");
  files.writeBytes(path, "");
  try {
    return {
      longestName: longestName(files, folder),
      ignoresCase: files.exists(join(folder, "pROBE")),
      timeGrain: timeGrain(files, path),
      hasModes: hasModes(files, path),
    };
  } finally {
    files.remove(path);
  }
}

/** Longest name of a file, in bytes. @param folder an empty place to try it */
export function longestName(files: Files, folder: string): number {
  let [fits, fails] = [0, 256];
  let failure: unknown;
  for (let size = 255; fails - fits > 1; size = Math.floor((fits + fails) / 2)) {
    const path = join(folder, "x".repeat(size));
    try {
      files.writeBytes(path, "");
      files.remove(path);
      fits = size;
    } catch (error) {
      failure = error;
      fails = size;
    }
  }
  // No name fits: it is not the names that are wrong.
  if (fits === 0) throw failure;
  return fits;
}

function timeGrain(files: Files, path: string): number | null {
  try {
    files.setTimes(path, ODD_TIME);
  } catch {
    return null;
  }
  const got = files.lstat(path).mtime;
  return GRAINS.find((grain) =>
    got !== null && Math.floor(got / grain) === Math.floor(ODD_TIME / grain)
  ) ?? null;
}

function hasModes(files: Files, path: string): boolean {
  try {
    return [0o600, 0o644].every((mode) => {
      files.setMode(path, mode);
      return files.lstat(path).mode === mode;
    });
  } catch {
    return false;
  }
}
