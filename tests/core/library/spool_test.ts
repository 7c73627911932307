// A list on disk: read while it grows, it gives what a later reading gives, wherever its items are by then.

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { openFiles } from "../../../core/library/deno_files.ts";
import { openSpool } from "../../../core/library/spool.ts";
import { tempFolder } from "../../_fixtures.ts";

/** Long enough that some items are written to the file while others wait in memory. */
const LONG = "Größe €𝄞\n".repeat(2000);

const breath = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("whoever follows a list gets each item once and in order, from file and from memory", async () => {
  using temp = tempFolder();
  using spool = openSpool<{ id: number; text: string }>(
    openFiles({ read: [], write: [temp.path] }),
    `${temp.path}/list`,
  );
  const items = Array.from(
    { length: 60 },
    (_, id) => ({ id, text: id % 3 === 0 ? LONG : `item ${id}` }),
  );
  spool.add(items[0]!);
  const followed: typeof items = [];
  const following = (async () => {
    for await (const item of spool.follow()) {
      followed.push(item);
      // Some come while others are looked at.
      if (item.id % 7 === 0) await breath();
    }
  })();
  for (const item of items.slice(1)) {
    if (item.id % 5 === 0) await breath();
    spool.add(item);
  }
  // Nothing has to be written for it: what is there is given.
  for (let turns = 0; followed.length < items.length && turns < 1000; turns++) await breath();
  strictEqual(followed.length, items.length);
  spool.close();
  await following;
  deepStrictEqual(followed, items);
  deepStrictEqual([...spool], items);
});

Deno.test("following ends with a list that is let go of", async () => {
  using temp = tempFolder();
  const files = openFiles({ read: [], write: [temp.path] });
  const spool = openSpool<number>(files, `${temp.path}/list`);
  const followed = Array.fromAsync(spool.follow());
  spool.add(1);
  await breath();
  spool[Symbol.dispose]();
  deepStrictEqual(await followed, [1]);
});
