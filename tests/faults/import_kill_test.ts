// Issue 4, section 2: `kill -9` of the compiled importer at random moments. What it leaves is the library as it
// was, or all rows and a list of the files that are still to be placed; the same command again makes it whole.

import assert from "node:assert/strict";
import { readTree } from "../_compare_exports.ts";
import { databaseDifferences } from "../_compare_databases.ts";
import { recordedTree, sha256, unpackLibrary, VERSIONS } from "../_fixtures.ts";
import { hasPython, python, sql } from "../_python.ts";
import { assertCode, runBinary, startBinary, withoutBinaryOrFixtures } from "../_run_binary.ts";
import { EXPORTED, newPlace, type Place, runImport, summaryOf } from "../e2e/_import.ts";
import { afterMs, type Moment, randomNumbers, randomSeed, whenSeen } from "../_moments.ts";

const ignore = withoutBinaryOrFixtures() || !hasPython();

const KILLS = 16;
const STAGING = "documents/.paperward-import";

const seed = randomSeed();

/** Names below a folder, or none. */
function names(folder: string): readonly string[] {
  try {
    return Array.from(Deno.readDirSync(folder), ({ name }) => name);
  } catch {
    return [];
  }
}

/** For the n-th kill: by the clock, by what is staged, when the database is about to commit, or later. */
function pickMoment(n: number, random: () => number, longestMs: number, media: string): Moment {
  const staged = () => names(`${media}/${STAGING}`);
  switch (n % 4) {
    case 0:
      return afterMs(random() * longestMs);
    case 1: {
      const some = 1 + Math.floor(random() * 90);
      return whenSeen(() => staged().length >= some);
    }
    case 2:
      return whenSeen(() => staged().includes("intent.json"));
    default: {
      const some = 1 + Math.floor(random() * 40);
      return whenSeen(() => names(`${media}/documents/thumbnails`).length >= some);
    }
  }
}

/** SHA-256 of every file of the library, by path. */
function filesOf({ media }: Pick<Place, "media">): ReadonlyMap<string, string> {
  return new Map(
    [...readTree(`${media}/documents`)].filter(([, { kind }]) => kind === "file")
      .map(([path]) => [path, sha256(Deno.readFileSync(`${media}/documents/${path}`))]),
  );
}

function countDocuments({ database }: Place): number {
  return Number(python(
    `import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute("select count(*) from documents_document").fetchone()[0])`,
    database,
  ));
}

for (const version of VERSIONS) {
  Deno.test({
    name: `${version}: an import killed ${KILLS} times is not begun, or brought to its end`,
    ignore,
    fn: async () => {
      using library = unpackLibrary(version);
      const generation = version === "v2.20.15" ? "v2" : "v3";
      const source = recordedTree(version, "plain");
      const random = randomNumbers(seed);
      const begin = performance.now();
      using whole = newPlace();
      const first = await runImport(whole, source, ["--create", "--json"]);
      assertCode(first, 0);
      const longestMs = performance.now() - begin;
      const { documents } = summaryOf(first);
      const wanted = filesOf(whole);
      assert.ok(wanted.size > 80);

      const seen = { nothing: 0, litter: 0, committed: 0, whole: 0 };
      for (let n = 0; n < KILLS; n++) {
        using place = newPlace();
        assertCode(await runBinary(["migrate", "--generation", generation], place), 0);
        const running = startBinary(["document_importer", source], place);
        await pickMoment(n, random, longestMs, place.media)(running);
        running.kill("SIGKILL");
        await running.ended;
        try {
          // An emptied folder is the last thing that a whole import removes.
          const hasLitter = names(`${place.media}/${STAGING}`).length > 0;
          const found = countDocuments(place);
          assert.ok(found === 0 || found === documents, `${found} of ${documents} documents`);
          seen[
            found === 0 ? hasLitter ? "litter" : "nothing" : hasLitter ? "committed" : "whole"
          ]++;

          const again = await runImport(place, source, ["--json"]);
          // Nothing was left to do but the answer that the library is not empty.
          if (found > 0 && !hasLitter) assertCode(again, 1);
          else assertCode(again, 0);
          if (found > 0 && hasLitter) assert.equal(summaryOf(again).resumed, true);
          assert.deepEqual(filesOf(place), wanted);
          sql(
            place.database,
            "delete from auth_user where username in ('consumer', 'AnonymousUser')",
          );
          const differences = databaseDifferences(
            library.database,
            place.database,
            EXPORTED[version],
          );
          assert.deepEqual(differences, []);
        } catch (error) {
          throw new Error(
            `Kill ${n} of seed ${seed}: ${error instanceof Error ? error.message : error}`,
            { cause: error },
          );
        }
      }
      // Kills that only ever hit the start or the end would prove nothing.
      assert.ok(seen.litter >= 2 && seen.committed >= 1, `the kills left: ${JSON.stringify(seen)}`);
    },
  });
}
