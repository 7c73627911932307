// Issue 4, sections 2 and 4, through the compiled binary: what was exported is there again, from our exports
// and from those that paperless-ngx wrote, table by table and file by file.

import assert from "node:assert/strict";
import { assertEqualExports, readExport, readTree, treeChanges } from "../_compare_exports.ts";
import { databaseDifferences } from "../_compare_databases.ts";
import {
  fixturesRoot,
  type FixtureVersion,
  listFiles,
  recordedTree,
  sha256,
  tempFolder,
  unpackLibrary,
  VERSIONS,
} from "../_fixtures.ts";
import { hasPython, python, sql } from "../_python.ts";
import {
  assertCode,
  jsonLines,
  type RunResult,
  runShell,
  withoutBinaryOrFixtures,
} from "../_run_binary.ts";
import { sampleExport } from "../core/archive/verify/_verify.ts";
import { lookAt, runExport, tempTarget } from "./_export.ts";
import {
  EXPORTED,
  newPlace,
  type Place,
  type PrintedSummary,
  runImport,
  summaryOf,
} from "./_import.ts";

const ignore = withoutBinaryOrFixtures() || !hasPython();

/** How an export is written and read again. */
interface Variant {
  readonly name: string;
  readonly export: readonly string[];
  readonly import?: readonly string[];
  readonly passphrase?: string;
  readonly zip?: string;
  readonly only?: FixtureVersion;
}

const VARIANTS: readonly Variant[] = [
  { name: "plain", export: [] },
  { name: "f", export: ["-f"] },
  { name: "p", export: ["-p"] },
  { name: "na", export: ["-na"] },
  { name: "nt", export: ["-nt"] },
  { name: "sm", export: ["-sm"] },
  { name: "f_p_sm", export: ["-f", "-p", "-sm"] },
  { name: "all", export: ["-f", "-p", "-na", "-nt", "-sm"] },
  { name: "z", export: ["-z", "-zn", "z"], zip: "/z.zip" },
  { name: "z_sm_p", export: ["-z", "-zn", "z", "-sm", "-p"], zip: "/z.zip" },
  { name: "data-only", export: ["--data-only"], import: ["--data-only"] },
  {
    name: "passphrase",
    export: ["--passphrase", "lab pass phräse"],
    import: ["--passphrase", "lab pass phräse"],
    passphrase: "lab pass phräse",
  },
  {
    name: "z_sm_passphrase",
    export: ["-z", "-zn", "z", "-sm", "--passphrase=x"],
    import: ["--passphrase=x", "--batch-size", "7"],
    passphrase: "x",
    zip: "/z.zip",
  },
];

for (const version of VERSIONS) {
  for (const variant of VARIANTS) {
    Deno.test({
      name:
        `${version} ${variant.name}: exported, imported into a new library, exported again: equal`,
      ignore,
      fn: async () => {
        using library = unpackLibrary(version);
        using place = newPlace();
        using first = tempTarget();
        using second = tempTarget();
        const [from, to] = [first.path, second.path].map((path) => path + (variant.zip ?? ""));
        assertCode(await runExport(library, first.path, variant.export), 0);
        const look = lookAt(first.folder);
        assertCode(await runImport(place, from!, ["--create", ...variant.import ?? []]), 0);
        assert.deepEqual(look.changes(), [], "the export was changed");

        const imported = { ...library, ...place, env: { ...library.env, ...place.env } };
        assertCode(await runExport(imported, second.path, variant.export), 0);
        assertEqualExports(to!, readExport(from!), {
          ...(variant.passphrase ? { passphrase: variant.passphrase } : {}),
        });
        assertNothingLeft(place);
      },
    });
  }
}

/** Nothing but the library: no staging folder, no scratch, no lock that somebody would wait for. */
function assertNothingLeft(place: Place): void {
  const strange = listFiles(place.folder).filter((path) =>
    !/^media\/documents\/(originals|archive|thumbnails|share_link_bundles)\//.test(path) &&
    !/^data\/(db\.sqlite3(-wal|-shm)?|paperward\/journal\/000001\.jsonl)$/.test(path) &&
    path !== "media/media.lock"
  );
  assert.deepEqual(strange, []);
  for (const path of readTree(place.folder).keys()) assert.ok(!path.includes("paperward-"), path);
}

