// What renaming does to a library, case by case: collisions, swaps, what stays and why.

import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { openFiles } from "../../../../core/library/deno_files.ts";
import { openJournal } from "../../../../core/library/journal/open_journal.ts";
import { silentReport } from "../../../_silent_report.ts";
import { execute, type Home, query, tempBase } from "../../archive/import/_world.ts";
import {
  archives,
  makeLibrary,
  type Named,
  namesOf,
  originals,
  rename,
  type RunParts,
  writeFile,
} from "./_world.ts";

function test(
  name: string,
  documents: readonly Named[],
  check: (home: Home) => Promise<void>,
  generation: "v2" | "v3" = "v3",
): void {
  Deno.test(`document_renamer: ${name}`, async () => {
    using base = tempBase();
    await check(makeLibrary(join(base.path, "library"), documents, generation));
  });
}

const reasons = async (home: Home, parts: RunParts = {}) => {
  const report = silentReport();
  const summary = await rename(home, { ...parts, report });
  return {
    summary,
    stays: Object.fromEntries(
      report.items.filter(({ type }) => type === "stay").map((
        { record },
      ) => [record.document, record.reason]),
    ),
    errors: report.lines.filter(({ level }) => level === "error").map(({ text }) => text),
  };
};

test("the first in order takes the plain name, others counters, archives beside them", [
  { id: 1, title: "same", filename: "a.pdf", archive: "a.pdf" },
  { id: 2, title: "same", filename: "b.pdf", archive: "b.pdf" },
  { id: 3, title: "same", filename: "c.pdf" },
], async (home) => {
  await rename(home);
  deepStrictEqual(namesOf(home), {
    1: "same.pdf same.pdf",
    2: "same_01.pdf same_01.pdf",
    3: "same_02.pdf",
  });
  deepStrictEqual(originals(home), [
    "same.pdf: document 1",
    "same_01.pdf: document 2",
    "same_02.pdf: document 3",
  ]);
  deepStrictEqual(archives(home), [
    "same.pdf: archive of document 1",
    "same_01.pdf: archive of document 2",
  ]);
  const again = await rename(home);
  strictEqual(again.outcome, "nothing to do");
});

test("a document keeps its counter while the plain name is taken, and drops it once it is free", [
  { id: 1, title: "x", filename: "x_01.pdf" },
  { id: 2, title: "x", filename: "x.pdf" },
  { id: 3, title: "x", filename: "x_02.pdf" },
], async (home) => {
  strictEqual((await rename(home)).renamed, 0);
  execute(home, "update documents_document set title = 'y' where id = 2");
  await rename(home);
  deepStrictEqual(namesOf(home), { 1: "x.pdf", 2: "y.pdf", 3: "x_01.pdf" });
  deepStrictEqual(originals(home), [
    "x.pdf: document 1",
    "x_01.pdf: document 3",
    "y.pdf: document 2",
  ]);
});

test("two documents swap names in one run, and undo's journal knows each step", [
  { id: 1, title: "b", filename: "a.pdf", archive: "a.pdf" },
  { id: 2, title: "a", filename: "b.pdf", archive: "b.pdf" },
], async (home) => {
  const summary = await rename(home);
  strictEqual(summary.renamed, 2);
  deepStrictEqual(namesOf(home), { 1: "b.pdf b.pdf", 2: "a.pdf a.pdf" });
  deepStrictEqual(originals(home), ["a.pdf: document 2", "b.pdf: document 1"]);
  deepStrictEqual(archives(home), ["a.pdf: archive of document 2", "b.pdf: archive of document 1"]);
  const journal = openJournal(openFiles({ read: [home.folder], write: [] }), home.settings);
  const steps = [...journal.read(summary.entry!).forwards()].map(({ step }) => step.kind);
  deepStrictEqual(steps, [...Array<string>(8).fill("file moved"), "row changed", "row changed"]);
});

test("a ring of a thousand names turns by one", [
  ...Array.from({ length: 1000 }, (_, i): Named => ({
    id: i + 1,
    title: `n${(i + 1) % 1000}`,
    filename: `n${i}.pdf`,
    created: "2024-01-01",
  })),
], async (home) => {
  const summary = await rename(home);
  strictEqual(summary.renamed, 1000);
  const names = namesOf(home);
  for (let i = 0; i < 1000; i++) strictEqual(names[i + 1], `n${(i + 1) % 1000}.pdf`);
  ok(originals(home).includes("n0.pdf: document 1000"));
});

