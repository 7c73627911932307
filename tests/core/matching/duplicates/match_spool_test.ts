// Matches on disk come back sorted, each once, also where they fill several runs.

import assert from "node:assert/strict";
import { openFiles } from "../../../../core/library/deno_files.ts";
import {
  byDocument,
  byScore,
  type DuplicatePair,
  openMatchSpool,
} from "../../../../core/matching/duplicates/match_spool.ts";
import { tempFolder } from "../../../_fixtures.ts";
import { random } from "../../../_random.ts";

function pairs(count: number): DuplicatePair[] {
  const dice = random(9);
  return Array.from({ length: count }, (_, i) => {
    const total = 100 + dice.below(50);
    return { a: dice.below(500), b: 500 + i, distance: dice.below(20), total };
  });
}

for (const [name, order] of [["document", byDocument], ["score", byScore]] as const) {
  Deno.test(`sorted by ${name}, over several runs, as often as wanted`, () => {
    using temp = tempFolder();
    const files = openFiles({ read: [temp.path], write: [temp.path] });
    using spool = openMatchSpool(files, `${temp.path}/spool`, order);
    const all = pairs(300_000);
    for (const pair of all) spool.add(pair);
    const expected = all.toSorted(order);
    for (let round = 0; round < 2; round++) {
      let at = 0;
      for (const pair of spool.sorted()) {
        const wanted = expected[at++];
        // assert.deepEqual takes too long for so many.
        if (
          pair.a !== wanted?.a || pair.b !== wanted.b || pair.distance !== wanted.distance ||
          pair.total !== wanted.total
        ) assert.deepEqual(pair, wanted);
      }
      assert.equal(at, all.length);
    }
    assert.equal(spool.length, all.length);
  });
}

Deno.test("an empty spool leaves no file", () => {
  using temp = tempFolder();
  const files = openFiles({ read: [temp.path], write: [temp.path] });
  using spool = openMatchSpool(files, `${temp.path}/spool`, byDocument);
  assert.deepEqual([...spool.sorted()], []);
  assert.deepEqual([...Deno.readDirSync(temp.path)], []);
});