for (const version of VERSIONS) {
  for (
    const [name, flags] of [["plain", []], ["f", []], ["sm", []], [
      "passphrase",
      ["--passphrase", "lab pass phräse"],
    ], ["z", []]] as const
  ) {
    Deno.test({
      name:
        `${version} ${name}: an export that paperless-ngx wrote gives its library, table by table`,
      ignore,
      fn: async () => {
        using library = unpackLibrary(version);
        using place = newPlace();
        const source = name === "z"
          ? `${fixturesRoot()}/${version}/exports/z/export-2026-11-23.zip`
          : recordedTree(version, name);
        assertCode(await runImport(place, source, ["--create", ...flags]), 0);
        sql(
          place.database,
          "delete from auth_user where username in ('consumer', 'AnonymousUser')",
        );
        assert.deepEqual(
          databaseDifferences(library.database, place.database, EXPORTED[version]),
          [],
        );
        assertSameMedia(library.media, place, version, name !== "z");
      },
    });
  }
}

/** Every file of the library's live documents is there, with the same bytes and time. */
function assertSameMedia(
  media: string,
  place: Place,
  version: FixtureVersion,
  hasTimes: boolean,
): void {
  const wanted = readTree(`${media}/documents`);
  const found = readTree(`${place.media}/documents`);
  const trashed = version === "v2.20.15" ? trashedFiles(place, media) : new Set<string>();
  for (const [path, entry] of wanted) {
    if (entry.kind !== "file" || trashed.has(path)) continue;
    const mine = found.get(path);
    assert.ok(mine, `missing: ${path}`);
    assert.equal(
      sha256(Deno.readFileSync(`${place.media}/documents/${path}`)),
      sha256(Deno.readFileSync(`${media}/documents/${path}`)),
      path,
    );
    // A zip keeps its writer's local time, and not which zone that was.
    if (hasTimes) {
      assert.equal(
        Deno.statSync(`${place.media}/documents/${path}`).mtime?.getTime(),
        Deno.statSync(`${media}/documents/${path}`).mtime?.getTime(),
        `time of ${path}`,
      );
    }
  }
  for (const [path, { kind }] of found) {
    if (kind === "file") assert.ok(wanted.has(path), `too many: ${path}`);
  }
}

/** v2 does not export the trash: files that no document of the new library has. */
function trashedFiles({ database }: Place, media: string): Set<string> {
  const names: readonly string[] = JSON.parse(python(
    `import json, sqlite3, sys
names = []
for id, original, archive in sqlite3.connect(sys.argv[1]).execute("select id, filename, archive_filename from documents_document"):
    names += [f"originals/{original}", f"archive/{archive}", f"thumbnails/{id:07}.webp"]
print(json.dumps(names))`,
    database,
  ));
  const kept = new Set(names);
  return new Set(listFiles(`${media}/documents`).filter((path) => !kept.has(path)));
}

Deno.test({
  name: "a zip comes through a pipe",
  ignore,
  fn: async () => {
    using place = newPlace();
    const zip = `${fixturesRoot()}/v3.0.5/exports/z/export-2026-11-23.zip`;
    const result = await runShell(
      `cat '${zip}' | "$PAPERWARD" document_importer - --create --json`,
      { env: place.env },
    );
    assertCode(result, 0);
    assert.equal(summaryOf(result).documents, 42);
    assertNothingLeft(place);
    using nothing = newPlace();
    assertCode(
      await runShell(`"$PAPERWARD" document_importer - --create < /dev/null`, { env: nothing.env }),
      1,
    );
    assert.deepEqual(listFiles(nothing.folder), []);
  },
});

Deno.test({
  name: "a zip is read in place: nothing is unpacked to scratch",
  ignore,
  fn: async () => {
    using place = newPlace();
    const zip = `${fixturesRoot()}/v3.0.5/exports/z/export-2026-11-23.zip`;
    // A scratch folder with room for the plan, but not for the files.
    using small = tempFolder();
    const limit = "ulimit -f 4096;"; // blocks of 1024 bytes: no file above 4 MB, the zip has 4.4
    const result = await runShell(
      `${limit} "$PAPERWARD" document_importer '${zip}' --create --json`,
      { env: { ...place.env, PAPERLESS_SCRATCH_DIR: small.path } },
    );
    assertCode(result, 0);
    assert.deepEqual(listFiles(small.path), []);
  },
});

