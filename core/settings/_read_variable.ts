// Typed reading of variables by the table. A wrong value is one clear line that names the variable, where
// it came from and what it may be. Secrets are only ever text, so none can be wrong and end up in a message.

import { PaperwardError } from "../errors.ts";
import type { RawValue } from "./raw_settings.ts";
import { type Variable, type VariableName, VARIABLES } from "./variables.ts";

const TABLE: ReadonlyMap<string, Variable> = new Map(VARIABLES.map((each) => [each.name, each]));
const TRUE = new Set(["yes", "y", "1", "t", "true"]);
const FALSE = new Set(["no", "n", "0", "f", "false", ""]);

/** The refusal of a variable's value; never of a secret's, for it shows the value. */
export function badValue(
  name: string,
  raw: RawValue,
  reason: string,
  options: { readonly hint?: string; readonly cause?: unknown } = {},
): PaperwardError {
  const { hint, cause } = options;
  return new PaperwardError(`Cannot use ${name}: ${JSON.stringify(raw.text)} ${reason}`, {
    exit: "usage",
    hints: [`It is set in ${raw.source}.`, ...(hint === undefined ? [] : [hint])],
    cause,
  });
}

/** Reads variables by name. An empty value counts as unset, except for booleans and secrets. */
export class VariableReader {
  readonly #values: ReadonlyMap<string, RawValue>;
  readonly #warnings: string[];

  constructor(values: ReadonlyMap<string, RawValue>, warnings: string[]) {
    [this.#values, this.#warnings] = [values, warnings];
  }

  raw(name: VariableName): RawValue | undefined {
    return this.#values.get(name);
  }

  /** Text that is set and not empty. */
  text(name: VariableName): string | undefined {
    return this.#values.get(name)?.text || undefined;
  }

  /** v3's rule where it knows the word; for others v2's, which is false. */
  boolean(name: VariableName, fallback: boolean): boolean {
    const raw = this.#values.get(name);
    if (raw === undefined) return fallback;
    const word = raw.text.trim().toLowerCase();
    if (!TRUE.has(word) && !FALSE.has(word)) {
      this.#warnings.push(
        `${name} is ${JSON.stringify(raw.text)} (${raw.source}): that counts as no here and in ` +
          "paperless-ngx 2; version 3 would not start.",
      );
    }
    return TRUE.has(word);
  }

  /** @throws {PaperwardError} exit `usage` */
  integer(name: VariableName): number | undefined {
    const raw = this.#values.get(name);
    if (raw === undefined || raw.text === "") return undefined;
    return integerOf(name, raw.text, raw, TABLE.get(name));
  }

  /** @throws {PaperwardError} exit `usage` */
  choice(name: VariableName): string | undefined {
    const raw = this.#values.get(name);
    if (raw === undefined || raw.text === "") return undefined;
    return choiceOf(name, raw.text, raw, TABLE.get(name)?.choices ?? []);
  }
}

/** One whole number in the range of a variable. @throws {PaperwardError} exit `usage` */
export function integerOf(
  name: string,
  text: string,
  raw: RawValue,
  { min = -Infinity, max = Infinity }: { readonly min?: number; readonly max?: number } = {},
): number {
  const trimmed = text.trim();
  const shown = { ...raw, text };
  if (!/^[+-]?\d+$/.test(trimmed)) throw badValue(name, shown, "is not a whole number");
  const number = Number(trimmed);
  if (number < min) throw badValue(name, shown, `is less than ${min}`);
  if (number > max) throw badValue(name, shown, `is more than ${max}`);
  return number;
}

/** One of the words, as the table spells it. @throws {PaperwardError} exit `usage` */
export function choiceOf(
  name: string,
  text: string,
  raw: RawValue,
  choices: readonly string[],
): string {
  const found = choices.find((choice) => choice.toLowerCase() === text.trim().toLowerCase());
  if (found !== undefined) return found;
  throw badValue(name, { ...raw, text }, `is not one of ${choices.join(", ")}`);
}
