// Each check on a real library that was damaged in exactly that way; and none on one that is whole.

import assert from "node:assert/strict";
import { CHECKS } from "../../../core/checks/checks.ts";
import type { SanityOptions } from "../../../core/checks/sanity_options.ts";
import { unpackLibrary, VERSIONS, withoutFixtures } from "../../_fixtures.ts";
import { hasPython, python, sql } from "../../_python.ts";
import { openFaultyDisk } from "../../faults/_faulty_disk.ts";
import type { ReadBatch } from "../../../wasm/checksum/read_batch.ts";
import { DAMAGES, FIRST, ORIGINALS } from "./_damages.ts";
import { briefly, check, DEEP, USUAL } from "./_sanity.ts";

const ignore = withoutFixtures() || !hasPython();

for (const version of VERSIONS) {
  Deno.test({
    name: `${version}: nothing is found in a library that is whole, --deep included`,
    ignore,
    async fn() {
      using library = unpackLibrary(version);
      const checked = await check(library, DEEP);
      assert.deepEqual(briefly(library, checked), []);
      assert.deepEqual(checked.needs, []);
      assert.equal(checked.findings.length, 2);
    },
  });

  for (const { name, only, options, damage, rows, finds } of DAMAGES) {
    if (only && only !== version) continue;
    Deno.test({
      name: `${version}: ${name}`,
      ignore,
      async fn() {
        using library = unpackLibrary(version);
        damage?.(library);
        if (rows) sql(library.database, ...rows(library));
        assert.deepEqual(briefly(library, await check(library, options)), finds);
      },
    });
  }
}

Deno.test({
  name: "every check finds something in these tests",
  fn() {
    const found = new Set(DAMAGES.flatMap(({ finds }) => finds.map((each) => each.split(" ")[0])));
    const missing = CHECKS.map(({ name }) => name)
      .filter((name) => !found.has(name) && name !== "encrypted-file");
    assert.deepEqual(missing, []);
  },
});

Deno.test({
  name: "v2.20.15: files encrypted with GPG are not taken for damaged",
  ignore,
  async fn() {
    using library = unpackLibrary("v2.20.15", { overlay: "gpg" });
    assert.deepEqual(briefly(library, await check(library, DEEP)).sort(), [
      "encrypted-file 1",
      "encrypted-file 37",
    ]);
  },
});

Deno.test({
  name: "a file that the disk can't read is unreadable, not damaged; the rest is checked",
  ignore,
  async fn() {
    using library = unpackLibrary("v2.20.15");
    Deno.removeSync(`${library.media}/documents/thumbnails/0000003.webp`);
    let reads = 0;
    // The first document's original fails whenever it is read.
    const roots = { read: [library.folder], write: [library.folder] };
    const disk = openFaultyDisk(roots, { kind: "none" });
    const transfers = disk.openTransfers();
    const broken = `${library.media}/${FIRST}`;
    const sources = new Map<number, readonly string[]>();
    async function* seen(batches: AsyncIterable<ReadBatch> | Iterable<ReadBatch>) {
      for await (const batch of batches) {
        sources.set(batch.id, batch.sources);
        yield batch;
      }
    }
    const { findings } = await check(library, {}, {
      openTransfers: () => ({
        ...transfers,
        async *read(batches, options) {
          for await (const result of transfers.read(seen(batches), options)) {
            const index = sources.get(result.id)?.indexOf(broken) ?? -1;
            if (index < 0) {
              yield result;
              continue;
            }
            reads++;
            const message = "EIO: i/o error, read";
            yield {
              ...result,
              digests: result.digests.with(index, null),
              errors: [...result.errors, {
                index,
                name: "Error",
                message,
                phase: "read",
                code: "EIO",
              }],
            };
          }
        },
      }),
    });
    assert.deepEqual(
      findings.filter(({ level }) => level === "error").map(({ check, document }) =>
        `${check} ${document?.id}`
      ),
      ["missing-file 3", "unreadable-file 1"],
    );
    assert.equal(reads, 2, "what looks wrong is looked at again");
  },
});

Deno.test({
  name: "a wrong bit in one read is not taken for damage of the file",
  ignore,
  async fn() {
    using library = unpackLibrary("v3.0.5");
    const roots = { read: [library.folder], write: [library.folder] };
    const disk = openFaultyDisk(roots, { kind: "bit flip", at: 40 });
    const checked = await check(library, {}, { openTransfers: () => disk.openTransfers() });
    assert.deepEqual(briefly(library, checked), []);
    assert.ok(disk.reads > 40);
    // A sector that stays bad is found.
    const bad = openFaultyDisk(roots, { kind: "read error", at: 40 });
    const found = await check(library, {}, { openTransfers: () => bad.openTransfers() });
    assert.deepEqual(
      briefly(library, found).map((finding) => finding.split(" ")[0]),
      ["unreadable-file"],
    );
  },
});

