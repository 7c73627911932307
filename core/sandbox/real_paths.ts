// Paths from the command line as the real absolute paths that they mean: grants are lexical, so links are
// resolved before anything is granted.

import { basename, dirname, resolve } from "node:path";
import { PaperwardError } from "../errors.ts";
import type { Argument, Flag, Options } from "../flags/flag.ts";
import { optionKey } from "../flags/option_key.ts";
import { isFileError } from "../library/os_error.ts";

/** A path with its links resolved as far as it exists.
 * @throws {PaperwardError} exit `usage` where a folder above it may not be entered, or links lead in a circle */
export function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw unreachable(path, error);
    const parent = dirname(path);
    return parent === path ? path : resolve(realPath(parent), basename(path));
  }
}

function unreachable(path: string, error: unknown): unknown {
  if (!isFileError(error)) return error;
  const isClosed = error instanceof Deno.errors.PermissionDenied;
  return new PaperwardError(
    isClosed
      ? `Cannot reach ${path}: this user may not enter a folder above it`
      : `Cannot reach ${path}: ${error.message}`,
    {
      exit: "usage",
      hints: isClosed ? ["run as the user that owns the library, or as root"] : [],
      cause: error,
    },
  );
}

/** Options with every path made absolute and real; `-` (standard input) stays. */
export function withRealPaths(
  options: Options,
  flags: readonly Flag[],
  args: readonly Argument[],
  cwd: string,
): Options {
  const names = [
    ...flags.filter(({ value }) => value?.kind === "path").map(({ long }) => long),
    ...args.filter(({ kind }) => kind === "path").map(({ name }) => name),
  ].map(optionKey);
  const changed = names.flatMap((name) => {
    const value = options[name];
    return typeof value === "string" && value !== "-"
      ? [[name, realPath(resolve(cwd, value))] as const]
      : [];
  });
  return Object.freeze({ ...options, ...Object.fromEntries(changed) });
}
