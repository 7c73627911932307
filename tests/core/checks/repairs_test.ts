// Each repair on a real library: afterwards it is clean and everything else is byte-equal, and an undo brings
// the damaged library back. Nothing is ever deleted, wherever the process is killed.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { openFiles } from "../../../core/library/deno_files.ts";
import { openJournal } from "../../../core/library/journal/open_journal.ts";
import {
  fixturesRoot,
  type FixtureVersion,
  type Library,
  listFiles,
  recordedExport,
  recordedTree,
  tempFolder,
  unpackLibrary,
  VERSIONS,
  withoutFixtures,
} from "../../_fixtures.ts";
import { hasPython, sql } from "../../_python.ts";
import { openFaultyDisk } from "../../faults/_faulty_disk.ts";
import { kept, overwrite, repair, undo } from "./_repairs.ts";
import { briefly, check, run, state } from "./_sanity.ts";

const ignore = withoutFixtures() || !hasPython();

const FIRST = "documents/originals/2024/ACME Corporation Ltd/invoice_en_1.pdf";
const SECOND = "documents/originals/cf/99.90/none/2024-03/invoice_en_2.pdf";
const SCAN = "documents/archive/2023/National Savings Bank/scan_letter.pdf";
const THUMBNAIL = "documents/thumbnails/0000003.webp";

const digest = (algorithm: "md5" | "sha256", path: string) =>
  createHash(algorithm).update(Deno.readFileSync(path)).digest("hex");

/** A library that was damaged, how it is mended, and what differs from the whole one afterwards. */
interface Case {
  readonly name: string;
  readonly only?: FixtureVersion;
  readonly from?: (version: FixtureVersion) => string;
  damage(library: Library): void;
  readonly plans: readonly string[];
  /** Files that are in quarantine then. */
  readonly kept?: readonly string[];
}

const plain = (version: FixtureVersion) => recordedTree(version, "plain");
const zip = (version: FixtureVersion) =>
  `${fixturesRoot()}/${version}/exports/z/${recordedExport(version, "z").zip}`;

const CASES: readonly Case[] = [
  {
    name: "an original under another name is put back (upstream issue 5614)",
    damage: ({ media }) => Deno.renameSync(`${media}/${FIRST}`, `${media}/somewhere.pdf`),
    plans: [`put back ${FIRST}`],
  },
  {
    name: "an archive whose folder is gone is put back",
    only: "v3.0.5",
    damage({ media }) {
      Deno.renameSync(`${media}/${SCAN}`, `${media}/documents/archive/scan.pdf`);
      Deno.removeSync(`${media}/documents/archive/2023`, { recursive: true });
    },
    plans: [`put back ${SCAN}`],
  },
  {
    name: "an original in a recycle bin is put back",
    damage({ media }) {
      Deno.mkdirSync(`${media}/documents/#recycle`);
      Deno.renameSync(`${media}/${FIRST}`, `${media}/documents/#recycle/x`);
    },
    plans: [`put back ${FIRST}`],
  },
  {
    name: "a damaged original gives way to an orphan that is whole",
    damage(library) {
      Deno.copyFileSync(`${library.media}/${FIRST}`, `${library.media}/copy.pdf`);
      const { mtime } = Deno.statSync(`${library.media}/${FIRST}`);
      Deno.utimeSync(`${library.media}/copy.pdf`, mtime!, mtime!);
      overwrite(library, FIRST);
    },
    plans: [`put back ${FIRST}`],
    kept: [`damaged/${FIRST}`],
  },
  {
    name: "of two orphans the one with the right name is put back, the other put aside",
    damage({ media }) {
      Deno.mkdirSync(`${media}/a`);
      Deno.mkdirSync(`${media}/b`);
      Deno.copyFileSync(`${media}/${FIRST}`, `${media}/a/other.pdf`);
      Deno.renameSync(`${media}/${FIRST}`, `${media}/b/invoice_en_1.pdf`);
    },
    plans: [`put back ${FIRST}`, "quarantine a/other.pdf"],
    kept: ["quarantine/a/other.pdf"],
  },
  {
    name: "what is missing and damaged is restored from an export",
    from: plain,
    damage(library) {
      overwrite(library, FIRST);
      Deno.removeSync(`${library.media}/${SCAN}`);
      Deno.truncateSync(`${library.media}/${THUMBNAIL}`);
    },
    plans: [`restore ${FIRST}`, `restore ${THUMBNAIL}`, `restore ${SCAN}`],
    kept: [`damaged/${FIRST}`, `damaged/${THUMBNAIL}`],
  },
  {
    name: "and from a zip",
    from: zip,
    damage({ media }) {
      Deno.removeSync(`${media}/${FIRST}`);
      Deno.removeSync(`${media}/documents/thumbnails/0000001.webp`);
    },
    plans: ["restore documents/thumbnails/0000001.webp", `restore ${FIRST}`],
  },
  {
    name: "orphans are put aside",
    damage({ media }) {
      Deno.mkdirSync(`${media}/deep/er`, { recursive: true });
      Deno.writeTextFileSync(`${media}/deep/er/öne\n.pdf`, "one");
      Deno.writeTextFileSync(`${media}/documents/thumbnails/9999999.webp`, "two");
      Deno.symlinkSync("nowhere", `${media}/dangling`);
    },
    plans: [
      "quarantine dangling",
      "quarantine deep/er/öne\n.pdf",
      "quarantine documents/thumbnails/9999999.webp",
    ],
    kept: [
      "quarantine/dangling",
      "quarantine/deep/er/öne\n.pdf",
      "quarantine/documents/thumbnails/9999999.webp",
    ],
  },
  {
    name: "a stale checksum is rewritten",
    only: "v3.0.5",
    damage: (library) =>
      sql(
        library.database,
        `update documents_document set checksum='${
          digest("md5", `${library.media}/${FIRST}`)
        }' where id=1`,
        `update documents_document set archive_checksum='${
          digest("md5", `${library.media}/${SCAN}`)
        }' where id=28`,
      ),
    plans: [`rewrite checksum ${FIRST}`, `rewrite checksum ${SCAN}`],
  },
  {
    name: "a stale checksum of a file that comes back is rewritten too",
    only: "v3.0.5",
    from: plain,
    damage: (library) => {
      const { media, database } = library;
      const scan = digest("md5", `${media}/${SCAN}`);
      const second = digest("md5", `${media}/${SECOND}`);
      sql(
        database,
        `update documents_document set checksum='${digest("md5", `${media}/${FIRST}`)}' where id=1`,
        `update documents_document set checksum='${second}' where id=2`,
        `update documents_document set archive_checksum='${scan}', archive_filename=NULL where id=28`,
      );
      Deno.renameSync(`${media}/${FIRST}`, `${media}/lost.pdf`);
      Deno.removeSync(`${media}/${SECOND}`);
    },
    plans: [
      `put back ${FIRST}`,
      `name archive ${SCAN}`,
      `restore ${SECOND}`,
      `rewrite checksum ${FIRST}`,
      `rewrite checksum ${SCAN}`,
      `rewrite checksum ${SECOND}`,
    ],
  },
  {
    name: "an archive that lost its name gets it again",
    damage: ({ database }) =>
      sql(database, "update documents_document set archive_filename=NULL where id=28"),
    plans: [`name archive ${SCAN}`],
  },
];

