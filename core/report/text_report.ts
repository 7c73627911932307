// The report for people: result lines on stdout, everything else on stderr.

import { escapeText } from "./escape_text.ts";
import { messages } from "./_messages.ts";
import type { OpenReport, OpenReportOptions, ReportWorld } from "./open_report.ts";
import type { FindingLevel } from "./report.ts";
import type { Terminal } from "./_terminal.ts";

/** Words of one width, and the colours that terminals use for such words. */
const LEVELS: Readonly<Record<FindingLevel, readonly [word: string, style: string]>> = {
  error: ["ERROR", "31"],
  warning: ["WARN ", "33"],
  info: ["INFO ", "2"],
};

/** A report as text. */
export function textReport(
  options: OpenReportOptions,
  terminal: Terminal,
  world: ReportWorld,
): OpenReport {
  const colour = options.colour && (options.stdoutIsTerminal || options.forceColour === true);
  const label = (level: FindingLevel): string => {
    const [word, style] = LEVELS[level];
    return colour ? `\x1b[${style}m${word}\x1b[0m  ` : `${word}  `;
  };
  return {
    ...messages(options, terminal, world),
    options,
    get outputClosed() {
      return terminal.stdoutClosed;
    },
    item(_type, _record, text, level) {
      if (text !== undefined) terminal.out((level ? label(level) : "") + escapeText(text));
    },
    summary(_record, text) {
      // Quiet is for cron: findings are the result and stay, "all is well" does not.
      if (options.verbosity === 0) return;
      for (const line of text) terminal.out(escapeText(line));
    },
  };
}
