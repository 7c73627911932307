// Moves a file, also to another file system: data and media are often two volumes. Invariant: the file is at
// the old place or whole at the new one; nothing that stood at the new place is ever overwritten.

import { dirname, join } from "node:path";
import type { Files } from "../files.ts";
import { osErrorCode } from "../os_error.ts";
import { readChunks } from "../read_chunks.ts";

/** Name of an unfinished copy, in the folder that it is moved to. */
const PART = ".paperward-part";

/**
 * Moves a file and makes that last; makes the folder that it goes to.
 *
 * @throws {Deno.errors.AlreadyExists} where something is at the new place
 */
export async function moveFile(files: Files, from: string, to: string): Promise<void> {
  const folder = dirname(to);
  files.makeFolder(folder);
  if (files.exists(to)) throw new Deno.errors.AlreadyExists(`${to} is in the way`);
  try {
    files.rename(from, to);
  } catch (error) {
    if (osErrorCode(error) !== "EXDEV") throw error;
    await copyAcross(files, from, join(folder, PART), to);
  }
  await files.syncFolder(folder);
  await files.syncFolder(dirname(from));
}

async function copyAcross(files: Files, from: string, part: string, to: string): Promise<void> {
  const { mode, mtime } = files.lstat(from);
  const target = files.openWrite(part);
  try {
    for (const chunk of readChunks(files, from)) target.write(chunk);
    await target.sync();
  } catch (error) {
    target.close();
    files.remove(part);
    throw error;
  }
  target.close();
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
