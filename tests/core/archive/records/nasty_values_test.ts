// Values that a careless reader harms, in a library made for it: what the record says is what the database
// holds, number tokens and bytes included.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { exportModelNamed, exportModels } from "../../../../core/archive/records/export_models.ts";
import { type ExportRecord, readRecords } from "../../../../core/archive/records/read_records.ts";
import type { Snapshot } from "../../../../core/database/database.ts";
import type { StorageValue } from "../../../../core/database/storage_value.ts";
import { createLibrary, registerRegexp } from "../../../../migrations/create_library.ts";
import { tempFolder } from "../../../_fixtures.ts";
import { type Row, RowWriter, textOf } from "../../../_rows.ts";
import { openLibrary, writtenText } from "./_library.ts";

type Generation = "v2" | "v3";

const NOW = "2024-01-02 03:04:05";

const DOCUMENT: Row = {
  title: "t",
  content: "",
  modified: NOW,
  added: NOW,
  created: "2024-01-02",
  mime_type: "text/plain",
};

/** Makes a library, fills it, and gives what is read from it. */
async function withLibrary(
  generation: Generation,
  fill: (insert: (table: string, row: Row) => number) => void,
  check: (snapshot: Snapshot) => Promise<void>,
): Promise<void> {
  using temp = tempFolder();
  const path = join(temp.path, "data/db.sqlite3");
  Deno.mkdirSync(join(temp.path, "data"));
  createLibrary({ path, generation });
  const database = new DatabaseSync(path);
  registerRegexp(database);
  // Broken rows are part of the test: JSON_VALID would refuse them.
  database.exec("PRAGMA ignore_check_constraints = ON");
  const writer = new RowWriter(database);
  fill((table, row) => writer.insert(table, row));
  database.close();
  const library = await openLibrary(temp.path);
  try {
    await library.snapshot(check);
  } finally {
    await library.close();
  }
}

async function all(snapshot: Snapshot, label: string, batchSize = 500): Promise<ExportRecord[]> {
  const records: ExportRecord[] = [];
  const exportModel = exportModelNamed(snapshot.generation, label);
  for await (const batch of readRecords(snapshot, exportModel, { batchSize })) {
    records.push(...batch);
  }
  return records;
}

function texts(records: readonly ExportRecord[], field: string): unknown[] {
  return records.map(({ fields }) => new Map(fields).get(field));
}

