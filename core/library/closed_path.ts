// Below /dev, /proc and /sys Deno lets nothing but a program with all permissions write files or open databases,
// whatever was granted: a command's Worker never can. Invariant: what a user can mend is no defect.

import { PaperwardError } from "../errors.ts";

/** The error for the user, where that is what went wrong; otherwise undefined. */
export function explainClosedPath(error: unknown): PaperwardError | undefined {
  if (!(error instanceof Deno.errors.NotCapable)) return undefined;
  const path = /^Requires all access to "(.*?)"/s.exec(error.message)?.[1];
  if (path === undefined) return undefined;
  return new PaperwardError(
    `Cannot use ${path}: below /dev, /proc and /sys files can only be read`,
    {
      exit: "usage",
      hints: ["for a library or scratch in memory, mount a tmpfs in another folder"],
      cause: error,
    },
  );
}
