// A renaming that is killed or fails at any change of the disk loses nothing, and the next run brings every file
// and every row to where an undisturbed run would have brought them.

import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { openFiles } from "../../core/library/deno_files.ts";
import type { Files } from "../../core/library/files.ts";
import { openJournal } from "../../core/library/journal/open_journal.ts";
import { undoLast, type UndoSummary } from "../../core/library/journal/undo_last.ts";
import { StopSignal } from "../../core/sandbox/stop_signal.ts";
import { inlineTransferPool } from "../../wasm/checksum/transfer_pool.ts";
import { silentReport } from "../_silent_report.ts";
import { execute, type Home, query, tempBase } from "../core/archive/import/_world.ts";
import {
  archives,
  copyOf,
  filesIn,
  makeLibrary,
  type Named,
  namesOf,
  originals,
  rename,
} from "../core/library/rename/_world.ts";
import { type Fault, openFaultyDisk } from "./_faulty_disk.ts";

/** Plain moves, new and emptied folders, a swap, a chain, collisions, a version. */
const DOCUMENTS: readonly Named[] = [
  { id: 1, title: "b", filename: "a.pdf", archive: "a.pdf" },
  { id: 2, title: "a", filename: "b.pdf", archive: "b.pdf" },
  { id: 3, title: "new/three", filename: "old/er/3.pdf", archive: "old/er/3.pdf" },
  { id: 4, title: "same", filename: "old/4.pdf", archive: "old/4.pdf" },
  { id: 5, title: "same", filename: "old/5.pdf", archive: "old/5.pdf" },
  { id: 6, title: "next", filename: "first.pdf" },
  { id: 7, title: "last", filename: "next.pdf" },
  { id: 8, title: "unused", filename: "8.pdf", root: 3, version: 2 },
  { id: 9, title: "stays", filename: "stays.pdf" },
];
const FORMAT = "{{ document.title }}";

/** Everything of a library that has to come right: rows, files, no folder that is empty. */
function look(home: Home) {
  return { names: namesOf(home), originals: originals(home), archives: archives(home) };
}

/** What every file holds, wherever it is: nothing may get lost or doubled. */
function contents(home: Home): string[] {
  return filesIn(home.documents).filter((line) => !line.endsWith("/"))
    .map((line) => line.slice(line.indexOf(": ") + 2)).sort();
}

interface Stage extends Disposable {
  readonly before: ReturnType<typeof look>;
  readonly after: ReturnType<typeof look>;
  readonly contents: string[];
  readonly changes: number;
  copy(): Home;
}

async function makeStage(across: boolean): Promise<Stage> {
  const temp = tempBase();
  const pristine = makeLibrary(join(temp.path, "pristine"), DOCUMENTS);
  let copies = 0;
  const copy = () => copyOf(pristine, join(temp.path, `library-${++copies}`));
  const home = copy();
  const { changes } = await run(home, { kind: "none" }, across);
  return {
    before: look(pristine),
    after: look(home),
    contents: contents(pristine),
    changes,
    copy,
    [Symbol.dispose]: () => temp[Symbol.dispose](),
  };
}

/** A disk on which every folder is a file system of its own. */
function islands(files: Files, home: Home): Files {
  const island = (path: string) =>
    path.startsWith(home.documents) ? path.slice(0, path.lastIndexOf("/")) : "";
  return {
    ...files,
    rename(from, to) {
      if (island(from) === island(to)) return files.rename(from, to);
      throw Object.assign(new Error("Invalid cross-device link (os error 18)"), { code: "EXDEV" });
    },
    lstat(path) {
      const facts = files.lstat(path);
      return { ...facts, inode: `${island(path)}:${facts.inode?.split(":")[1]}` };
    },
  };
}

async function run(home: Home, fault: Fault, across: boolean) {
  let disk: ReturnType<typeof openFaultyDisk> | undefined;
  const result = await rename(home, {
    format: FORMAT,
    files(roots) {
      disk = openFaultyDisk(roots, fault);
      return across ? islands(disk.files, home) : disk.files;
    },
  }).then((summary) => ({ summary }), (error: unknown) => ({ error }));
  return { ...result, changes: disk?.changes ?? 0 };
}

