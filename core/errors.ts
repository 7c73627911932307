// Errors that a user can cause. They carry an exit code and hints and are printed as one clear line;
// anything else that reaches the launcher is a defect of Paperward and says so.

import type { ExitName } from "./exit_codes.ts";

/** What a {@linkcode PaperwardError} carries besides its message. */
export interface PaperwardErrorOptions extends ErrorOptions {
  /** The exit code that it means. @default {"failed"} */
  readonly exit?: ExitName;
  /** What the user can do about it, one sentence each; printed as `hint: …` lines. */
  readonly hints?: readonly string[];
}

/** A failure that a user can cause and mend. The message reads "Cannot <verb> <thing>: <reason>". */
export class PaperwardError extends Error {
  /** `PaperwardError` */
  override readonly name = "PaperwardError";
  /** The exit code that it means. */
  readonly exit: ExitName;
  /** What the user can do about it. */
  readonly hints: readonly string[];

  /** Makes one. @param message "Cannot <verb> <thing>: <reason>" */
  constructor(message: string, options: PaperwardErrorOptions = {}) {
    super(message, options);
    this.exit = options.exit ?? "failed";
    this.hints = options.hints ?? [];
  }
}

/** Why a command was stopped: the name of the exit code. */
export type StopReason = "hungUp" | "interrupted" | "terminated";

/** Thrown by {@linkcode StopSignal.throwIfRequested}: a graceful stop after a signal. */
export class StopRequested extends Error {
  /** `StopRequested` */
  override readonly name = "StopRequested";
  /** A stop. @param exit by which signal */
  constructor(readonly exit: StopReason) {
    super(`Stopped: ${exit}`);
  }
}
