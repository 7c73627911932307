// A sample library is only worth what it holds: every table has a row, every checksum is right, and what is
// planted arrives in the database to the byte.

import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { manyToManyOf } from "../core/schema/model.ts";
import { modelsOf } from "../core/schema/registry.ts";
import {
  listFiles,
  sha256,
  tempFolder,
  unpackLibrary,
  VERSIONS,
  withoutFixtures,
} from "./_fixtures.ts";
import { pythonJson, Token } from "./_sample/python_json.ts";
import { tagTree } from "./_sample/tag_tree.ts";
import { textOf } from "./_rows.ts";
import {
  HOSTILE_FILENAMES,
  HOSTILE_TITLES,
  makeSampleLibrary,
  ODD_FLOATS,
  ODD_JSON,
  ODD_NUMBERS,
  type SampleDocument,
  SPECIAL_CASES,
} from "./sample_library.ts";

const GENERATIONS = ["v2", "v3"] as const;

function all(path: string, sql: string, ...values: (string | number)[]): Record<string, unknown>[] {
  using database = new DatabaseSync(path, { readOnly: true });
  return database.prepare(sql).all(...values).map((row) => ({ ...row }));
}

function labelled(documents: readonly SampleDocument[], label: string): SampleDocument {
  const found = documents.find((document) => document.label === label);
  assert.ok(found, `no document was planted for ${label}`);
  return found;
}

