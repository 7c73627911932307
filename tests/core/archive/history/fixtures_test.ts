// Real exports of nine old releases, converted, against what upstream makes of them: the old release's own
// import, then the upgrades to 2.20.15 and 3.0.5.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { readManifestSync } from "../../../../core/archive/manifest/manifest_reader.ts";
import type { RawRecord } from "../../../../core/archive/manifest/raw_record.ts";
import type { HistoryHooks } from "../../../../core/archive/history/ask_files.ts";
import { compareReleases } from "../../../../core/archive/history/releases.ts";
import { exportModels } from "../../../../core/archive/records/export_models.ts";
import { type ExportRecord, readRecords } from "../../../../core/archive/records/read_records.ts";
import { fileConversions } from "../../../../core/archive/history/file_conversions.ts";
import type { Generation } from "../../../../core/schema/model.ts";
import { fixturesRoot, listFiles, tempFolder, withoutFixtures } from "../../../_fixtures.ts";
import { openLibrary, writtenText } from "../records/_library.ts";
import {
  comparable,
  convert,
  type Converted,
  differences,
  namesIn,
  OLD_RELEASES,
  readFixture,
} from "./_history.ts";

const UPSTREAM = { v2: "v2.20.15", v3: "v3.0.5" } as const;

function metadataVersion(folder: string): string | null {
  for (const name of ["metadata.json", "version.json"]) {
    try {
      const text = Deno.readTextFileSync(`${fixturesRoot()}/${folder}/${name}`);
      return (JSON.parse(text) as { version: string }).version;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return null;
}

function exportedPath(document: RawRecord, key: string): string {
  return JSON.parse(document.extras.get(key) ?? "null") as string;
}

/** Answers from the export's own files. */
function hooksFor(folder: string, asked: string[]): HistoryHooks {
  const read = (path: string) => Deno.readFileSync(`${fixturesRoot()}/${folder}/${path}`);
  return {
    pageCount(document) {
      asked.push(document.pk);
      const text = new TextDecoder("latin1").decode(
        read(exportedPath(document, "__exported_file_name__")),
      );
      const pages = [...text.matchAll(/\/Type\s*\/Page(?![a-z])/gi)].length;
      return Promise.resolve(pages === 0 ? null : pages);
    },
    sha256(document, file) {
      const key = file === "original" ? "__exported_file_name__" : "__exported_archive_name__";
      const bytes = read(exportedPath(document, key));
      return Promise.resolve(createHash("sha256").update(bytes).digest("hex"));
    },
  };
}

async function convertPlain(
  release: string,
  to: Generation,
  asked: string[] = [],
): Promise<Converted> {
  const folder = `history/${release}/exports/plain`;
  return await convert(readFixture(`${folder}/manifest.json`), {
    from: metadataVersion(folder),
    to,
    hooks: hooksFor(folder, asked),
  });
}

interface FreshType {
  readonly app_label: string;
  readonly model: string;
}
interface FreshPermission extends FreshType {
  readonly codename: string;
}

/** Names of what a library has from its beginning. */
function freshNames(to: Generation): { types: string[]; permissions: string[] } {
  const read = <T>(name: string) =>
    JSON.parse(
      Deno.readTextFileSync(`${fixturesRoot()}/schema/${UPSTREAM[to]}/${name}.json`),
    ) as readonly T[];
  return {
    types: read<FreshType>("content_types").map((t) => `${t.app_label}.${t.model}`),
    permissions: read<FreshPermission>("permissions").map((p) =>
      `${p.app_label}.${p.model}|${p.codename}`
    ),
  };
}

for (const release of OLD_RELEASES) {
  for (const to of ["v2", "v3"] as const) {
    const upstream = `history/${release}/exports-after-import-and-upgrade/${UPSTREAM[to]}`;
    const test = (name: string, fn: () => Promise<void>) =>
      Deno.test({ name: `${release} → ${to}: ${name}`, ignore: withoutFixtures(), fn });

    test("the records are those of upstream's import and upgrade", async () => {
      const { records, history } = await convertPlain(release, to);
      const expected = readFixture(`${upstream}/manifest.json`);
      const found = differences(comparable(records), comparable(expected));
      strictEqual(found.join("\n"), "");
      strictEqual(history.unchanged, false);
      strictEqual(history.checksums, to === "v3" ? "md5 to sha256" : "as they are");
    });

    test("content types and permissions are among upstream's", async () => {
      const { records } = await convertPlain(release, to);
      const ours = namesIn(records);
      const expected = namesIn(readFixture(`${upstream}/manifest.json`));
      const fresh = freshNames(to);
      const hasOwn = readFixture(`history/${release}/exports/plain/manifest.json`)
        .some(({ model }) => model === "contenttypes.contenttype");
      for (const kind of ["types", "permissions"] as const) {
        const [is, want] = [new Set(ours[kind].values()), new Set(expected[kind].values())];
        deepStrictEqual([...is].filter((name) => !want.has(name)), [], `${kind} too much`);
        // With what the library itself brings nothing is missing, but leftovers of apps that are long gone
        // (Django Q, the log of the database) where the export doesn't hold its types.
        const has = new Set([...is, ...fresh[kind]]);
        const missing = [...want].filter((name) =>
          !has.has(name) &&
          (hasOwn || !/^(?:django_q|django_celery_results|documents\.log)/.test(name))
        ).filter((name) => hasOwn || !/comment$/.test(name))
          .filter((name) => hasOwn || to === "v2" || !/view_(?:global|system)/.test(name));
        deepStrictEqual(missing, [], `${kind} missing`);
      }
    });
  }

  Deno.test({
    name: `${release}: each record stands behind what it points to, bar documents`,
    ignore: withoutFixtures(),
    async fn() {
      const { records } = await convertPlain(release, "v3");
      const seen = new Set<string>();
      const references: Readonly<Record<string, string>> = {
        owner: "auth.user",
        user: "auth.user",
        correspondent: "documents.correspondent",
        document_type: "documents.documenttype",
        storage_path: "documents.storagepath",
        account: "paperless_mail.mailaccount",
        saved_view: "documents.savedview",
        content_type: "contenttypes.contenttype",
        permission: "auth.permission",
        field: "documents.customfield",
        filter_mailrule: "paperless_mail.mailrule",
      };
      let checked = 0;
      for (const { model, pk, fields } of records) {
        for (const [field, target] of Object.entries(references)) {
          const key = fields.get(field);
          if (key === undefined || key === "null" || model.startsWith("socialaccount.")) continue;
          ok(seen.has(`${target} ${key}`), `${model} ${pk} stands before ${target} ${key}`);
          checked++;
        }
        seen.add(`${model} ${pk}`);
      }
      ok(checked > 20, "there is something to check");
    },
  });

  Deno.test({
    name: `${release}: pages are counted of PDFs only, thumbnails named that are PNG`,
    ignore: withoutFixtures(),
    async fn() {
      const asked: string[] = [];
      const { records, history } = await convertPlain(release, "v2", asked);
      const documents = records.filter(({ model }) => model === "documents.document");
      const pdfs = documents.filter(({ fields }) =>
        fields.get("mime_type") === '"application/pdf"'
      );
      const counts = Number(release.replace(/^\D+/, "").split(".").slice(0, 2).join("")) < 213;
      strictEqual(history.pageCounts, counts);
      deepStrictEqual(asked.sort(), counts ? pdfs.map(({ pk }) => pk).sort() : []);
      const png = release === "ng-1.5.0" || release === "v1.7.1";
      for (const document of documents) {
        const conversions = fileConversions(document);
        strictEqual(conversions.length, png ? 1 : 0);
        if (png) ok(conversions[0]?.path.endsWith("-thumbnail.png"));
      }
    },
  });
}

Deno.test({
  name: "v2.20.15 → v3: the records are the rows of upstream's upgrade",
  ignore: withoutFixtures(),
  async fn() {
    const folder = "v2.20.15/exports/plain";
    const { records, history, lost } = await convert(readFixture(`${folder}/manifest.json`), {
      from: "2.20.15",
      to: "v3",
      hooks: hooksFor(folder, []),
    });
    strictEqual(history.checksums, "md5 to sha256");
    strictEqual(history.pageCounts, false);

    const upgraded = await recordsOfUpgradedLibrary();
    const expected = comparable(upgraded);
    // Version 2 exports neither the trash nor share links.
    const found = differences(comparable(records), expected).filter((line) => {
      const [model, pk] = line.replace(/: missing$/, "").split(" ");
      if (!line.endsWith(": missing")) return true;
      const row = upgraded.find((record) => record.model === model && record.pk === pk);
      return model !== "documents.sharelink" && row?.fields.get("deleted_at") === "null";
    });
    strictEqual(found.join("\n"), "");
    const names = namesIn(records);
    const all = namesIn(upgraded);
    for (const kind of ["types", "permissions"] as const) {
      const want = new Set(all[kind].values());
      deepStrictEqual([...names[kind].values()].filter((name) => !want.has(name)), []);
    }
    deepStrictEqual(lost, [{
      kind: "lost",
      model: "documents.savedview",
      pk: "3",
      field: "show_in_sidebar",
      reason: "the view has no owner who could see it",
    }]);
    ok(history.notExported.some(({ what }) => what === "share links"));
  },
});

for (const release of OLD_RELEASES) {
  Deno.test({
    name: `${release}: split manifests and the export of an import give the same records`,
    ignore: withoutFixtures(),
    async fn() {
      const { records: whole } = await convertPlain(release, "v2");
      const expected = comparable(whole);
      const exports = `${fixturesRoot()}/history/${release}/exports`;
      let variants = 0;
      for (const { name } of Deno.readDirSync(exports)) {
        if (!["sm", "all", "roundtrip_plain", "data-only"].includes(name)) continue;
        const folder = `history/${release}/exports/${name}`;
        const manifest = [
          ...readFixture(`${folder}/manifest.json`),
          ...readSplitManifests(`${exports}/${name}/split-manifests.tar.gz`),
        ];
        const { records } = await convert(manifest, {
          from: metadataVersion(folder),
          to: "v2",
        });
        const pages = (line: string) => / page_count: /.test(line);
        // 2.18 and later give documents 1 and 3, equal but for their type, one split manifest: the last one
        // written is all there is.
        const overwritten = (line: string) =>
          release === "v2.18.4" && (name === "sm" || name === "all") &&
          /^documents\.(?:document 1|note [12]|customfieldinstance \d+): missing$/.test(line);
        const found = differences(comparable(records), expected);
        // The files of these variants are only listed: pages can't be counted.
        strictEqual(found.filter((line) => !pages(line) && !overwritten(line)).join("\n"), "");
        variants++;
      }
      ok(variants > 0 || release === "ng-1.5.0" || release === "v1.7.1");
    },
  });

  Deno.test({
    name: `${release}: without its version file the same steps are found`,
    ignore: withoutFixtures(),
    async fn() {
      const manifest = readFixture(`history/${release}/exports/plain/manifest.json`);
      const stated = release.replace(/^\D+/, "");
      for (const to of ["v2", "v3"] as const) {
        const told = await convert(manifest, { from: stated, to });
        const detected = await convert(manifest, { from: null, to });
        strictEqual(detected.history.stated, false);
        ok(
          compareReleases(detected.history.from, stated) <= 0,
          `${detected.history.from} is not newer than ${stated}`,
        );
        const found = differences(comparable(detected.records), comparable(told.records));
        strictEqual(found.join("\n"), "");
        deepStrictEqual(detected.lost, told.lost);
      }
    },
  });
}

function readSplitManifests(archive: string): RawRecord[] {
  try {
    Deno.statSync(archive);
  } catch {
    return [];
  }
  using temp = tempFolder();
  const { success } = new Deno.Command("tar", { args: ["-xzf", archive, "-C", temp.path] })
    .outputSync();
  ok(success, "the split manifests unpack");
  return listFiles(temp.path).sort().flatMap((file) => [
    ...readManifestSync([Deno.readFileSync(`${temp.path}/${file}`)], { file }),
  ]);
}

/** Rows of the v2 library after 3.0.5's migrations, as 3.0.5 would export them. */
async function recordsOfUpgradedLibrary(): Promise<RawRecord[]> {
  using temp = tempFolder();
  Deno.mkdirSync(`${temp.path}/data`);
  Deno.writeFileSync(
    `${temp.path}/data/db.sqlite3`,
    gunzipSync(
      Deno.readFileSync(
        `${fixturesRoot()}/schema/v2.20.15-upgraded-to-v3.0.5/library.db.sqlite3.gz`,
      ),
    ),
  );
  const database = await openLibrary(temp.path);
  try {
    return await database.snapshot(async (snapshot) => {
      const all: ExportRecord[] = [];
      for (const exportModel of exportModels("v3", { auditLog: true })) {
        for await (const batch of readRecords(snapshot, exportModel)) all.push(...batch);
      }
      const bytes = new TextEncoder().encode(writtenText(all, "v3"));
      return [...readManifestSync([bytes], { file: "upgraded" })];
    });
  } finally {
    await database.close();
  }
}
