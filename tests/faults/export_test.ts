// An export that goes wrong at any moment leaves the old export or the new one, and says what is wrong.

import {
  deepStrictEqual,
  match,
  notDeepStrictEqual,
  ok,
  rejects,
  strictEqual,
} from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { exportLibrary } from "../../core/archive/export/export_library.ts";
import type { ExportOptions } from "../../core/archive/export/export_options.ts";
import { recoverTarget, STAGING_FOLDER } from "../../core/archive/staging/staging.ts";
import { PaperwardError } from "../../core/errors.ts";
import { openFiles } from "../../core/library/deno_files.ts";
import { StopSignal } from "../../core/sandbox/stop_signal.ts";
import { registerRegexp } from "../../migrations/create_library.ts";
import { silentReport } from "../_silent_report.ts";
import { makeSampleLibrary, type SampleLibrary, sampleSettings } from "../sample_library.ts";
import { type Fault, openFaultyDisk } from "./_faulty_disk.ts";

const GENERATIONS = ["v2", "v3"] as const;

/** A library, an export of it, and then a change: the next export is a new generation. */
async function makeStage(generation: "v2" | "v3", options: Partial<ExportOptions> = {}) {
  const base = Deno.realPathSync(Deno.makeTempDirSync());
  const library = await makeSampleLibrary(join(base, "library"), { generation, documents: 3 });
  const target = join(base, "export");
  Deno.mkdirSync(target);
  await run(base, library, target, options, { kind: "none" });
  const before = tree(target);
  using database = new DatabaseSync(library.databasePath);
  registerRegexp(database);
  // Two documents swap their names; a third gets a new one.
  const [a, b, c] = library.documents.map(({ id }) => id);
  const titles = database.prepare(
    "SELECT id, title, created, correspondent_id AS who FROM documents_document WHERE id IN (?, ?)",
  )
    .all(a!, b!);
  const rename = database.prepare(
    "UPDATE documents_document SET title = ?, created = ?, correspondent_id = ? WHERE id = ?",
  );
  for (const [from, to] of [[titles[0]!, b!], [titles[1]!, a!]] as const) {
    rename.run(from["title"]!, from["created"]!, from["who"] ?? null, to);
  }
  database.prepare("UPDATE documents_document SET title = 'renamed' WHERE id = ?").run(c!);
  return { base, library, target, before };
}

async function run(
  base: string,
  library: SampleLibrary,
  target: string,
  options: Partial<ExportOptions>,
  fault: Fault,
  report = silentReport(),
) {
  const scratch = Deno.makeTempDirSync({ dir: base });
  const roots = { read: [library.dataDir, library.mediaRoot], write: [target, scratch] };
  const disk = openFaultyDisk(roots, fault);
  const summary = await exportLibrary({
    settings: sampleSettings(library, base),
    report,
    stop: new StopSignal(),
    files: disk.files,
    scratch,
    openTransfers: disk.openTransfers,
    now: () => new Date("2024-05-06T00:00:00Z"),
  }, { target, delete: true, ...options });
  return { summary, disk, report };
}

function tree(folder: string, below = ""): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of Deno.readDirSync(join(folder, below))) {
    const path = below ? `${below}/${entry.name}` : entry.name;
    if (entry.isDirectory) Object.assign(found, tree(folder, path));
    else found[path] = new Uint8Array(Deno.readFileSync(join(folder, path))).toBase64();
  }
  return found;
}

function copyTree(from: string, to: string): void {
  new Deno.Command("cp", { args: ["-a", from, to] }).outputSync();
}

/** Tries a fault at every moment. @returns the letters o and n: which generation was left */
async function tryEveryMoment(
  generation: "v2" | "v3",
  kind: "kill" | "no space",
  options: Partial<ExportOptions> = {},
): Promise<{ outcomes: string; errors: unknown[] }> {
  const { base, library, target, before } = await makeStage(generation, options);
  const pristine = join(base, "pristine");
  copyTree(target, pristine);
  const { disk } = await run(base, library, target, options, { kind: "none" });
  const after = tree(target);
  notDeepStrictEqual(after, before, "the new generation is the old one");
  let outcomes = "";
  const errors: unknown[] = [];
  for (let at = 1; at <= disk.changes; at++) {
    Deno.removeSync(target, { recursive: true });
    copyTree(pristine, target);
    const error = await run(base, library, target, options, { kind, at }).then(
      () => undefined,
      (thrown) => thrown,
    );
    if (error) errors.push(error);
    await recoverTarget(openFiles({ read: [target], write: [target] }), target);
    const found = tree(target);
    const isNew = isDeepStrictEqual(found, after);
    deepStrictEqual(found, isNew ? after : before, `${kind} at change ${at} of ${disk.changes}`);
    outcomes += isNew ? "n" : "o";
  }
  Deno.removeSync(base, { recursive: true });
  return { outcomes, errors };
}

