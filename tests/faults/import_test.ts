// An import that goes wrong at any moment leaves the library as it was, or its next run brings it to its end:
// rows and files are never on different sides, and what the library held is never touched.

import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { IMPORT_STAGING_FOLDER } from "../../core/archive/import/import_staging.ts";
import type { ImportOptions } from "../../core/archive/import/import_options.ts";
import { PaperwardError } from "../../core/errors.ts";
import { silentReport } from "../_silent_report.ts";
import {
  contentOf,
  exportTo,
  type Home,
  homeIn,
  importInto,
  makeEmpty,
  makeSample,
  query,
  tempBase,
  treeOf,
} from "../core/archive/import/_world.ts";
import { type Fault, openFaultyDisk } from "./_faulty_disk.ts";

const GENERATIONS = ["v2", "v3"] as const;

/** An export, a library that it goes to, and what that library is before and after. */
interface Stage extends Disposable {
  readonly base: string;
  readonly options: ImportOptions;
  readonly before: Look;
  readonly after: Look;
  /** Changes of the disk that an import makes. */
  readonly changes: number;
  /** Reads of the export's files. */
  readonly reads: number;
  /** A fresh copy of the library as it was before. */
  copy(): Home;
}

/** What a library holds: rows and files. */
interface Look {
  readonly rows: ReturnType<typeof contentOf>;
  readonly files: ReturnType<typeof treeOf>;
}

function look(home: Home): Look {
  return { rows: contentOf(home), files: treeOf(home.documents) };
}

async function makeStage(generation: "v2" | "v3", merging: boolean): Promise<Stage> {
  const temp = tempBase();
  const base = temp.path;
  const source = join(base, "export");
  await exportTo(await makeSample(join(base, "sample"), { generation, documents: 3 }), source);
  const pristine = merging
    ? await makeSample(join(base, "pristine"), { generation, documents: 2, seed: 7 })
    : makeEmpty(join(base, "pristine"), generation);
  const options = { source, intoNonEmpty: merging };
  let copies = 0;
  const copy = () => {
    const folder = join(base, `library-${++copies}`);
    new Deno.Command("cp", { args: ["-a", pristine.folder, folder] }).outputSync();
    return homeIn(folder);
  };
  const home = copy();
  const before = look(home);
  const { disk } = await run(home, options, { kind: "none" });
  return {
    base,
    options,
    before,
    after: look(home),
    changes: disk.changes,
    reads: disk.reads,
    copy,
    [Symbol.dispose]: () => temp[Symbol.dispose](),
  };
}

async function run(home: Home, options: ImportOptions, fault: Fault, report = silentReport()) {
  let disk: ReturnType<typeof openFaultyDisk> | undefined;
  const done = await importInto(home, options, {
    report,
    files: (roots) => (disk = openFaultyDisk(roots, fault)).files,
    openTransfers: () => disk!.openTransfers(),
  });
  return { ...done, disk: disk! };
}

/** Imports with a fault at every moment, looks, then imports again.
 * @returns letters: `o` the library was as before, `n` complete, `r` rows without all files, and what the next
 * run made of it is looked at here */
async function tryEveryMoment(stage: Stage, kind: "kill") {
  let outcomes = "";
  const errors: unknown[] = [];
  for (let at = 1; at <= stage.changes; at++) {
    const home = stage.copy();
    const error = await run(home, stage.options, { kind, at }).then(() => undefined, (e) => e);
    if (error) errors.push(error);
    const found = look(home);
    const where = `${kind} at change ${at} of ${stage.changes}`;
    assertOldThere(stage, found, where);
    const isNew = isDeepStrictEqual(found.rows, stage.after.rows);
    deepStrictEqual(found.rows, isNew ? stage.after.rows : stage.before.rows, where);
    const isComplete = isDeepStrictEqual(visible(found), stage.after.files);
    outcomes += !isNew ? "o" : isComplete ? "n" : "r";

    // The same command again, on a disk that works.
    const report = silentReport();
    const again = importInto(home, stage.options, { report });
    if (outcomes.endsWith("n") && !stage.options.intoNonEmpty && !hasIntent(home)) {
      await rejects(again, /not empty/);
    } else {
      const { summary } = await again;
      strictEqual(summary.resumed, isNew && hasPlaced(summary), where);
    }
    // A library that has the documents is never told to have none of them.
    const saysRemoved = report.lines.some(({ text }) => /nothing of it is in/.test(text));
    ok(!(isNew && saysRemoved), where);
    const end = look(home);
    deepStrictEqual(end.rows, stage.after.rows, `${where}, then again`);
    deepStrictEqual(end.files, stage.after.files, `${where}, then again`);
    Deno.removeSync(home.folder, { recursive: true });
  }
  return { outcomes, errors };
}

