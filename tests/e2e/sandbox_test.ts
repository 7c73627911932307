// Issue 3, section 2, through the compiled binary: hostile links and names lead nowhere, read-only sources
// work, the lock is paperless's own, and a server can go on writing.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { assertEqualExports, readExport, readTree } from "../_compare_exports.ts";
import {
  type FixtureVersion,
  type Library,
  recordedExport,
  tempFolder,
  unpackLibrary,
} from "../_fixtures.ts";
import { asObject } from "../_json.ts";
import { hasPython, python, sql } from "../_python.ts";
import { assertCode, startBinary, withoutBinaryOrFixtures, withoutRoot } from "../_run_binary.ts";
import {
  copyingBegan,
  environment,
  growOriginal,
  holdLock,
  lookAt,
  runExport,
  tempTarget,
} from "./_export.ts";

const ignore = withoutBinaryOrFixtures() || !hasPython();

const ORIGINAL = "documents/originals/2024/ACME Corporation Ltd/invoice_en_1.pdf";
const EXPORTED = "2024-01-03 ACME Corporation Ltd invoice_en_1.pdf";
const SECRET = "not for the export: 7f3a9c\n";

/** Moves a file or folder of the library outside of it and leaves a link: its content stays right, so only
 * the link itself can be the reason to refuse it. */
function moveOut(library: Library, path: string, outside: string): void {
  const moved = `${outside}/moved`;
  Deno.renameSync(`${library.media}/${path}`, moved);
  Deno.symlinkSync(moved, `${library.media}/${path}`);
}

/** A library that was tampered with. `gone`: exported names that must not appear. */
interface HostileLibrary {
  readonly name: string;
  readonly gone: RegExp;
  readonly only?: FixtureVersion;
  tamper(library: Library, outside: string): void;
}

const HOSTILE_LIBRARIES: readonly HostileLibrary[] = [
  {
    name: "an original is a link to a file outside",
    gone: /^2024-01-03 ACME Corporation Ltd invoice_en_1\.pdf$/,
    tamper: (library, outside) => moveOut(library, ORIGINAL, outside),
  },
  {
    name: "an original is a link to /etc/passwd",
    gone: /^2024-01-03 ACME Corporation Ltd invoice_en_1\.pdf$/,
    tamper: (library) => {
      Deno.removeSync(`${library.media}/${ORIGINAL}`);
      Deno.symlinkSync("/etc/passwd", `${library.media}/${ORIGINAL}`);
    },
  },
  {
    name: "an original is a relative link that climbs out",
    gone: /^2024-01-03 ACME Corporation Ltd invoice_en_1\.pdf$/,
    tamper: (library) => {
      Deno.renameSync(`${library.media}/${ORIGINAL}`, `${library.folder}/secret.pdf`);
      Deno.symlinkSync("../../../../../secret.pdf", `${library.media}/${ORIGINAL}`);
    },
  },
  {
    name: "a folder of originals is a link to a folder outside",
    gone: /^2024-01-03 ACME Corporation Ltd invoice_en_1\.pdf$/,
    tamper: (library, outside) => {
      moveOut(library, "documents/originals/2024/ACME Corporation Ltd", `${outside}`);
    },
  },
  {
    name: "the thumbnails' folder is a link to a folder outside",
    gone: /-thumbnail\.webp$/,
    tamper: (library, outside) => moveOut(library, "documents/thumbnails", outside),
  },
  {
    name: "the archives' folder is a link to a folder outside",
    gone: /-archive\.pdf$/,
    tamper: (library, outside) => moveOut(library, "documents/archive", outside),
  },
  {
    name: "the folder of bundles is a link to a folder outside",
    only: "v3.0.5",
    gone: /^share_link_bundles\//,
    tamper: (library, outside) => moveOut(library, "documents/share_link_bundles", outside),
  },
  {
    name: "the database names an original that climbs out",
    gone: /^2024-01-03 ACME Corporation Ltd invoice_en_1\.pdf$/,
    tamper: (library) => {
      Deno.renameSync(`${library.media}/${ORIGINAL}`, `${library.folder}/secret.pdf`);
      sql(
        library.database,
        "update documents_document set filename='../../../secret.pdf' where id=1",
      );
    },
  },
  {
    name: "the database names an absolute archive",
    gone: /scan_letter-archive\.pdf$/,
    tamper: (library) =>
      sql(
        library.database,
        "update documents_document set archive_filename='/etc/passwd' where title='scan_letter'",
      ),
  },
  {
    name: "the database names a bundle that climbs out",
    only: "v3.0.5",
    gone: /passwd|secret/,
    tamper: (library) => {
      Deno.writeTextFileSync(`${library.folder}/secret.zip`, SECRET);
      sql(library.database, "update documents_sharelinkbundle set file_path='../../../secret.zip'");
    },
  },
];

