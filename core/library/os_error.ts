// The operating system's own name of an error, whichever of Deno's faces it came through.

/** Numbers of Linux that matter here (errno(3)). */
const NAMES: Readonly<Record<string, string>> = {
  1: "EPERM",
  2: "ENOENT",
  5: "EIO",
  13: "EACCES",
  17: "EEXIST",
  18: "EXDEV",
  20: "ENOTDIR",
  23: "ENFILE",
  24: "EMFILE",
  28: "ENOSPC",
  30: "EROFS",
  36: "ENAMETOOLONG",
  122: "EDQUOT",
};

/** `ENOSPC`, `EROFS`, … or undefined where the error is none of the operating system's. */
export function osErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
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
