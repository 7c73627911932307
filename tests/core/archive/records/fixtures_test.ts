// The records of real libraries against the manifests that paperless-ngx wrote from them: every record, in
// order, number tokens compared as text, many-to-many lists as sets.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { countRows } from "../../../../core/archive/records/count_rows.ts";
import { exportModels } from "../../../../core/archive/records/export_models.ts";
import {
  type ExportRecord,
  readDocumentRecords,
  readRecords,
  type ReadRecordsOptions,
} from "../../../../core/archive/records/read_records.ts";
import type { LibraryDatabase, Snapshot } from "../../../../core/database/database.ts";
import { manyToManyOf } from "../../../../core/schema/model.ts";
import { modelNamed } from "../../../../core/schema/registry.ts";
import { asObject, canonical, type ExactObject } from "../../../_json.ts";
import { recordedExport, unpackLibrary, VERSIONS, withoutFixtures } from "../../../_fixtures.ts";
import { openLibrary, written, writtenText } from "./_library.ts";

/** One line a record; the exporter's own keys, which are not ours, are left out. */
function line(record: ExactObject): string {
  const model = modelNamed(String(record.get("model")));
  const fields = new Map(asObject(record.get("fields")));
  for (const { name } of [...manyToManyOf(model, "v2"), ...manyToManyOf(model, "v3")]) {
    const list = fields.get(name);
    if (!Array.isArray(list)) continue;
    fields.set(name, list.map((each) => canonical(each)).sort());
  }
  return `${model.label} ${canonical(record.get("pk"))} ${[...fields.keys()].join()} ${
    canonical(fields)
  }`;
}

async function everything(
  snapshot: Snapshot,
  options: ReadRecordsOptions = {},
  auditLog = true,
): Promise<ExportRecord[]> {
  const all: ExportRecord[] = [];
  for (const exportModel of exportModels(snapshot.generation, { auditLog })) {
    let count = 0;
    for await (const batch of readRecords(snapshot, exportModel, options)) {
      ok(batch.length <= (options.batchSize ?? 500));
      all.push(...batch);
      count += batch.length;
    }
    strictEqual(await countRows(snapshot, exportModel), count, exportModel.model.label);
  }
  return all;
}

for (const version of VERSIONS) {
  const test = (name: string, body: (database: LibraryDatabase) => Promise<void>) =>
    Deno.test({
      name: `records of ${version}: ${name}`,
      ignore: withoutFixtures(),
      async fn() {
        using library = unpackLibrary(version);
        const database = await openLibrary(library.folder);
        try {
          await body(database);
        } finally {
          await database.close();
        }
      },
    });

  test("all of them, in upstream's order", async (database) => {
    const expected = recordedExport(version, "plain").manifests.get("manifest.json") ?? [];
    for (const batchSize of [500, 7]) {
      const records = await database.snapshot((snapshot) => everything(snapshot, { batchSize }));
      deepStrictEqual(written(records, database.generation).map(line), expected.map(line));
    }
  });

  test("secrets are handed to the hook, nothing else is", async (database) => {
    const asked: string[] = [];
    const records = await database.snapshot((snapshot) =>
      everything(snapshot, {
        transformText(model, field, text) {
          asked.push(`${model} ${field}`);
          return `<${text.length}>`;
        },
      })
    );
    // Asked when the record is printed.
    deepStrictEqual(asked, []);
    ok(written(records, database.generation).length > 0);
    deepStrictEqual([...new Set(asked)].sort(), [
      "paperless_mail.mailaccount password",
      "paperless_mail.mailaccount refresh_token",
      "socialaccount.socialtoken token",
      "socialaccount.socialtoken token_secret",
    ]);
    const account = records.find(({ model }) => model === "paperless_mail.mailaccount");
    const stored = String(account?.value("password"));
    const password = account?.fields.find(([name]) => name === "password")?.[1];
    strictEqual(password, `"<${stored.length}>"`);
  });

  test("without the audit log", async (database) => {
    const records = await database.snapshot((snapshot) => everything(snapshot, {}, false));
    ok(records.length > 0);
    ok(!records.some(({ model }) => model === "auditlog.logentry"));
  });

  test("notes and custom fields by document, as in split manifests", async (database) => {
    const manifests = [...recordedExport(version, "sm").manifests]
      .filter(([path]) => path !== "manifest.json").map(([, records]) => records);
    const expected = new Map(manifests.map(([document, ...children]) => [
      BigInt(canonical(document?.get("pk"))),
      children.map(line),
    ]));
    ok(expected.size > 30);
    const found = await database.snapshot((snapshot) =>
      readDocumentRecords(snapshot, [...expected.keys()])
    );
    for (const [document, children] of expected) {
      deepStrictEqual(written(found.get(document) ?? [], database.generation).map(line), children);
    }
    deepStrictEqual(
      await database.snapshot((snapshot) => readDocumentRecords(snapshot, [])),
      new Map(),
    );
  });

  test("the layout is upstream's, but for JSON columns", async (database) => {
    const records = await database.snapshot((snapshot) => everything(snapshot));
    const ours = writtenText(
      records.filter(({ model }) => model === "documents.correspondent"),
      database.generation,
    );
    const theirs = Deno.readTextFileSync(
      new URL(
        `../../../../../shared/fixtures/${version}/exports/plain/manifest.json`,
        import.meta.url,
      ),
    );
    // Everything up to the last record's end stands at the beginning of upstream's.
    const same = ours.slice(0, ours.lastIndexOf("\n]"));
    ok(same.length > 500);
    strictEqual(theirs.slice(0, same.length), same);
  });
}

Deno.test({
  name: "records of v2.20.15: a GPG-encrypted document is exported as unencrypted",
  ignore: withoutFixtures(),
  async fn() {
    using library = unpackLibrary("v2.20.15", { overlay: "gpg" });
    const database = await openLibrary(library.folder);
    try {
      const records = await database.snapshot((snapshot) => everything(snapshot));
      const encrypted = records.filter((record) =>
        record.model === "documents.document" && record.value("storage_type") === "gpg"
      );
      strictEqual(encrypted.length, 2);
      for (const { fields } of encrypted) {
        strictEqual(new Map(fields).get("storage_type"), '"unencrypted"');
      }
    } finally {
      await database.close();
    }
  },
});