function hasPlaced({ counts }: { readonly counts: readonly unknown[] }): boolean {
  return counts.length === 0;
}

function hasIntent({ documents }: Home): boolean {
  try {
    return Deno.statSync(join(documents, IMPORT_STAGING_FOLDER, "intent.json")).isFile;
  } catch {
    return false;
  }
}

function hasLitter({ documents }: Home): boolean {
  try {
    return Deno.statSync(join(documents, IMPORT_STAGING_FOLDER)).isDirectory;
  } catch {
    return false;
  }
}

/** Files but for the staging folder. */
function visible({ files }: Look): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).filter(([path]) => !path.startsWith(IMPORT_STAGING_FOLDER)),
  );
}

/** Whatever happens, what was there is there. */
function assertOldThere(stage: Stage, found: Look, where: string): void {
  for (const [path, content] of Object.entries(stage.before.files)) {
    strictEqual(found.files[path], content, `${where}: ${path}`);
  }
}

// A process that is dead closes nothing.
const killed = { sanitizeResources: false };

for (const generation of GENERATIONS) {
  Deno.test(
    `${generation}: killed at every write, an import into an empty library is not begun, or brought to its end`,
    killed,
    async () => {
      using stage = await makeStage(generation, false);
      const { outcomes, errors } = await tryEveryMoment(stage, "kill");
      match(outcomes, /^o{30,}r{5,}n+$/);
      for (const error of errors) match(String(error), /killed at change/);
    },
  );
}

Deno.test(
  "v3: killed at any write, an import into a library that holds something loses nothing of it",
  killed,
  async () => {
    using stage = await makeStage("v3", true);
    const { outcomes } = await tryEveryMoment(stage, "kill");
    match(outcomes, /^o{15,}r{3,}n*$/);
  },
);

Deno.test("v3: a disk that is full at any moment costs nothing, and is told in one line", async () => {
  using stage = await makeStage("v3", false);
  for (let at = 1; at <= stage.changes; at++) {
    const home = stage.copy();
    const where = `no space at change ${at} of ${stage.changes}`;
    const error = await run(home, stage.options, { kind: "no space", at })
      .then(() => undefined, (thrown) => thrown);
    const found = look(home);
    assertOldThere(stage, found, where);
    if (isDeepStrictEqual(found.rows, stage.before.rows)) {
      match(String(error), /no space left|No space left/, where);
      // Nothing is left behind, not even an entry in the journal.
      deepStrictEqual(found.files, stage.before.files, where);
      deepStrictEqual(journalEntries(home), [], where);
    } else deepStrictEqual(found.rows, stage.after.rows, where);
    Deno.removeSync(home.folder, { recursive: true });
  }
});

function journalEntries({ settings }: Home): string[] {
  try {
    return Array.from(
      Deno.readDirSync(join(settings.dataDir, "paperward", "journal")),
      ({ name }) => name,
    );
  } catch {
    return [];
  }
}

