// The names that paperless-ngx itself gave to the documents of the recorded libraries: in exports with `-f`,
// and after document_renamer with each recorded format.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { openDatabase } from "../../../../core/database/open_database.ts";
import type { LibraryDatabase } from "../../../../core/database/database.ts";
import { openFiles } from "../../../../core/library/deno_files.ts";
import { composeName } from "../../../../core/library/filename/compose_name.ts";
import { extensionForMimeType } from "../../../../core/library/filename/extension_for_mime_type.ts";
import {
  type FilenameGeneratorOptions,
  openFilenameGenerator,
  type RenderedName,
} from "../../../../core/library/filename/generate_filename.ts";
import { loadFilenameDocuments } from "../../../../core/library/filename/load_filename_documents.ts";
import {
  fixturesRoot,
  type FixtureVersion,
  recordedExport,
  tempFolder,
  unpackLibrary,
  VERSIONS,
  withoutFixtures,
} from "../../../_fixtures.ts";
import type { NumberToken } from "../../../_json.ts";
import { silentReport } from "../../../_silent_report.ts";

const ignore = withoutFixtures();
const FORMAT = "{{ created_year }}/{{ correspondent }}/{{ title }}";

/** The settings of each recorded run: `output/INDEX.tsv`. */
const RENAMERS: Readonly<Record<string, Partial<FilenameGeneratorOptions>>> = {
  unchanged: {},
  newformat: {
    filenameFormat:
      "{{ document_type }}/{{ created_year }}-{{ created_month }}/{{ tag_list }}/{{ asn }}_{{ title }}",
  },
  legacyformat: { filenameFormat: "{correspondent}/{title}" },
  badformat: { filenameFormat: "{{ nosuch }}/{{ title }" },
  noformat: { filenameFormat: undefined },
  remove_none: {
    filenameFormat: "{{ document_type }}/{{ correspondent }}/{{ asn }}/{{ title }}",
    removeNone: true,
  },
  collide: { filenameFormat: "{{ created_year }}/{{ correspondent }}" },
  conditional: {
    filenameFormat:
      "{% if correspondent == 'none' %}unsorted{% else %}{{ correspondent }}{% endif %}/" +
      "{{ created | datetime('%Y/%m') }}/{{ original_name }}",
  },
};

/** What is looked at in a record of what a run left. */
interface Renamed {
  readonly id: number;
  readonly filename: string;
  readonly deleted_at: string | null;
}

/** What a name is made of besides its template. */
interface Row {
  readonly id: number;
  readonly mimeType: string;
  readonly versionIndex: number | null;
}

async function namesOf(
  version: FixtureVersion,
  ids: "all" | readonly number[],
  settings: Partial<FilenameGeneratorOptions>,
): Promise<{ readonly rows: readonly Row[]; readonly names: readonly RenderedName[] }> {
  using library = unpackLibrary(version);
  using scratch = tempFolder();
  const data = `${library.folder}/data`;
  const database: LibraryDatabase = await openDatabase(
    { kind: "sqlite", path: `${data}/db.sqlite3`, timeoutMs: 1000 },
    {
      files: openFiles({ read: [data], write: [scratch.path] }),
      scratch: scratch.path,
      report: silentReport(),
      mode: "read",
    },
  );
  const generator = openFilenameGenerator({
    generation: database.generation,
    filenameFormat: FORMAT,
    removeNone: false,
    timeZone: "Europe/Berlin",
    ...settings,
  });
  try {
    const { rows, documents } = await database.snapshot(async (snapshot) => {
      const isV3 = snapshot.generation === "v3";
      const columns = isV3
        ? ["id", "mime_type", "version_index"] as const
        : ["id", "mime_type"] as const;
      const found = await snapshot.kysely.selectFrom("documents_document")
        .select([...columns] as ["id", "mime_type", "version_index"]).orderBy("id").execute();
      const rows = found.map((row): Row => ({
        id: Number(row.id),
        mimeType: row.mime_type,
        versionIndex: row.version_index ?? null,
      })).filter(({ id }) => ids === "all" || ids.includes(id));
      const documents = await loadFilenameDocuments(snapshot, rows.map(({ id }) => id), generator);
      return { rows, documents };
    });
    return { rows, names: await generator.render(documents) };
  } finally {
    generator.close();
    await database.close();
  }
}