for (const version of ["v2.20.15", "v3.0.5"] as const) {
  for (const hostile of HOSTILE_LIBRARIES) {
    if (hostile.only && hostile.only !== version) continue;
    Deno.test({
      name: `${version}: ${hostile.name}: listed, not followed, the rest exported`,
      ignore,
      fn: async () => {
        using library = unpackLibrary(version);
        using outside = tempFolder();
        using target = tempTarget();
        Deno.writeTextFileSync(`${outside.path}/secret.txt`, SECRET);
        hostile.tamper(library, outside.path);
        const look = lookAt(outside.path, library.folder);
        const result = await runExport(library, target.path);
        assertCode(result, 3);
        assert.deepEqual(look.changes(), []);

        const wanted = recordedExport(version, "plain").files;
        const ours = readExport(target.path).files;
        const stolen = [...ours.keys()].filter((path) => hostile.gone.test(path));
        assert.deepEqual(stolen, []);
        for (const [path, { sha256 }] of wanted) {
          if (path.endsWith(".json") || hostile.gone.test(path)) continue;
          // The bundle that climbs out keeps its own name, which the pattern can't know.
          if (hostile.name.includes("a bundle") && path.startsWith("share_link_bundles/")) continue;
          assert.equal(ours.get(path)?.sha256, sha256, path);
        }
        const passwd = Deno.readTextFileSync("/etc/passwd");
        for (const [path, { kind }] of readTree(target.path)) {
          assert.notEqual(kind, "link", `${path} is a link`);
          if (kind !== "file" || /\.(pdf|webp|tif|png|jpg)$/.test(path)) continue;
          const text = Deno.readTextFileSync(`${target.path}/${path}`);
          assert.ok(!text.includes(SECRET) && !text.includes(passwd), path);
        }
      },
    });
  }

  Deno.test({
    name: `${version}: links that stay inside the library are followed`,
    ignore,
    fn: async () => {
      using library = unpackLibrary(version);
      using target = tempTarget();
      Deno.renameSync(`${library.media}/${ORIGINAL}`, `${library.media}/elsewhere.pdf`);
      Deno.symlinkSync("../../../../elsewhere.pdf", `${library.media}/${ORIGINAL}`);
      Deno.renameSync(`${library.media}/documents/thumbnails`, `${library.media}/thumbs`);
      Deno.symlinkSync(`${library.media}/thumbs`, `${library.media}/documents/thumbnails`);
      assertCode(await runExport(library, target.path), 0);
      assertEqualExports(target.path, recordedExport(version, "plain"));
    },
  });
}

/** A target in which somebody put a link that leads out. */
interface HostileTarget {
  readonly name: string;
  readonly flags: readonly string[];
  /** Puts the link. `outside` holds `victim` (a file) and `folder` with a file in it. */
  tamper(target: string, outside: string): void;
}

