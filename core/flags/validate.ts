// The text of one value → what its flag or argument wants, or one clear line. Nothing that gets past
// here is of the wrong type, out of its range or outside its choices.

import { PaperwardError } from "../errors.ts";
import { nearest } from "./nearest.ts";
import type { Argument, Flag } from "./flag.ts";

const INTEGER = /^[+-]?\d+$/;
const FLOAT = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function refuse(what: string, text: string, reason: string, hints: readonly string[] = []): never {
  throw new PaperwardError(`Cannot use ${what} ${JSON.stringify(text)}: ${reason}`, {
    exit: "usage",
    hints,
  });
}

/**
 * One value of a flag, converted and checked.
 * @throws {PaperwardError} exit `usage`
 */
export function flagValue(flag: Flag, text: string): string | number {
  const name = `--${flag.long}`;
  const { kind = "string", choices, min, max } = flag.value ?? {};
  if (choices) checkChoice(name, text, choices);
  if (kind === "string") return text;
  if (kind === "path") return pathValue(name, text);
  if (kind === "integer" && !INTEGER.test(text)) refuse(name, text, "it must be a whole number");
  if (kind === "float" && !FLOAT.test(text)) refuse(name, text, "it must be a number");
  const number = Number(text);
  if (!Number.isFinite(number) || (kind === "integer" && !Number.isSafeInteger(number))) {
    refuse(name, text, "it is too large");
  }
  if (min !== undefined && number < min) refuse(name, text, `it must be at least ${min}`);
  if (max !== undefined && number > max) refuse(name, text, `it must be at most ${max}`);
  return number === 0 ? 0 : number;
}

/**
 * One positional argument, checked.
 * @throws {PaperwardError} exit `usage`
 */
export function argumentValue(argument: Argument, text: string): string {
  const { kind, choices } = argument;
  // As help calls it.
  const name = argument.name.toUpperCase();
  if (choices) checkChoice(name, text, choices);
  return kind === "path" ? pathValue(name, text) : text;
}

function checkChoice(name: string, text: string, choices: readonly string[]): void {
  if (choices.includes(text)) return;
  const meant = nearest(text, choices);
  refuse(
    name,
    text,
    `it must be one of ${choices.join(", ")}`,
    meant === undefined ? [] : [`Did you mean ${meant}?`],
  );
}

function pathValue(name: string, text: string): string {
  if (text === "") refuse(name, text, "a path cannot be empty");
  if (text.includes("\0")) refuse(name, text, "a path cannot hold a NUL character");
  return text;
}
