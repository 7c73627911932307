// A terminal for the tests of reports: what was written to stdout and stderr, and what a user would see
// of it, with \r and "clear to the end of the line" carried out. Its clock stands until told to move.

import {
  type OpenReport,
  openReport,
  type OpenReportOptions,
} from "../../../core/report/open_report.ts";

/** What was written, and a clock. */
export class Screen {
  out = "";
  err = "";
  /** Both in the order of writing. */
  both = "";
  /** ms */
  time = 0;
  columns: number | undefined = 80;
  /** Thrown by the next writes to stdout. */
  breaks: Error | undefined;
  /** Writes to stderr that find the pipe full. */
  full = 0;
  /** Bytes that one write takes at most. */
  most = Infinity;

  open(options: Partial<OpenReportOptions> = {}): OpenReport {
    const sink = (name: "out" | "err") => {
      const decoder = new TextDecoder();
      return {
        writeSync: (bytes: Uint8Array) => {
          if (name === "out" && this.breaks) throw this.breaks;
          if (name === "err" && this.full-- > 0) throw new Deno.errors.WouldBlock("full");
          const taken = bytes.subarray(0, Math.min(bytes.length, this.most));
          const text = decoder.decode(taken, { stream: true });
          this[name] += text;
          this.both += text;
          return taken.length;
        },
      };
    };
    return openReport({
      json: false,
      verbosity: 1,
      progressBar: true,
      colour: false,
      stdoutIsTerminal: true,
      stderrIsTerminal: true,
      columns: 80,
      ...options,
    }, {
      stdout: sink("out"),
      stderr: sink("err"),
      now: () => this.time,
      columns: () => this.columns,
    });
  }

  /** The lines that a user sees, colours left out; the last one is where the cursor is. */
  get lines(): string[] {
    // deno-lint-ignore no-control-regex
    const text = this.both.replace(/\x1b\[[\d;]*m/g, "");
    return text.split("\n").map((line) => line.split("\r\x1b[K").at(-1)!);
  }
}
