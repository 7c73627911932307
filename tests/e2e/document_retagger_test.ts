// document_retagger through the compiled binary, on the recorded libraries: what it prints and what it leaves is
// what upstream printed and left, but where a difference is documented.

import { deepStrictEqual } from "node:assert/strict";
import {
  fixturesRoot,
  type FixtureVersion,
  type Library,
  unpackLibrary,
  VERSIONS,
} from "../_fixtures.ts";
import { recordedState, stateAfter, stateBefore } from "../_recorded_after.ts";
import { assertCode, runBinary, type RunResult, withoutBinaryOrFixtures } from "../_run_binary.ts";

/** The recorded runs, and their flags. */
const RUNS: Readonly<Record<string, readonly string[]>> = {
  none: [],
  c: ["-c"],
  T: ["-T"],
  T_f: ["-T", "-f"],
  cTts: ["-c", "-T", "-t", "-s"],
  cTts_f: ["-c", "-T", "-t", "-s", "-f"],
  cTts_i: ["-c", "-T", "-t", "-s", "-i"],
  cTts_usefirst: ["-c", "-T", "-t", "-s", "--use-first"],
  suggest: ["-c", "-T", "-t", "-s", "--suggest"],
  suggest_url: ["-c", "-T", "-t", "-s", "--suggest", "--base-url", "http://localhost:8000"],
  suggest_f: ["-c", "-T", "-t", "-s", "-f", "--suggest"],
  idrange: ["-c", "-T", "--id-range", "1", "10"],
  idrange_f: ["-c", "-T", "-t", "-s", "-f", "--id-range", "3", "20"],
};

/** 2.20 takes tags away where it is only asked for suggestions; we don't. */
const DIFFERENT: ReadonlySet<string> = new Set(["v2.20.15 suggest_f"]);

function retag(
  library: Library,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<RunResult> {
  return runBinary(["document_retagger", "--no-progress-bar", ...args], {
    env: { ...library.env, COLUMNS: "160", ...env },
  });
}

function recordedOutput(version: FixtureVersion, name: string): string {
  return Deno.readTextFileSync(
    `${fixturesRoot()}/${version}/output/document_retagger-${name}.stdout`,
  );
}

/** Names of tags come in no order from upstream, which keeps them in sets. */
function comparable(output: string): string[] {
  return output.split("\n").map((line) => {
    const names = /^((?:Suggest|Extra) tags: )(.*)$/.exec(line) ??
      /^(.* with ")([^"]*)("\s*)$/.exec(line);
    if (!names) return line;
    const [, before, list, after = ""] = names;
    return before + list!.split(", ").sort().join(", ") + after;
  });
}

for (const version of VERSIONS) {
  for (const [name, args] of Object.entries(RUNS)) {
    Deno.test({
      name: `${version}: ${args.join(" ") || "no flag"} prints and leaves what upstream did`,
      ignore: withoutBinaryOrFixtures(),
      async fn() {
        using library = unpackLibrary(version);
        const before = stateBefore(library);
        const result = await retag(library, args);
        assertCode(result, 0);
        deepStrictEqual(comparable(result.stdout), comparable(recordedOutput(version, name)));
        const left = DIFFERENT.has(`${version} ${name}`) ? "none" : name;
        deepStrictEqual(
          stateAfter(library, before),
          recordedState(version, `document_retagger-${left}`),
        );
      },
    });
  }
}
