import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { expandVariables, parseDotenv } from "../../../core/settings/parse_dotenv.ts";

type Case = readonly [text: string, values: Readonly<Record<string, string | null>>];

const cases: readonly Case[] = JSON.parse(
  Deno.readTextFileSync(new URL("./dotenv_cases.json", import.meta.url)),
);

function values(text: string, env: Record<string, string> = {}): Record<string, string | null> {
  const found: Record<string, string | null> = {};
  for (const { name, value } of expandVariables(parseDotenv(text).bindings, env)) {
    found[name] = value ?? null;
  }
  return found;
}

Deno.test("files mean what they mean to python-dotenv", () => {
  let bindings = 0;
  for (const [text, expected] of cases) {
    deepStrictEqual(values(text, { B: "env" }), expected, JSON.stringify(text));
    bindings += Object.keys(expected).length;
  }
  ok(bindings > 200, `only ${bindings} values were compared`);
});

Deno.test("lines are counted, also behind values of several lines", () => {
  const { bindings, badLines } = parseDotenv("# x\n\nA='1\n2'\r\nB=3\n'bad\n\nC=4");
  deepStrictEqual(bindings.map(({ name, line }) => [name, line]), [["A", 3], ["B", 5], ["C", 8]]);
  deepStrictEqual(badLines, [6]);
});

Deno.test("a byte order mark in front is no part of the first name", () => {
  deepStrictEqual(values("\ufeffA=b"), { A: "b" });
});

Deno.test("the environment wins inside ${…}, and names of objects are no variables", () => {
  strictEqual(values("A=file\nB=${A}", { A: "env" }).B, "env");
  strictEqual(values("A=${constructor}${__proto__:-x}").A, "x");
});

Deno.test("hostile files end in reasonable time", () => {
  for (const part of ["'", '"\\', "A='", "A=${", "\\'", "  #"]) {
    const { bindings } = parseDotenv(part.repeat(5000) + "\nZ=1");
    ok(bindings.length <= 5001);
  }
});