const HOSTILE_TARGETS: readonly HostileTarget[] = [
  {
    name: "a document's name is a link to a file outside",
    flags: [],
    tamper: (target, outside) => Deno.symlinkSync(`${outside}/victim`, `${target}/${EXPORTED}`),
  },
  {
    name: "a document's name is a link to a file that isn't there yet",
    flags: [],
    tamper: (target, outside) => Deno.symlinkSync(`${outside}/new`, `${target}/${EXPORTED}`),
  },
  {
    name: "manifest.json and metadata.json are links to files outside",
    flags: ["-d"],
    tamper: (target, outside) => {
      Deno.symlinkSync(`${outside}/victim`, `${target}/manifest.json`);
      Deno.symlinkSync(`${outside}/victim`, `${target}/metadata.json`);
    },
  },
  {
    name: "a folder of the export is a link to a folder outside",
    flags: ["-p"],
    tamper: (target, outside) => Deno.symlinkSync(`${outside}/folder`, `${target}/originals`),
  },
  {
    name: "a folder of the export is a link, with -d",
    flags: ["-p", "-d", "--delete-strangers"],
    tamper: (target, outside) => Deno.symlinkSync(`${outside}/folder`, `${target}/thumbnails`),
  },
  {
    name: "a stranger is a link to a folder, with --delete-strangers",
    flags: ["-d", "--delete-strangers"],
    tamper: (target, outside) => {
      Deno.symlinkSync(`${outside}/folder`, `${target}/holiday`);
      Deno.symlinkSync(`${outside}/victim`, `${target}/letter`);
    },
  },
  {
    name: "the staging folder is a link to a folder outside",
    flags: [],
    tamper: (target, outside) =>
      Deno.symlinkSync(`${outside}/folder`, `${target}/.paperward-staging`),
  },
  {
    name: "the zip's name is a link to a file outside",
    flags: ["-z", "-zn", "all"],
    tamper: (target, outside) => Deno.symlinkSync(`${outside}/victim`, `${target}/all.zip`),
  },
  {
    name: "an older zip is a link to a zip outside, with -z -d",
    flags: ["-z", "-zn", "new", "-d"],
    tamper: (target, outside) => {
      python(
        `import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as z:
    z.writestr("manifest.json", "[]")
    z.writestr("metadata.json", '{"version": "3.0.5"}')`,
        `${outside}/old.zip`,
      );
      Deno.symlinkSync(`${outside}/old.zip`, `${target}/old.zip`);
    },
  },
  {
    name: "a commit record names files outside",
    flags: [],
    tamper: (target, outside) => {
      Deno.mkdirSync(`${target}/.paperward-staging`);
      Deno.symlinkSync(`${outside}/folder`, `${target}/way`);
      Deno.writeTextFileSync(`${target}/.paperward-staging/0000001`, "staged");
      writeCommitRecord(`${target}/.paperward-staging/commit-record`, [
        { clear: "way/inside" },
        { place: "way/placed", staged: "0000001" },
        { remove: "way/inside" },
      ]);
    },
  },
  {
    name: "a commit record climbs out",
    flags: [],
    tamper: (target) => {
      Deno.mkdirSync(`${target}/.paperward-staging`);
      writeCommitRecord(`${target}/.paperward-staging/commit-record`, [
        { remove: "../../outside/victim" },
        { remove: "../victim" },
      ]);
    },
  },
];

/** A record as an interrupted run leaves it (core/archive/staging), complete and with the right checksum. */
function writeCommitRecord(path: string, steps: readonly Readonly<Record<string, string>>[]): void {
  const lines = [{ paperward: "commit record", version: 1 }, ...steps].map((step) =>
    JSON.stringify(step) + "\n"
  );
  const sha256 = createHash("sha256").update(lines.join("")).digest("hex");
  Deno.writeTextFileSync(
    path,
    lines.join("") + JSON.stringify({ end: steps.length, sha256 }) + "\n",
  );
}

