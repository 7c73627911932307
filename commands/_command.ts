// What a command is: a row of the table in commands/mod.ts. The launcher parses its flags, computes
// its grants and runs it in the command Worker; the exit code is what `run` returns.

import type { ExitName } from "../core/exit_codes.ts";
import type { Argument, Flag, Options } from "../core/flags/flag.ts";
import type { CommandContext } from "../core/sandbox/context.ts";
import type { Access } from "../core/sandbox/access.ts";
import type { Settings } from "../core/settings/settings.ts";

/** One command of the binary. */
export interface Command {
  /** As upstream names it: `document_exporter`. */
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** A paragraph or two for `--help`. */
  readonly details?: string;
  readonly arguments: readonly Argument[];
  readonly flags: readonly Flag[];
  /** Long names of flags that hold a database's URL: resolved, they are in `settings.databases`. */
  readonly databases?: readonly string[];
  /** What the command Worker may touch: pure, computed from settings and options. */
  access(settings: Settings, options: Options): Access;
  /** Plans, applies, reports a summary and says how it ended. Runs inside the sandbox. */
  run(context: CommandContext, options: Options): Promise<ExitName>;
}
