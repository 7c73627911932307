// What every benchmark of the binary is told: which binary, how many rounds, and what its own options say.

import { fileURLToPath } from "node:url";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";

/** What the command line said. */
export interface BenchArguments<Name extends string> {
  /** The project's folder. */
  readonly root: string;
  /** Path of the compiled binary: `--binary`, else `dist/paperward`. */
  readonly binary: string;
  /** Runs of each contender, of which the median counts. */
  readonly rounds: number;
  /** The benchmark's own options; "" where not given and without a default. */
  readonly values: Readonly<Record<Name, string>>;
}

/**
 * Reads the arguments of a benchmark.
 *
 * @param own names of its own options, all taking a value, with their defaults
 * @param rounds where `--rounds` says nothing
 */
export function readArguments<Name extends string>(
  own: Readonly<Record<Name, string>>,
  rounds = 5,
): BenchArguments<Name> {
  const options = { ...own, rounds: String(rounds), binary: "" };
  const { values } = parseArgs({
    args: Deno.args,
    options: Object.fromEntries(
      Object.entries(options).map((
        [name, value],
      ) => [name, { type: "string" as const, default: value }]),
    ),
  });
  const given = values as Record<string, string>;
  const root = join(dirname(fileURLToPath(import.meta.url)), "..");
  return {
    root,
    binary: given.binary || join(root, "dist", "paperward"),
    rounds: Number(given.rounds),
    values: given as Record<Name, string>,
  };
}
