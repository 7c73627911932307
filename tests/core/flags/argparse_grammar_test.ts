// The grammar is argparse's: 900 command lines, and what argparse made of them (_record_argparse.py).

import { deepStrictEqual, ok } from "node:assert/strict";
import type { Options } from "../../../core/flags/flag.ts";
import { optionKey } from "../../../core/flags/option_key.ts";
import { parseCommandLine } from "../../../core/flags/parse_command_line.ts";
import { COMMANDS } from "./_upstream_commands.ts";

type Case = readonly [command: string, argv: readonly string[], options: Options | null];

const cases: readonly Case[] = JSON.parse(
  Deno.readTextFileSync(new URL("./argparse_cases.json", import.meta.url)),
);

/** What differs on purpose: a `--` with nothing behind it ends the flags, old argparse refused it. */
const onPurpose = (argv: readonly string[]) => argv.at(-1) === "--";

function ours(command: string, argv: readonly string[]): Options | null {
  const invocation = parseCommandLine([`document_${command}`, ...argv], "paperward", COMMANDS);
  if (invocation.kind !== "run") return null;
  return Object.fromEntries(
    Object.entries(invocation.options).filter(([, value]) => value !== false),
  );
}

Deno.test("command lines mean what they mean to upstream's parser", () => {
  let accepted = 0;
  const wrong: unknown[] = [];
  for (const [command, argv, options] of cases) {
    if (onPurpose(argv)) continue;
    const expected = options &&
      Object.fromEntries(Object.entries(options).map(([name, value]) => [optionKey(name), value]));
    if (expected) accepted++;
    try {
      deepStrictEqual(ours(command, argv), expected);
    } catch {
      wrong.push({ argv, expected, got: ours(command, argv) });
    }
  }
  deepStrictEqual(wrong, []);
  ok(accepted > 250, `only ${accepted} of the recorded lines are valid`);
});
