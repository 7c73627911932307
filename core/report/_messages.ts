// The stderr side of a report, which is the same for text and JSON: what is said about the work, and
// progress. Every text is escaped here, so that nothing from data acts on the terminal.

import { escapeText } from "./escape_text.ts";
import { NO_PROGRESS, startProgress } from "./_progress.ts";
import type { OpenReportOptions, ReportWorld } from "./open_report.ts";
import type { Progress, Report } from "./report.ts";
import type { Terminal } from "./_terminal.ts";

const STYLES = { error: "1;31", warning: "1;33", hint: "36" } as const;

/** What {@linkcode messages} gives to a report. */
export type Messages =
  & Pick<Report, "verbose" | "info" | "warn" | "error" | "progress">
  & { readonly close: () => void };

/** The stderr side of a report. */
export function messages(
  options: OpenReportOptions,
  terminal: Terminal,
  world: ReportWorld,
): Messages {
  const { verbosity, stderrIsTerminal } = options;
  const colour = options.colour && (stderrIsTerminal || options.forceColour === true);
  const columns = () => world.columns() ?? options.columns;
  const running = new Set<Progress>();

  const line = (text: string): void => terminal.err(escapeText(text));
  const labelled = (label: keyof typeof STYLES, text: string): void => {
    const prefix = colour ? `\x1b[${STYLES[label]}m${label}:\x1b[0m` : `${label}:`;
    terminal.err(`${prefix} ${escapeText(text)}`);
  };
  const hints = (text: string | undefined): void => {
    for (const hint of text?.split("\n") ?? []) labelled("hint", hint);
  };

  return {
    verbose: (text) => verbosity >= 2 ? line(text) : undefined,
    info: (text) => verbosity >= 1 ? line(text) : undefined,
    warn(text, hint) {
      if (verbosity < 1) return;
      labelled("warning", text);
      hints(hint);
    },
    error(text, hint) {
      labelled("error", text);
      hints(hint);
    },
    progress(label, total) {
      if (verbosity < 1 || !options.progressBar) return NO_PROGRESS;
      const bar = stderrIsTerminal;
      const shown = startProgress(label, total, { terminal, bar, colour, now: world.now, columns });
      const progress: Progress = {
        advance: shown.advance,
        end() {
          shown.end();
          running.delete(progress);
        },
      };
      running.add(progress);
      return progress;
    },
    close() {
      for (const progress of [...running]) progress.end();
      terminal.progressLine("");
    },
  };
}
