// Every rule of the recorded libraries against every document, as upstream decided it.

import { deepStrictEqual, ok } from "node:assert/strict";
import { openDatabase } from "../../../core/database/open_database.ts";
import { openFiles } from "../../../core/library/deno_files.ts";
import {
  type ObjectKind,
  readMatchingObjects,
  readVisibility,
} from "../../../core/matching/matching_objects.ts";
import { openMatcher } from "../../../core/matching/open_matcher.ts";
import { readRetagDocuments } from "../../../core/matching/retag/read_documents.ts";
import {
  fixturesRoot,
  tempFolder,
  unpackLibrary,
  VERSIONS,
  withoutFixtures,
} from "../../_fixtures.ts";
import { silentReport } from "../../_silent_report.ts";

const KINDS: Readonly<Record<string, ObjectKind>> = {
  correspondents: "correspondent",
  document_types: "documentType",
  storage_paths: "storagePath",
  tags: "tag",
};

type Recorded = Readonly<Record<string, readonly number[]>>;

for (const version of VERSIONS) {
  Deno.test({
    name: `${version}: every rule matches and selects for every document what upstream's does`,
    ignore: withoutFixtures(),
    async fn() {
      const recorded = JSON.parse(
        Deno.readTextFileSync(`${fixturesRoot()}/${version}/after/matching.json`),
      ) as {
        readonly documents: Readonly<
          Record<string, { readonly matches: Recorded; readonly selected: Recorded }>
        >;
      };
      using library = unpackLibrary(version);
      using scratch = tempFolder();
      const database = await openDatabase({
        kind: "sqlite",
        path: library.database,
        timeoutMs: 1000,
      }, {
        files: openFiles({ read: [library.folder, scratch.path], write: [scratch.path] }),
        scratch: scratch.path,
        report: silentReport(),
        mode: "read",
      });
      let compared = 0;
      try {
        const { objects, visibility, documents } = await database.snapshot(async (snapshot) => ({
          objects: await readMatchingObjects(snapshot, Object.values(KINDS)),
          visibility: await readVisibility(snapshot, Object.values(KINDS)),
          documents: await readRetagDocuments(
            snapshot,
            Object.keys(recorded.documents).map(Number),
          ),
        }));
        const matcher = openMatcher(objects.map(({ rule }) => rule), { workers: 1 });
        try {
          const verdicts = await matcher.match(documents.map(({ content }) => content));
          for (const [i, { id, owner }] of documents.entries()) {
            const found = (isCandidate: boolean): Recorded =>
              Object.fromEntries(
                Object.entries(KINDS).map(([name, kind]) => [
                  name,
                  verdicts[i]!.matches.map((index) => objects[index]!)
                    .filter((object) => object.kind === kind)
                    .filter((object) => !isCandidate || visibility.sees(owner, object))
                    .map((object) => object.id).sort((a, b) => a - b),
                ]),
              );
            const expected = recorded.documents[String(id)]!;
            deepStrictEqual(found(false), sorted(expected.matches), `document ${id}`);
            deepStrictEqual(found(true), sorted(expected.selected), `document ${id}`);
            deepStrictEqual(verdicts[i]!.undecided, []);
            compared++;
          }
        } finally {
          matcher.close();
        }
      } finally {
        await database.close();
      }
      ok(compared >= 37, `only ${compared} documents were compared`);
    },
  });
}

function sorted(recorded: Recorded): Recorded {
  return Object.fromEntries(
    Object.entries(recorded).map(([name, ids]) => [name, [...ids].sort((a, b) => a - b)]),
  );
}
