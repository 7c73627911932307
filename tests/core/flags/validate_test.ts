import { strictEqual, throws } from "node:assert/strict";
import type { Flag, FlagValue } from "../../../core/flags/flag.ts";
import { argumentValue, flagValue } from "../../../core/flags/validate.ts";

function flag(value: Partial<FlagValue> & Pick<FlagValue, "kind">): Flag {
  return { long: "it", origin: "paperward", help: "", value: { name: "X", ...value } };
}

Deno.test("integers: whole, safe, inside their range", () => {
  const processes = flag({ kind: "integer", min: 1, max: 64 });
  strictEqual(flagValue(processes, "64"), 64);
  strictEqual(flagValue(flag({ kind: "integer" }), "+7"), 7);
  strictEqual(Object.is(flagValue(flag({ kind: "integer" }), "-0"), 0), true);
  for (const text of ["", " 1", "1 ", "1.0", "0x10", "1e3", "1_000", "١"]) {
    throws(() => flagValue(processes, text), /must be a whole number/, text);
  }
  throws(() => flagValue(processes, "0"), /it must be at least 1/);
  throws(() => flagValue(processes, "65"), /it must be at most 64/);
  throws(() => flagValue(flag({ kind: "integer" }), "9007199254740993"), /too large/);
});

Deno.test("floats: finite decimals", () => {
  const ratio = flag({ kind: "float", min: 0, max: 100 });
  for (const [text, value] of [["85", 85], ["8.5e1", 85], [".5", 0.5], ["7.", 7]] as const) {
    strictEqual(flagValue(ratio, text), value);
  }
  for (const text of ["", "nan", "inf", "Infinity", "1,5", "."]) {
    throws(() => flagValue(ratio, text), /must be a number/, text);
  }
  throws(() => flagValue(ratio, "1e999"), /too large/);
  throws(() => flagValue(ratio, "-0.1"), /at least 0/);
});

Deno.test("choices name the nearest", () => {
  const mode = flag({ kind: "string", choices: ["skip", "redo", "force"] });
  strictEqual(flagValue(mode, "redo"), "redo");
  throws(
    () => flagValue(mode, "froce"),
    (error: Error & { hints?: readonly string[] }) =>
      /one of skip, redo, force/.test(error.message) && error.hints?.[0] === "Did you mean force?",
  );
});

Deno.test("an argument is called as help calls it, and its choices are all that it takes", () => {
  const action = { name: "action", kind: "string", choices: ["list", "show"], help: "" } as const;
  strictEqual(argumentValue(action, "show"), "show");
  throws(
    () => argumentValue(action, "shw"),
    /Cannot use ACTION "shw": it must be one of list, show/,
  );
});

Deno.test("paths are never empty and hold no NUL", () => {
  strictEqual(flagValue(flag({ kind: "path" }), "a b"), "a b");
  throws(() => flagValue(flag({ kind: "path" }), ""), /cannot be empty/);
  const target = { name: "target", kind: "path", help: "" } as const;
  throws(() => argumentValue(target, "a\0b"), /NUL/);
});

Deno.test("a value from the user is quoted in the message, whatever it holds", () => {
  throws(() => flagValue(flag({ kind: "integer" }), "1\n\x1b[31m"), /--it "1\\n\\u001b\[31m":/);
});
