// Repairs under attack: rows, links, exports and servers that would make a repair take away what it should
// bring back. Whatever they try, no document loses a file, and nothing leaves the library.

import assert from "node:assert/strict";
import { join } from "node:path";
import { CHECKS } from "../../../core/checks/checks.ts";
import { openFiles } from "../../../core/library/deno_files.ts";
import type { Files } from "../../../core/library/files.ts";
import {
  type Library,
  listFiles,
  recordedTree,
  tempFolder,
  unpackLibrary,
  withoutFixtures,
} from "../../_fixtures.ts";
import { hasPython, sql } from "../../_python.ts";
import { kept, overwrite, repair, type Repaired, undo } from "./_repairs.ts";
import { briefly, check, state } from "./_sanity.ts";

const ignore = withoutFixtures() || !hasPython();

const ORIGINALS = "documents/originals";
const FIRST = `${ORIGINALS}/2024/ACME Corporation Ltd/invoice_en_1.pdf`;
const SECOND = `${ORIGINALS}/cf/99.90/none/2024-03/invoice_en_2.pdf`;
const THUMBNAIL = "documents/thumbnails/0000003.webp";

const plain = () => recordedTree("v3.0.5", "plain");

/** Answers yes, after something has happened. */
const yesAfter = (happens: () => void) => ({
  isTerminal: () => true,
  read(buffer: Uint8Array) {
    happens();
    return Promise.resolve(new TextEncoder().encodeInto("y\n", buffer).written);
  },
  write: () => {},
});

/** What a server does between the plan and the yes, and what then is said of the repair. */
const MEANWHILE: readonly {
  readonly name: string;
  damage(library: Library): void;
  happens(library: Library): void;
  readonly says: RegExp;
}[] = [
  {
    name: "renamed the document",
    damage: ({ media }) => Deno.renameSync(`${media}/${FIRST}`, `${media}/lost.pdf`),
    happens: ({ database }) =>
      sql(database, "update documents_document set filename='elsewhere.pdf' where id=1"),
    says: /document 1 was changed since/,
  },
  {
    name: "deleted the document",
    damage: ({ media }) => Deno.removeSync(`${media}/${THUMBNAIL}`),
    happens: ({ database }) => sql(database, "update documents_document set id=3000 where id=3"),
    says: /document 3 is not there any more/,
  },
  {
    name: "gave the document another original",
    damage: ({ media }) => Deno.renameSync(`${media}/${FIRST}`, `${media}/lost.pdf`),
    happens: ({ database }) =>
      sql(database, `update documents_document set checksum='${"0".repeat(64)}' where id=1`),
    says: /document 1 was changed since/,
  },
  {
    name: "took the orphan in",
    damage: ({ media }) => Deno.writeTextFileSync(`${media}/${ORIGINALS}/stray.txt`, "x"),
    happens: ({ database }) =>
      sql(database, "update documents_document set filename='stray.txt' where id=1"),
    says: /stray\.txt belongs to a document by now/,
  },
];

for (const { name, damage, happens, says } of MEANWHILE) {
  Deno.test({
    name: `the server ${name} before the yes: that repair is left alone`,
    ignore,
    async fn() {
      using library = unpackLibrary("v3.0.5");
      damage(library);
      const files = withoutDatabase(library);
      const done = await repair(library, { yes: false, from: plain() }, {
        asker: yesAfter(() => happens(library)),
      });
      assert.equal(done.planned.length, 1);
      assert.deepEqual([done.repairs?.repaired, done.repairs?.failed], [0, 1]);
      assert.match(done.report.lines.map(({ text }) => text).join("\n"), says);
      assert.deepEqual(withoutDatabase(library), files);
    },
  });
}

function withoutDatabase(library: Library): Record<string, string> {
  const { database: _, ...files } = state(library);
  return files;
}

