// Everything that paperless-ngx ever wrote is sound: verified in full, and restored in a rehearsal.

import { strict as assert } from "node:assert";
import {
  fixturesRoot,
  recordedTree,
  tempFolder,
  VERSIONS,
  withoutFixtures,
} from "../../../_fixtures.ts";
import { OLD_RELEASES } from "../history/_history.ts";
import { copyTree, verify } from "./_verify.ts";

/** Manifests and metadata of a recorded export, without the lists that describe it. */
async function unpackRecords(from: string, to: string): Promise<void> {
  for (const { name } of Deno.readDirSync(from)) {
    if (name.endsWith(".txt")) continue;
    if (!name.endsWith(".gz")) {
      copyTree(`${from}/${name}`, `${to}/${name}`);
      continue;
    }
    const { readable } = await Deno.open(`${from}/${name}`);
    const text = readable.pipeThrough(new DecompressionStream("gzip"));
    await Deno.writeFile(`${to}/${name.slice(0, -".gz".length)}`, text);
  }
}

const TREES = ["plain", "f", "all", "sm", "passphrase"] as const;

for (const version of VERSIONS) {
  for (const variant of TREES) {
    Deno.test({
      name: `${version} ${variant}: nothing is wrong`,
      ignore: withoutFixtures(),
      async fn() {
        const { summary, findings } = await verify(recordedTree(version, variant), {
          deep: true,
          passphrase: "lab pass phräse",
        });
        assert.deepEqual(findings.filter(({ level }) => level === "error"), []);
        assert.equal(summary.exit, "done");
        assert.equal(summary.documents, version === "v2.20.15" ? 37 : 42);
        assert.equal(summary.read, summary.files);
        assert.ok(summary.files >= summary.documents);
        assert.equal(summary.secrets, variant === "passphrase" ? 5 : 0);
      },
    });
  }

  Deno.test({
    name: `${version}: the records of every variant are sound and can be restored`,
    ignore: withoutFixtures(),
    async fn() {
      const recorded = `${fixturesRoot()}/${version}/exports`;
      const variants = [...Deno.readDirSync(recorded)].filter(({ name, isDirectory }) =>
        isDirectory && !["plain", "z"].includes(name)
      );
      assert.ok(variants.length > 15);
      for (const { name } of variants) {
        using temp = tempFolder();
        await unpackRecords(`${recorded}/${name}`, temp.path);
        const { summary, findings } = await verify(temp.path, {
          dataOnly: true,
          rehearse: true,
          passphrase: name === "sm_passphrase" ? "x" : "lab pass phräse",
        });
        const errors = findings.filter(({ level }) => level === "error");
        assert.deepEqual({ name, errors }, { name, errors: [] });
        assert.equal(summary.rehearsal?.documents, version === "v2.20.15" ? 37 : 42);
      }
    },
  });

  Deno.test({
    name: `${version} z: nothing is wrong with the zip`,
    ignore: withoutFixtures(),
    async fn() {
      const folder = `${fixturesRoot()}/${version}/exports/z`;
      const name = [...Deno.readDirSync(folder)].find(({ name }) => name.endsWith(".zip"))!.name;
      const { summary } = await verify(`${folder}/${name}`, { deep: true });
      assert.deepEqual([summary.exit, summary.kind, summary.tally.count("error")], [
        "done",
        "zip",
        0,
      ]);
      assert.equal(summary.read, summary.files);
    },
  });

  Deno.test({
    name: `${version}: a rehearsal restores every record and file`,
    ignore: withoutFixtures(),
    async fn() {
      for (const variant of ["plain", "all"]) {
        const { summary, findings } = await verify(recordedTree(version, variant), {
          rehearse: true,
        });
        assert.deepEqual(findings.filter(({ level }) => level === "error"), []);
        assert.equal(summary.rehearsal?.documents, summary.documents);
        assert.equal(summary.rehearsal?.files, summary.files);
        assert.ok((summary.rehearsal?.records ?? 0) > 400);
      }
    },
  });
}

for (const release of OLD_RELEASES) {
  Deno.test({
    name: `${release}: nothing is wrong with the old export, and it can be restored`,
    ignore: withoutFixtures(),
    async fn() {
      const path = `${fixturesRoot()}/history/${release}/exports/plain`;
      const { summary, findings } = await verify(path, { rehearse: true });
      assert.deepEqual(findings.filter(({ level }) => level === "error"), []);
      assert.equal(summary.exit, "done");
      assert.equal(summary.read, summary.files);
      assert.ok(summary.documents >= 12);
      assert.equal(summary.rehearsal?.documents, summary.documents);
      assert.equal(summary.rehearsal?.files, summary.files);
      assert.ok((summary.rehearsal?.records ?? 0) > 70);
      // Groups were exported from 1.6.0 on: that users lose theirs is said.
      const lost = findings.some(({ check, message }) =>
        check === "old-export" && /^lost: auth\.user \d+ groups: /.test(message)
      );
      assert.equal(lost, release === "ng-1.5.0");
    },
  });
}
