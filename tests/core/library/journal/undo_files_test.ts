// What a command did to files is taken back: all of it, only it, and whatever moment it is killed at.

import assert from "node:assert/strict";
import { join } from "node:path";
import { openFiles } from "../../../../core/library/deno_files.ts";
import type { Files } from "../../../../core/library/files.ts";
import {
  type JournalPlaces,
  type JournalStep,
  type MovedFacts,
  movedFacts,
} from "../../../../core/library/journal/journal_step.ts";
import { moveFile } from "../../../../core/library/journal/move_file.ts";
import { openJournal } from "../../../../core/library/journal/open_journal.ts";
import { planUndo, undoEntry } from "../../../../core/library/journal/undo_entry.ts";
import { openFaultyDisk } from "../../../faults/_faulty_disk.ts";
import { checksumOf, makeTree, tree, undoWorld } from "./_library.ts";

const BEFORE = {
  "media/a.pdf": "a",
  "media/b.pdf": "b",
  "media/old/c.pdf": "c",
  "media/damaged.pdf": "damaged",
  "media/odd\nname.pdf": "odd",
  "media/stranger.txt": "not ours",
};

/** `a` and `b` swap by way of a third name, `c` moves to quarantine, one file is replaced, one is new. */
async function change(files: Files, places: JournalPlaces): Promise<void> {
  const media = (path: string) => join(places.mediaRoot, path);
  const journal = openJournal(files, places);
  using entry = await journal.begin({ command: "test", arguments: ["--all"] });
  const kept = join(entry.keep, "c.pdf");
  const backup = join(entry.keep, "damaged.pdf");
  const moves: JournalStep[] = [
    { kind: "file moved", from: media("a.pdf"), to: media("t"), checksum: checksumOf("a") },
    { kind: "file moved", from: media("b.pdf"), to: media("a.pdf"), checksum: checksumOf("b") },
    { kind: "file moved", from: media("t"), to: media("b.pdf"), checksum: checksumOf("a") },
    {
      kind: "file moved",
      from: media("old/c.pdf"),
      to: kept,
      checksum: null,
      facts: factsOf(files, media("old/c.pdf")),
    },
    {
      kind: "file moved",
      from: media("odd\nname.pdf"),
      to: media("even.pdf"),
      checksum: checksumOf("odd"),
      facts: factsOf(files, media("odd\nname.pdf")),
    },
  ];
  for (const step of moves) {
    entry.record(step);
    await entry.flush();
    if (step.kind === "file moved") await moveFile(files, step.from, step.to);
  }
  entry.record({
    kind: "file replaced",
    path: media("damaged.pdf"),
    backup,
    before: checksumOf("damaged"),
    after: checksumOf("whole"),
  });
  entry.record({ kind: "folder added", path: media("new") });
  entry.record({ kind: "file added", path: media("new/d.pdf"), checksum: checksumOf("d") });
  await entry.flush();
  files.makeFolder(entry.keep);
  files.rename(media("damaged.pdf"), backup);
  files.writeBytes(media("damaged.pdf"), "whole");
  files.makeFolder(media("new"));
  files.writeBytes(media("new/d.pdf"), "d");
  await entry.commit();
}

function factsOf(files: Files, path: string): MovedFacts {
  const facts = movedFacts(files.lstat(path));
  assert.ok(facts);
  return facts;
}

async function undo(files: Files, places: JournalPlaces): Promise<number> {
  const world = undoWorld(files, places);
  const entry = world.journal.last();
  if (!entry) return 0;
  const plan = await planUndo(world, entry);
  assert.deepEqual(plan.conflicts, []);
  await undoEntry(world, entry);
  return plan.conflictCount;
}

const roots = ({ folder }: { readonly folder: string }) => ({ read: [folder], write: [folder] });