/** Libraries that nothing must be taken from, whatever is asked for. */
const SAFE: readonly {
  readonly name: string;
  damage(library: Library): void;
  readonly request?: Parameters<typeof repair>[2];
  readonly from?: (library: Library) => string;
}[] = [
  {
    name: "a document whose name is another's, alone",
    damage: ({ database }) =>
      sql(
        database,
        "update documents_document set filename='2024//ACME Corporation Ltd/invoice_en_1.pdf' where id=2",
      ),
    request: { documents: [2] },
    from: plain,
  },
  {
    name: "a document whose file is a link to another's",
    damage({ media }) {
      Deno.removeSync(`${media}/${SECOND}`);
      Deno.symlinkSync(`${media}/${FIRST}`, `${media}/${SECOND}`);
    },
    request: { documents: [2] },
    from: plain,
  },
  {
    name: "a document whose folder is a link to the thumbnails",
    damage({ media, database }) {
      Deno.symlinkSync(`${media}/documents/thumbnails`, `${media}/${ORIGINALS}/linked`);
      Deno.removeSync(`${media}/${FIRST}`);
      sql(database, "update documents_document set filename='linked/0000003.webp' where id=1");
    },
    from: plain,
  },
  {
    name: "only orphans are looked for: they may be missed somewhere",
    damage: ({ media }) => Deno.renameSync(`${media}/${FIRST}`, `${media}/lost.pdf`),
    request: { checks: CHECKS.filter(({ name }) => name === "orphan-file") },
  },
  {
    name: "only some files are read: an orphan may be missed by the others",
    damage(library) {
      Deno.copyFileSync(`${library.media}/${FIRST}`, `${library.media}/copy.pdf`);
      overwrite(library, FIRST);
    },
    request: { subset: { kind: "share", share: 0 } },
  },
  {
    name: "pipes in the place of files",
    damage({ media }) {
      Deno.removeSync(`${media}/${FIRST}`);
      const { success } = new Deno.Command("mkfifo", { args: [`${media}/${FIRST}`] }).outputSync();
      assert.ok(success);
    },
    from: plain,
  },
  {
    name: "names that are folders",
    damage: ({ database }) =>
      sql(
        database,
        "update documents_document set filename='2024' where id=1",
        "update documents_document set filename='' where id=2",
        "update documents_document set filename='2024/..' where id=4",
      ),
    request: { documents: [1, 2, 4] },
    from: plain,
  },
  {
    name: "what an interrupted repair or import has staged",
    damage({ media }) {
      Deno.mkdirSync(`${media}/.paperward-other`);
      Deno.writeTextFileSync(`${media}/.paperward-other/1`, "x");
      Deno.writeTextFileSync(`${media}/${ORIGINALS}/.paperward-part`, "x");
    },
  },
];

for (const { name, damage, request, from } of SAFE) {
  Deno.test({
    name: `${name}: nothing is moved`,
    ignore,
    async fn() {
      using library = unpackLibrary("v3.0.5");
      damage(library);
      const before = state(library);
      const done = await repair(library, from ? { from: from(library) } : {}, request);
      assert.equal(done.repairs?.repaired, 0, done.planned.join(", "));
      assert.deepEqual(state(library), before);
      assert.deepEqual(kept(library), []);
    },
  });
}

Deno.test({
  name: "two names of one inode: the damaged document gets its own, the other keeps its bytes",
  ignore,
  async fn() {
    using library = unpackLibrary("v3.0.5");
    const whole = Deno.readFileSync(`${library.media}/${FIRST}`);
    Deno.removeSync(`${library.media}/${SECOND}`);
    Deno.linkSync(`${library.media}/${FIRST}`, `${library.media}/${SECOND}`);
    const done = await repair(library, { from: plain() });
    assert.deepEqual(done.planned, [`restore ${SECOND}`]);
    assert.equal(done.exit, "done");
    assert.deepEqual(Deno.readFileSync(`${library.media}/${FIRST}`), whole);
    assert.deepEqual(briefly(library, await check(library)), []);
  },
});

/** A file system that takes another case for the same name, as CIFS and casefolded ext4 do: `alias` leads to
 * `path`, and is met by that name only. */
function withoutCase(library: Library, path: string, alias: string): Files {
  const files = openFiles({ read: [library.folder, plain()], write: [library.folder] });
  const [from, to] = [join(library.media, alias), join(library.media, path)];
  const other = (name: string) => name === from ? to : name;
  return {
    ...files,
    lstat: (name) => files.lstat(other(name)),
    stat: (name) => files.stat(other(name)),
    exists: (name) => files.exists(other(name)),
    openRead: (name) => files.openRead(other(name)),
    rename: (name, target) => files.rename(other(name), target),
    locate(name) {
      const { facts, path: real } = files.locate(other(name));
      return { facts, path: name === from ? from : real };
    },
  };
}

