// The operating system's own name of an error, whichever of Deno's faces it came through, and what a user can do.

import { PaperwardError } from "../errors.ts";

/** Numbers of Linux that matter here (errno(3)). */
const NAMES: Readonly<Record<string, string>> = {
  1: "EPERM",
  2: "ENOENT",
  5: "EIO",
  13: "EACCES",
  17: "EEXIST",
  18: "EXDEV",
  20: "ENOTDIR",
  21: "EISDIR",
  23: "ENFILE",
  24: "EMFILE",
  27: "EFBIG",
  28: "ENOSPC",
  30: "EROFS",
  36: "ENAMETOOLONG",
  40: "ELOOP",
  122: "EDQUOT",
};

/** Why the operating system refused, and what to do about it. */
export interface Refusal {
  readonly reason: string;
  readonly hint: string;
  /** Whether it says something of the machine, and nothing of what is read: an export isn't damaged by it. */
  readonly ofTheMachine?: true;
}

const FULL: Refusal = {
  reason: "there is no space left",
  hint: "free some space there",
  ofTheMachine: true,
};
const FORBIDDEN: Refusal = {
  reason: "permission denied",
  hint: "run as the user that owns it, or change its permissions",
  ofTheMachine: true,
};
const TOO_MANY_FILES: Refusal = {
  reason: "too many files are open",
  hint: "raise the limit: `ulimit -n 1024`",
  ofTheMachine: true,
};

/** Errors that a user can mend, by name. That a file isn't there is none: whoever expects one has to look. */
export const REFUSALS: Readonly<Record<string, Refusal>> = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  EACCES: FORBIDDEN,
  EPERM: FORBIDDEN,
  EROFS: {
    reason: "its file system is read-only",
    hint: "mount it writable, or use another folder",
    ofTheMachine: true,
  },
  EIO: {
    reason: "its disk reports an error",
    hint: "the disk may be failing: use another one",
    ofTheMachine: true,
  },
  EMFILE: TOO_MANY_FILES,
  ENFILE: TOO_MANY_FILES,
  EFBIG: {
    reason: "the file would be larger than is allowed",
    hint: "raise the limit (`ulimit -f`), or use a file system that takes larger files",
  },
  ENOTDIR: {
    reason: "a file is where a folder should be",
    hint: "move it away, or give another path",
  },
  EISDIR: {
    reason: "a folder is where a file should be",
    hint: "move it away, or give another path",
  },
  ELOOP: {
    reason: "symbolic links lead in a circle",
    hint: "remove the link, or give another path",
  },
};

/** What Deno adds to the system's own words: `: open '/path'`. */
const OPERATION = /\(os error \d+\): \w+ '(.*?)'(?: -> '(.*)')?$/s;

/** The paths that an error of the operating system names, as Deno tells them: none, one, or two of a rename. */
export function osErrorPaths(error: Error): readonly string[] {
  const [, ...paths] = OPERATION.exec(error.message) ?? [];
  return paths.filter((path) => path !== undefined);
}

/** The error for the user, where the operating system refused something and they can mend it; otherwise undefined. */
export function explainOsError(error: unknown): PaperwardError | undefined {
  const refusal = REFUSALS[osErrorCode(error) ?? ""];
  if (!refusal || !(error instanceof Error) || error instanceof PaperwardError) return undefined;
  const paths = osErrorPaths(error);
  return new PaperwardError(
    paths.length === 0
      ? `Cannot go on: ${error.message}`
      : `Cannot use ${paths.join(" or ")}: ${refusal.reason}`,
    { hints: [refusal.hint], cause: error },
  );
}

/** `ENOSPC`, `EROFS`, … or undefined where the error is none of the operating system's. */
export function osErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  // Thrown by `Files`, not by the system.
  if (error instanceof Deno.errors.NotADirectory) return "ENOTDIR";
  if ("code" in error && typeof error.code === "string") return error.code;
  const number = /\(os error (\d+)\)/.exec(error.message)?.[1];
  return number === undefined ? undefined : NAMES[number];
}

/** An error of the operating system that was only heard of: from a Worker, or foreseen. @param code `ENOSPC` */
export function osError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** Whether an error concerns one file, not the program: the operating system refused something. */
export function isFileError(error: unknown): error is Error {
  return error instanceof Error &&
    ("code" in error || Object.values(Deno.errors).some((kind) => error instanceof kind));
}
