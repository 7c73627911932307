// Opens the one writer of a process or Worker. It needs no permission: what it can't find out inside
// the sandbox (is it a terminal, how wide) the launcher passes in.

import { jsonReport } from "./json_report.ts";
import type { Report, ReportOptions } from "./report.ts";
import { type Sink, Terminal } from "./_terminal.ts";
import { textReport } from "./text_report.ts";

/** How a report looks and where it goes. Plain data, so that it can be posted to a Worker. */
export interface OpenReportOptions extends ReportOptions {
  /** A person reads the result. */
  readonly stdoutIsTerminal: boolean;
  /** A person reads notices and progress. */
  readonly stderrIsTerminal: boolean;
  /** Characters in a line of the terminal. */
  readonly columns: number;
  /** Colour even where it is no terminal (`--force-color`). @default {false} */
  readonly forceColour?: boolean;
}

/** What tests replace. */
export interface ReportWorld {
  /** The result. */
  readonly stdout: Sink;
  /** Everything else. */
  readonly stderr: Sink;
  /** ms, monotonic */
  readonly now: () => number;
  /** Characters in a line at this moment, or undefined where that can't be told. */
  readonly columns: () => number | undefined;
}

/** An open {@linkcode Report}. */
export interface OpenReport extends Report {
  /** How it was opened. */
  readonly options: OpenReportOptions;
  /** Whether the reader of stdout has gone (`| head`): the result is no longer written. */
  readonly outputClosed: boolean;
  /** Takes unfinished progress off the terminal. Writing after it is allowed. */
  close(): void;
}

const process: ReportWorld = {
  stdout: Deno.stdout,
  stderr: Deno.stderr,
  now: () => performance.now(),
  columns() {
    try {
      return Deno.consoleSize().columns || undefined;
    } catch {
      return undefined;
    }
  },
};

/** Opens a report; `options.json` decides which. */
export function openReport(options: OpenReportOptions, world: ReportWorld = process): OpenReport {
  const terminal = new Terminal(world.stdout, world.stderr, {
    stdout: options.stdoutIsTerminal,
    stderr: options.stderrIsTerminal,
  });
  return options.json ? jsonReport(options, terminal, world) : textReport(options, terminal, world);
}