for (
  const [kind, says] of [
    ["read error", /unreadable file|checksum mismatch|Input\/output/],
    ["short read", /unreadable file|checksum mismatch/],
    ["bit flip", /checksum mismatch/],
  ] as const
) {
  Deno.test(`a ${kind} while the export is copied: said, and nothing is changed`, async () => {
    using stage = await makeStage("v3", false);
    let hits = 0;
    for (let at = 1; at <= stage.reads; at++) {
      const home = stage.copy();
      const report = silentReport();
      const error = await run(home, stage.options, { kind, at }, report)
        .then(() => undefined, (thrown) => thrown);
      const found = look(home);
      if (error) {
        hits++;
        deepStrictEqual(found.rows, stage.before.rows);
        deepStrictEqual(found.files, stage.before.files);
        match([error, ...report.lines.map(({ text }) => text)].join("\n"), says);
      } else {
        // A thumbnail or bundle has no checksum that would tell; rows and originals are right.
        deepStrictEqual(found.rows, stage.after.rows);
        for (const [path, content] of Object.entries(stage.after.files)) {
          if (/^(originals|archive)\//.test(path)) strictEqual(found.files[path], content, path);
        }
      }
      Deno.removeSync(home.folder, { recursive: true });
    }
    ok(hits >= 5, `the fault hit only ${hits} times`);
  });
}

Deno.test("a file that can't be brought to the disk: the rows are not committed, nothing is left", async () => {
  using stage = await makeStage("v3", false);
  for (const at of [1, 4]) {
    const home = stage.copy();
    await rejects(run(home, stage.options, { kind: "sync error", at }), (error) => {
      ok(error instanceof PaperwardError, String(error));
      match(error.message, /^Cannot write to .*: its disk reports an error$/);
      deepStrictEqual(error.hints, ["the disk may be failing: use another one"]);
      return true;
    });
    deepStrictEqual(look(home), stage.before);
    deepStrictEqual(journalEntries(home), []);
  }
});

/** An import that was killed when the rows were committed and files were still to be placed.
 * @returns the library, and one file that is missing, below `documents` */
async function killBeforeRenames(stage: Stage): Promise<{ home: Home; missing: string }> {
  for (let at = stage.changes; at > 0; at--) {
    const home = stage.copy();
    await run(home, stage.options, { kind: "kill", at }).catch(() => {});
    const staged = hasLitter(home) && query(home, "SELECT id FROM documents_document").length > 0;
    const seen = visible(look(home));
    const missing = Object.keys(stage.after.files).find((path) =>
      path.startsWith("originals/") && !(path in seen)
    );
    if (staged && missing !== undefined) return { home, missing };
    Deno.removeSync(home.folder, { recursive: true });
  }
  throw new Error("no moment between commit and renames was found");
}

Deno.test(
  "killed between commit and renames, a stranger that came meanwhile is not overwritten",
  killed,
  async () => {
    using stage = await makeStage("v3", false);
    const { home, missing } = await killBeforeRenames(stage);
    const path = join(home.documents, missing);
    Deno.mkdirSync(join(path, ".."), { recursive: true });
    Deno.writeTextFileSync(path, "a stranger");
    await rejects(importInto(home, stage.options), /Cannot place .*: a file of that name came/);
    strictEqual(Deno.readTextFileSync(path), "a stranger");
    // Once it is out of the way, the import goes on.
    Deno.removeSync(path);
    const { summary } = await importInto(home, stage.options);
    ok(summary.resumed);
    deepStrictEqual(look(home), stage.after);
  },
);

Deno.test(
  "killed between commit and renames, a damaged list of files is no reason to remove the files",
  killed,
  async () => {
    using stage = await makeStage("v3", false);
    const { home } = await killBeforeRenames(stage);
    const record = join(home.documents, IMPORT_STAGING_FOLDER, "commit-record");
    const whole = Deno.readFileSync(record);
    Deno.truncateSync(record, whole.length - 10);
    const before = look(home);
    await rejects(
      importInto(home, stage.options),
      /commit-record, the list of its files, is damaged/,
    );
    deepStrictEqual(look(home), before);
    Deno.writeFileSync(record, whole);
    const { summary } = await importInto(home, stage.options);
    ok(summary.resumed);
    deepStrictEqual(look(home), stage.after);
  },
);
