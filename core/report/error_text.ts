// Any thrown value → lines for the user. What a user can mend is one clear line and hints; anything else is
// a defect of Paperward, says so, and shows its stack only to those who asked for more.

import { PaperwardError, type StopReason, StopRequested } from "../errors.ts";
import type { ExitName } from "../exit_codes.ts";
import { explainClosedPath } from "../library/closed_path.ts";
import { explainOsError } from "../library/os_error.ts";
import type { Report } from "./report.ts";

/** A thrown value, ready to be printed. */
export interface ErrorText {
  readonly exit: ExitName;
  readonly message: string;
  readonly hints: readonly string[];
  /** Stack and causes, one line each; for verbosity 2 and more. */
  readonly details: readonly string[];
}

const STOPPED: Readonly<Record<StopReason, string>> = {
  hungUp: "Stopped by SIGHUP (the terminal was closed)",
  interrupted: "Stopped by SIGINT (Ctrl-C)",
  terminated: "Stopped by SIGTERM",
};

function stackLines(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const text = error.stack ?? `${error.name}: ${error.message}`;
  const cause = error.cause === undefined ? [] : ["caused by:", ...causeLines(error.cause)];
  return [...text.split("\n"), ...cause];
}

/** Anything can be thrown, also what String() chokes on. */
function plain(thrown: unknown): string {
  return typeof thrown === "string" ? thrown : Deno.inspect(thrown);
}

function causeLines(cause: unknown): string[] {
  // A cause may name itself as its cause; one level tells enough.
  return cause instanceof Error ? (cause.stack ?? cause.message).split("\n") : [plain(cause)];
}

/** What to say about a thrown value, and the exit code it means. What went wrong first counts, not what failed
 * while it was cleaned up after. */
export function errorText(thrown: unknown): ErrorText {
  if (thrown instanceof SuppressedError) {
    const [first, later] = [errorText(thrown.suppressed), errorText(thrown.error)];
    return {
      ...first,
      hints: [...first.hints, `Cleaning up after it failed too: ${later.message}`],
      details: [...first.details, ...later.details],
    };
  }
  const error = explainClosedPath(thrown) ?? explainOsError(thrown) ?? thrown;
  if (error instanceof StopRequested) {
    return { exit: error.exit, message: STOPPED[error.exit], hints: [], details: [] };
  }
  if (error instanceof PaperwardError) {
    const { exit, message, hints } = error;
    return { exit, message, hints, details: stackLines(error) };
  }
  const what = error instanceof Error ? `${error.name}: ${error.message}` : plain(error);
  return {
    exit: "failed",
    message: `This is a defect of Paperward, not of your library: ${what}`,
    hints: [
      "Please report it, with the command line and the output of the same command with -v 3.",
    ],
    details: stackLines(error),
  };
}

/** Prints a thrown value as errors are printed. @returns the exit code it means */
export function printError(
  report: Report,
  error: unknown,
  options: { readonly traceback?: boolean } = {},
): ExitName {
  const { exit, message, hints, details } = errorText(error);
  report.error(message, hints.length > 0 ? hints.join("\n") : undefined);
  const print = options.traceback ? report.info : report.verbose;
  for (const line of details) print(line);
  return exit;
}