/** Times of what came from an export: zips have two seconds and no zone. */
function withoutTimes(found: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(found).map(([path, content]) => [path, content.replace(/ \d+$/, "")]),
  );
}

for (const version of VERSIONS) {
  for (const { name, only, from, damage, plans, kept: expected } of CASES) {
    if (only && only !== version) continue;
    Deno.test({
      name: `${version}: ${name}`,
      ignore,
      async fn() {
        using library = unpackLibrary(version);
        const whole = state(library);
        damage(library);
        const damaged = state(library);
        const source = from ? { from: from(version) } : {};

        const dry = await repair(library, { ...source, dryRun: true, yes: false });
        assert.deepEqual(dry.planned, plans);
        assert.equal(dry.repairs?.outcome, "planned");
        assert.deepEqual(state(library), damaged, "a dry run changed something");

        const done = await repair(library, source);
        assert.deepEqual(done.planned, plans);
        assert.deepEqual([done.repairs?.repaired, done.repairs?.failed], [plans.length, 0]);
        assert.equal(done.exit, "done");
        assert.deepEqual(
          done.repairs?.left.count("error"),
          0,
        );
        assert.deepEqual(
          from === zip ? withoutTimes(state(library)) : state(library),
          from === zip ? withoutTimes(whole) : whole,
        );
        assert.deepEqual(kept(library), expected ?? []);
        const litter = /^nas-litter/;
        assert.deepEqual(
          briefly(library, await check(library)).filter((found) => !litter.test(found)),
          [],
        );

        assert.equal(await undo(library), "undone");
        assert.deepEqual(state(library), damaged, "the undo left something");
        assert.deepEqual(kept(library), []);
      },
    });
  }
}