Deno.test({
  name: "a file that the file system finds by another case of its name is no orphan",
  ignore,
  async fn() {
    using library = unpackLibrary("v3.0.5");
    const alias = FIRST.replace("invoice", "Invoice");
    sql(
      library.database,
      `update documents_document set filename='${alias.replace(`${ORIGINALS}/`, "")}', checksum='${
        "0".repeat(64)
      }' where id=1`,
    );
    const before = state(library);
    const files = withoutCase(library, FIRST, alias);
    // The transfers open the real path, which such a file system would find.
    const checks = CHECKS.filter(({ needs }) => needs !== "deep");
    const done = await repair(library, {}, { checks }, { files });
    assert.deepEqual(done.planned.filter((each) => each.startsWith("quarantine")), []);
    assert.deepEqual(state(library), before);
  },
});

Deno.test({
  name: "two documents whose names are one to the file system: neither is replaced",
  ignore,
  async fn() {
    using library = unpackLibrary("v3.0.5");
    // Document 2 has the name of document 1's file in another case; its own is an orphan then.
    const alias = FIRST.replace("invoice", "Invoice");
    sql(
      library.database,
      `update documents_document set filename='${alias.replace(`${ORIGINALS}/`, "")}' where id=2`,
    );
    overwrite(library, FIRST);
    const done = await repair(library, { dryRun: true, from: plain() }, {
      documents: [1],
    }, { files: withoutCase(library, FIRST, alias) });
    assert.equal(done.tally.byCheck.get("checksum-mismatch"), 1);
    assert.deepEqual(done.planned, []);
  },
});

Deno.test({
  name: "the data folder, reports and the export inside the media folder are no orphans",
  ignore,
  async fn() {
    using library = unpackLibrary("v3.0.5");
    const inside = `${library.media}/data`;
    Deno.renameSync(library.data, inside);
    const moved: Library = {
      ...library,
      data: inside,
      database: `${inside}/db.sqlite3`,
      env: {
        ...library.env,
        PAPERLESS_DATA_DIR: inside,
        PAPERLESS_CONSUMPTION_DIR: `${library.media}/consume/`,
      },
    };
    Deno.mkdirSync(`${library.media}/consume`);
    Deno.writeTextFileSync(`${library.media}/consume/new.pdf`, "new");
    const source = `${library.media}/backup`;
    for (const path of listFiles(plain())) {
      Deno.mkdirSync(join(source, path, ".."), { recursive: true });
      Deno.copyFileSync(`${plain()}/${path}`, `${source}/${path}`);
    }
    Deno.removeSync(`${library.media}/${FIRST}`);
    Deno.writeTextFileSync(`${library.media}/stray`, "x");
    const html = `${library.media}/report.html`;
    const done = await repair(moved, { from: source }, { html });
    assert.deepEqual(done.planned, [`restore ${FIRST}`, "quarantine stray"]);
    assert.equal(done.exit, "done");
    assert.deepEqual(briefly(moved, await check(moved, { ownPaths: [source, html] })), []);

    // The data folder may even be the media folder itself.
    for (const { name } of Deno.readDirSync(inside)) {
      Deno.renameSync(`${inside}/${name}`, `${library.media}/${name}`);
    }
    const same: Library = {
      ...moved,
      data: library.media,
      database: `${library.media}/db.sqlite3`,
      env: { ...library.env, PAPERLESS_DATA_DIR: library.media },
    };
    Deno.writeTextFileSync(`${library.media}/${ORIGINALS}/stray`, "x");
    assert.deepEqual(briefly(same, await check(same)), [`orphan-file ${ORIGINALS}/stray`]);
  },
});

/** Copies an export so that a test can change it. */
function copyExport(source: string, target: string): void {
  for (const path of listFiles(source)) {
    Deno.mkdirSync(join(target, path, ".."), { recursive: true });
    Deno.copyFileSync(`${source}/${path}`, `${target}/${path}`);
  }
}

async function restoreFrom(
  library: Library,
  change: (source: string, manifest: string) => string,
): Promise<Repaired> {
  using temp = tempFolder();
  const source = `${temp.path}/export`;
  copyExport(plain(), source);
  const path = `${source}/manifest.json`;
  Deno.writeTextFileSync(path, change(source, Deno.readTextFileSync(path)));
  return await repair(library, { from: source });
}

