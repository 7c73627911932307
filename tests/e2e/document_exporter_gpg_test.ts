// v2 libraries with documents that are encrypted with GPG: exported in plain, checked, and never again.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readTree } from "../_compare_exports.ts";
import { fixturesRoot, unpackLibrary } from "../_fixtures.ts";
import { assertCode, withoutBinaryOrFixtures } from "../_run_binary.ts";
import { runExport, tempTarget } from "./_export.ts";

const ignore = withoutBinaryOrFixtures();
const INVOICE = "2024-01-03 ACME Corporation Ltd invoice_en_1.pdf";
const INVOICE_MD5 = "003cd236c3966b6b38abb24c741e7db7";

const names = (folder: string) =>
  [...readTree(folder)].filter(([, { kind }]) => kind === "file").map(([path]) => path);

Deno.test({
  name:
    "v2.20.15 gpg: encrypted documents are exported in plain under upstream's names, with its times",
  ignore,
  fn: async () => {
    using library = unpackLibrary("v2.20.15", { overlay: "gpg" });
    using target = tempTarget();
    assertCode(await runExport(library, target.path), 0);
    const recorded = Deno.readTextFileSync(
      `${fixturesRoot()}/v2.20.15/output/document_exporter-gpg.tree`,
    )
      .split("\n").filter(Boolean);
    assert.deepEqual(names(target.path).sort(), recorded.sort());
    const path = `${target.path}/${INVOICE}`;
    assert.equal(createHash("md5").update(Deno.readFileSync(path)).digest("hex"), INVOICE_MD5);
    // Midnight of the document's date in PAPERLESS_TIME_ZONE.
    assert.equal(Deno.statSync(path).mtime?.toISOString(), "2024-01-02T23:00:00.000Z");
  },
});

Deno.test({
  name:
    "v2.20.15 gpg: a second export writes nothing, and -d deletes nothing (upstream deletes them)",
  ignore,
  fn: async () => {
    using library = unpackLibrary("v2.20.15", { overlay: "gpg" });
    using target = tempTarget();
    assertCode(await runExport(library, target.path), 0);
    const first = readTree(target.path);
    assertCode(await runExport(library, target.path, ["-d"]), 0);
    assert.deepEqual([...readTree(target.path)], [...first]);
  },
});

for (const flags of [[], ["-z"]]) {
  Deno.test({
    name:
      `v2.20.15 gpg ${flags}: without the passphrase or with a wrong one they are listed, the rest is exported`,
    ignore,
    fn: async () => {
      using library = unpackLibrary("v2.20.15", { overlay: "gpg" });
      for (const passphrase of ["", "wrong"]) {
        using target = tempTarget();
        const result = await runExport(library, target.path, flags, {
          env: { PAPERLESS_PASSPHRASE: passphrase },
        });
        assertCode(result, 3);
        assert.equal(result.stderr.match(/^error: .*\.gpg/gm)?.length, 4, result.stderr);
        if (flags.length > 0) continue;
        const found = names(target.path);
        assert.ok(!found.includes(INVOICE));
        assert.ok(found.length > 100);
      }
    },
  });
}
