// migrate as a user runs it: an empty library that our other commands accept, and nothing at a place where
// something is already.

import { strict as assert } from "node:assert";
import { DatabaseSync } from "node:sqlite";
import { recordedTree } from "../_fixtures.ts";
import {
  assertCode,
  jsonLines,
  runBinary,
  withoutBinary,
  withoutBinaryOrFixtures,
} from "../_run_binary.ts";
import { lookAt } from "./_export.ts";
import { newPlace, type Place, runImport } from "./_import.ts";

const run = ({ env }: Place, ...args: readonly string[]) => runBinary(args, { env });

for (const [generation, version] of [["v2", "v2.20.15"], ["v3", "v3.0.5"]] as const) {
  Deno.test({
    name: `${generation}: every command accepts the library that migrate made`,
    ignore: withoutBinaryOrFixtures(),
    async fn() {
      using place = newPlace();
      const made = await run(place, "migrate", "--generation", generation, "--json");
      assertCode(made, 0);
      const { database, ...summary } = jsonLines(made.stdout).at(-1)!;
      assert.equal(database, place.database);
      assert.deepEqual([summary.exit, summary.generation], ["done", generation]);

      const target = `${place.folder}/export`;
      Deno.mkdirSync(target);
      for (
        const command of [
          ["document_exporter", target],
          ["verify", target, "--rehearse"],
          ["document_sanity_checker", "--deep"],
          ["document_fuzzy_match"],
          ["journal"],
        ]
      ) assertCode(await run(place, ...command), 0);
      assertCode(await runImport(place, recordedTree(version, "plain")), 0);
      assertCode(await run(place, "document_sanity_checker"), 0);
      using library = new DatabaseSync(place.database, { readOnly: true });
      const { documents } = library.prepare("SELECT count(*) documents FROM documents_document")
        .get() as { documents: number };
      assert.equal(documents, version === "v2.20.15" ? 37 : 42);
    },
  });
}

Deno.test({
  name: "migrate makes a library of the newer generation unless told otherwise, and knows no third",
  ignore: withoutBinary(),
  async fn() {
    using place = newPlace();
    assertCode(await run(place, "migrate", "--generation", "v4"), 2);
    assert.deepEqual([...Deno.readDirSync(place.folder)], []);
    const made = await run(place, "migrate");
    assertCode(made, 0);
    assert.match(made.stdout, /paperless-ngx 3\.0\.5 \(v3\)/);
    // Only what a library has: no draft, no scratch.
    assert.deepEqual([...Deno.readDirSync(place.data)].map(({ name }) => name).sort(), [
      "db.sqlite3",
      "index",
      "paperward",
    ]);
  },
});

Deno.test({
  name: "migrate refuses a place that is not empty, and leaves it as it is",
  ignore: withoutBinary(),
  async fn() {
    const occupied: readonly (readonly [string, RegExp, (place: Place) => void])[] = [
      ["a database", /there is a database at .* already/, (place) => {
        Deno.mkdirSync(place.data);
        Deno.writeTextFileSync(place.database, "not ours");
      }],
      ["an empty file", /there is a database at .* already/, (place) => {
        Deno.mkdirSync(place.data);
        Deno.writeTextFileSync(place.database, "");
      }],
      ["documents", /holds files already, a\.pdf for one/, (place) => {
        Deno.mkdirSync(`${place.media}/documents/originals/2024`, { recursive: true });
        Deno.writeTextFileSync(`${place.media}/documents/originals/2024/a.pdf`, "%PDF");
      }],
      ["a file where a folder should be", /Cannot create a library: /, (place) => {
        Deno.writeTextFileSync(place.data, "");
      }],
    ];
    for (const [what, message, occupy] of occupied) {
      using place = newPlace();
      occupy(place);
      const look = lookAt(place.folder);
      const refused = await run(place, "migrate");
      assertCode(refused, 1);
      assert.match(refused.stderr, message, what);
      assert.ok(!refused.stderr.includes("defect"), refused.stderr);
      assert.deepEqual(look.changes(), [], what);
    }
  },
});

Deno.test({
  name: "migrate: empty folders and what a NAS left in them are no library",
  ignore: withoutBinary(),
  async fn() {
    using place = newPlace();
    Deno.mkdirSync(`${place.media}/documents/originals/@eaDir`, { recursive: true });
    Deno.writeTextFileSync(`${place.media}/documents/originals/@eaDir/x`, "");
    Deno.writeTextFileSync(`${place.media}/documents/originals/.DS_Store`, "");
    assertCode(await run(place, "migrate"), 0);
  },
});

Deno.test({
  name: "migrate says what is missing where the folders above are not there",
  ignore: withoutBinary(),
  async fn() {
    using place = newPlace();
    const env = { PAPERLESS_DATA_DIR: `${place.folder}/a/b`, PAPERLESS_MEDIA_ROOT: place.media };
    const refused = await runBinary(["migrate"], { env: { ...place.env, ...env } });
    assertCode(refused, 1);
    assert.match(refused.stderr, /^error: Cannot create a library: .*\nhint: the folders above/m);
  },
});
