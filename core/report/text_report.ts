// The report for people: result lines on stdout, everything else on stderr.

import { escapeText } from "./escape_text.ts";
import { messages } from "./_messages.ts";
import type { OpenReport, OpenReportOptions, ReportWorld } from "./open_report.ts";
import type { Terminal } from "./_terminal.ts";

/** A report as text. */
export function textReport(
  options: OpenReportOptions,
  terminal: Terminal,
  world: ReportWorld,
): OpenReport {
  return {
    ...messages(options, terminal, world),
    options,
    get outputClosed() {
      return terminal.stdoutClosed;
    },
    item(_type, _record, text) {
      if (text !== undefined) terminal.out(escapeText(text));
    },
    summary(_record, text) {
      // Quiet is for cron: findings are the result and stay, "all is well" does not.
      if (options.verbosity === 0) return;
      for (const line of text) terminal.out(escapeText(line));
    },
  };
}