for (const generation of GENERATIONS) {
  Deno.test(`${generation}: killed at every write, an export leaves the old generation or the new one`, async () => {
    const { outcomes, errors } = await tryEveryMoment(generation, "kill");
    // Once the new generation is committed there is no way back.
    match(outcomes, /^o{30,}n{10,}$/);
    for (const error of errors) match(String(error), /killed at change/);
  });

  Deno.test(`${generation}: a disk that is full at any moment costs nothing, and is told in one line`, async () => {
    const { outcomes, errors } = await tryEveryMoment(generation, "no space");
    match(outcomes, /^o{30,}n+$/);
    for (const error of errors) {
      match(String(error), /PaperwardError: Cannot write to .*: there is no space left/);
    }
  });
}

Deno.test("killed at every write, a zip export leaves the old zip or the new one", async () => {
  const { outcomes } = await tryEveryMoment("v3", "kill", { zip: true });
  match(outcomes, /^o{20,}n+$/);
});

for (const zip of [false, true]) {
  const what = zip ? "zip export" : "export";
  Deno.test(`a file that can't be brought to the disk: the ${what} is given up, and says so in one line`, async () => {
    const { base, library, target, before } = await makeStage("v3", { zip });
    const reference = join(base, "reference");
    copyTree(target, reference);
    const { disk } = await run(base, library, reference, { zip }, { kind: "none" });
    notDeepStrictEqual(tree(reference), before);
    // Copied files, manifests and the commit record; or the zip, twice, and the record.
    ok(disk.syncs >= (zip ? 2 : 5), `only ${disk.syncs} files are brought to the disk`);
    for (let at = 1; at <= disk.syncs; at++) {
      const report = silentReport();
      const fault = { kind: "sync error", at } as const;
      await rejects(run(base, library, target, { zip }, fault, report), (error) => {
        ok(error instanceof PaperwardError, String(error));
        strictEqual(error.message, `Cannot write to ${target}: its disk reports an error`);
        match(error.hints.join(), /another one.*an earlier export in that folder is untouched/);
        strictEqual(error.exit, "failed");
        return true;
      }, `sync ${at} of ${disk.syncs}`);
      deepStrictEqual(report.lines.filter(({ level }) => level === "error"), []);
      deepStrictEqual(tree(target), before, `sync ${at} of ${disk.syncs}`);
    }
    await run(base, library, target, { zip }, { kind: "none" });
    deepStrictEqual(tree(target), tree(reference));
    Deno.removeSync(base, { recursive: true });
  });
}

const SOURCE_FAULTS = {
  "read error": "unreadable",
  "short read": "unreadable",
  "bit flip": "checksum mismatch",
} as const;

for (const [kind, problem] of Object.entries(SOURCE_FAULTS)) {
  Deno.test(`a ${kind} of one source is listed, the rest is exported, and a good old copy stays`, async () => {
    const { base, library, target } = await makeStage("v3");
    // Everything is copied again, so that every source is read while good copies are in the target.
    for (const name of Object.keys(tree(target))) {
      if (!name.endsWith(".json")) Deno.utimeSync(join(target, name), 1, 1);
    }
    const reference = join(base, "reference");
    Deno.mkdirSync(reference);
    const { disk } = await run(base, library, reference, {}, { kind: "none" });
    const wanted = tree(reference);
    let hits = 0;
    for (let at = 1; at <= disk.reads; at++) {
      const { summary } = await run(
        base,
        library,
        target,
        {},
        { kind: kind as Fault["kind"], at } as Fault,
      );
      const count = Object.values(summary.problems).reduce((sum, each) => sum + each, 0);
      hits += summary.problems[problem] ?? 0;
      strictEqual(count, summary.problems[problem] ?? 0, JSON.stringify(summary.problems));
      const found = tree(target);
      // Nothing in the database tells a good thumbnail or bundle from a bad one.
      const isChecked = (name: string) =>
        kind !== "bit flip" || !/\.webp$|^share_link_bundles/.test(name);
      const wrong = Object.keys(wanted).filter((name) =>
        found[name] !== wanted[name] && isChecked(name)
      );
      // At most the one file is missing or wrong, and only where no good copy was there before.
      ok(wrong.length <= count, `${wrong} at read ${at}`);
      deepStrictEqual(Object.keys(found).filter((name) => name.includes(STAGING_FOLDER)), []);
      for (const name of Object.keys(found)) {
        if (!name.endsWith(".json")) Deno.utimeSync(join(target, name), 1, 1);
      }
    }
    ok(hits >= 5, `the fault hit only ${hits} sources`);
    Deno.removeSync(base, { recursive: true });
  });
}
