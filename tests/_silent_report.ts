// A report that says nothing and remembers everything.

import type { Json, Report } from "../core/report/report.ts";

/** What was said. */
export interface SilentReport extends Report {
  readonly lines: { readonly level: string; readonly text: string }[];
  readonly items: {
    readonly type: string;
    readonly record: Readonly<Record<string, Json | undefined>>;
  }[];
}

/** Opens a silent report. */
export function silentReport(): SilentReport {
  const lines: SilentReport["lines"] = [];
  const items: SilentReport["items"] = [];
  const say = (level: string) => (text: string) => void lines.push({ level, text });
  return {
    options: { json: false, verbosity: 1, progressBar: false, colour: false },
    lines,
    items,
    verbose: say("verbose"),
    info: say("info"),
    warn: say("warn"),
    error: say("error"),
    item: (type, record) => void items.push({ type, record }),
    summary: () => {},
    progress: () => ({ advance: () => {}, end: () => {} }),
  };
}