for (const generation of GENERATIONS) {
  Deno.test(`${generation}: every table and every many-to-many list has a row`, async () => {
    using temp = tempFolder();
    const { databasePath } = await makeSampleLibrary(temp.path, { generation });
    const tables = modelsOf(generation).flatMap((model) => [
      model.table,
      ...manyToManyOf(model, generation).map((list) => list.table),
    ]);
    assert.ok(tables.length > 70);
    const empty = tables.filter((table) =>
      all(databasePath, `SELECT 1 FROM "${table}" LIMIT 1`).length === 0
    );
    assert.deepEqual(empty, []);
    assert.deepEqual(all(databasePath, "PRAGMA foreign_key_check"), []);
    assert.deepEqual(all(databasePath, "PRAGMA integrity_check"), [{ integrity_check: "ok" }]);
  });

  Deno.test(`${generation}: each document has the files that its row names, checksums hold`, async () => {
    using temp = tempFolder();
    const library = await makeSampleLibrary(temp.path, { generation, documents: 30 });
    const algorithm = generation === "v2" ? "md5" : "sha256";
    const digest = (path: string) =>
      createHash(algorithm).update(Deno.readFileSync(path)).digest("hex");
    assert.equal(library.documents.filter((each) => !each.inTrash && !each.isVersion).length, 30);
    assert.equal(library.documents.filter((each) => each.inTrash).length, 1);
    assert.equal(
      library.documents.filter((each) => each.isVersion).length,
      generation === "v3" ? 1 : 0,
    );
    for (const document of library.documents) {
      const [row] = all(
        library.databasePath,
        "SELECT * FROM documents_document WHERE id = ?",
        document.id,
      );
      assert.equal(digest(document.originalPath), row?.checksum);
      assert.equal(
        document.originalPath,
        `${library.mediaRoot}/documents/originals/${row?.filename}`,
      );
      assert.equal(document.archivePath === null, row?.archive_filename === null);
      if (document.archivePath) assert.equal(digest(document.archivePath), row?.archive_checksum);
      const thumbnail = Deno.readFileSync(document.thumbnailPath);
      assert.equal(new TextDecoder().decode(thumbnail.slice(8, 12)), "WEBP");
    }
    assert.equal(
      new Set(library.documents.map((document) => document.checksum)).size,
      library.documents.length,
    );
  });

  Deno.test(`${generation}: the same seed gives the same library`, async () => {
    using temp = tempFolder();
    const dump = async (name: string, seed: number) => {
      const library = await makeSampleLibrary(`${temp.path}/${name}`, {
        generation,
        seed,
        documents: 20,
        special: SPECIAL_CASES.filter((each) => each !== "hostilePaths"),
      });
      const files = listFiles(library.mediaRoot).map((path) => [
        path,
        sha256(Deno.readFileSync(`${library.mediaRoot}/${path}`)),
        Deno.statSync(`${library.mediaRoot}/${path}`).mtime?.getTime(),
      ]);
      const documents = all(
        library.databasePath,
        "SELECT *, hex(content) AS content, hex(title) AS title FROM documents_document ORDER BY id",
      );
      const users = all(
        library.databasePath,
        "SELECT * FROM auth_user WHERE username <> 'AnonymousUser' ORDER BY id",
      );
      return { files, documents, users };
    };
    const first = await dump("a", 5);
    assert.deepEqual(await dump("b", 5), first);
    assert.notDeepEqual(await dump("c", 6), first);
  });

  Deno.test(`${generation}: odd values reach the database to the byte`, async () => {
    using temp = tempFolder();
    const { databasePath, documents } = await makeSampleLibrary(temp.path, {
      generation,
      special: ["values"],
    });
    const column = (sql: string, ...values: (string | number)[]) =>
      Object.values(all(databasePath, sql, ...values)[0] ?? {})[0];
    const of = (label: string, what: string) =>
      column(
        `SELECT ${what} FROM documents_document WHERE id = ?`,
        labelled(documents, label).id,
      );
    assert.equal(of("NUL", "hex(content)"), "6265666F7265006166746572");
    assert.equal(of("NUL", "typeof(content)"), "text");
    assert.equal(of("NUL", "hex(title)"), "4E00554C");
    assert.equal(of("invalid UTF-8", "hex(content)"), "61FF62E28220EDA080");
    assert.equal(of("microseconds", "added"), "2024-02-29 23:59:59.000001");
    assert.equal(of("first year", "created"), "0001-01-01");
    assert.equal(of("largest serial number", "archive_serial_number"), 4294967295);
    assert.equal(of("no stored name", "filename"), null);
    const unnamed = labelled(documents, "no stored name");
    assert.match(unnamed.originalPath, /\/originals\/\d{7}\.pdf$/);
    assert.ok(Deno.statSync(unnamed.originalPath).isFile);
    assert.equal(
      column("SELECT CAST(MAX(value_int) AS TEXT) FROM documents_customfieldinstance"),
      "9007199254740993",
    );
    assert.deepEqual(
      all(
        databasePath,
        "SELECT i.value_float AS value, typeof(i.value_float) AS kind FROM documents_customfieldinstance i " +
          "JOIN documents_customfield f ON f.id = field_id WHERE f.data_type = 'float' AND document_id >= ? " +
          "ORDER BY i.id",
        documents.find((document) => document.special)!.id,
      ),
      // The file format has no negative zero for a REAL column that holds a whole number.
      ODD_FLOATS.map((value) => ({ value: Object.is(value, -0) ? 0 : value, kind: "real" })),
    );
    assert.equal(
      column("SELECT CAST(MAX(object_id) AS TEXT) FROM auditlog_logentry"),
      "9223372036854775807",
    );
    assert.equal(
      column("SELECT settings FROM documents_uisettings ORDER BY id DESC LIMIT 1"),
      ODD_JSON,
    );
    for (const token of ODD_NUMBERS) assert.ok(ODD_JSON.includes(`${token}`), token);
    assert.ok(ODD_JSON.includes('"\\ud800"') && ODD_JSON.includes('"10"'));
  });

  Deno.test(`${generation}: names that lead out are planted, and nothing is written outside`, async () => {
    using temp = tempFolder();
    const { documents, mediaRoot } = await makeSampleLibrary(`${temp.path}/library`, {
      generation,
      special: ["hostilePaths"],
    });
    for (const [label, filename] of Object.entries(HOSTILE_FILENAMES)) {
      assert.equal(labelled(documents, label).filename, filename);
    }
    const originals = `${mediaRoot}/documents/originals/hostile`;
    assert.equal(Deno.readLinkSync(`${originals}/passwd.pdf`), "/etc/passwd");
    assert.equal(Deno.readLinkSync(`${originals}/etc`), "/etc");
    assert.throws(() => Deno.statSync(`${originals}/nowhere.pdf`), Deno.errors.NotFound);
    assert.throws(() => Deno.statSync(`${originals}/loop.pdf`));
    for (const label of ["thumbnail is a link outside", "archive is a link outside"]) {
      const document = labelled(documents, label);
      const paths = [document.thumbnailPath, document.archivePath].filter((path) => path !== null);
      assert.equal(paths.filter((path) => Deno.lstatSync(path).isSymlink).length, 1);
    }
    const inside = labelled(documents, "link inside");
    assert.equal(
      createHash(generation === "v2" ? "md5" : "sha256")
        .update(Deno.readFileSync(inside.originalPath)).digest("hex"),
      inside.checksum,
    );
    assert.deepEqual([...Deno.readDirSync(temp.path)].map((entry) => entry.name), ["library"]);
  });

  Deno.test(`${generation}: damage is where it is said to be`, async () => {
    using temp = tempFolder();
    const { documents, mediaRoot } = await makeSampleLibrary(temp.path, {
      generation,
      special: ["damage"],
    });
    const exists = (path: string) => {
      try {
        return Deno.statSync(path).isFile;
      } catch {
        return false;
      }
    };
    assert.ok(!exists(labelled(documents, "missing original").originalPath));
    assert.ok(!exists(labelled(documents, "missing archive").archivePath!));
    assert.ok(!exists(labelled(documents, "missing thumbnail").thumbnailPath));
    const rotten = labelled(documents, "rotten original");
    const digest = createHash(generation === "v2" ? "md5" : "sha256")
      .update(Deno.readFileSync(rotten.originalPath)).digest("hex");
    assert.notEqual(digest, rotten.checksum);
    assert.equal(Deno.statSync(labelled(documents, "cut archive").archivePath!).size, 100);
    assert.ok(exists(`${mediaRoot}/documents/originals/stranger.pdf`));
    if (generation === "v3") {
      assert.equal(labelled(documents, "checksum of v2").checksum.length, 32);
    }
  });
}

