// The target of an export is looked at before anything else: it must be there and a folder.

import { dirname, join, relative } from "node:path";
import { PaperwardError } from "../../errors.ts";
import { isInsideAny } from "../../library/deno_files.ts";
import type { FileFacts, Files } from "../../library/files.ts";
import type { Settings } from "../../settings/settings.ts";
import { explainWriteError } from "../staging/write_error.ts";

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
  if (kindBehind(files, target) !== "folder") {
    throw new PaperwardError(`Cannot export to ${target}: it is not a folder`, {
      hints: [`give a folder, for example ${dirname(target)}`],
    });
  }
}

/** What is there, behind a link if it is one; undefined: the link leads nowhere. */
function kindBehind(files: Files, target: string): FileFacts["kind"] | undefined {
  try {
    return files.stat(target).kind;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * Checks that a zip can take its place: what can't be renamed once everything is committed never could be.
 *
 * @param folder the folder that it is written in @param zip its absolute path, in there
 * @param longestName of a file there, in bytes
 * @throws {PaperwardError}
 */
export function checkZipPlace(
  files: Files,
  folder: string,
  zip: string,
  longestName: number,
): void {
  const parts = relative(folder, zip).split("/");
  for (const [index, part] of parts.entries()) {
    const path = join(folder, ...parts.slice(0, index + 1));
    const isZip = index === parts.length - 1;
    if (new TextEncoder().encode(part).length > longestName) {
      throw new PaperwardError(`Cannot write ${zip}: its name is too long there`, {
        exit: "usage",
        hints: [`names have ${longestName} bytes at most in that folder, .zip included`],
      });
    }
    if (!files.exists(path)) continue;
    const kind = isZip ? files.lstat(path).kind : kindBehind(files, path);
    if (isZip ? kind !== "folder" : kind === "folder") continue;
    throw new PaperwardError(
      `Cannot write ${zip}: ${path} is ${isZip ? "a folder" : "no folder"}`,
      { exit: "usage", hints: ["move it, or give another name with -zn"] },
    );
  }
}

function makeTarget(files: Files, target: string): void {
  try {
    files.makeFolder(target, { above: true });
  } catch (error) {
    throw explainWriteError(target, error);
  }
}

/**
 * Keeps an export out of the library: not among its documents, and no folder of the library emptied for it.
 *
 * @param target a folder that is there @param empties whether everything else in it is removed
 * @throws {PaperwardError} exit `usage`
 */
export function keepOutOfLibrary(
  files: Files,
  target: string,
  { mediaRoot, dataDir, database }: Pick<Settings, "mediaRoot" | "dataDir" | "database">,
  empties: boolean,
): void {
  const real = (path: string) => files.exists(path) ? files.real(path) : path;
  const place = real(target);
  const documents = real(join(mediaRoot, "documents"));
  if (isInsideAny(place, [documents])) {
    throw new PaperwardError(`Cannot export to ${target}: the library keeps its documents there`, {
      exit: "usage",
      hints: ["give a folder of its own"],
    });
  }
  if (!empties) return;
  const own = [documents, mediaRoot, dataDir, database.kind === "sqlite" ? database.path : dataDir];
  const held = own.find((path) => isInsideAny(real(path), [place]));
  if (held === undefined) return;
  throw new PaperwardError(`Cannot export to ${target} with --delete-strangers: it holds ${held}`, {
    exit: "usage",
    hints: ["give a folder of its own: all of it that is no part of the export would be removed"],
  });
}
