// Commands that the launcher answers by itself: they need no library and run in no sandbox.

import type { CommandFlags } from "./invocation.ts";
import { SHELLS } from "./shells.ts";

/** Commands that are not in the table of commands: the launcher answers them without a library. */
export const BUILT_IN_COMMANDS: readonly CommandFlags[] = [
  {
    name: "help",
    summary: "Show the help of a command.",
    arguments: [{
      name: "command",
      kind: "string",
      optional: true,
      help: "The command; without it, the list of commands.",
    }],
    flags: [],
  },
  {
    name: "completions",
    summary: "Print the completions of a shell: bash, zsh or fish.",
    details: "bash: paperward completions bash > /etc/bash_completion.d/paperward\n" +
      "zsh: paperward completions zsh > a folder of $fpath, as _paperward\n" +
      "fish: paperward completions fish > ~/.config/fish/completions/paperward.fish",
    arguments: [{ name: "shell", kind: "string", choices: SHELLS, help: "bash, zsh or fish." }],
    flags: [],
  },
];
