// The shells that there are completions for.

/** Shells that there are completions for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** A shell that there are completions for. */
export type Shell = (typeof SHELLS)[number];

/** Whether a word names a {@linkcode Shell}. */
export function isShell(word: unknown): word is Shell {
  return SHELLS.some((shell) => shell === word);
}