for (const across of [false, true]) {
  const where = across ? "across file systems" : "on one file system";

  Deno.test(`a renaming ${where} is killed at every change of the disk: the next run brings it to its end`, async () => {
    using stage = await makeStage(across);
    deepStrictEqual(stage.after.names, {
      1: "b.pdf b.pdf",
      2: "a.pdf a.pdf",
      3: "new/three.pdf new/three.pdf",
      4: "same.pdf same.pdf",
      5: "same_01.pdf same_01.pdf",
      6: "next.pdf",
      7: "last.pdf",
      8: "new/three_v2.pdf",
      9: "stays.pdf",
    });
    let [old, renamed] = [0, 0];
    for (let at = 1; at <= stage.changes; at++) {
      const home = stage.copy();
      const { error } = await run(home, { kind: "kill", at }, across) as { error?: unknown };
      ok(error !== undefined, `change ${at} of ${stage.changes} was survived`);
      const text = `killed at change ${at} of ${stage.changes}`;
      // A copy may be there twice or in part, but each file is there once at least.
      const left = new Set(contents(home));
      for (const content of stage.contents) ok(left.has(content), `${text}: ${content} is lost`);
      const names = namesOf(home);
      if (names[1] === stage.before.names[1]) old++;
      else renamed++;
      deepStrictEqual(
        names,
        names[1] === stage.before.names[1] ? stage.before.names : stage.after.names,
        text,
      );

      const again = await run(home, { kind: "none" }, across);
      ok("summary" in again, `${text}: ${JSON.stringify(again)}`);
      deepStrictEqual(look(home), stage.after, text);
      deepStrictEqual(contents(home), stage.contents, text);
      Deno.removeSync(home.folder, { recursive: true });
    }
    ok(old > 0 && renamed > 0, `${old} before the commit, ${renamed} after it`);
  });

  Deno.test(`a renaming ${where} that is killed, and whose repair is killed, comes right all the same`, async () => {
    using stage = await makeStage(across);
    for (let at = 1; at <= stage.changes; at += 3) {
      const home = stage.copy();
      await run(home, { kind: "kill", at }, across);
      for (let second = 1; second <= 12; second += 2) {
        await run(home, { kind: "kill", at: second }, across);
      }
      await run(home, { kind: "none" }, across);
      deepStrictEqual(look(home), stage.after, `killed at ${at}, then again and again`);
      Deno.removeSync(home.folder, { recursive: true });
    }
  });

  Deno.test(`the disk is full ${where} from any change on: every row names its file, nothing is lost`, async () => {
    using stage = await makeStage(across);
    for (let at = 1; at <= stage.changes; at++) {
      const home = stage.copy();
      await run(home, { kind: "no space", at }, across);
      const text = `full at change ${at} of ${stage.changes}`;
      const left = new Set(contents(home));
      for (const content of stage.contents) ok(left.has(content), `${text}: ${content} is lost`);
      // Where taking back means copying back, only the next run can do it.
      if (!across) deepStrictEqual(contents(home), stage.contents, text);
      const rows = across
        ? []
        : query(home, "select filename, archive_filename from documents_document");
      for (const row of rows) {
        Deno.lstatSync(join(home.documents, "originals", String(row.filename)));
        if (row.archive_filename === null) continue;
        Deno.lstatSync(join(home.documents, "archive", String(row.archive_filename)));
      }
      await run(home, { kind: "none" }, across);
      deepStrictEqual(look(home), stage.after, text);
      Deno.removeSync(home.folder, { recursive: true });
    }
  });
}

function undo(
  home: Home,
  files: Files = openFiles(rootsOf(home)),
  report = silentReport(),
): Promise<UndoSummary> {
  return undoLast({
    settings: home.settings,
    report,
    stop: new StopSignal(),
    files,
    scratch: home.folder,
    version: "test",
    openTransfers: () => inlineTransferPool(),
  }, { dryRun: false, abandon: false });
}

function rootsOf(home: Home) {
  return { read: [], write: [home.folder] };
}

Deno.test("the disk is full from any change of an undo on: it says how to go on, and nothing else changes the library meanwhile", async () => {
  using stage = await makeStage(false);
  let halfway = 0;
  for (let at = 1;; at++) {
    const home = stage.copy();
    await run(home, { kind: "none" }, false);
    const report = silentReport();
    const { files } = openFaultyDisk(rootsOf(home), { kind: "no space", at });
    const isWhole = await undo(home, files, report).then(() => true, () => false);
    const text = `full at change ${at}`;
    const [last] = openJournal(openFiles(rootsOf(home)), home.settings).list();
    const isHalf = last?.state === "being undone";
    strictEqual(
      isHalf && !isWhole,
      report.lines.some(({ text }) => /^The undo did not come to its end/.test(text)),
      text,
    );
    if (isHalf) {
      halfway++;
      const { error } = await run(home, { kind: "none" }, false) as { error?: unknown };
      match(String(error), /taking back document_renamer .+ was interrupted/, text);
    }
    // The mark of its end may be there without its content: then all was taken back.
    if (last?.state !== "undone") await undo(home);
    deepStrictEqual(look(home), stage.before, text);
    Deno.removeSync(home.folder, { recursive: true });
    if (isWhole) break;
  }
  ok(halfway > 10, `only ${halfway} undos stopped half-way`);
});