for (const generation of ["v2", "v3"] as const) {
  let next = 0;
  const document = (row: Row): Row => ({
    ...DOCUMENT,
    ...(generation === "v2" ? { storage_type: "unencrypted" } : {}),
    checksum: String(++next).padStart(32, "0"),
    ...row,
  });

  Deno.test(`nasty text (${generation}): NUL, broken UTF-8, U+FFFD, lone surrogates`, async () => {
    const contents: readonly [bytes: Uint8Array | string, json: string, value: string][] = [
      ["plain é😀", '"plain é😀"', "plain é😀"],
      ["a\0b\0", '"a\\u0000b\\u0000"', "a\0b\0"],
      ["\0", '"\\u0000"', "\0"],
      ["", '""', ""],
      ["\ufffd legal", '"\ufffd legal"', "\ufffd legal"],
      ["\ufeffBOM", '"\ufeffBOM"', "\ufeffBOM"],
      ["\u2028\u2029\x7f\x1f", '"\u2028\u2029\x7f\\u001f"', "\u2028\u2029\x7f\x1f"],
      [new Uint8Array([0x41, 0xff, 0x42]), '"A\\udcffB"', "A\udcffB"],
      // Three bytes that a decoder replaces by the three bytes of U+FFFD: the length says nothing.
      [new Uint8Array([0xf0, 0x9f, 0x98]), '"\\udcf0\\udc9f\\udc98"', "\udcf0\udc9f\udc98"],
      [new Uint8Array([0xed, 0xa0, 0x80]), '"\\udced\\udca0\\udc80"', "\udced\udca0\udc80"],
      [new Uint8Array([0x61, 0x00, 0xff]), '"a\\u0000\\udcff"', "a\0\udcff"],
    ];
    await withLibrary(generation, (insert) => {
      for (const [bytes] of contents) {
        insert("documents_document", document({ content: textOf(bytes) }));
      }
      // Harm in two columns of one row that would cancel out in a sum of lengths.
      insert(
        "documents_document",
        document({ title: textOf("x\0yz"), content: textOf(new Uint8Array([0xff])) }),
      );
    }, async (snapshot) => {
      const records = await all(snapshot, "documents.document", 3);
      const both = records.pop();
      ok(both);
      deepStrictEqual(texts(records, "content"), contents.map(([, json]) => json));
      deepStrictEqual(
        records.map((record) => record.value("content")),
        contents.map(([, , value]) => value),
      );
      deepStrictEqual([both.value("title"), both.value("content")], ["x\0yz", "\udcff"]);
      // And it is UTF-8 on disk: writtenText decodes strictly.
      ok(writtenText(records, generation).includes('"content": "A\\udcffB"'));
    });
  });

  Deno.test(`nasty numbers (${generation}): tokens stay`, async () => {
    const floats: readonly [sql: string, token: string][] = [
      ["1.0", "1.0"],
      ["3", "3.0"],
      // SQLite itself stores -0.0 as 0 in a column of type real.
      ["-0.0", "0.0"],
      ["1e16", "1e+16"],
      ["5e-324", "5e-324"],
      ["1.7976931348623157e308", "1.7976931348623157e+308"],
      ["9e999", "1e999"],
      ["0.1", "0.1"],
      ["NULL", "null"],
      ["'not a number'", '"not a number"'],
    ];
    const integers: readonly [sql: string, token: string, value: StorageValue][] = [
      ["9007199254740993", "9007199254740993", 9007199254740993n],
      ["-9223372036854775808", "-9223372036854775808", -9223372036854775808n],
      ["9223372036854775807", "9223372036854775807", 9223372036854775807n],
      ["1.5", "1.5", 1.5],
      ["'7x'", '"7x"', "7x"],
      ["'a' || char(0) || 'b'", '"a\\u0000b"', "a\0b"],
      ["0", "0", 0n],
    ];
    const amounts: readonly [text: string | null, printed: string][] = [
      ["EUR12.50", '"12.50"'],
      ["12", '"12.00"'],
      ["USD0.005", '"0.00"'],
      ["EURabc", '"0.00"'],
      [null, "null"],
    ];
    await withLibrary(generation, (insert) => {
      const field = insert("documents_customfield", {
        name: "f",
        data_type: "float",
        created: NOW,
      });
      const instance = (row: Row) =>
        insert("documents_customfieldinstance", {
          created: NOW,
          field_id: field,
          document_id: insert("documents_document", document({})),
          ...row,
        });
      for (const [sql] of floats) instance({ value_float: { sql } });
      for (const [sql] of integers) instance({ value_int: { sql } });
      for (const [text] of amounts) instance({ value_monetary: text });
    }, async (snapshot) => {
      const records = await all(snapshot, "documents.customfieldinstance");
      const some = (start: number, count: number) => records.slice(start, start + count);
      deepStrictEqual(
        texts(some(0, floats.length), "value_float"),
        floats.map(([, token]) => token),
      );
      const ints = some(floats.length, integers.length);
      deepStrictEqual(texts(ints, "value_int"), integers.map(([, token]) => token));
      deepStrictEqual(
        ints.map((record) => record.value("value_int")),
        integers.map(([, , value]) => value),
      );
      deepStrictEqual(
        texts(some(floats.length + integers.length, amounts.length), "value_monetary_amount"),
        amounts.map(([, printed]) => printed),
      );
    });
  });

  Deno.test(`nasty keys (${generation}): ids beyond 2^53, also in lists`, async () => {
    const large = 9007199254740993n;
    await withLibrary(generation, (insert) => {
      const tag = (id: bigint, name: string) =>
        insert("documents_tag", {
          id,
          name,
          match: "",
          matching_algorithm: 1,
          is_insensitive: true,
          is_inbox_tag: false,
          color: "#fff",
          ...Object.fromEntries(
            ["ancestors", "children", "descendants", "siblings"].flatMap((each) => [
              [`tn_${each}_count`, 0],
              [`tn_${each}_pks`, ""],
            ]),
          ),
          ...Object.fromEntries(
            ["depth", "index", "level", "order", "priority"].map((each) => [`tn_${each}`, 0]),
          ),
        });
      tag(large, "b");
      tag(large + 1n, "a");
      tag(5n, "c");
      insert("documents_document", document({ id: large }));
      for (const id of [5n, large, large + 1n]) {
        insert("documents_document_tags", { document_id: large, tag_id: id });
      }
      // A link to a tag that is gone.
      insert("documents_document", document({ id: 1 }));
    }, async (snapshot) => {
      const records = await all(snapshot, "documents.document");
      deepStrictEqual(records.map(({ pk }) => pk), [1n, large]);
      // By name, as upstream's default order.
      deepStrictEqual(texts(records, "tags"), [[], ["9007199254740994", "9007199254740993", "5"]]);
      deepStrictEqual((await all(snapshot, "documents.tag")).map(({ pk }) => pk), [
        large + 1n,
        large,
        5n,
      ]);
    });
  });

  Deno.test(`nasty times (${generation}): microseconds, years before 1000`, async () => {
    await withLibrary(generation, (insert) => {
      insert(
        "documents_document",
        document({
          created: "0999-12-31",
          added: "0001-01-01 00:00:00.000001",
          modified: "2024-05-06 07:08:09.999999",
        }),
      );
    }, async (snapshot) => {
      const records = await all(snapshot, "documents.document");
      deepStrictEqual(texts(records, "created"), ['"0999-12-31"']);
      deepStrictEqual(texts(records, "added"), ['"0001-01-01T00:00:00.000Z"']);
      deepStrictEqual(texts(records, "modified"), ['"2024-05-06T07:08:09.999Z"']);
    });
  });

  Deno.test(`nasty JSON (${generation}): spliced, never parsed`, async () => {
    const columns: readonly [stored: string, token: unknown][] = [
      ['{"10": 1, "9": 2, "a": {"b": 12345678901234567890.0100}}', undefined],
      ['{"big": 9007199254740993, "e": 1e400, "s": "\\ud800", "z": -0.0}', undefined],
      ["null", undefined],
      ["[1.0, 1]", undefined],
      ["{broken", '"{broken"'],
      ["", '""'],
      ['{"a": "x\0y"}', '"{\\"a\\": \\"x\\u0000y\\"}"'],
    ];
    await withLibrary(generation, (insert) => {
      columns.forEach(([stored], i) =>
        insert("documents_customfield", {
          name: `f${i}`,
          data_type: "select",
          created: NOW,
          extra_data: textOf(stored),
        })
      );
    }, async (snapshot) => {
      const records = await all(snapshot, "documents.customfield");
      deepStrictEqual(
        texts(records, "extra_data"),
        columns.map(([stored, token]) => token ?? stored),
      );
      const manifest = writtenText(records, generation);
      for (
        const token of [
          "12345678901234567890.0100",
          "9007199254740993",
          "1e400",
          '"\\ud800"',
          "-0.0",
        ]
      ) {
        ok(manifest.includes(token), token);
      }
      ok(manifest.indexOf('"10"') < manifest.indexOf('"9"'));
    });
  });

  Deno.test(`a secret in any storage class reaches the hook (${generation})`, async () => {
    await withLibrary(generation, (insert) => {
      const account = (name: string, password: Row[string]) =>
        insert("paperless_mail_mailaccount", {
          name,
          imap_server: "s",
          imap_security: 2,
          username: "u",
          password,
          character_set: "UTF-8",
          is_token: false,
          account_type: 1,
        });
      account("a", "geheim");
      account("b", new TextEncoder().encode("geheim"));
      account("c", textOf("ge\0heim"));
      account("d", "");
    }, async (snapshot) => {
      const exportModel = exportModelNamed(generation, "paperless_mail.mailaccount");
      const seen: string[] = [];
      const transformText = (_model: string, _field: string, text: string) => {
        seen.push(text);
        return "***";
      };
      for await (const batch of readRecords(snapshot, exportModel, { transformText })) {
        const secrets = batch.map(({ fields }) => {
          const values = new Map(fields);
          return [values.get("password"), values.get("refresh_token")];
        });
        deepStrictEqual(secrets, [['"***"', "null"], ['"***"', "null"], ['"***"', "null"], [
          '""',
          "null",
        ]]);
      }
      deepStrictEqual(seen, ["geheim", "geheim", "ge\0heim"]);
    });
  });

  Deno.test(`an empty library (${generation}) gives no more than a fresh one has`, async () => {
    await withLibrary(generation, () => {}, async (snapshot) => {
      const labels = new Set<string>();
      for (const exportModel of exportModels(generation, { auditLog: true })) {
        for await (const batch of readRecords(snapshot, exportModel)) {
          ok(batch.length > 0);
          for (const { model } of batch) labels.add(model);
        }
      }
      deepStrictEqual([...labels].sort(), [
        "auth.permission",
        "contenttypes.contenttype",
        "paperless.applicationconfiguration",
      ]);
    });
  });
}