test("a chain of a thousand names moves up, across batches, whoever comes first", [
  ...Array.from({ length: 1200 }, (_, i): Named => ({
    id: i + 1,
    title: `n${i + 1}`,
    filename: `n${i}.pdf`,
    created: "2024-01-01",
  })),
], async (home) => {
  // The order of upstream is the last id first here; the other way round every name is taken by the next.
  execute(home, "update documents_document set created = date('2024-01-01', '-' || id || ' days')");
  const summary = await rename(home);
  strictEqual(summary.renamed, 1200);
  const names = namesOf(home);
  for (let i = 0; i < 1200; i++) strictEqual(names[i + 1], `n${i + 1}.pdf`);
  strictEqual(originals(home).length, 1200);
});

test("a name in the trash, of a stranger, or of a row without file is taken", [
  { id: 1, title: "trash", filename: "1.pdf" },
  { id: 2, title: "gone", filename: "trash.pdf", trash: true },
  { id: 3, title: "stranger", filename: "3.pdf" },
  { id: 4, title: "lost", filename: "4.pdf" },
  { id: 5, title: "elsewhere", filename: "lost.pdf", missing: "original", trash: true },
], async (home) => {
  writeFile(join(home.documents, "originals/stranger.pdf"), "not ours");
  await rename(home);
  deepStrictEqual(namesOf(home), {
    1: "trash_01.pdf",
    2: "trash.pdf",
    3: "stranger_01.pdf",
    4: "lost_01.pdf",
    5: "lost.pdf",
  });
  ok(originals(home).includes("stranger.pdf: not ours"));
});

test("a missing original stays, one that lies under its new name already is adopted", [
  { id: 1, title: "nowhere", filename: "old/1.pdf", missing: "original", archive: "old/1.pdf" },
  { id: 2, title: "adopted", filename: "old/2.pdf", missing: "original" },
  { id: 3, title: "other", filename: "old/3.pdf", missing: "original" },
  { id: 4, title: "four", filename: "old/4.pdf", archive: "old/4.pdf", missing: "archive" },
], async (home) => {
  writeFile(join(home.documents, "originals/adopted.pdf"), "document 2");
  writeFile(join(home.documents, "originals/other.pdf"), "not document 3");
  const { summary, stays, errors } = await reasons(home);
  deepStrictEqual(stays, { 1: "missing", 3: "missing", 4: "missing" });
  deepStrictEqual(namesOf(home), {
    1: "old/1.pdf old/1.pdf",
    2: "adopted.pdf",
    3: "old/3.pdf",
    4: "old/4.pdf old/4.pdf",
  });
  strictEqual(summary.exit, "partial");
  strictEqual(summary.failed, 3);
  match(errors.join("\n"), /Document 1 keeps its names: its original old\/1\.pdf is not there/);
  deepStrictEqual(archives(home), ["old/1.pdf: archive of document 1"]);
});

test("too long a name, a row without name, paths that lead out: they stay", [
  { id: 1, title: "x", filename: "1.pdf" },
  { id: 2, title: "b", filename: null },
  { id: 3, title: "c", filename: "../../escaped.pdf", missing: "original" },
  { id: 4, title: "d", filename: "/etc/hostname", missing: "original" },
  { id: 5, title: "y", filename: "5.pdf" },
  { id: 6, title: "z", filename: "6.pdf" },
], async (home) => {
  writeFile(join(home.folder, "media/escaped.pdf"), "outside");
  const format = "{% if title == 'x' %}{% for i in range(300) %}abc/{% endfor %}f" +
    "{% elif title == 'y' %}{% for i in range(256) %}a{% endfor %}" +
    "{% elif title == 'z' %}a\tb{% else %}{{ title }}{% endif %}";
  const { stays } = await reasons(home, { format });
  deepStrictEqual(stays, {
    1: "too long",
    2: "no name",
    3: "unsafe",
    4: "unsafe",
    5: "too long",
    6: "unsafe",
  });
  deepStrictEqual(originals(home), ["1.pdf: document 1", "5.pdf: document 5", "6.pdf: document 6"]);
});

test("links: a file that is one stays, a folder that leads out takes nothing in", [
  { id: 1, title: "in/one", filename: "1.pdf", missing: "original" },
  { id: 2, title: "two", filename: "2.pdf" },
  { id: 3, title: "three", filename: "3.pdf" },
], async (home) => {
  const outside = join(home.folder, "outside");
  Deno.mkdirSync(outside);
  const folder = join(home.documents, "originals");
  Deno.writeTextFileSync(join(outside, "secret"), "secret");
  Deno.symlinkSync(join(outside, "secret"), join(folder, "1.pdf"));
  Deno.symlinkSync("/etc", join(folder, "etc"));
  Deno.symlinkSync("nowhere", join(folder, "three.pdf"));
  const { stays } = await reasons(home, {
    format: "{% if title == 'two' %}etc/{% endif %}{{ title }}",
  });
  deepStrictEqual(stays, { 1: "link", 2: "in the way" });
  deepStrictEqual(originals(home), [
    "1.pdf -> " + join(outside, "secret"),
    "2.pdf: document 2",
    "etc -> /etc",
    "three.pdf -> nowhere",
    "three_01.pdf: document 3",
  ]);
  deepStrictEqual([...Deno.readDirSync(outside)].map(({ name }) => name), ["secret"]);
});

