// Every flag that upstream's own --help lists is accepted, with its short name and its number of values.

import { deepStrictEqual, ok } from "node:assert/strict";
import { commands } from "../../../commands/mod.ts";
import { GLOBAL_FLAGS } from "../../../core/flags/global_flags.ts";
import { fixturesRoot, VERSIONS, withoutFixtures } from "../../_fixtures.ts";

/** Django's own `migrate` takes a database from one migration to another; ours only makes libraries so far, and
 * has to refuse a flag that it would not honour. */
const NOT_UPSTREAMS = new Set(["migrate"]);

/** `--zip-name` → `-zn 1`: short name and count of values, from argparse's list of options. */
function upstreamFlags(page: string): Map<string, string> {
  const flags = new Map<string, string>();
  for (const line of page.split("\n")) {
    const names = /^ {2}(-\S.*?)(?: {2,}|$)/.exec(line)?.[1];
    if (!names) continue;
    const parts = names.split(", ").filter((part) => !/^[^-]/.test(part));
    const long = parts.find((part) => part.startsWith("--"))?.split(" ");
    if (!long) continue;
    const short = parts.find((part) => !part.startsWith("--"))?.split(" ")[0] ?? "";
    const values = names.replace(/\{[^}]*\}/g, "CHOICES").split(", ").at(-1)!.split(" ").length - 1;
    flags.set(long[0]!, `${short} ${values}`);
  }
  return flags;
}

Deno.test({
  name: "all flags of upstream's --help are in the tables",
  ignore: withoutFixtures(),
  fn() {
    const root = fixturesRoot();
    let compared = 0;
    for (const version of VERSIONS) {
      for (const { name, flags } of commands) {
        if (NOT_UPSTREAMS.has(name)) continue;
        let page: string;
        try {
          page = Deno.readTextFileSync(`${root}/${version}/output/${name}-help.stdout`);
        } catch {
          continue; // one of ours, or of the other generation
        }
        const table = new Map([...flags, ...GLOBAL_FLAGS].map((flag) => [
          `--${flag.long}`,
          `${flag.short === undefined ? "" : `-${flag.short}`} ${
            flag.value ? flag.value.count ?? 1 : 0
          }`,
        ]));
        for (const [long, shape] of upstreamFlags(page)) {
          deepStrictEqual([name, long, table.get(long)], [name, long, shape]);
          compared++;
        }
      }
    }
    ok(compared >= 40, `only ${compared} flags were compared`);
  },
});