for (const hostile of HOSTILE_TARGETS) {
  Deno.test({
    name: `target: ${hostile.name}: nothing outside is written or removed`,
    ignore,
    fn: async () => {
      using library = unpackLibrary("v3.0.5");
      using temp = tempFolder();
      const [target, outside] = [`${temp.path}/target`, `${temp.path}/outside`];
      Deno.mkdirSync(target);
      Deno.mkdirSync(`${outside}/folder`, { recursive: true });
      for (const file of ["victim", "folder/inside"]) {
        Deno.writeTextFileSync(`${outside}/${file}`, SECRET);
      }
      Deno.writeTextFileSync(`${temp.path}/victim`, SECRET);
      hostile.tamper(target, outside);
      const look = lookAt(outside);
      const result = await runExport(library, target, hostile.flags);
      assert.deepEqual(look.changes(), []);
      assert.equal(Deno.readTextFileSync(`${temp.path}/victim`), SECRET);
      // Replacing the link is as good as refusing it; a crash or half an export is not.
      assertCode(result, 0, 1, 3);
      if (result.code !== 0) {
        assert.match(result.stderr, /Cannot |link/);
        return;
      }
      const variant = hostile.flags.includes("-p") ? "p" : "plain";
      const zip = hostile.flags.indexOf("-zn");
      const exported = readExport(zip < 0 ? target : `${target}/${hostile.flags[zip + 1]}.zip`);
      for (const [path, { sha256 }] of recordedExport("v3.0.5", variant).files) {
        if (!path.endsWith(".json")) assert.equal(exported.files.get(path)?.sha256, sha256, path);
      }
    },
  });
}

Deno.test({
  name: "-d with a hostile older manifest: nothing outside the target is removed",
  ignore,
  fn: async () => {
    using library = unpackLibrary("v3.0.5");
    using temp = tempFolder();
    const [target, outside] = [`${temp.path}/target`, `${temp.path}/outside`];
    Deno.mkdirSync(`${target}/sub`, { recursive: true });
    Deno.mkdirSync(`${outside}/folder`, { recursive: true });
    for (const path of [`${temp.path}/x`, `${outside}/victim`, `${outside}/folder/inside`]) {
      Deno.writeTextFileSync(path, SECRET);
    }
    Deno.symlinkSync(`${outside}/victim`, `${target}/link.pdf`);
    Deno.symlinkSync(`${outside}/folder`, `${target}/way`);
    const names = [
      "../x",
      "../../x",
      "sub/../../x",
      "sub/../../outside/victim",
      `${outside}/victim`,
      "link.pdf",
      "way/inside",
      "way",
      ".",
      "..",
      "",
      "sub",
      "../outside",
      "x\u0000y",
      "..\\x",
    ];
    const manifest = names.map((name, index) => ({
      model: "documents.document",
      pk: index + 1,
      fields: { title: "t" },
      __exported_file_name__: name,
      __exported_thumbnail_name__: name,
      __exported_archive_name__: name,
    }));
    for (const flags of [["-d"], ["-d", "-z", "-zn", "new"], ["-d", "-sm"]]) {
      Deno.writeTextFileSync(`${target}/manifest.json`, JSON.stringify(manifest));
      Deno.writeTextFileSync(`${target}/metadata.json`, '{"version": "3.0.5"}');
      Deno.writeTextFileSync(`${target}/old-manifest.json`, JSON.stringify(manifest));
      const look = lookAt(outside);
      const result = await runExport(library, target, flags);
      assertCode(result, 0, 3);
      assert.deepEqual(look.changes(), []);
      assert.equal(Deno.readTextFileSync(`${temp.path}/x`), SECRET);
      assert.ok(Deno.statSync(target).isDirectory);
    }
  },
});

/** Makes a folder read-only, for root too, until disposal. */
function mountReadOnly(folder: string): Disposable {
  const mount = (...args: string[]): void => {
    const { success, stderr } = new Deno.Command("mount", { args }).outputSync();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
  };
  mount("--bind", folder, folder);
  const unmount = () => void new Deno.Command("umount", { args: [folder] }).outputSync();
  try {
    mount("-o", "remount,bind,ro", folder);
  } catch (error) {
    unmount();
    throw error;
  }
  return { [Symbol.dispose]: unmount };
}

/** Puts the database in WAL mode with a committed row that is only in the -wal: the writer died. */
function leaveWal(database: string): void {
  python(
    `import os, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("pragma journal_mode=wal")
db.execute("pragma wal_autocheckpoint=0")
db.execute("update documents_correspondent set name='Only in the WAL' where id=1")
os._exit(0)`,
    database,
  );
  assert.ok(Deno.statSync(`${database}-wal`).size > 0);
}

/** A read-only source. */
interface ReadOnlyCase {
  readonly name: string;
  readonly version: FixtureVersion;
  prepare(library: Library): void;
  readonly wal?: boolean;
}

