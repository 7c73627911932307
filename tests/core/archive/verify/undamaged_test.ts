// Everything that paperless-ngx ever wrote is sound: verified in full, and restored in a rehearsal.

import { strict as assert } from "node:assert";
import { fixturesRoot, recordedTree, VERSIONS, withoutFixtures } from "../../../_fixtures.ts";
import { OLD_RELEASES } from "../history/_history.ts";
import { verify } from "./_verify.ts";

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
    name: `${release}: nothing is wrong with the old export`,
    ignore: withoutFixtures(),
    async fn() {
      const path = `${fixturesRoot()}/history/${release}/exports/plain`;
      const { summary, findings } = await verify(path, { deep: true });
      assert.deepEqual(findings.filter(({ level }) => level === "error"), []);
      assert.equal(summary.exit, "done");
      assert.equal(summary.read, summary.files);
      assert.ok(summary.documents >= 12);
    },
  });
}
