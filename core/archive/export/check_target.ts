// The target of an export is looked at before anything else: it must be there and a folder.

import { dirname } from "node:path";
import { PaperwardError } from "../../errors.ts";
import type { Files } from "../../library/files.ts";
import { explainWriteError } from "./write_error.ts";

/**
 * Checks a target folder.
 *
 * @param create make it where it is missing, as upstream's `-z` does
 * @param dryRun make nothing
 * @throws {PaperwardError} if it is missing or not a folder
 */
export function checkTarget(files: Files, target: string, create: boolean, dryRun: boolean): void {
  if (!files.exists(target)) {
    if (create) return dryRun ? undefined : makeTarget(files, target);
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
    throw explainWriteError(target, error);
  }
}