/** Names in the order of the documents, each with the first counter that is free. */
function claimed(rows: readonly Row[], names: readonly RenderedName[]): Map<number, string> {
  const taken = new Set<string>();
  return new Map(rows.map((row, index) => {
    for (let counter = 0;; counter++) {
      const name = composeName(names[index]!, {
        extension: extensionForMimeType(row.mimeType),
        versionIndex: row.versionIndex,
        counter,
      });
      if (taken.has(name)) continue;
      taken.add(name);
      return [row.id, name];
    }
  }));
}

/** The name of every document in the manifests of a recorded export, with `-p` without its folder. */
function recordedNames(version: FixtureVersion, variant: string): Map<number, string> {
  const records = [...recordedExport(version, variant).manifests.values()].flat();
  return new Map(
    records.filter((record) => record.get("model") === "documents.document").map((record) => [
      Number((record.get("pk") as NumberToken).text),
      String(record.get("__exported_file_name__")).replace(/^originals\//, ""),
    ]),
  );
}

for (const version of VERSIONS) {
  for (const variant of ["f", "f_p", "f_sm", "all"]) {
    Deno.test({
      name: `${version}: the names of the recorded export ${variant}`,
      ignore,
      async fn() {
        const recorded = recordedNames(version, variant);
        ok(recorded.size > 30);
        const { rows, names } = await namesOf(version, [...recorded.keys()], {});
        deepStrictEqual(claimed(rows, names), new Map([...recorded].sort(([a], [b]) => a - b)));
      },
    });
  }

  for (const [run, settings] of Object.entries(RENAMERS)) {
    Deno.test({
      name: `${version}: the names after document_renamer with ${run}`,
      ignore,
      async fn() {
        const after = JSON.parse(
          Deno.readTextFileSync(
            `${fixturesRoot()}/${version}/after/document_renamer-${run}.json`,
          ),
        ) as { readonly documents: readonly Renamed[] };
        const kept = after.documents.filter((document) => document.deleted_at === null);
        ok(kept.length > 30);
        const { rows, names } = await namesOf(version, kept.map(({ id }) => id), settings);
        const given = new Map(kept.map(({ id, filename }) => [id, filename]));
        for (const [index, row] of rows.entries()) {
          const rendered = names[index]!;
          const parts = {
            extension: extensionForMimeType(row.mimeType),
            versionIndex: row.versionIndex,
          };
          // Which counter a document got depends on what was on disk when its turn came.
          const possible = Array.from(
            { length: kept.length },
            (_, counter) => composeName(rendered, { ...parts, counter }),
          );
          const name = given.get(row.id)!;
          ok(possible.includes(name), `document ${row.id}: ${name} is none of ${possible[0]}, …`);
        }
        // Without collisions every name is the plain one.
        if (run !== "collide") {
          const plain = rows.filter((row, index) =>
            composeName(names[index]!, {
              extension: extensionForMimeType(row.mimeType),
              versionIndex: row.versionIndex,
            }) === given.get(row.id)
          );
          ok(plain.length >= rows.length - 4, `only ${plain.length} of ${rows.length}`);
        }
      },
    });
  }

  Deno.test({
    name: `${version}: a format with a syntax error is told once and leaves the numbers`,
    ignore,
    async fn() {
      const { rows, names } = await namesOf(version, "all", {
        filenameFormat: "{{ nosuch }}/{{ title }",
      });
      const failed = names.filter(({ problems }) => problems.length > 0);
      strictEqual(failed.filter(({ problems }) => !problems[0]!.repeated).length, 1);
      ok(failed.length > rows.length / 2);
      ok(failed.every(({ path }) => path === null));
    },
  });
}
