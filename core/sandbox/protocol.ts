// What the launcher and the command Worker say to each other.

import type { ExitName } from "../exit_codes.ts";
import type { FileRoots } from "../library/deno_files.ts";
import type { Options } from "../flags/flag.ts";
import type { OpenReportOptions } from "../report/open_report.ts";
import type { Settings } from "../settings/settings.ts";

/** The one message to a command Worker. */
export interface StartMessage {
  readonly command: string;
  readonly options: Options;
  readonly settings: Settings;
  readonly report: OpenReportOptions;
  readonly roots: FileRoots;
  readonly scratch: string;
  readonly stop: SharedArrayBuffer;
  readonly version: string;
  /** Where an unexpected error came from is shown. */
  readonly traceback: boolean;
}

/** The one answer: how it ended. Everything else was said by the report. */
export interface EndMessage {
  readonly exit: ExitName;
}
