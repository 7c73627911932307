// The benchmarks' libraries are real ones: checksums that hold, the same bytes for the same seed, and no
// folder of somebody else's is ever emptied.

import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { makeBenchLibrary } from "../../bench/make_library.ts";
import { listFiles, sha256, tempFolder } from "../_fixtures.ts";

const OPTIONS = { documents: 12, kbPerDocument: 6, textLength: 500 } as const;

function digests(folder: string): Record<string, string> {
  return Object.fromEntries(
    listFiles(folder).map((path) => [path, sha256(Deno.readFileSync(`${folder}/${path}`))]),
  );
}

for (const [generation, algorithm] of [["v2", "md5"], ["v3", "sha256"]] as const) {
  Deno.test(`${generation}: checksums hold and every document has three files`, () => {
    using temp = tempFolder();
    const library = makeBenchLibrary(temp.path, { ...OPTIONS, generation });
    using database = new DatabaseSync(library.databasePath, { readOnly: true });
    const documents = database.prepare("SELECT * FROM documents_document").all();
    assert.equal(documents.length, 12);
    for (const document of documents) {
      for (
        const [folder, name, checksum] of [
          ["originals", document.filename, document.checksum],
          ["archive", document.archive_filename, document.archive_checksum],
        ]
      ) {
        const bytes = Deno.readFileSync(`${library.mediaRoot}/documents/${folder}/${name}`);
        assert.equal(createHash(algorithm).update(bytes).digest("hex"), checksum);
      }
      assert.equal(String(document.content).length, 500);
    }
    assert.equal(listFiles(library.mediaRoot).length, 36);
    const size = listFiles(library.mediaRoot).reduce(
      (sum, path) => sum + Deno.statSync(`${library.mediaRoot}/${path}`).size,
      0,
    );
    assert.equal(size, library.mediaBytes);
    assert.deepEqual(database.prepare("PRAGMA foreign_key_check").all(), []);
  });
}

Deno.test("the same seed gives the same files, another one gives others", () => {
  using temp = tempFolder();
  const made = (name: string, seed: number) =>
    digests(
      makeBenchLibrary(`${temp.path}/${name}`, { ...OPTIONS, generation: "v3", seed }).mediaRoot,
    );
  const first = made("a", 7);
  assert.deepEqual(made("b", 7), first);
  assert.notDeepEqual(made("c", 8), first);
});

Deno.test("a library is used again with the same options and made anew with others", () => {
  using temp = tempFolder();
  const make = (documents: number) =>
    makeBenchLibrary(temp.path, { ...OPTIONS, documents, generation: "v3" });
  make(3);
  Deno.writeTextFileSync(`${temp.path}/media/documents/originals/0000001.pdf`, "touched");
  make(3);
  assert.equal(
    Deno.readTextFileSync(`${temp.path}/media/documents/originals/0000001.pdf`),
    "touched",
  );
  make(4);
  assert.equal(listFiles(`${temp.path}/media`).length, 12);
  assert.notEqual(
    Deno.readTextFileSync(`${temp.path}/media/documents/originals/0000001.pdf`),
    "touched",
  );
});

Deno.test("a folder with other things in it is left as it is", () => {
  using temp = tempFolder();
  Deno.mkdirSync(`${temp.path}/media`);
  Deno.writeTextFileSync(`${temp.path}/media/mine`, "mine");
  assert.throws(
    () => makeBenchLibrary(temp.path, { ...OPTIONS, generation: "v3" }),
    /holds something else/,
  );
  assert.deepEqual(listFiles(temp.path), ["media/mine"]);
});
