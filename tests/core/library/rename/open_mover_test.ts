// Many files are moved by a Worker, and that changes nothing but the time it takes; a Worker that dies leaves
// nothing that the next run doesn't mend.

import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { openFiles } from "../../../../core/library/deno_files.ts";
import { makeMoves } from "../../../../core/library/rename/make_moves.ts";
import { type Mover, openMover } from "../../../../core/library/rename/open_mover.ts";
import { execute, type Home, tempBase } from "../../archive/import/_world.ts";
import {
  archives,
  copyOf,
  filesIn,
  makeLibrary,
  type Named,
  namesOf,
  originals,
  rename,
  writeFile,
} from "./_world.ts";

/** More than a Worker is worth; two swap their names, some share a new folder, one finds a stranger in its way. */
const DOCUMENTS: readonly Named[] = [
  { id: 1, title: "b", filename: "a.pdf", archive: "a.pdf" },
  { id: 2, title: "a", filename: "b.pdf", archive: "b.pdf" },
  ...Array.from({ length: 1050 }, (_, i): Named => ({
    id: i + 3,
    title: `folder ${i % 7}/n${i}`,
    filename: `old/${i % 5}/o${i}.pdf`,
    created: "2024-01-01",
    ...(i % 10 === 0 ? { archive: `old/${i}.pdf` } : {}),
  })),
];
const FORMAT = { format: "{{ document.title }}" };

const look = (home: Home) => [namesOf(home), originals(home), archives(home)];

/** A mover that says how many groups it was given. */
function counting(counts: number[]): (mediaRoot: string) => Mover {
  return (mediaRoot) => {
    const mover = openMover(mediaRoot);
    return {
      move(order) {
        counts.push(order.groups.length);
        return mover.move(order);
      },
      close: () => mover.close(),
    };
  };
}

Deno.test("a Worker moves files as this thread does: names, files, folders, failures", async () => {
  using temp = tempBase();
  const here = makeLibrary(join(temp.path, "here"), DOCUMENTS);
  const there = copyOf(here, join(temp.path, "there"));
  for (const home of [here, there]) {
    writeFile(join(home.documents, "originals/n/1.pdf"), "stranger");
    execute(home, "update documents_document set title = 'n/1' where id = 3");
  }
  const counts: number[] = [];
  const expected = await rename(here, FORMAT);
  const summary = await rename(there, { ...FORMAT, openMover: counting(counts) });
  strictEqual(counts.reduce((sum, count) => sum + count, 0), 1051);
  strictEqual(summary.renamed, 1052);
  deepStrictEqual({ ...summary, duration: 0, planning: 0 }, {
    ...expected,
    duration: 0,
    planning: 0,
  });
  deepStrictEqual(look(there), look(here));
  strictEqual(namesOf(there)[1], "b.pdf b.pdf");
  strictEqual(namesOf(there)[3], "n/1_01.pdf n/1.pdf");
});

Deno.test("few documents start no Worker", async () => {
  using temp = tempBase();
  const home = makeLibrary(join(temp.path, "library"), DOCUMENTS.slice(0, 5));
  const counts: number[] = [];
  strictEqual((await rename(home, { ...FORMAT, openMover: counting(counts) })).renamed, 5);
  deepStrictEqual(counts, []);
});

for (const half of [0, 400]) {
  Deno.test(`a Worker that dies after ${half} documents: the rows keep their names, the next run mends the rest`, async () => {
    using temp = tempBase();
    const home = makeLibrary(join(temp.path, "library"), DOCUMENTS);
    const undisturbed = copyOf(home, join(temp.path, "undisturbed"));
    const before = namesOf(home);
    const files = openFiles({ read: [], write: [home.folder] });
    await rejects(
      rename(home, {
        ...FORMAT,
        openMover: () => ({
          async move(order) {
            await makeMoves(files, { ...order, groups: order.groups.slice(0, half) });
            throw new Error("the Worker died");
          },
          close() {},
        }),
      }),
      /the Worker died/,
    );
    deepStrictEqual(namesOf(home), before);
    const again = await rename(home, FORMAT);
    strictEqual(again.renamed, DOCUMENTS.length);
    strictEqual(again.recovered > 0, half > 0);
    await rename(undisturbed, FORMAT);
    deepStrictEqual(look(home), look(undisturbed));
  });
}

Deno.test("the Worker moves nothing out of the media folder, and nothing into it", async () => {
  using temp = tempBase();
  const media = join(temp.path, "media");
  writeFile(join(media, "inside"), "ours");
  writeFile(join(temp.path, "outside"), "theirs");
  const mover = openMover(media);
  try {
    const { failures } = await mover.move({
      groups: [
        [{ from: join(media, "inside"), to: join(temp.path, "stolen"), checksum: null }],
        [{ from: join(temp.path, "outside"), to: join(media, "taken"), checksum: null }],
        [{ from: join(media, "inside"), to: join(media, "moved"), checksum: null }],
      ],
      newFolders: new Set(),
      roots: new Set([join(media, "originals")]),
    });
    match(String(failures[0]), /leads out of the folders/);
    match(String(failures[1]), /leads out of the folders/);
    strictEqual(failures[2], undefined);
  } finally {
    mover.close();
  }
  deepStrictEqual(filesIn(temp.path), ["media/moved: ours", "outside: theirs"]);
});
