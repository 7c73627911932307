// Copies an SQLite database with its journal or WAL, for sources that can't be opened where they are. The
// copy is of one moment: it is taken again if a file changed meanwhile.

import { PaperwardError } from "../../errors.ts";
import type { Files } from "../../library/files.ts";

/** What stands beside the database's file and belongs to its content; `-shm` is only a cache. */
const COMPANIONS = ["", "-wal", "-journal"] as const;
const ATTEMPTS = 5;
const PAUSE_MS = 200;

/** A copy and how to be rid of it. */
export interface DatabaseCopy {
  readonly path: string;
  /** Never throws. */
  remove(): void;
}

/** Copies a database into a folder.
 * @param path the source @param target where the copy's file goes
 * @throws {PaperwardError} `locked` if another process keeps changing the source
 * @throws {Error} what the file system says, for instance that the disk is full; nothing is left then */
export async function copyDatabase(
  files: Files,
  path: string,
  target: string,
): Promise<DatabaseCopy> {
  const copy: DatabaseCopy = { path: target, remove: () => removeDatabase(files, target) };
  try {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      copy.remove();
      const before = fingerprint(files, path);
      let isWhole = true;
      for (const companion of COMPANIONS) {
        if (!files.exists(path + companion)) continue;
        isWhole = copyFile(files, path + companion, target + companion) && isWhole;
      }
      if (isWhole && fingerprint(files, path) === before) return copy;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  } catch (error) {
    copy.remove();
    throw error;
  }
  copy.remove();
  throw new PaperwardError(`Cannot read database ${path}: another process keeps changing it`, {
    exit: "locked",
    hints: ["Stop paperless-ngx, or make the folder of the database writable, and run it again."],
  });
}

/** Size and time of all files. */
function fingerprint(files: Files, path: string): string {
  return COMPANIONS.map((companion) => {
    if (!files.exists(path + companion)) return "none";
    const { size, mtime, inode } = files.stat(path + companion);
    return `${size} ${mtime} ${inode}`;
  }).join(", ");
}

/** Inside the operating system: file systems that share blocks copy nothing at all.
 * @returns false where the copy is shorter or longer than its source */
function copyFile(files: Files, from: string, to: string): boolean {
  files.openWrite(to, { exclusive: true, mode: 0o600 }).close();
  files.copy(from, to);
  // The copy took the source's mode along: the library's secrets are nobody else's.
  files.setMode(to, 0o600);
  return files.stat(to).size === files.stat(from).size;
}

function removeDatabase(files: Files, path: string): void {
  for (const companion of [...COMPANIONS, "-shm"]) {
    try {
      if (files.exists(path + companion)) files.remove(path + companion);
    } catch {
      // The launcher removes the whole scratch folder afterwards.
    }
  }
}
