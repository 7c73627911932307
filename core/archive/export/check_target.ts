// The target of an export is looked at before anything else: it must be there, a folder and writable.

import { dirname } from "node:path";
import { PaperwardError } from "../../errors.ts";
import type { Files } from "../../library/files.ts";

/**
 * Checks a target folder.
 *
 * @param create make it where it is missing, as upstream's `-z` does
 * @throws {PaperwardError} if it is missing or not a folder
 */
export function checkTarget(files: Files, target: string, create: boolean): void {
  if (!files.exists(target)) {
    if (create) return makeTarget(files, target);
    throw new PaperwardError(`Cannot export to ${target}: there is no such folder`, {
      hints: [`make it first: mkdir -p ${target}`],
    });
  }
  if (files.stat(target).kind !== "folder") {
    throw new PaperwardError(`Cannot export to ${target}: it is not a folder`, {
      hints: [`give a folder, for example ${dirname(target)}`],
    });
  }
}

function makeTarget(files: Files, target: string): void {
  try {
    files.makeFolder(target);
  } catch (error) {
    throw notWritable(target, error);
  }
}

/** The error for a target that can't be written. */
export function notWritable(target: string, error: unknown): unknown {
  const reason = error instanceof Deno.errors.PermissionDenied
    ? "no permission to write there"
    : error instanceof Error && error.message.includes("(os error 30)")
    ? "its file system is read-only"
    : undefined;
  if (!reason) return error;
  return new PaperwardError(`Cannot export to ${target}: ${reason}`, {
    hints: ["run as the user that owns the folder, or change its permissions"],
    cause: error,
  });
}
