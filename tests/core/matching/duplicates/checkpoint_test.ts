// A checkpoint holds whole blocks or nothing, belongs to one run, and is never written over another file.

import assert from "node:assert/strict";
import { PaperwardError } from "../../../../core/errors.ts";
import { openFiles } from "../../../../core/library/deno_files.ts";
import { type DoneBlock, openCheckpoint } from "../../../../core/matching/duplicates/checkpoint.ts";
import { tempFolder } from "../../../_fixtures.ts";

const counters = {
  pairs: 10,
  byLength: 1,
  byHistogram: 2,
  byClasses: 3,
  byDistance: 3,
  matched: 1,
};
const blocks: readonly DoneBlock[] = [
  { block: 1, counters, matches: [1, 2, 3] },
  { block: 7, counters, matches: [] },
  { block: 9, counters, matches: [4, 5, 6, 7, 8, 9] },
];

function opened(path: string) {
  const files = openFiles({ read: [path], write: [path] });
  const file = `${path}/run.checkpoint`;
  let others = 0;
  return {
    file,
    open: (fingerprint: string) => openCheckpoint(files, file, fingerprint, () => others++),
    get others() {
      return others;
    },
  };
}

Deno.test("what was added is there in the next run", () => {
  using temp = tempFolder();
  const { open } = opened(temp.path);
  {
    using checkpoint = open("a");
    assert.equal(checkpoint.count, 0);
    for (const block of blocks) checkpoint.add(block);
  }
  for (let round = 0; round < 2; round++) {
    using checkpoint = open("a");
    assert.equal(checkpoint.count, 3);
    assert.deepEqual([...checkpoint.earlier()], blocks);
  }
  assert.deepEqual([...Deno.readDirSync(temp.path)].map(({ name }) => name), ["run.checkpoint"]);
});

Deno.test("a line that was torn is dropped with all behind it, and what comes next is whole", () => {
  using temp = tempFolder();
  const { open, file } = opened(temp.path);
  {
    using checkpoint = open("a");
    for (const block of blocks) checkpoint.add(block);
  }
  const text = Deno.readTextFileSync(file);
  for (const cut of [text.length - 1, text.length - 20]) {
    Deno.writeTextFileSync(file, text.slice(0, cut));
    using checkpoint = open("a");
    // A last line without its end may be whole or not: it counts as torn.
    assert.deepEqual([...checkpoint.earlier()], blocks.slice(0, 2));
    checkpoint.add(blocks[2]!);
  }
  using checkpoint = open("a");
  assert.deepEqual([...checkpoint.earlier()], blocks);
});

Deno.test("lines that are no blocks are not believed", () => {
  using temp = tempFolder();
  const { open, file } = opened(temp.path);
  open("a")[Symbol.dispose]();
  const head = Deno.readTextFileSync(file);
  for (
    const line of [
      "{}",
      "null",
      '{"block":-1,"counters":{},"matches":[]}',
      JSON.stringify({ ...blocks[0], matches: [1, 2] }),
      JSON.stringify({ ...blocks[0], matches: [1, 2, "3"] }),
      JSON.stringify({ ...blocks[0], counters: { ...counters, pairs: 1.5 } }),
      "\0\0\0\0",
    ]
  ) {
    Deno.writeTextFileSync(file, `${head}${line}\n${JSON.stringify(blocks[0])}\n`);
    using checkpoint = open("a");
    assert.deepEqual([...checkpoint.earlier()], [], line);
  }
});

Deno.test("a flipped digit ends what is believed, as does a line of another run", () => {
  using temp = tempFolder();
  const { open, file } = opened(temp.path);
  const linesOf = (fingerprint: string) => {
    {
      using checkpoint = open(fingerprint);
      for (const block of blocks) checkpoint.add(block);
    }
    return Deno.readTextFileSync(file).trimEnd().split("\n");
  };
  const [, ...foreign] = linesOf("b");
  const [head, ...lines] = linesOf("a");
  const without = (index: number, line: string) => lines.with(index, line);
  for (
    const [damaged, left] of [
      [without(2, lines[2]!.replace("[4,5,6", "[4,5,7")), 2],
      [without(1, lines[1]!.replace('"block":7', '"block":8')), 1],
      [without(0, lines[0]!.replace('"byLength":1', '"byLength":0')), 0],
      [without(1, foreign[1]!), 1],
    ] as const
  ) {
    Deno.writeTextFileSync(file, [head, ...damaged, ""].join("\n"));
    using checkpoint = open("a");
    assert.deepEqual([...checkpoint.earlier()], blocks.slice(0, left));
  }
});

Deno.test("the checkpoint of another run is begun anew, and said so", () => {
  using temp = tempFolder();
  const checkpoints = opened(temp.path);
  {
    using checkpoint = checkpoints.open("a");
    checkpoint.add(blocks[0]!);
  }
  using checkpoint = checkpoints.open("b");
  assert.deepEqual([...checkpoint.earlier()], []);
  assert.equal(checkpoints.others, 1);
});

Deno.test("a file that is something else is refused and stays as it is", () => {
  using temp = tempFolder();
  const { open, file } = opened(temp.path);
  for (const text of ["", "my notes\n", '{"paperward":"journal"}\n', "[1]\n"]) {
    Deno.writeTextFileSync(file, text);
    assert.throws(
      () => open("a"),
      (error) =>
        error instanceof PaperwardError && error.exit === "usage" &&
        /no checkpoint/.test(error.message),
    );
    assert.equal(Deno.readTextFileSync(file), text);
  }
});