for (const moment of ["the files are listed", "the rows are read"] as const) {
  Deno.test({
    name: `what a server moves, deletes and takes in once ${moment} raises no alarm`,
    ignore,
    async fn() {
      using library = unpackLibrary("v2.20.15");
      let served = false;
      const files = openFaultyDisk({ read: [library.folder], write: [library.folder] }, {
        kind: "none",
      }).files;
      /** One document moves, one goes, one comes. */
      const serve = () => {
        if (served) return;
        served = true;
        const originals = `${library.media}/${ORIGINALS}`;
        Deno.renameSync(`${library.media}/${FIRST}`, `${originals}/moved.pdf`);
        Deno.removeSync(`${originals}/2019/none/scan_nodpi.png`);
        for (const folder of ["thumbnails/0000031.webp", "archive/2019/none/scan_nodpi.pdf"]) {
          Deno.removeSync(`${library.media}/documents/${folder}`);
        }
        Deno.writeTextFileSync(`${originals}/new.txt`, "new");
        Deno.writeTextFileSync(`${library.media}/documents/thumbnails/0000100.webp`, "new");
        python(
          `import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("update documents_document set filename='moved.pdf' where id=1")
for table in ("documents_document_tags", "documents_customfieldinstance", "documents_note", "documents_sharelink"):
    db.execute(f"delete from {table} where document_id=31")
db.execute("delete from documents_document where id=31")
columns = [r[1] for r in db.execute("pragma table_info(documents_document)") if r[1] not in ("id", "filename", "archive_filename", "archive_checksum", "checksum", "archive_serial_number")]
names = ",".join(columns)
db.execute(f"insert into documents_document (id, filename, checksum, {names}) select 100, 'new.txt', '22af645d1859cb5ca6da0c484f1f37ea', {names} from documents_document where id=2")
db.commit()`,
          library.database,
        );
      };
      // In the order of the disk no file is read before all rows are.
      const checked = await check(library, { order: "inode" }, {
        files: {
          ...files,
          list(folder) {
            const entries = files.list(folder);
            if (moment === "the files are listed" && folder.endsWith("thumbnails")) serve();
            return entries;
          },
        },
        onInfo(text) {
          if (moment === "the rows are read" && text.startsWith("Library: ")) serve();
        },
      });
      assert.ok(served);
      assert.deepEqual(briefly(library, checked), []);
    },
  });
}

Deno.test({
  name: "options choose what is looked at",
  ignore,
  async fn(test) {
    using library = unpackLibrary("v3.0.5");
    Deno.truncateSync(`${library.media}/${FIRST}`, 10);
    Deno.writeTextFileSync(`${library.media}/stray`, "x");
    const all = ["checksum-mismatch 1 original", "orphan-file stray"];
    const cases: readonly (readonly [string, Partial<SanityOptions>, readonly string[], number])[] =
      [
        ["everything", {}, all, 92],
        ["in the order of the disk", { order: "inode" }, all, 92],
        ["at a limited rate", { bandwidth: 1e9 }, all, 92],
        [
          "one check",
          { checks: CHECKS.filter(({ name }) => name === "orphan-file") },
          all.slice(1),
          0,
        ],
        ["one document", { documents: [1] }, all.slice(0, 1), 2],
        ["another document", { documents: [2] }, [], 2],
        ["no content", { subset: { kind: "share", share: 0 } }, all.slice(1), 0],
        ["all content", { subset: { kind: "size", bytes: 1e12 } }, all, 92],
      ];
    for (const [name, options, finds, files] of cases) {
      await test.step(name, async () => {
        const checked = await check(library, options);
        assert.deepEqual(briefly(library, checked), finds);
        assert.equal(checked.filesRead, files);
      });
    }
    await test.step("seven sevenths are everything, none twice", async () => {
      const parts = [1, 2, 3, 4, 5, 6, 7].map((part) =>
        check(library, { ...USUAL, subset: { kind: "part", part, of: 7 } })
      );
      const checked = await Promise.all(parts);
      assert.equal(checked.reduce((sum, { filesRead }) => sum + filesRead, 0), 92);
      assert.equal(
        checked.flatMap((each) => briefly(library, each)).filter((each) => each === all[0]).length,
        1,
      );
    });
    await test.step("a document that is not there", async () => {
      await assert.rejects(() => check(library, { documents: [1, 999] }), /document 999/);
    });
  },
});