Deno.test("a library that never had an audit log is exported without", async () => {
  await withLibrary("v2", () => {}, (snapshot) => {
    const labels = (tables: ReadonlySet<string>) =>
      exportModels("v2", { auditLog: true, tables }).map(({ model }) => model.label);
    ok(labels(snapshot.tables).includes("auditlog.logentry"));
    const without = new Set(snapshot.tables);
    without.delete("auditlog_logentry");
    deepStrictEqual(
      labels(without),
      labels(snapshot.tables).filter((label) => label !== "auditlog.logentry"),
    );
    return Promise.resolve();
  });
});

Deno.test("v3: share link bundles get portable paths, and no documents from the trash", async () => {
  let checksum = 0;
  await withLibrary("v3", (insert) => {
    const bundle = (file_path: string) =>
      insert("documents_sharelinkbundle", {
        created: NOW,
        slug: `s${++checksum}`,
        file_version: "archive",
        status: "ready",
        file_path,
      });
    const document = (row: Row) =>
      insert("documents_document", { ...DOCUMENT, checksum: String(++checksum), ...row });
    const absolute = bundle("/srv/media/documents/share_link_bundles/a b.zip");
    bundle("sub/c.zip");
    bundle("");
    const kept = document({});
    const trashed = document({ deleted_at: NOW });
    for (const id of [trashed, kept]) {
      insert("documents_sharelinkbundle_documents", {
        sharelinkbundle_id: absolute,
        document_id: id,
      });
    }
  }, async (snapshot) => {
    const records = await all(snapshot, "documents.sharelinkbundle");
    deepStrictEqual(texts(records, "file_path"), ['"a b.zip"', '"sub/c.zip"', '""']);
    strictEqual(records[0]?.value("file_path"), "/srv/media/documents/share_link_bundles/a b.zip");
    deepStrictEqual(texts(records, "documents"), [["1"], [], []]);
    // The trash itself is exported.
    strictEqual((await all(snapshot, "documents.document")).length, 2);
  });
});
