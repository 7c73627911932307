// A run's own scratch folder. Invariant: nothing of it is there after the run, nor the default folder around it
// if the run made that; what is not a run's own folder is never touched.

import { rmdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { PaperwardError } from "../errors.ts";
import { isFileError } from "../library/os_error.ts";
import type { Settings } from "../settings/settings.ts";

/**
 * Makes this run's own scratch folder, and removes those of runs that were killed.
 * @param cleanup removes it again
 * @throws {PaperwardError} exit `usage` where there is no place for it
 */
export function makeScratch({ scratchDir, raw }: Settings, cleanup: DisposableStack): string {
  const isDefault = !raw["PAPERLESS_SCRATCH_DIR"];
  try {
    const isNew = makeFolder(scratchDir);
    if (isNew && isDefault) cleanup.defer(() => removeIfEmpty(scratchDir));
    return makeOwn(scratchDir, cleanup);
  } catch (error) {
    if (!isFileError(error)) throw error;
    if (!isDefault) throw noPlace(scratchDir, error);
  }
  // The default is somebody else's who came first, or is gone with the run that had made it.
  const parent = dirname(scratchDir);
  try {
    return makeOwn(parent, cleanup);
  } catch (error) {
    throw isFileError(error) ? noPlace(parent, error) : error;
  }
}

function noPlace(parent: string, error: Error): PaperwardError {
  return new PaperwardError(`Cannot make a scratch folder in ${parent}: ${error.message}`, {
    exit: "usage",
    hints: ["PAPERLESS_SCRATCH_DIR names a folder that may be written"],
    cause: error,
  });
}

/** @returns whether it wasn't there */
function makeFolder(path: string): boolean {
  Deno.mkdirSync(dirname(path), { recursive: true });
  try {
    Deno.mkdirSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}

function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Another run is in it.
  }
}

/** How a scratch folder is called, whole: what else lies in /tmp is not ours, however similar. Deno ends the name with
 * a number of 64 bits, without leading zeros beyond the eighth digit. */
const NAME = /^paperward-(\d+)-[0-9a-f]{8,16}$/;

function makeOwn(parent: string, cleanup: DisposableStack): string {
  const real = Deno.realPathSync(parent);
  for (const { name, isDirectory } of Deno.readDirSync(real)) {
    const pid = NAME.exec(name)?.[1];
    if (!isDirectory || pid === undefined || isAlive(Number(pid))) continue;
    try {
      Deno.removeSync(join(real, name), { recursive: true });
    } catch {
      // Another user's: theirs to remove.
    }
  }
  const own = Deno.makeTempDirSync({ dir: real, prefix: `paperward-${Deno.pid}-` });
  cleanup.defer(() => Deno.removeSync(own, { recursive: true }));
  return own;
}

function isAlive(pid: number): boolean {
  if (pid === Deno.pid) return true;
  try {
    Deno.statSync(`/proc/${pid}`);
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound);
  }
}