Deno.test("an entry is listed with its command, and undone to the byte", async () => {
  using library = makeTree(BEFORE);
  const files = openFiles(roots(library));
  await change(files, library);
  assert.notDeepEqual(tree(library.folder), BEFORE);
  const journal = openJournal(files, library);
  assert.deepEqual(
    journal.list().map(({ id, command, arguments: given, state }) => [id, command, given, state]),
    [["000001", "test", ["--all"], "done"]],
  );
  await undo(files, library);
  assert.deepEqual(tree(library.folder), BEFORE);
  assert.equal(journal.list()[0]?.state, "undone");
  assert.equal(journal.last(), undefined);
  assert.deepEqual(
    [...Deno.readDirSync(library.mediaRoot)].filter(({ name }) => name === "new"),
    [],
    "a folder that was added is still there",
  );
});

Deno.test("killed at every change of the disk, what was begun is taken back", async () => {
  for (let at = 1;; at++) {
    using library = makeTree(BEFORE);
    const disk = openFaultyDisk(roots(library), { kind: "kill", at });
    const isWhole = await change(disk.files, library).then(() => true, () => false);
    if (isWhole) {
      assert.ok(at > 20, "the change was hardly ever interrupted");
      return;
    }
    const files = openFiles(roots(library));
    const last = openJournal(files, library).last();
    // Killed before the entry was there: nothing may have changed.
    if (last) {
      assert.equal(last.state, "unfinished", `killed at change ${at}`);
      // What was cut off while it was written has no known content: the one conflict that there may be.
      await undoTolerant(files, library);
    }
    assert.deepEqual(withoutTorn(tree(library.folder)), BEFORE, `killed at change ${at}`);
  }
});

/** A file that a command was writing when it was killed is not what the journal says: such a command
 * stages. Here it is finished first. */
async function undoTolerant(
  files: Files,
  library: JournalPlaces & { readonly folder: string },
): Promise<void> {
  const torn = [["damaged.pdf", "whole"], ["new/d.pdf", "d"]] as const;
  for (const [path, content] of torn) {
    const full = join(library.mediaRoot, path);
    if (files.exists(full) && files.readText(full) === "") files.writeBytes(full, content);
  }
  await undo(files, library);
}

function withoutTorn(found: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(found).filter(([path]) => path !== "media/old/.paperward-part"),
  );
}

Deno.test("an undo that is killed at any change of the disk goes on with the next one", async () => {
  for (let at = 1;; at++) {
    using library = makeTree(BEFORE);
    const files = openFiles(roots(library));
    await change(files, library);
    const disk = openFaultyDisk(roots(library), { kind: "kill", at });
    const isWhole = await undo(disk.files, library).then(() => true, (error) => {
      assert.ok(!(error instanceof assert.AssertionError), String(error));
      return false;
    });
    if (!isWhole) {
      const journal = openJournal(files, library);
      if (journal.last()?.state === "being undone") {
        await assert.rejects(
          () => journal.begin({ command: "other", arguments: [] }),
          /was interrupted/,
        );
      }
      await undo(files, library);
    }
    assert.deepEqual(tree(library.folder), BEFORE, `killed at change ${at}`);
    if (isWhole) {
      assert.ok(at > 15, "the undo was hardly ever interrupted");
      return;
    }
  }
});

/** What somebody did after the command, and what the undo says of it. */
const MEDDLING: readonly {
  readonly name: string;
  readonly says: RegExp;
  meddle(mediaRoot: string, dataDir: string): void;
}[] = [
  {
    name: "an added file was changed",
    says: /new\/d\.pdf: it was changed since/,
    meddle: (media) => Deno.writeTextFileSync(`${media}/new/d.pdf`, "x"),
  },
  {
    name: "a moved file was changed",
    says: /media\/b\.pdf: it was changed since/,
    meddle: (media) => Deno.writeTextFileSync(`${media}/b.pdf`, "x"),
  },
  {
    name: "a moved file is gone",
    says: /media\/even\.pdf: it is not there any more/,
    meddle: (media) => Deno.removeSync(`${media}/even.pdf`),
  },
  {
    name: "a moved file whose checksum nobody knows was changed",
    says: /kept\/000001\/c\.pdf: it was changed since/,
    meddle: (_, data) => Deno.writeTextFileSync(`${data}/paperward/kept/000001/c.pdf`, "x"),
  },
  {
    name: "a moved file was replaced by an older one",
    says: /media\/even\.pdf: it was changed since/,
    meddle(media) {
      Deno.writeTextFileSync(`${media}/even.pdf`, "off");
      Deno.utimeSync(`${media}/even.pdf`, 10, 10);
    },
  },
  {
    name: "a moved file is gone, and a stranger is where it was",
    says: /media\/odd\nname\.pdf: something else is there now/,
    meddle(media) {
      Deno.removeSync(`${media}/even.pdf`);
      Deno.writeTextFileSync(`${media}/odd\nname.pdf`, "a stranger");
    },
  },
  {
    name: "something else is where a file was",
    says: /old\/c\.pdf: something else is there now/,
    meddle: (media) => Deno.writeTextFileSync(`${media}/old/c.pdf`, "c"),
  },
  {
    name: "a replaced file was changed",
    says: /damaged\.pdf: it was changed since/,
    meddle: (media) => Deno.writeTextFileSync(`${media}/damaged.pdf`, "x"),
  },
  {
    name: "a backup is gone",
    says: /damaged\.pdf: its backup is gone/,
    meddle: (_, data) => Deno.removeSync(`${data}/paperward/kept/000001/damaged.pdf`),
  },
];

