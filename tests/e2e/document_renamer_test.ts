// document_renamer by the compiled binary: every recorded run of upstream's gives the same files, rows and folders;
// undo takes it back, a kill at a random moment is mended by the next run.

import assert from "node:assert/strict";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import {
  fixturesRoot,
  type FixtureVersion,
  type Library,
  tempFolder,
  unpackLibrary,
  VERSIONS,
} from "../_fixtures.ts";
import { afterMs, randomNumbers, randomSeed } from "../_moments.ts";
import { recordedState, stateAfter, stateBefore } from "../_recorded_after.ts";
import {
  assertCode,
  jsonLines,
  runBinary,
  runOnTerminal,
  type RunOptions,
  type RunResult,
  startBinary,
  withoutBinaryOrFixtures,
  withoutTerminal,
} from "../_run_binary.ts";
import { environment, lookAt } from "./_export.ts";

const ignore = withoutBinaryOrFixtures();

/** A run that was recorded. */
interface Recorded {
  readonly version: FixtureVersion;
  readonly name: string;
  readonly settings: Readonly<Record<string, string | undefined>>;
}

/** `KEY='value'` or `KEY=None`, as Python prints them. */
function settingsOf(columns: readonly string[]): Record<string, string | undefined> {
  return Object.fromEntries(columns.map((column) => {
    const at = column.indexOf("=");
    const value = column.slice(at + 1);
    return [
      column.slice(0, at),
      value === "None" ? undefined : value.replace(/^(['"])(.*)\1$/, "$2"),
    ];
  }));
}

function recordedRuns(version: FixtureVersion): Recorded[] {
  if (fixturesRoot() === null) return [];
  const folder = `${fixturesRoot()}/${version}`;
  const names = new Set([...Deno.readDirSync(`${folder}/after`)].map(({ name }) => name));
  return Deno.readTextFileSync(`${folder}/output/INDEX.tsv`).split("\n")
    .map((line) => line.split("\t"))
    .filter(([name]) => name?.startsWith("document_renamer-") && names.has(`${name}.json`))
    .map(([name, , , ...settings]) => ({ version, name: name!, settings: settingsOf(settings) }));
}

function run(
  library: Library,
  settings: Readonly<Record<string, string | undefined>>,
  flags: readonly string[] = [],
  options: RunOptions = {},
): Promise<RunResult> {
  return runBinary(["document_renamer", ...flags], {
    ...options,
    env: { ...envOf(library, settings), ...options.env },
  });
}

function envOf(
  library: Library,
  settings: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const all = { ...environment(library), ...settings };
  return Object.fromEntries(
    Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}

/** Removes the original of the first document, as the recorded run did. */
function loseOriginal(library: Library): void {
  Deno.removeSync(`${library.media}/documents/originals/${allRows(library)[0]!.filename}`);
}

/** The documents, by id. */
function allRows({ database }: Library): { readonly id: number; readonly filename: string }[] {
  using sqlite = new DatabaseSync(database, { readOnly: true });
  return sqlite.prepare("SELECT id, filename FROM documents_document ORDER BY id").all()
    .map(({ id, filename }) => ({ id: Number(id), filename: String(filename) }));
}

/** All documents go by the format of the settings. */
function dropStoragePaths({ database }: Library): void {
  using sqlite = new DatabaseSync(database);
  sqlite.exec("UPDATE documents_document SET storage_path_id = NULL");
}

/** Runs whose documents can't all get what was asked for. */
const PARTIAL = new Set(["document_renamer-badformat", "document_renamer-missing_original"]);

for (const recorded of VERSIONS.flatMap(recordedRuns)) {
  const { version, name, settings } = recorded;
  Deno.test({
    name: `${name} leaves what upstream left, and undo takes it back (${version})`,
    ignore,
    async fn() {
      using library = unpackLibrary(version);
      if (name.endsWith("missing_original")) loseOriginal(library);
      const [before, look] = [stateBefore(library), lookAt(library.media)];
      const original = stateAfter(library, before);
      const dry = await run(library, settings, ["--dry-run"]);
      assertCode(dry, PARTIAL.has(name) ? 3 : 0);
      assert.deepEqual(look.changes(), []);

      const result = await run(library, settings, ["--no-progress-bar"]);
      assertCode(result, PARTIAL.has(name) ? 3 : 0);
      const state = stateAfter(library, before);
      const wanted = recordedState(version, name);
      // Upstream sets `modified` of every document; here of those that get other names.
      for (const [id, row] of Object.entries(state.documents)) {
        const touched = row.filename !== original.documents[id]!.filename ||
          row.archive_filename !== original.documents[id]!.archive_filename;
        assert.equal(row.touched, touched, `modified of document ${id}`);
        Object.assign(row, { touched: wanted.documents[id]!.touched });
      }
      assert.deepEqual(state, wanted);

      const again = await run(library, settings, ["--json"]);
      const summary = jsonLines(again.stdout).at(-1)!;
      assert.equal(summary.outcome, "nothing to do");
      if (
        Object.values(state.documents).every((row, i) =>
          row.filename === Object.values(original.documents)[i]!.filename
        )
      ) return;
      assertCode(await runBinary(["undo", "--yes"], { env: envOf(library, settings) }), 0);
      const undone = stateAfter(library, before);
      assert.deepEqual(undone.documents, original.documents);
      assert.deepEqual(undone.media, original.media);
    },
  });
}

const NEW_FORMAT = { PAPERLESS_FILENAME_FORMAT: "{{ created_year }}/{{ doc_pk }} {{ title }}" };

/** What somebody did between a rename and its undo, and what the undo says. */
const MEDDLING: readonly {
  readonly name: string;
  readonly says: RegExp | undefined;
  /** @param old the media folder before the rename @returns another media folder for the undo */
  meddle(place: { originals: string; from: string; to: string; old: string }): string | void;
}[] = [
  {
    name: "a file was changed",
    says: /it was changed since/,
    meddle: ({ originals, to }) => Deno.writeTextFileSync(`${originals}/${to}`, "x"),
  },
  {
    name: "a stranger is where a file was, and the file is gone",
    says: /something else is there now/,
    meddle({ originals, from, to }) {
      Deno.removeSync(`${originals}/${to}`);
      Deno.mkdirSync(dirname(`${originals}/${from}`), { recursive: true });
      Deno.writeTextFileSync(`${originals}/${from}`, "a stranger");
    },
  },
  {
    name: "another media folder is given",
    says: /is this the right media folder\?/,
    meddle: ({ old }) => old,
  },
  {
    name: "a file was damaged before, or got another time: no reason to refuse",
    says: undefined,
    meddle: ({ originals, to }) => Deno.utimeSync(`${originals}/${to}`, 10, 10),
  },
];

for (const { name, says, meddle } of MEDDLING) {
  Deno.test({
    name: `undo of a rename: ${name}`,
    ignore,
    async fn() {
      using library = unpackLibrary("v3.0.5");
      using elsewhere = tempFolder();
      const old = `${elsewhere.path}/media`;
      dropStoragePaths(library);
      const [damaged, other] = allRows(library);
      const originals = `${library.media}/documents/originals`;
      Deno.writeTextFileSync(`${originals}/${damaged!.filename}`, "damaged");
      new Deno.Command("cp", { args: ["-a", library.media, old] }).outputSync();
      const before = stateBefore(library);
      const original = stateAfter(library, before);
      assertCode(await run(library, NEW_FORMAT), 0);
      const renamed = allRows(library).find(({ id }) => id === other!.id)!;
      assert.notEqual(renamed.filename, other!.filename);
      const media = meddle({ originals, from: other!.filename, to: renamed.filename, old });
      const meddled = stateAfter(library, before);
      const undone = await runBinary(
        ["undo", "--yes", ...(media ? [`--media-root=${media}`] : [])],
        { env: envOf(library, NEW_FORMAT) },
      );
      assertCode(undone, says ? 1 : 0);
      if (says) assert.match(undone.stdout + undone.stderr, says);
      assert.deepEqual(stateAfter(library, before), says ? meddled : original);
    },
  });
}

const KILLS = 8;
const seed = randomSeed();

for (const version of VERSIONS) {
  Deno.test({
    name: `on a terminal it asks with the count; no leaves all as it is (${version})`,
    ignore: ignore || withoutTerminal(),
    async fn() {
      using library = unpackLibrary(version);
      const look = lookAt(library.media);
      const result = await runOnTerminal(["document_renamer"], {
        env: envOf(library, NEW_FORMAT),
      });
      // Its standard input is at its end: that is no yes.
      assert.match(result.stdout, /Rename the files of \d+ documents\? \[y\/N\]/);
      assert.match(result.stdout, /Nothing was renamed/);
      assert.deepEqual(look.changes(), []);
    },
  });

  Deno.test({
    name:
      `${version}: ${KILLS} kills at random moments, then a plain run: all files where their rows say (seed ${seed})`,
    ignore,
    async fn() {
      const random = randomNumbers(seed);
      using reference = unpackLibrary(version);
      const begin = performance.now();
      assertCode(await run(reference, NEW_FORMAT), 0);
      const longestMs = 1.2 * (performance.now() - begin);
      const beforeReference = stateBefore(reference);
      const wanted = stateAfter(reference, beforeReference);
      for (let kill = 0; kill < KILLS; kill++) {
        using library = unpackLibrary(version);
        const running = startBinary(["document_renamer", "--no-progress-bar"], {
          env: envOf(library, NEW_FORMAT),
        });
        // From the start of the program to some time after its usual end.
        await afterMs(random() * longestMs)(running);
        running.kill("SIGKILL");
        await running.ended;
        const before = stateBefore(library);
        assertCode(await run(library, NEW_FORMAT), 0);
        const state = stateAfter(library, before);
        const names = ({ documents }: typeof state) =>
          Object.values(documents).map(({ id, filename, archive_filename }) =>
            [id, filename, archive_filename].join(" ")
          );
        assert.deepEqual(names(state), names(wanted));
        assert.deepEqual(state.media, wanted.media);
        assert.deepEqual(state.emptyFolders, wanted.emptyFolders);
      }
    },
  });
}
