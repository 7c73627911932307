// What a failed write means to a whole export or import: one line and what to do about it.

import { PaperwardError } from "../../errors.ts";
import { isInsideAny } from "../../library/deno_files.ts";
import { osError, osErrorCode, osErrorPaths, REFUSALS } from "../../library/os_error.ts";

/** What is written, and what may be said of what was there before. */
const BEFORE = {
  export: ["an earlier export in that folder is untouched"],
  // How far an import came is said by whoever knows.
  library: [],
} as const;

/** The error for a write that failed. @param code as the operating system calls it: `ENOSPC` */
export function writeError(
  target: string,
  code: string | undefined,
  message: string,
  of: keyof typeof BEFORE = "export",
): PaperwardError {
  const known = code === undefined ? undefined : REFUSALS[code];
  return new PaperwardError(`Cannot write to ${target}: ${known?.reason ?? message}`, {
    hints: [...(known ? [known.hint] : []), ...BEFORE[of]],
    ...(code === undefined ? {} : { cause: osError(code, message) }),
  });
}

/** The same for an error that was thrown. What is no error of writing, says already what couldn't be written, or
 * names another place (the journal, the scratch folder) comes back as it is. */
export function explainWriteError(
  target: string,
  error: unknown,
  of: keyof typeof BEFORE = "export",
): unknown {
  if (error instanceof PaperwardError) return error;
  const code = osErrorCode(error);
  if (code === undefined || !(code in REFUSALS) || !(error instanceof Error)) return error;
  if (osErrorPaths(error).some((path) => !isInsideAny(path, [target]))) return error;
  return writeError(target, code, error.message, of);
}