test("a file where a folder would be keeps the document where it is", [
  { id: 1, title: "a", filename: "old.pdf" },
  { id: 2, title: "b", filename: "blocked" },
], async (home) => {
  execute(home, "update documents_document set mime_type = 'x/y', title = 'blocked' where id = 2");
  const { stays } = await reasons(home, {
    format: "{% if title == 'a' %}blocked/{% endif %}{{ title }}",
  });
  deepStrictEqual(stays, { 1: "in the way", 2: "named" });
});

test("versions have the root's name and their number; emptied folders go, others stay", [
  { id: 1, title: "root", filename: "deep/er/1.pdf" },
  { id: 2, title: "ignored", filename: "deep/er/2.pdf", root: 1, version: 3 },
  { id: 3, title: "three", filename: "full/3.pdf" },
], async (home) => {
  writeFile(join(home.documents, "originals/full/notes.txt"), "mine");
  await rename(home);
  deepStrictEqual(namesOf(home), { 1: "root.pdf", 2: "root_v3.pdf", 3: "three.pdf" });
  deepStrictEqual(originals(home), [
    "full/notes.txt: mine",
    "root.pdf: document 1",
    "root_v3.pdf: document 2",
    "three.pdf: document 3",
  ]);
});

test("encrypted originals of v2 keep their second extension", [
  { id: 1, title: "secret", filename: "1.pdf.gpg", gpg: true },
], async (home) => {
  await rename(home);
  deepStrictEqual(namesOf(home), { 1: "secret.pdf.gpg" });
}, "v2");

test("REMOVE_NONE, and what has no correspondent", [
  { id: 1, title: "t", filename: "1.pdf" },
], async (home) => {
  await rename(home, { format: "{{ correspondent }}/{{ title }}" });
  deepStrictEqual(namesOf(home), { 1: "none/t.pdf" });
  await rename(home, { format: "{{ correspondent }}/{{ title }}", removeNone: true });
  deepStrictEqual(namesOf(home), { 1: "t.pdf" });
  deepStrictEqual(originals(home), ["t.pdf: document 1"]);
});

test("hostile templates end soon: their documents go by number, exit code 3", [
  { id: 1, title: "t", filename: "a.pdf" },
  { id: 2, title: "u", filename: "b.pdf" },
], async (home) => {
  for (
    const format of [
      "{% for i in range(10**9) %}{% for j in range(10**9) %}x{% endfor %}{% endfor %}",
      "{{ 'x' * 10**12 }}",
      "{{ title.__class__.__mro__ }}",
      "{% include '/etc/passwd' %}",
      "../../{{ title }}",
    ]
  ) {
    const { summary } = await reasons(home, { format });
    strictEqual(summary.exit, "partial", format);
    strictEqual(summary.templateFailures, 2, format);
    deepStrictEqual(namesOf(home), { 1: "0000001.pdf", 2: "0000002.pdf" });
  }
});

test("titles with slashes, dots and control characters are one safe name", [
  { id: 1, title: "../../etc/passwd", filename: "1.pdf" },
  { id: 2, title: "..", filename: "2.pdf" },
  { id: 3, title: "a\tb\u0007c", filename: "3.pdf" },
  { id: 4, title: "CON", filename: "4.pdf" },
  { id: 5, title: "   ", filename: "5.pdf" },
], async (home) => {
  await rename(home);
  deepStrictEqual(namesOf(home), {
    1: "..-..-etc-passwd.pdf",
    2: "0000002.pdf",
    3: "a-b-c.pdf",
    4: "CON_.pdf",
    5: "0000005.pdf",
  });
});

test(
  "names equal but for case or composition live beside each other where the disk tells them apart",
  [
    { id: 1, title: "Straße", filename: "1.pdf" },
    { id: 2, title: "STRAßE", filename: "2.pdf" },
    { id: 3, title: "caf\u00e9", filename: "3.pdf" },
    { id: 4, title: "cafe\u0301", filename: "4.pdf" },
  ],
  async (home) => {
    await rename(home);
    const names = Object.values(namesOf(home));
    deepStrictEqual(names, ["Straße.pdf", "STRAßE.pdf", "caf\u00e9.pdf", "caf\u00e9_01.pdf"]);
    strictEqual(originals(home).length, 4);
  },
);

test("--document moves those and no others, and refuses what is not there", [
  { id: 1, title: "x", filename: "1.pdf" },
  { id: 2, title: "x", filename: "2.pdf" },
  { id: 3, title: "x", filename: "3.pdf", trash: true },
], async (home) => {
  await rename(home, { documents: [2] });
  deepStrictEqual(namesOf(home), { 1: "1.pdf", 2: "x.pdf", 3: "3.pdf" });
  await rejects(rename(home, { documents: [1, 3] }), /Cannot rename document 3/);
});

