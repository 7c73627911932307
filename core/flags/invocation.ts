// What a command line asks for: the result of parsing as one tagged union, so that the launcher is a
// switch over it and parsing itself has no effects.

import type { Argument, Flag, Options } from "./flag.ts";
import type { Shell } from "./shells.ts";

/** What parsing, help and completions need to know of a command; `Command` in commands/ has it. */
export interface CommandFlags {
  readonly name: string;
  readonly summary: string;
  readonly details?: string;
  readonly arguments: readonly Argument[];
  readonly flags: readonly Flag[];
}

/** What the user asked for. */
export type Invocation<C extends CommandFlags = CommandFlags> =
  | { readonly kind: "run"; readonly command: C; readonly options: Options }
  /** Print `text` on stdout, exit with 0. */
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "version" }
  /** Print `text` on stdout, exit with 0. */
  | { readonly kind: "completions"; readonly shell: Shell; readonly text: string }
  /** Print the message and the hints on stderr, exit with the code of `usage`. */
  | { readonly kind: "usage"; readonly message: string; readonly hints: readonly string[] };

/** What help needs to know of the terminal. */
export interface HelpLayout {
  /** Characters in a line. @default {80} */
  readonly columns?: number;
  /** @default {false} */
  readonly colour?: boolean;
}