Deno.test({
  name:
    "a dry run says what would be imported, and changes nothing, not even where it would create",
  ignore,
  fn: async () => {
    using place = newPlace();
    const before = readTree(place.folder);
    const result = await runImport(place, recordedTree("v3.0.5", "plain"), [
      "--create",
      "--dry-run",
      "--json",
    ]);
    assertCode(result, 0);
    const summary = summaryOf(result);
    assert.equal(summary.documents, 42);
    assert.equal(summary.files, 93);
    const count = (model: string) => summary.counts.find((each) => each.model === model);
    assert.deepEqual(count("documents.tag"), {
      model: "documents.tag",
      records: 12,
      added: 12,
      merged: 0,
      leftOut: 0,
    });
    assert.equal(count("contenttypes.contenttype")?.merged, 41);
    assert.deepEqual(treeChanges(before, withoutScratch(readTree(place.folder))), []);
  },
});

for (const version of VERSIONS) {
  Deno.test({
    name: `${version}: a dry run counts what the real run does, model by model`,
    ignore,
    fn: async () => {
      const generation = version === "v2.20.15" ? "v2" : "v3";
      using library = unpackLibrary(version);
      using sample = await sampleExport(generation);
      using fresh = newPlace();
      const own = recordedTree(version, "plain");
      const runs: readonly (readonly [Pick<Place, "env">, string, string])[] = [
        [fresh, own, "--create"],
        [library, own, "--into-non-empty"],
        [library, sample.path, "--into-non-empty"],
        // Then there is something of both.
        [fresh, sample.path, "--into-non-empty"],
        [fresh, recordedTree("v2.20.15", "sm"), "--into-non-empty"],
      ];
      for (const [place, source, flag] of runs) {
        const promised = await runImport(place, source, [flag, "--json", "--dry-run"]);
        // A number that is taken is told: a finding here, a part that failed there.
        assertCode(promised, 0, 4);
        const done = await runImport(place, source, [flag, "--json"]);
        assertCode(done, 0, 3);
        assert.deepEqual(figuresOf(promised), figuresOf(done), source);
      }
      const again = summaryOf(await runImport(library, own, ["--into-non-empty", "--json"]));
      assert.ok(again.counts.every(({ added }) => added === 0));
    },
  });
}

/** What a summary says but how the run went about it. */
function figuresOf(result: RunResult): Partial<PrintedSummary> {
  const summary = { ...jsonLines(result.stdout).at(-1) };
  for (const name of ["dryRun", "exit", "journal", "duration"]) delete summary[name];
  return summary;
}

function withoutScratch<Entry>(tree: Map<string, Entry>): Map<string, Entry> {
  return new Map([...tree].filter(([path]) => path !== "scratch"));
}

Deno.test({
  name: "migrate makes an empty library, and never touches one that is there",
  ignore,
  fn: async () => {
    for (const generation of ["v2", "v3"] as const) {
      using place = newPlace();
      const { runBinary } = await import("../_run_binary.ts");
      const made = await runBinary(["migrate", "--generation", generation, "--json"], place);
      assertCode(made, 0);
      assert.equal(jsonLines(made.stdout).at(-1)?.["generation"], generation);
      const look = lookAt(place.folder);
      assertCode(await runBinary(["migrate", "--generation", generation], place), 1);
      assert.deepEqual(look.changes(), []);
      // It is what --create makes: an import finds it empty.
      const version = generation === "v2" ? "v2.20.15" : "v3.0.5";
      assertCode(await runImport(place, recordedTree(version, "plain")), 0);
    }
  },
});

Deno.test({
  name: "an export of 2.20 goes into a library of 3.0: checksums are SHA-256 of the files",
  ignore,
  fn: async () => {
    using place = newPlace();
    const result = await runImport(place, recordedTree("v2.20.15", "plain"), [
      "--create",
      "--generation",
      "v3",
      "--json",
    ]);
    assertCode(result, 0);
    assert.equal(summaryOf(result).documents, 37);
    const wrong = python(
      `import hashlib, sqlite3, sys
count = 0
for original, archive, a, b in sqlite3.connect(sys.argv[1]).execute("select filename, archive_filename, checksum, archive_checksum from documents_document"):
    for folder, name, checksum in (("originals", original, a), ("archive", archive, b)):
        if name is None: continue
        count += 1
        digest = hashlib.sha256(open(f"{sys.argv[2]}/documents/{folder}/{name}", "rb").read()).hexdigest()
        if digest != checksum: print(name, checksum)
assert count > 60, count`,
      place.database,
      place.media,
    );
    assert.equal(wrong, "");
  },
});
