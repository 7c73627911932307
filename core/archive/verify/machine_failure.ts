// Tells failures of the machine from damage: a rehearsal that finds no room says nothing about the export.

import { SQLITE, sqliteCode } from "../../database/sqlite/errors.ts";
import { osErrorCode, REFUSALS } from "../../library/os_error.ts";

const OF_SQLITE: ReadonlySet<number | undefined> = new Set([
  SQLITE.readOnly,
  SQLITE.ioError,
  SQLITE.full,
  SQLITE.cantOpen,
]);

/** The error to tell where the machine has failed, whatever was made of it on the way; undefined where it has not. */
export function machineFailure(error: unknown): Error | undefined {
  // What went wrong first counts, not what failed while it was cleaned up after.
  if (error instanceof SuppressedError) return machineFailure(error.suppressed);
  if (!(error instanceof Error)) return undefined;
  const isOne = REFUSALS[osErrorCode(error) ?? ""]?.ofTheMachine === true ||
    OF_SQLITE.has(sqliteCode(error)) ||
    machineFailure(error.cause) !== undefined;
  return isOne ? error : undefined;
}
