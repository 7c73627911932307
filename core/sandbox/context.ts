// What a command gets from the launcher: nothing else of the world is visible inside the sandbox.

import type { Report } from "../report/report.ts";
import type { Settings } from "../settings/settings.ts";
import type { StopSignal } from "./stop_signal.ts";
import type { Files } from "../library/files.ts";

/** The world as a command sees it. */
export interface CommandContext {
  /** Where the library is, and how paperless-ngx is set up. */
  readonly settings: Settings;
  /** Where everything is said. */
  readonly report: Report;
  /** Asks for a graceful stop. */
  readonly stop: StopSignal;
  /** Every file operation goes through here; fault tests replace it. */
  readonly files: Files;
  /** The command's own scratch folder: exists, is empty, is removed afterwards. */
  readonly scratch: string;
  /** The version of Paperward. */
  readonly version: string;
}
