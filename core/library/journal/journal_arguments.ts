// The command line as the journal keeps it. Invariant: no secret gets into it.

import type { Flag, Options } from "../../flags/flag.ts";
import { optionKey } from "../../flags/option_key.ts";

/** Flags whose value is a secret. */
const SECRET = /pass|secret|token|key/;

/** The flags and arguments that were given, as on the command line; values of secrets are `…`. */
export function journalArguments(
  options: Options,
  flags: readonly Flag[],
  args: readonly string[] = [],
): string[] {
  const given = flags.flatMap(({ long, value }) => {
    const option = options[optionKey(long)];
    if (option === undefined || option === false) return [];
    if (option === true) return [`--${long}`];
    if (value?.default !== undefined && option === value.default) return [];
    const values = Array.isArray(option) ? option.map(String) : [String(option)];
    return SECRET.test(long) ? [`--${long}=…`] : values.map((each) => `--${long}=${each}`);
  });
  const positional = args.map((name) => options[optionKey(name)]).filter((value) =>
    typeof value === "string"
  );
  return [...given, ...positional];
}
