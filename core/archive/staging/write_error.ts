// What a failed write means to a whole export or import: one line and what to do about it.

import { PaperwardError } from "../../errors.ts";
import { osErrorCode } from "../../library/os_error.ts";

const FULL = { reason: "there is no space left", hint: "free some space there" };
const FORBIDDEN = {
  reason: "no permission to write there",
  hint: "run as the user that owns the folder, or change its permissions",
};

/** Errors of the operating system that a user can mend. */
const REASONS: Readonly<Record<string, { readonly reason: string; readonly hint: string }>> = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  EACCES: FORBIDDEN,
  EPERM: FORBIDDEN,
  EROFS: {
    reason: "its file system is read-only",
    hint: "mount it writable, or use another folder",
  },
  EIO: {
    reason: "its disk reports an error",
    hint: "the disk may be failing: use another one",
  },
};

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
  const known = code === undefined ? undefined : REASONS[code];
  return new PaperwardError(`Cannot write to ${target}: ${known?.reason ?? message}`, {
    hints: [...(known ? [known.hint] : []), ...BEFORE[of]],
  });
}

/** The same for an error that was thrown; what is no error of writing, or says already what couldn't be written,
 * comes back as it is. */
export function explainWriteError(
  target: string,
  error: unknown,
  of: keyof typeof BEFORE = "export",
): unknown {
  if (error instanceof PaperwardError) return error;
  const code = osErrorCode(error);
  if (code === undefined || !(code in REASONS) || !(error instanceof Error)) return error;
  return writeError(target, code, error.message, of);
}