Deno.test("names that collide really collide", async () => {
  using temp = tempFolder();
  const { documents, databasePath } = await makeSampleLibrary(temp.path, {
    generation: "v2",
    special: ["sharedNames", "longNames", "hostileTitles"],
  });
  const facts = (document: SampleDocument) =>
    all(
      databasePath,
      "SELECT title, created, correspondent_id FROM documents_document WHERE id = ?",
      document.id,
    )[0];
  const shared = ["pdf", "png", "txt", "second pdf"].map((label) => labelled(documents, label));
  for (const document of shared) assert.deepEqual(facts(document), facts(shared[0]!));
  assert.deepEqual(shared.map((document) => document.mimeType), [
    "application/pdf",
    "image/png",
    "text/plain",
    "application/pdf",
  ]);
  const long = documents.filter((document) => document.special === "longNames");
  const starts = long.map((document) => new TextEncoder().encode(document.title).slice(0, 255));
  assert.equal(long.length, 3);
  for (const start of starts) assert.deepEqual(start, starts[0]);
  assert.equal(new Set(long.map((document) => document.title)).size, 3);
  for (const [label, title] of Object.entries(HOSTILE_TITLES)) {
    assert.equal(facts(labelled(documents, label))?.title, title);
  }
  assert.equal(new TextEncoder().encode(HOSTILE_TITLES["300 bytes"]).length, 300);
});

Deno.test("nothing is made in a folder that holds something, nor a library without documents", async () => {
  using temp = tempFolder();
  Deno.writeTextFileSync(`${temp.path}/mine`, "mine");
  await assert.rejects(
    makeSampleLibrary(temp.path, { generation: "v3" }),
    /the folder is not empty/,
  );
  assert.deepEqual(listFiles(temp.path), ["mine"]);
  await assert.rejects(
    makeSampleLibrary(`${temp.path}/new`, { generation: "v3", documents: 0 }),
    RangeError,
  );
});

for (const version of VERSIONS) {
  Deno.test({
    name: `${version}: the tree of tags is computed as upstream computes it`,
    ignore: withoutFixtures(),
    fn() {
      using library = unpackLibrary(version);
      const rows = all(library.database, "SELECT * FROM documents_tag");
      assert.ok(rows.length > 5);
      const tree = tagTree(rows.map((row) => ({
        id: Number(row.id),
        name: String(row.name),
        parent: row.tn_parent_id === null ? null : Number(row.tn_parent_id),
      })));
      for (const row of rows) {
        const columns = tree.get(Number(row.id)) ?? {};
        const theirs = Object.keys(columns).map((name) => [name, row[name]]);
        assert.deepEqual(columns, Object.fromEntries(theirs), String(row.name));
      }
    },
  });
}

Deno.test("JSON is written as Python writes it", () => {
  assert.equal(
    pythonJson({ a: [1, "ä😀\n\u007f"], b: new Token("1.0"), c: null, d: true }),
    '{"a": [1, "\\u00e4\\ud83d\\ude00\\n\\u007f"], "b": 1.0, "c": null, "d": true}',
  );
  assert.equal(textOf("a'\0").sql, "CAST(x'612700' AS TEXT)");
});
