// argv as paperless-ngx's users write it (argparse's grammar, Python 3.11) → the few forms on which
// commander agrees with argparse: `--long`, `--long=value`, then operands. Pure; no value is looked into.

import { PaperwardError } from "../errors.ts";
import type { Flag } from "./flag.ts";
import { nearest } from "./nearest.ts";

/** Canonical arguments. */
export interface NormalisedArguments {
  /** `--long` or `--long=value`, in the order given. */
  readonly flags: readonly string[];
  readonly operands: readonly string[];
  /** Set where `--help` or `--version` was met: nothing behind it was read. */
  readonly request?: "help" | "version";
  /** With `stopAtOperand`: what was not read, beginning with the operand. */
  readonly rest: readonly string[];
}

interface Match {
  readonly flag: Flag;
  readonly spelling: string;
  readonly value?: string;
  /** The value was joined by `=`, so it can't be more letters of a bundle. */
  readonly joined?: boolean;
}

const NEGATIVE_NUMBER = /^-\d+$|^-\d*\.\d+$/;

function usage(message: string, ...hints: readonly string[]): PaperwardError {
  return new PaperwardError(message, { exit: "usage", hints });
}

/**
 * Brings arguments into canonical form.
 * @param options.stopAtOperand for the part before the command's name
 * @throws {PaperwardError} exit `usage`: unknown or ambiguous flags, missing or needless values
 */
export function normaliseArguments(
  argv: readonly string[],
  table: readonly Flag[],
  options: { readonly stopAtOperand?: boolean } = {},
): NormalisedArguments {
  const exact = new Map<string, Flag>();
  for (const flag of table) {
    exact.set(`--${flag.long}`, flag);
    if (flag.short !== undefined) exact.set(`-${flag.short}`, flag);
  }
  const flags: string[] = [];
  const operands: string[] = [];

  for (let index = 0; index < argv.length;) {
    const token = argv[index]!;
    if (token === "--") {
      const behind = argv.slice(index + 1);
      if (options.stopAtOperand) return { flags, operands, rest: behind };
      return { flags, operands: [...operands, ...behind], rest: [] };
    }
    const match = classify(token, exact);
    if (match === undefined) {
      if (options.stopAtOperand) return { flags, operands, rest: argv.slice(index) };
      operands.push(token);
      index++;
      continue;
    }
    index++;
    for (const { flag, value } of unbundle(match, token, exact)) {
      if (flag.long === "help" || flag.long === "version") {
        return { flags, operands, rest: [], request: flag.long };
      }
      const count = flag.value ? flag.value.count ?? 1 : 0;
      if (count === 0) {
        flags.push(`--${flag.long}`);
        continue;
      }
      const values = value === undefined ? argv.slice(index, index + count) : [value];
      const fits = values.length === count &&
        (value !== undefined || values.every((each) => isOperand(each, exact)));
      if (!fits) {
        throw usage(
          `Cannot use --${flag.long}: it needs ${count === 1 ? "a value" : `${count} values`}`,
          count === 1
            ? `Write a value that begins with a dash as --${flag.long}=VALUE.`
            : `Write --${flag.long} ${Array(count).fill(flag.value!.name).join(" ")}.`,
        );
      }
      if (value === undefined) index += count;
      flags.push(...values.map((each) => `--${flag.long}=${each}`));
    }
  }
  return { flags, operands, rest: [] };
}

function isOperand(token: string, exact: ReadonlyMap<string, Flag>): boolean {
  return token !== "--" && classify(token, exact) === undefined;
}

/** Which flag a token is, or undefined for an operand: argparse's rules in argparse's order. */
function classify(token: string, exact: ReadonlyMap<string, Flag>): Match | undefined {
  if (!token.startsWith("-") || token === "-") return undefined;
  const whole = exact.get(token);
  if (whole) return { flag: whole, spelling: token };
  const cut = token.indexOf("=");
  const head = cut < 0 ? token : token.slice(0, cut);
  const joined = cut < 0 ? {} : { value: token.slice(cut + 1), joined: true };
  const named = cut < 0 ? undefined : exact.get(head);
  if (named) return { flag: named, spelling: head, ...joined };

  const candidates: Match[] = [];
  for (const [spelling, flag] of exact) {
    if (token.startsWith("--")) {
      if (spelling.startsWith(head)) candidates.push({ flag, spelling, ...joined });
    } else if (spelling === token.slice(0, 2)) {
      candidates.push({ flag, spelling, value: token.slice(2) });
    } else if (spelling.startsWith(token)) {
      candidates.push({ flag, spelling });
    }
  }
  const [only, ...others] = upstreamFirst(candidates);
  if (only && others.length > 0) {
    throw usage(
      `Cannot read ${JSON.stringify(token)}: it could be ` +
        [only, ...others].map((each) => each.spelling).join(" or "),
      "Write the flag in full.",
    );
  }
  if (only) return only;
  if (NEGATIVE_NUMBER.test(token) || token.includes(" ")) return undefined;
  const meant = nearest(head, [...exact].filter(([, flag]) => !flag.hidden).map(([name]) => name));
  throw usage(
    `Cannot read ${JSON.stringify(token)}: there is no such flag`,
    ...(meant === undefined ? [] : [`Did you mean ${meant}?`]),
  );
}

/** What an abbreviation meant to upstream it means here too: our own flags never make one ambiguous. */
function upstreamFirst(candidates: readonly Match[]): readonly Match[] {
  const upstream = candidates.filter((each) => each.flag.origin === "upstream");
  return upstream.length > 0 ? upstream : candidates;
}

/** `-cd` → `-c -d`; `-cv2` → `-c -v 2`. Only letters behind one-letter switches are taken apart. */
function unbundle(match: Match, token: string, exact: ReadonlyMap<string, Flag>): readonly Match[] {
  const parts: Match[] = [];
  let { flag, spelling, value, joined } = match;
  while (value !== undefined && !flag.value) {
    const letters = spelling.startsWith("--") || joined ? "" : value;
    const next = letters === "" ? undefined : exact.get(`-${letters[0]}`);
    if (!next) {
      throw usage(
        letters === ""
          ? `Cannot read ${JSON.stringify(token)}: ${spelling} takes no value`
          : `Cannot read ${JSON.stringify(token)}: there is no flag -${
            letters[0]
          } to follow ${spelling}`,
        letters === ""
          ? `Write ${spelling} alone.`
          : "Only one-letter flags can be joined; write the others apart.",
      );
    }
    parts.push({ flag, spelling });
    [flag, spelling] = [next, `-${letters[0]}`];
    value = letters.length > 1 ? letters.slice(1) : undefined;
    if (flag.value) value = value?.replace(/^=/, "");
  }
  return [...parts, value === undefined ? { flag, spelling } : { flag, spelling, value }];
}