test("a dry run tells every move and every reason, and changes nothing", [
  { id: 1, title: "x", filename: "1.pdf" },
  { id: 2, title: "y", filename: "y.pdf" },
], async (home) => {
  const report = silentReport();
  const summary = await rename(home, { dryRun: true, report });
  strictEqual(summary.outcome, "would rename");
  deepStrictEqual(report.items.map(({ type, record }) => [type, record.document]), [
    ["move", 1],
    ["stay", 2],
  ]);
  deepStrictEqual(originals(home), ["1.pdf: document 1", "y.pdf: document 2"]);
  deepStrictEqual(namesOf(home), { 1: "1.pdf", 2: "y.pdf" });
});

test("a question is asked with the count; no means no, yes plans anew under the lock", [
  { id: 1, title: "x", filename: "1.pdf" },
], async (home) => {
  const declined = await rename(home, { answer: "no" });
  strictEqual(declined.outcome, "declined");
  deepStrictEqual(originals(home), ["1.pdf: document 1"]);
  const questions: string[] = [];
  await rename(home, {
    answer: "yes",
    onAsk(question) {
      questions.push(question);
      // The server goes on while somebody thinks.
      execute(home, "update documents_document set title = 'z'");
    },
  });
  deepStrictEqual(questions, ["Rename the files of 1 document?"]);
  deepStrictEqual(namesOf(home), { 1: "z.pdf" });
});

test(
  "only documents that get other names are modified; a foreign file in the way at the last moment stays",
  [
    { id: 1, title: "x", filename: "1.pdf" },
    { id: 2, title: "y", filename: "y.pdf" },
    { id: 3, title: "z", filename: "3.pdf", archive: "3.pdf" },
  ],
  async (home) => {
    const { summary, stays } = await reasons(home, {
      files(roots) {
        const real = openFiles(roots);
        let asked = false;
        return {
          ...real,
          rename(from, to) {
            // Between the plan and the move somebody else puts a file there.
            if (!asked) writeFile(join(home.documents, "archive/z.pdf"), "foreign");
            asked = true;
            real.rename(from, to);
          },
        };
      },
    });
    strictEqual(summary.exit, "partial");
    deepStrictEqual(stays, { 2: "named", 3: "in the way" });
    deepStrictEqual(namesOf(home), { 1: "x.pdf", 2: "y.pdf", 3: "3.pdf 3.pdf" });
    deepStrictEqual(originals(home), [
      "3.pdf: document 3",
      "x.pdf: document 1",
      "y.pdf: document 2",
    ]);
    deepStrictEqual(archives(home), ["3.pdf: archive of document 3", "z.pdf: foreign"]);
    const modified = query(home, "select modified from documents_document order by id")
      .map((row) => row.modified);
    const old = "2024-02-02 02:02:02.020202";
    deepStrictEqual(modified, ["2025-05-05 05:05:05.050000", old, old]);
  },
);

test("rows that changed after the plan keep the names that they have now, and their files stay", [
  { id: 1, title: "one", filename: "a.pdf", archive: "a.pdf" },
  { id: 2, title: "two", filename: "b.pdf" },
  { id: 3, title: "d", filename: "c.pdf" },
  { id: 4, title: "c", filename: "d.pdf" },
  { id: 5, title: "new/five", filename: "e.pdf" },
], async (home) => {
  const { summary, stays } = await reasons(home, {
    files(roots) {
      const files = openFiles(roots);
      return {
        ...files,
        openWrite(path, options) {
          // The plan is made: the journal begins.
          if (path.endsWith(".jsonl")) {
            execute(
              home,
              "update documents_document set filename = 'A.pdf' where id = 1",
              "update documents_document set filename = 'D.pdf' where id = 4",
              "update documents_document set deleted_at = '2025-01-01 00:00:00' where id = 5",
            );
          }
          return files.openWrite(path, options);
        },
      };
    },
  });
  strictEqual(summary.exit, "partial");
  deepStrictEqual([summary.renamed, summary.failed], [1, 4]);
  deepStrictEqual(stays, { 1: "changed", 3: "changed", 4: "changed", 5: "changed" });
  deepStrictEqual(namesOf(home), {
    1: "A.pdf a.pdf",
    2: "two.pdf",
    3: "c.pdf",
    4: "D.pdf",
    5: "e.pdf",
  });
  deepStrictEqual(originals(home), [
    "a.pdf: document 1",
    "c.pdf: document 3",
    "d.pdf: document 4",
    "e.pdf: document 5",
    "two.pdf: document 2",
  ]);
  deepStrictEqual(archives(home), ["a.pdf: archive of document 1"]);
});