for (const { name, says, meddle } of MEDDLING) {
  Deno.test(`${name}: nothing is taken back`, async () => {
    using library = makeTree(BEFORE);
    const files = openFiles(roots(library));
    await change(files, library);
    meddle(library.mediaRoot, library.dataDir);
    const before = tree(library.folder);
    const world = undoWorld(files, library);
    const plan = await planUndo(world, world.journal.last()!);
    assert.match(plan.conflicts.map(({ what, reason }) => `${what}: ${reason}`).join("\n"), says);
    assert.equal(plan.conflictCount, 1);
    assert.deepEqual(tree(library.folder), before);
  });
}

Deno.test("a moved file that has another time, but the same content, is taken back", async () => {
  using library = makeTree(BEFORE);
  const files = openFiles(roots(library));
  await change(files, library);
  Deno.utimeSync(`${library.mediaRoot}/even.pdf`, 10, 10);
  await undo(files, library);
  assert.deepEqual(tree(library.folder), BEFORE);
});

Deno.test("killed between writing down that a file takes another's place and doing it: nothing is to be taken back", async () => {
  using library = makeTree({ ...BEFORE, "media/whole copy.pdf": "whole" });
  const files = openFiles(roots(library));
  const media = (path: string) => join(library.mediaRoot, path);
  {
    using entry = await openJournal(files, library).begin({ command: "test", arguments: [] });
    const [damaged, copy] = [media("damaged.pdf"), media("whole copy.pdf")];
    const step = (from: string, to: string, checksum: string | null): JournalStep => ({
      kind: "file moved",
      from,
      to,
      checksum,
      facts: factsOf(files, from),
    });
    entry.record(step(damaged, join(entry.keep, "damaged.pdf"), null));
    entry.record(step(copy, damaged, checksumOf("whole")));
    await entry.flush();
  }
  const before = tree(library.folder);
  await undo(files, library);
  assert.deepEqual(tree(library.folder), before);
});

Deno.test("what is gone already of an added file is no conflict", async () => {
  using library = makeTree(BEFORE);
  const files = openFiles(roots(library));
  await change(files, library);
  Deno.removeSync(`${library.mediaRoot}/new/d.pdf`);
  await undo(files, library);
  assert.deepEqual(tree(library.folder), BEFORE);
});

Deno.test("a journal that was tampered with leads nowhere", async () => {
  using library = makeTree(BEFORE);
  const files = openFiles(roots(library));
  await change(files, library);
  const path = `${library.dataDir}/paperward/journal/000001.jsonl`;
  const text = Deno.readTextFileSync(path);
  for (
    const [from, to] of [["media:even.pdf", "media:../data/x"], ["media:even.pdf", "/etc/passwd"], [
      "media:even.pdf",
      "root:x",
    ], ['"file added"', '"file summoned"']] as const
  ) {
    assert.ok(text.includes(from));
    Deno.writeTextFileSync(path, text.replace(from, to));
    const world = undoWorld(files, library);
    await assert.rejects(
      async () => await planUndo(world, world.journal.last()!),
      /Cannot read journal entry .+: its step \d+ is not one/,
    );
  }
});