Deno.test({
  name: "an export that lies about checksums, names and pictures restores nothing but what is true",
  ignore,
  async fn(test) {
    using library = unpackLibrary("v3.0.5");
    Deno.removeSync(`${library.media}/${FIRST}`);
    Deno.removeSync(`${library.media}/${THUMBNAIL}`);
    const before = state(library);
    const original = "2024-01-03 ACME Corporation Ltd invoice_en_1.pdf";
    const lies: readonly (readonly [string, (source: string, manifest: string) => string])[] = [
      ["another file of the same name and size", (source, manifest) => {
        const { size } = Deno.statSync(`${source}/${original}`);
        Deno.writeFileSync(`${source}/${original}`, new Uint8Array(size));
        return drop(source, manifest);
      }],
      ["the checksum of another file in the record", (source, manifest) => {
        Deno.copyFileSync(
          `${source}/${names(manifest, "__exported_file_name__", 2)}`,
          `${source}/${original}`,
        );
        return drop(source, manifest);
      }],
      ["a pipe", (source, manifest) => {
        Deno.removeSync(`${source}/${original}`);
        new Deno.Command("mkfifo", { args: [`${source}/${original}`] }).outputSync();
        return drop(source, manifest);
      }],
      ["a link out of it", (source, manifest) => {
        Deno.removeSync(`${source}/${original}`);
        Deno.symlinkSync(`${library.media}/lost`, `${source}/${original}`);
        return drop(source, manifest);
      }],
    ];
    /** Takes the thumbnail of document 3 for one that is none: a PNG, as releases before 1.8 exported them. */
    function drop(source: string, manifest: string): string {
      const thumbnail = names(manifest, "__exported_thumbnail_name__", 3);
      Deno.writeFileSync(
        `${source}/${thumbnail}`,
        Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13),
      );
      return manifest;
    }
    for (const [name, change] of lies) {
      await test.step(name, async () => {
        const done = await restoreFrom(library, change);
        assert.equal(done.repairs?.outcome, "nothing to do");
        assert.deepEqual(state(library), before);
      });
    }
    await test.step("and what is true is restored", async () => {
      const done = await restoreFrom(library, (_, manifest) => manifest);
      assert.equal(done.repairs?.repaired, 2);
      assert.equal(await undo(library), "undone");
      assert.deepEqual(state(library), before);
    });
  },
});

/** The name of a document's file in an export. */
function names(manifest: string, key: string, id: number): string {
  const records = JSON.parse(manifest) as readonly Record<string, unknown>[];
  const record = records.find(({ model, pk }) => model === "documents.document" && pk === id);
  return String(record?.[key]);
}

Deno.test({
  name: "what is encrypted in the library is not replaced by what is clear in the export",
  ignore,
  async fn() {
    using library = unpackLibrary("v2.20.15", { overlay: "gpg" });
    for (const path of listFiles(library.media)) {
      if (path.endsWith(".gpg")) Deno.removeSync(`${library.media}/${path}`);
    }
    const before = state(library);
    const done = await repair(library, { from: recordedTree("v2.20.15", "plain") });
    assert.equal(done.repairs?.outcome, "nothing to do");
    assert.equal(done.exit, "findings");
    assert.deepEqual(state(library), before);
  },
});

Deno.test({
  name: "where a good copy can't be put in place, the damaged file is there again",
  ignore,
  async fn() {
    using library = unpackLibrary("v3.0.5");
    overwrite(library, FIRST);
    const before = state(library);
    const files = openFiles({ read: [library.folder, plain()], write: [library.folder] });
    let failed = 0;
    const done = await repair(library, { from: plain() }, {}, {
      files: {
        ...files,
        rename(from, to) {
          if (to === `${library.media}/${FIRST}` && from.includes("staging")) {
            failed++;
            throw Object.assign(new Error("No space left on device (os error 28)"), {
              code: "ENOSPC",
            });
          }
          files.rename(from, to);
        },
      },
    });
    assert.equal(failed, 1);
    assert.deepEqual([done.repairs?.repaired, done.repairs?.failed], [0, 1]);
    assert.deepEqual(state(library), before);
  },
});

Deno.test({
  name: "a repair waits for an import that was interrupted",
  ignore,
  async fn() {
    using library = unpackLibrary("v3.0.5");
    Deno.mkdirSync(`${library.media}/documents/.paperward-import`);
    Deno.writeTextFileSync(`${library.media}/documents/.paperward-import/0000001`, "staged");
    Deno.writeTextFileSync(`${library.media}/stray`, "x");
    assert.deepEqual(briefly(library, await check(library)), ["orphan-file stray"]);
    await assert.rejects(() => repair(library), /Cannot repair: an import .+ was interrupted/);
    assert.ok(Deno.statSync(`${library.media}/stray`).isFile);
  },
});