Deno.test({
  name: "an export that is damaged itself, or means harm, restores nothing",
  ignore,
  async fn() {
    using library = unpackLibrary("v2.20.15");
    using temp = tempFolder();
    const source = plain("v2.20.15");
    const harmful = `${temp.path}/export`;
    for (const path of listFiles(source)) {
      Deno.mkdirSync(`${harmful}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
      Deno.copyFileSync(`${source}/${path}`, `${harmful}/${path}`);
    }
    const name = "2024-01-03 ACME Corporation Ltd invoice_en_1.pdf";
    Deno.writeTextFileSync(`${harmful}/${name}`, "not the original");
    const manifest = Deno.readTextFileSync(`${harmful}/manifest.json`);
    const thumbnail = /"__exported_thumbnail_name__": "([^"]*invoice_en_3-thumbnail\.webp)"/
      .exec(manifest)?.[1] ?? "";
    assert.notEqual(thumbnail, "");
    Deno.writeTextFileSync(
      `${harmful}/manifest.json`,
      manifest.replace(`"${thumbnail}"`, '"../../../../../etc/passwd"'),
    );
    Deno.removeSync(`${library.media}/${FIRST}`);
    Deno.removeSync(`${library.media}/${THUMBNAIL}`);
    const before = state(library);
    const done = await run(library, {
      repair: { from: harmful, dryRun: false, yes: true, arguments: [] },
    }, {
      files: openFiles({ read: [library.folder, temp.path], write: [library.folder] }),
    });
    assert.equal(done.repairs?.outcome, "nothing to do");
    assert.equal(done.exit, "findings");
    assert.deepEqual(state(library), before);
  },
});

Deno.test({
  name: "what two documents claim is never replaced",
  ignore,
  async fn() {
    using library = unpackLibrary("v3.0.5");
    sql(
      library.database,
      "update documents_document set filename='2024//ACME Corporation Ltd/invoice_en_1.pdf' where id=2",
    );
    const done = await repair(library, { from: plain("v3.0.5") });
    // The file of document 2 is an orphan now, and all that can be done is to put it aside.
    assert.deepEqual(done.planned, [
      "quarantine documents/originals/cf/99.90/none/2024-03/invoice_en_2.pdf",
    ]);
    assert.equal(done.exit, "findings");
  },
});

Deno.test({
  name: "a folder in the way fails its repair only",
  ignore,
  async fn() {
    using library = unpackLibrary("v3.0.5");
    Deno.renameSync(`${library.media}/${FIRST}`, `${library.media}/lost.pdf`);
    Deno.mkdirSync(`${library.media}/${FIRST}`);
    Deno.renameSync(`${library.media}/${SCAN}`, `${library.media}/lost too.pdf`);
    const done = await repair(library);
    assert.deepEqual([done.repairs?.repaired, done.repairs?.failed], [1, 1]);
    assert.equal(done.exit, "findings");
    assert.ok(Deno.statSync(`${library.media}/${SCAN}`).isFile);
    assert.ok(Deno.statSync(`${library.media}/lost.pdf`).isFile);
  },
});

Deno.test({
  name: "without a yes nothing is changed",
  ignore,
  async fn() {
    using library = unpackLibrary("v2.20.15");
    Deno.renameSync(`${library.media}/${FIRST}`, `${library.media}/lost.pdf`);
    const before = state(library);
    const asked: string[] = [];
    const asker = (answer: string | null) => ({
      isTerminal: () => answer !== null,
      read(buffer: Uint8Array) {
        return Promise.resolve(new TextEncoder().encodeInto(answer ?? "", buffer).written);
      },
      write: (text: string) => void asked.push(text),
    });
    for (const answer of ["no\n", "\n", "yes please\n", "", null]) {
      const declined = await repair(library, { yes: false }, { asker: asker(answer) });
      assert.equal(declined.repairs?.outcome, "declined", `after ${answer}`);
      assert.deepEqual(state(library), before);
    }
    assert.equal(asked.length, 4);
    const done = await repair(library, { yes: false }, { asker: asker("y\n") });
    assert.equal(done.repairs?.outcome, "done");
  },
});

Deno.test({
  name: "killed at any change of the disk, a repair is finished by the next one and undone whole",
  ignore,
  async fn() {
    const source = plain("v2.20.15");
    const damageIt = (library: Library) => {
      overwrite(library, FIRST);
      Deno.renameSync(`${library.media}/${SCAN}`, `${library.media}/lost.pdf`);
      Deno.removeSync(`${library.media}/${THUMBNAIL}`);
      Deno.writeTextFileSync(`${library.media}/stray`, "stray");
    };
    const request = { repair: { from: source, dryRun: false, yes: true, arguments: [] } };
    let killed = 0;
    // What the check itself writes comes first: scratch files.
    for (let at = 5;; at += 3) {
      using library = unpackLibrary("v2.20.15");
      const whole = state(library);
      damageIt(library);
      const damaged = state(library);
      const roots = { read: [library.folder, source], write: [library.folder] };
      const disk = openFaultyDisk(roots, { kind: "kill", at });
      const reading = { files: openFiles(roots) };
      const isWhole = await run(library, request, { files: disk.files })
        .then(({ repairs }) => repairs?.outcome === "done", () => false);
      const journal = openJournal(reading.files, {
        dataDir: library.data,
        mediaRoot: library.media,
      });
      if (!isWhole && journal.list().length > 0) killed++;
      if (at % 2 === 0 && journal.last()) {
        assert.equal(await undo(library), "undone");
        const staging = `${library.media}/.paperward-staging`;
        if (reading.files.exists(staging)) Deno.removeSync(staging, { recursive: true });
        assert.deepEqual(state(library), damaged, `killed at ${at}, then undone`);
      } else {
        await run(library, request, reading);
        const { stray, ...rest } = { stray: "", ...state(library) };
        assert.equal(stray, "");
        assert.deepEqual(rest, whole, `killed at ${at}, then run again`);
      }
      if (isWhole) break;
    }
    assert.ok(killed >= 4, `it was only killed ${killed} times while it repaired`);
  },
});
