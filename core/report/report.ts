// The one writer: result text, JSON lines, logs and progress all pass here. Result goes to stdout, the
// rest to stderr; with `--json` stdout holds JSON lines and nothing else.

/** A value that JSON can hold; big integers print as number tokens. */
export type Json =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/** How bad a finding is. */
export type FindingLevel = "error" | "warning" | "info";

/** How the report looks. */
export interface ReportOptions {
  /** Results are JSON lines. */
  readonly json: boolean;
  /** 0 quiet (errors only), 1 normal, 2 verbose, 3 debug. */
  readonly verbosity: 0 | 1 | 2 | 3;
  /** Progress is shown. */
  readonly progressBar: boolean;
  /** Colour is allowed, where it is a terminal. */
  readonly colour: boolean;
  /** Characters in a line of the terminal, where that is known. */
  readonly columns?: number;
}

/** A running count shown as a bar on a terminal, as one line per ten seconds elsewhere. */
export interface Progress {
  /** Counts on. @param count items done since the last call @param detail shown behind the bar */
  advance(count?: number, detail?: string): void;
  /** Takes the bar away. */
  end(): void;
}

/** What a command says. Text passes through an escape filter: no control characters reach a terminal. */
export interface Report {
  /** How it was opened. */
  readonly options: ReportOptions;
  /** Debugging facts, from verbosity 2 on; stderr. */
  verbose(text: string): void;
  /** What was opened, waiting, notices; stderr, not when quiet. */
  info(text: string): void;
  /** Something is off, but work goes on; stderr. */
  warn(text: string, hint?: string): void;
  /** An item failed, or all of it; stderr. */
  error(text: string, hint?: string): void;
  /** One line of the result: `text` on stdout, or with `--json` the record with its `type`.
   * @param level stands in front of the text, in its colour on a terminal; a record says it by itself */
  item(
    type: string,
    record: Readonly<Record<string, Json | undefined>>,
    text?: string,
    level?: FindingLevel,
  ): void;
  /** The last line of the result. With `--json` a record of type `summary`. */
  summary(record: Readonly<Record<string, Json | undefined>>, text: readonly string[]): void;
  /** Begins to show progress. @param total items in all, or undefined if unknown */
  progress(label: string, total?: number): Progress;
}
