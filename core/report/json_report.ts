// The report for programs: stdout holds JSON lines and nothing else, each with its `type` first; what is
// said to people still goes to stderr.

import { messages } from "./_messages.ts";
import type { OpenReport, OpenReportOptions, ReportWorld } from "./open_report.ts";
import type { Json } from "./report.ts";
import type { Terminal } from "./_terminal.ts";
import { toJson } from "./to_json.ts";

/** A report as JSON lines. */
export function jsonReport(
  options: OpenReportOptions,
  terminal: Terminal,
  world: ReportWorld,
): OpenReport {
  const write = (type: string, record: Readonly<Record<string, Json | undefined>>): void => {
    const { type: _own, ...rest } = record;
    const members = toJson(rest).slice(1, -1);
    // Joined as text: members with names like "1" would come before `type` in an object.
    terminal.out(`{"type":${toJson(type)}${members === "" ? "" : `,${members}`}}`);
  };
  return {
    ...messages(options, terminal, world),
    options,
    get outputClosed() {
      return terminal.stdoutClosed;
    },
    item: (type, record) => write(type, record),
    summary: (record) => write("summary", record),
  };
}