Deno.test("a renaming that is killed at any change of the disk can be undone instead of brought to its end", async () => {
  using stage = await makeStage(false);
  let undone = 0;
  for (let at = 1; at <= stage.changes; at++) {
    const home = stage.copy();
    await run(home, { kind: "kill", at }, false);
    const summary = await undo(home).catch((error: Error) => error);
    const text = `killed at change ${at} of ${stage.changes}`;
    // Killed before there was an entry: there is nothing to be undone.
    if (summary instanceof Error) {
      match(summary.message, /holds nothing that can be taken back/, `${text}: ${summary.stack}`);
    } else {
      undone++;
      strictEqual(summary.outcome, "undone", text);
    }
    deepStrictEqual(look(home), stage.before, text);
    Deno.removeSync(home.folder, { recursive: true });
  }
  ok(undone > stage.changes / 2);
});

Deno.test("a row that can't be written takes the whole batch back, files and all", async () => {
  using temp = tempBase();
  const home = makeLibrary(join(temp.path, "library"), DOCUMENTS);
  const before = look(home);
  execute(
    home,
    `create trigger refuse before update on documents_document when new.filename = 'last.pdf'
     begin select raise(abort, 'refused'); end`,
  );
  const { error } = await run(home, { kind: "none" }, false) as { error?: unknown };
  ok(error instanceof Error && /refused/.test(error.message), String(error));
  deepStrictEqual(look(home), before);
});

/** A disk that ignores case and composition, as macOS's does: over one that doesn't. */
function folding(files: Files): Files {
  const fold = (name: string) => name.normalize("NFC").toLowerCase();
  const find = (path: string): string => {
    const parts = path.split("/");
    let real = "";
    for (const part of parts.slice(1)) {
      const exact = `${real}/${part}`;
      let found = exact;
      if (!files_exists(exact)) {
        try {
          const twin = [...Deno.readDirSync(real || "/")].find(({ name }) =>
            fold(name) === fold(part)
          );
          if (twin) found = `${real}/${twin.name}`;
        } catch { /* nothing there to be found */ }
      }
      real = found;
    }
    return real;
  };
  const files_exists = (path: string) => {
    try {
      Deno.lstatSync(path);
      return true;
    } catch {
      return false;
    }
  };
  return {
    ...files,
    exists: (path) => files.exists(find(path)),
    lstat: (path) => files.lstat(find(path)),
    list: (path) => files.list(find(path)),
    makeFolder: (path) => files.makeFolder(find(path)),
    // The new name is written as it was asked for.
    rename: (from, to) =>
      files.rename(find(from), join(find(join(to, "..")), to.slice(to.lastIndexOf("/") + 1))),
    remove: (path) => files.remove(find(path)),
    syncFolder: (path) => files.syncFolder(find(path)),
  };
}

Deno.test("on a disk that ignores case, names that differ by case are renamed, and others don't collide", async () => {
  using temp = tempBase();
  const home = makeLibrary(join(temp.path, "library"), [
    { id: 1, title: "Invoice", filename: "invoice.pdf" },
    { id: 2, title: "letter", filename: "2.pdf" },
    { id: 3, title: "LETTER", filename: "3.pdf" },
    { id: 4, title: "caf\u00e9", filename: "4.pdf" },
    { id: 5, title: "CAFE\u0301", filename: "5.pdf" },
  ]);
  await rename(home, { files: (roots) => folding(openFiles(roots)) });
  deepStrictEqual(namesOf(home), {
    1: "Invoice.pdf",
    2: "letter.pdf",
    3: "LETTER_01.pdf",
    4: "caf\u00e9.pdf",
    5: "CAF\u00c9_01.pdf",
  });
  deepStrictEqual(originals(home), [
    "CAF\u00c9_01.pdf: document 5",
    "Invoice.pdf: document 1",
    "LETTER_01.pdf: document 3",
    "caf\u00e9.pdf: document 4",
    "letter.pdf: document 2",
  ]);
  strictEqual(
    (await rename(home, { files: (roots) => folding(openFiles(roots)) })).outcome,
    "nothing to do",
  );
});