const READ_ONLY: readonly ReadOnlyCase[] = [
  { name: "journal mode delete", version: "v2.20.15", prepare: () => {} },
  { name: "a clean WAL database", version: "v3.0.5", prepare: () => {} },
  {
    name: "a WAL with rows, shared memory beside it",
    version: "v3.0.5",
    wal: true,
    prepare: ({ database }) => leaveWal(database),
  },
  {
    name: "a WAL with rows, without shared memory",
    version: "v3.0.5",
    wal: true,
    prepare: ({ database }) => {
      leaveWal(database);
      Deno.removeSync(`${database}-shm`);
    },
  },
];

for (const { name, version, prepare, wal } of READ_ONLY) {
  Deno.test({
    name: `a library on a read-only mount, ${name}: exported, with a warning about the lock`,
    ignore: ignore || withoutRoot(),
    fn: async () => {
      using library = unpackLibrary(version);
      using target = tempTarget();
      prepare(library);
      const env = { PAPERLESS_SCRATCH_DIR: `${target.folder}/scratch` };
      const before = readTree(library.folder);
      using _mounted = mountReadOnly(library.folder);
      const result = await runExport(library, target.path, [], { env });
      assertCode(result, 0);
      assert.match(result.stderr, /lock/i);
      assert.deepEqual([...readTree(library.folder)], [...before]);
      const scratch = `${target.folder}/scratch`;
      assert.deepEqual([...readTree(scratch).keys()], []);
      if (!wal) return assertEqualExports(target.path, recordedExport(version, "plain"));
      const names = readExport(target.path).manifests.get("manifest.json")!
        .filter((record) => record.get("model") === "documents.correspondent")
        .map((record) => asObject(record.get("fields")).get("name"));
      assert.ok(names.includes("Only in the WAL"), `correspondents: ${names.join(", ")}`);
    },
  });
}

Deno.test({
  name: "the lock: a file that the holder unlinks and makes anew is not mistaken for a free one",
  ignore,
  fn: async () => {
    using library = unpackLibrary("v3.0.5");
    using target = tempTarget();
    const path = `${library.media}/media.lock`;
    const first = await holdLock(path);
    const running = startBinary(["document_exporter", target.path, "--lock-timeout", "4"], {
      env: environment(library),
    });
    assert.ok(await running.says(/lock/i), "it didn't wait");
    Deno.removeSync(path);
    await using _second = await holdLock(path);
    await first[Symbol.asyncDispose](); // the old inode is free now, the path's is not
    assertCode(await running.ended, 11);
    assert.deepEqual([...Deno.readDirSync(target.path)], []);
  },
});

Deno.test({
  name: "the lock is free again after an export, and media.lock may stay or not",
  ignore,
  fn: async () => {
    using library = unpackLibrary("v3.0.5");
    using target = tempTarget();
    assertCode(await runExport(library, target.path, ["--data-only"]), 0);
    await using held = await holdLock(`${library.media}/media.lock`);
    assert.ok(held.pid > 0);
  },
});

for (const version of ["v2.20.15", "v3.0.5"] as const) {
  Deno.test({
    name:
      `${version}: a server can write while documents are copied, and the export does not see it`,
    ignore,
    fn: async () => {
      using library = unpackLibrary(version);
      using target = tempTarget();
      growOriginal(library);
      const running = startBinary(["document_exporter", target.path], {
        env: environment(library),
      });
      await copyingBegan(running.ended, target.path);
      running.kill("SIGSTOP"); // in the middle, for as long as the writer needs
      try {
        python(
          `import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=1)
db.execute("update documents_correspondent set name='Written meanwhile' where id=1")
db.commit()
db.execute("begin exclusive")
db.rollback()`,
          library.database,
        );
      } finally {
        running.kill("SIGCONT");
      }
      assertCode(await running.ended, 0);
      assert.ok(
        !Deno.readTextFileSync(`${target.path}/manifest.json`).includes("Written meanwhile"),
      );
      assertCode(await runExport(library, target.path, ["--data-only"]), 0);
      assert.ok(
        Deno.readTextFileSync(`${target.path}/manifest.json`).includes("Written meanwhile"),
      );
    },
  });
}
