// Prints a page of our own text (help, version, completions) before any report is open. As with every
// result: a reader that has gone is no error, a full disk is one.

import { type Sink, Terminal } from "./_terminal.ts";

/**
 * Prints text on stdout; a newline at its end is not doubled.
 * @throws {PaperwardError} where it can't be written
 */
export function printPage(text: string, stdout: Sink = Deno.stdout): void {
  new Terminal(stdout, Deno.stderr, { stdout: false, stderr: false }).out(text.replace(/\n$/, ""));
}
