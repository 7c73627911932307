// Flags are one declarative table per command; the parser, `--help`, completions and docs walk it.

/** What a flag that takes a value accepts. */
export interface FlagValue {
  /** Shown in help, e.g. `NAME`. */
  readonly name: string;
  readonly kind: "string" | "integer" | "float" | "path";
  /** Smallest and largest accepted number, both inclusive. */
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly string[];
  /** How many values one use takes (`--id-range LO HI` takes 2). @default {1} */
  readonly count?: number;
  /** May be given several times; the option is then an array. */
  readonly repeatable?: boolean;
  readonly default?: string | number;
}

/** One flag of a command. */
export interface Flag {
  /** Long name without dashes, as upstream spells it: `compare-checksums`, `document_type`. */
  readonly long: string;
  /** Short name without the dash; several letters are one flag: `c`, `sm`. */
  readonly short?: string;
  /** Absent: a switch. */
  readonly value?: FlagValue;
  readonly help: string;
  /** `upstream`: paperless-ngx has it; `paperward`: it is new. Help lists them apart. */
  readonly origin: "upstream" | "paperward";
  /** Accepted, but not shown in help (upstream's generic options that mean nothing here). */
  readonly hidden?: boolean;
}

/** One positional argument of a command. */
export interface Argument {
  readonly name: string;
  readonly help: string;
  readonly kind: "string" | "path";
  readonly choices?: readonly string[];
  readonly optional?: boolean;
}

/** Parsed options by camel-cased long name (`compareChecksums`), arguments by camel-cased name.
 * Switches are always present as booleans; valued flags are absent where neither given nor defaulted. */
export type Options = Readonly<
  Record<string, boolean | string | number | readonly string[] | readonly number[] | undefined>
>;
