// Moves a file, also to another file system: data and media are often two volumes. Invariant: the file is at
// the old place or whole at the new one; nothing that stood at the new place is ever overwritten.

import { dirname, join } from "node:path";
import { createChecksum } from "../../../wasm/checksum/mod.ts";
import { PaperwardError } from "../../errors.ts";
import type { Files } from "../files.ts";
import { osErrorCode } from "../os_error.ts";
import { readChunks } from "../read_chunks.ts";

/** Name of an unfinished copy, in the folder that it is moved to. */
export const PART = ".paperward-part";

/**
 * Moves a file and makes that last; makes the folder that it goes to.
 *
 * @throws {Deno.errors.AlreadyExists} where something is at the new place
 */
export async function moveFile(files: Files, from: string, to: string): Promise<void> {
  const folder = dirname(to);
  files.makeFolder(folder);
  if (files.exists(to)) throw new Deno.errors.AlreadyExists(`${to} is in the way`);
  await renameOrCopy(files, from, to);
  await files.syncFolder(folder);
  await files.syncFolder(dirname(from));
}

/**
 * Renames a file; to another file system it is copied, the copy read again and compared, and only then takes its
 * name and the source goes. The caller looks whether the new place is free, and syncs folders.
 */
export async function renameOrCopy(files: Files, from: string, to: string): Promise<void> {
  try {
    files.rename(from, to);
  } catch (error) {
    if (osErrorCode(error) !== "EXDEV") throw error;
    await copyAcross(files, from, join(dirname(to), PART), to);
  }
}

async function copyAcross(files: Files, from: string, part: string, to: string): Promise<void> {
  const { mode, mtime, kind } = files.lstat(from);
  if (kind !== "file") throw new PaperwardError(`Cannot move ${from}: it is not a regular file`);
  const target = files.openWrite(part);
  try {
    try {
      const copied = createChecksum("sha256");
      for (const chunk of readChunks(files, from)) {
        copied.update(chunk);
        target.write(chunk);
      }
      await target.sync();
      const written = createChecksum("sha256");
      for (const chunk of readChunks(files, part)) written.update(chunk);
      if (copied.digestHex() !== written.digestHex()) {
        throw new PaperwardError(`Cannot move ${from} to ${to}: the copy differs from it`);
      }
    } finally {
      target.close();
    }
  } catch (error) {
    files.remove(part);
    throw error;
  }
  try {
    if (mode !== null) files.setMode(part, mode & 0o777);
    if (mtime !== null) files.setTimes(part, mtime);
  } catch {
    // A file system without modes or times: the content is what counts.
  }
  files.rename(part, to);
  await files.syncFolder(dirname(to));
  files.remove(from);
}

/** Removes a folder and those above it as long as they are empty, but never `root`. */
export function removeEmptyFolders(files: Files, folder: string, root: string): void {
  for (let at = folder; at !== root && at.startsWith(root + "/"); at = dirname(at)) {
    if (!files.exists(at)) continue;
    if (files.lstat(at).kind !== "folder" || files.list(at).length > 0) return;
    files.remove(at);
  }
}
