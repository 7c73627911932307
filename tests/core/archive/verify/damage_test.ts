// Each kind of damage, made in a real export: the checker is broken when one goes unnoticed, or when it says
// more than that.

import { strict as assert } from "node:assert";
import { DatabaseSync } from "node:sqlite";
import type { CheckName } from "../../../../core/archive/verify/checks.ts";
import type { VerifyOptions } from "../../../../core/archive/verify/verify_options.ts";
import { fixturesRoot, recordedTree, VERSIONS, withoutFixtures } from "../../../_fixtures.ts";
import { OLD_RELEASES } from "../history/_history.ts";
import { createLibrary, registerRegexp } from "../../../../migrations/create_library.ts";
import { rawZip } from "../zip/_raw_zip.ts";
import {
  copyOf,
  documentsOf,
  type Export,
  flipBit,
  type ManifestRecord,
  sampleExport,
  verify,
} from "./_verify.ts";

/** Something that happens to an export in a folder, and what must be found. */
interface Damage {
  readonly name: string;
  readonly damage: (made: Export) => void;
  readonly finds: Readonly<Partial<Record<CheckName, number>>>;
  readonly exit: "findings" | "passphrase" | "version" | "done";
}

const named = (made: Export, field: keyof ManifestRecord, index = 0): string => {
  let path: unknown;
  made.edit((records) => {
    const having = documentsOf(records).filter((record) => typeof record[field] === "string");
    path = having[index]?.[field];
  });
  assert.ok(typeof path === "string", `the export has no ${field}`);
  return made.at(path);
};
const ORIGINAL = "__exported_file_name__";
const ARCHIVE = "__exported_archive_name__";
const THUMBNAIL = "__exported_thumbnail_name__";

const first = (records: readonly ManifestRecord[], model: string): ManifestRecord => {
  const found = records.find((record) => record.model === model);
  assert.ok(found, `the export has no ${model}`);
  return found;
};

const DAMAGES: readonly Damage[] = [
  {
    name: "flipped bit in an original",
    damage: (made) => flipBit(named(made, ORIGINAL)),
    finds: { "checksum-mismatch": 1 },
    exit: "findings",
  },
  {
    name: "flipped bit in an archive",
    damage: (made) => flipBit(named(made, ARCHIVE)),
    finds: { "checksum-mismatch": 1 },
    exit: "findings",
  },
  {
    name: "truncated original",
    damage: (made) => Deno.truncateSync(named(made, ORIGINAL), 100),
    finds: { "checksum-mismatch": 1 },
    exit: "findings",
  },
  {
    name: "empty original and thumbnail",
    damage(made) {
      Deno.truncateSync(named(made, ORIGINAL), 0);
      Deno.truncateSync(named(made, THUMBNAIL), 0);
    },
    finds: { "empty-file": 2 },
    exit: "findings",
  },
  {
    name: "missing files of each kind",
    damage(made) {
      for (const field of [ORIGINAL, ARCHIVE, THUMBNAIL] as const) {
        Deno.removeSync(named(made, field));
      }
    },
    finds: { "missing-file": 3 },
    exit: "findings",
  },
  {
    name: "extra files, at the root and below",
    damage(made) {
      Deno.writeTextFileSync(made.at("stranger.pdf"), "%PDF");
      Deno.mkdirSync(made.at("below"));
      Deno.writeTextFileSync(made.at("below/another"), "x");
    },
    finds: { "extra-file": 2 },
    exit: "findings",
  },
  {
    name: "swapped files",
    damage(made) {
      const [a, b] = [named(made, ORIGINAL, 0), named(made, ORIGINAL, 1)];
      Deno.renameSync(a, `${a}.tmp`);
      Deno.renameSync(b, a);
      Deno.renameSync(`${a}.tmp`, b);
    },
    finds: { "checksum-mismatch": 2 },
    exit: "findings",
  },
  {
    name: "manifest edited: a checksum",
    damage: (made) =>
      made.edit((records) => {
        const { fields } = documentsOf(records)[0]!;
        fields.checksum = String(fields.checksum).replace(/^./, (c) => c === "0" ? "1" : "0");
      }),
    finds: { "checksum-mismatch": 1 },
    exit: "findings",
  },
  {
    name: "manifest edited: values of the wrong kind, fields missing and unknown",
    damage: (made) =>
      made.edit((records) => {
        const [a, b, c] = documentsOf(records);
        a!.fields.added = 7;
        delete b!.fields.checksum;
        c!.fields.unheard_of = 1;
        first(records, "documents.tag").fields.is_inbox_tag = "perhaps";
      }),
    finds: { record: 4 },
    exit: "findings",
  },
  {
    name: "manifest edited: a record of no known model",
    damage: (made) =>
      made.edit((records) => {
        records.push({ model: "plugins.thing", pk: 1, fields: {} });
        records.push({ model: "plugins.thing", pk: 2, fields: {} });
      }),
    finds: { record: 1 },
    exit: "findings",
  },
  {
    name: "manifest edited: a document that names no file",
    damage: (made) =>
      made.edit((records) => {
        const having = documentsOf(records).find((record) => record[ARCHIVE]);
        delete having![ARCHIVE];
      }),
    // Its file is there, and nothing names it.
    finds: { "unnamed-file": 1, "extra-file": 1 },
    exit: "findings",
  },
  {
    name: "manifest edited: a record left out",
    damage: (made) =>
      made.edit((records) => {
        const index = records.findIndex(({ model }) => model === "paperless_mail.mailaccount");
        records.splice(index, 1);
      }),
    finds: { "dangling-reference": 1 },
    exit: "findings",
  },
  {
    name: "dangling references: a key, a list, an owner",
    damage: (made) =>
      made.edit((records) => {
        const [a, b] = documentsOf(records);
        a!.fields.storage_path = 987654;
        (b!.fields.tags as number[]).push(987655);
        first(records, "documents.tag").fields.owner = 987656;
      }),
    finds: { "dangling-reference": 3 },
    exit: "findings",
  },
  {
    name: "stale reference: a permission on what is gone",
    damage: (made) =>
      made.edit((records) => {
        first(records, "guardian.userobjectpermission").fields.object_pk = "987654";
      }),
    finds: { "stale-reference": 1 },
    exit: "done",
  },
  {
    name: "duplicate key",
    damage: (made) => made.edit((records) => records.push(first(records, "documents.tag"))),
    finds: { "duplicate-key": 1 },
    exit: "findings",
  },
  {
    name:
      "values that must differ: a tag's name, a file name, a serial number, a custom field's value",
    damage: (made) =>
      made.edit((records) => {
        const [a, b, c, d] = documentsOf(records);
        const tag = first(records, "documents.tag");
        records.push({ ...tag, pk: 4711 });
        b!.fields.filename = a!.fields.filename;
        c!.fields.archive_serial_number = 815;
        d!.fields.archive_serial_number = 815;
        records.push({ ...first(records, "documents.customfieldinstance"), pk: 4711 });
      }),
    finds: { "duplicate-value": 4 },
    exit: "findings",
  },
  {
    name: "two documents that name one file",
    damage: (made) =>
      made.edit((records) => {
        const [a, b] = documentsOf(records);
        b![THUMBNAIL] = a![THUMBNAIL];
      }),
    finds: { "shared-file": 1, "extra-file": 1 },
    exit: "findings",
  },
  {
    name: "number that is none",
    damage: (made) => made.edit((records) => first(records, "documents.note").pk = "x"),
    finds: { record: 1 },
    exit: "findings",
  },
  {
    name: "traversal paths: above, absolute, by a link",
    damage(made) {
      Deno.writeTextFileSync(`${made.folder}/secret`, "secret");
      Deno.symlinkSync(`${made.folder}/secret`, made.at("innocent.pdf"));
      made.edit((records) => {
        const [a, b, c] = documentsOf(records);
        a![THUMBNAIL] = "../secret";
        b![THUMBNAIL] = "/etc/passwd";
        c![THUMBNAIL] = "innocent.pdf";
      });
    },
    finds: { "unsafe-path": 3, "extra-file": 3 },
    exit: "findings",
  },
  {
    name: "manifest cut short",
    damage: (made) => Deno.truncateSync(made.at("manifest.json"), 5000),
    finds: { manifest: 1 },
    exit: "findings",
  },
  {
    name: "manifest with a flipped bit in its grammar",
    damage: (made) => flipBit(made.at("manifest.json"), 0),
    finds: { manifest: 1 },
    exit: "findings",
  },
  {
    name: "no manifest",
    damage: (made) => Deno.removeSync(made.at("manifest.json")),
    finds: { manifest: 1 },
    exit: "findings",
  },
  {
    name: "no metadata",
    damage: (made) => Deno.removeSync(made.at("metadata.json")),
    finds: { metadata: 1 },
    exit: "findings",
  },
  {
    name: "damaged metadata",
    damage: (made) => Deno.writeTextFileSync(made.at("metadata.json"), "{"),
    finds: { metadata: 1 },
    exit: "findings",
  },
  {
    name: "a release that is not known yet",
    damage: (made) => Deno.writeTextFileSync(made.at("metadata.json"), `{"version": "9.0.0"}`),
    finds: { version: 1 },
    exit: "version",
  },
  {
    name: "litter of a NAS",
    damage(made) {
      Deno.mkdirSync(made.at("@eaDir"));
      Deno.writeTextFileSync(made.at("@eaDir/thumb"), "x");
      Deno.writeTextFileSync(made.at(".DS_Store"), "x");
    },
    finds: {},
    exit: "done",
  },
];

for (const generation of ["v2", "v3"] as const) {
  Deno.test(`${generation}: our own export is sound, whatever the container`, async () => {
    for (
      const options of [
        {},
        { zip: true },
        { splitManifest: true, useFolderPrefix: true },
        { noArchive: true, noThumbnail: true },
        { dataOnly: true, zip: false },
        { useFilenameFormat: true },
      ]
    ) {
      using made = await sampleExport(generation, options);
      const { found, summary } = await verify(made.path, {
        deep: true,
        dataOnly: options.dataOnly === true,
      });
      assert.deepEqual({ options, found, exit: summary.exit }, {
        options,
        found: {},
        exit: "done",
      });
      assert.ok(summary.documents >= 12);
      assert.equal(summary.read, summary.files);
      assert.equal(summary.files > 0, !options.dataOnly);
    }
  });

  Deno.test(`${generation}: every damage in a folder is found, and nothing else`, async (test) => {
    using sound = await sampleExport(generation);
    const before = await verify(sound.path);
    assert.deepEqual(before.found, {});
    for (const { name, damage, finds, exit } of DAMAGES) {
      await test.step(name, async () => {
        using made = sound.copy();
        damage(made);
        const { found, summary } = await verify(made.path);
        assert.deepEqual({ found, exit: summary.exit }, { found: finds, exit });
      });
    }
  });
}

for (const version of VERSIONS) {
  Deno.test({
    name: `${version}: damage is found in what paperless-ngx wrote`,
    ignore: withoutFixtures(),
    async fn() {
      const sound = recordedTree(version, "plain");
      const generation = version.startsWith("v3") ? "v3" : "v2";
      const damages: readonly (readonly [CheckName, (made: Export) => void])[] = [
        ["checksum-mismatch", (made) => flipBit(named(made, ORIGINAL, 3))],
        ["missing-file", (made) => Deno.removeSync(named(made, THUMBNAIL, 4))],
        ["extra-file", (made) => Deno.writeTextFileSync(made.at("x.pdf"), "x")],
        ["duplicate-key", (made) => made.edit((all) => all.push(first(all, "documents.note")))],
        [
          "dangling-reference",
          (made) => made.edit((all) => first(all, "documents.note").fields.document = 4711),
        ],
      ];
      for (const [check, damage] of damages) {
        using made = copyOf(sound, generation);
        damage(made);
        const { found, summary } = await verify(made.path);
        delete (found as Record<string, number>)["stale-reference"];
        assert.deepEqual({ found, exit: summary.exit }, {
          found: { [check]: 1 },
          exit: "findings",
        });
      }
    },
  });
}

for (const release of OLD_RELEASES) {
  Deno.test({
    name: `${release}: values that must differ are found in an old export`,
    ignore: withoutFixtures(),
    async fn() {
      const generation = "v2";
      using made = copyOf(`${fixturesRoot()}/history/${release}/exports/plain`, generation);
      made.edit((records) => {
        records.push({ ...first(records, "documents.correspondent"), pk: 4711 });
      });
      const { findings, summary } = await verify(made.path);
      const errors = findings.filter(({ level }) => level === "error");
      assert.deepEqual(errors.map(({ check, facts }) => `${check} ${facts?.model}`), [
        "duplicate-value documents.correspondent",
      ]);
      assert.equal(summary.exit, "findings");
    },
  });
}

Deno.test({
  name: "v3.0.5: a share link bundle of another size is found",
  ignore: withoutFixtures(),
  async fn() {
    using made = copyOf(recordedTree("v3.0.5", "plain"), "v3");
    let name = "";
    made.edit((records) => {
      const { __exported_share_link_bundle_name__: path } = first(
        records,
        "documents.sharelinkbundle",
      ) as unknown as Record<string, string>;
      name = path ?? "";
    });
    Deno.writeTextFileSync(made.at(name), "x", { append: true });
    assert.deepEqual((await verify(made.path)).found, { "size-mismatch": 1 });
    assert.deepEqual((await verify(made.path, { subset: { kind: "share", share: 0 } })).found, {
      "size-mismatch": 1,
    });
  },
});

Deno.test("a pixel-perfect thumbnail is one only for --deep", async () => {
  using made = await sampleExport("v3");
  const thumbnail = named(made, THUMBNAIL);
  const bytes = Deno.readFileSync(thumbnail);
  // The header stays right: only decoding shows it.
  bytes.fill(0xff, 30);
  Deno.writeFileSync(thumbnail, bytes);
  assert.deepEqual((await verify(made.path)).found, {});
  assert.deepEqual((await verify(made.path, { deep: true })).found, { "undecodable-thumbnail": 1 });
});

Deno.test("a PDF that is none is found by --deep, though its checksum is right", async () => {
  using made = await sampleExport("v2");
  const path = named(made, ARCHIVE);
  Deno.writeTextFileSync(path, "%PDF-1.4 and nothing else");
  const { createHash } = await import("node:crypto");
  const checksum = createHash("md5").update(Deno.readFileSync(path)).digest("hex");
  made.edit((records) => {
    documentsOf(records).find((record) => record[ARCHIVE])!.fields.archive_checksum = checksum;
  });
  assert.deepEqual((await verify(made.path)).found, {});
  assert.deepEqual((await verify(made.path, { deep: true })).found, { "unopenable-pdf": 1 });
});

Deno.test("an export without files is damaged, unless it was written so", async () => {
  using made = await sampleExport("v2", { dataOnly: true });
  const { summary, found, report } = await verify(made.path);
  assert.equal(summary.exit, "findings");
  assert.deepEqual(found, { "missing-file": summary.files });
  assert.ok(report.lines.some(({ level }) => level === "warn"));
  const asWritten = await verify(made.path, { dataOnly: true, rehearse: true });
  assert.deepEqual([asWritten.summary.exit, asWritten.found], ["done", {}]);
  assert.equal(asWritten.summary.rehearsal?.documents, summary.documents);
});

Deno.test("zips: each damage is found", async (test) => {
  using sound = await sampleExport("v3", { zip: true });
  const whole = Deno.readFileSync(sound.path);
  const run = async (name: string, bytes: Uint8Array, finds: CheckName, only = true) => {
    await test.step(name, async () => {
      using made = sound.copy();
      Deno.writeFileSync(made.path, bytes);
      const { found, summary } = await verify(made.path);
      assert.equal(summary.exit, "findings");
      assert.ok((found[finds] ?? 0) > 0, JSON.stringify(found));
      if (only) assert.deepEqual(Object.keys(found), [finds]);
    });
  };
  const flipped = (at: number) => whole.with(at, whole[at]! ^ 0x10);
  // Behind the headers of the first entry, and in the directory.
  const directory = new DataView(whole.buffer).getUint32(whole.length - 6, true);
  // Documents come first, manifests last.
  await run("flipped bit in an entry", flipped(400), "damaged-entry");
  await run("flipped bit in the directory", flipped(directory + 2), "container");
  await run("cut short", whole.subarray(0, whole.length - 30), "container");
  await run("end of the directory lost", whole.subarray(0, directory), "container");
  await run("nothing at all", new Uint8Array(), "container");
  const manifest = { name: "manifest.json", data: new TextEncoder().encode("[]") };
  const metadata = {
    name: "metadata.json",
    data: new TextEncoder().encode(`{"version": "3.0.5"}`),
  };
  await run("traversal", rawZip([manifest, metadata, { name: "../x" }]), "container");
  await run(
    "bomb: says more than it has",
    rawZip([manifest, metadata, {
      name: "bomb",
      method: 8,
      data: new Uint8Array(1000),
      size: 4_000_000_000,
    }]),
    "container",
  );
  await run(
    "bomb: has more than it says",
    rawZip([manifest, metadata, {
      name: "x",
      method: 8,
      data: new Uint8Array(50_000_000),
      size: 10,
    }]),
    "damaged-entry",
    false,
  );
  await run("stranger", rawZip([manifest, metadata, { name: "x" }]), "extra-file");
  await run("link", rawZip([manifest, metadata, { name: "x", mode: 0o120777 }]), "container");
});

Deno.test("a rehearsal finds what a library makes of records and files", async () => {
  using made = await sampleExport("v3");
  const rehearse = (trigger: string) =>
    verify(made.path, { rehearse: true }, {
      createLibrary(options) {
        createLibrary(options);
        using library = new DatabaseSync(options.path);
        registerRegexp(library);
        library.exec(trigger);
      },
    });
  const sound = await rehearse("CREATE VIEW harmless AS SELECT 1");
  assert.deepEqual([sound.found, sound.summary.exit], [{}, "done"]);
  const harmful: readonly (readonly [sql: string, told: RegExp])[] = [
    [
      "UPDATE documents_document SET title = 'another' WHERE id = NEW.id",
      /documents\.document \d+ .*: title$/,
    ],
    ["UPDATE documents_document SET filename = 'gone.pdf' WHERE id = NEW.id", /missing-file/],
  ];
  for (const [sql, told] of harmful) {
    const { found, findings, summary } = await rehearse(
      `CREATE TRIGGER harm AFTER INSERT ON documents_document WHEN NEW.id = (SELECT max(id) FROM
         documents_document) AND (SELECT count(*) FROM documents_document) = 5 BEGIN ${sql}; END`,
    );
    assert.deepEqual(Object.keys(found), ["rehearsal"], sql);
    assert.equal(summary.exit, "findings");
    assert.ok(findings.some(({ message }) => told.test(message)), JSON.stringify(findings));
  }
});

Deno.test("reports say of a check that it found nothing only where it was carried out", async () => {
  using made = await sampleExport("v3");
  const passed = async (options: Partial<VerifyOptions> = {}) => {
    const junit = `${made.folder}/junit.xml`;
    await verify(made.path, { junit, ...options });
    const xml = Deno.readTextFileSync(junit);
    return new Set(
      [...xml.matchAll(/<testcase [^>]*name="([^"]*)"[^>]*\/>/g)].map(([, name]) => name),
    );
  };
  const whole = await passed();
  for (const check of ["extra-file", "dangling-reference", "duplicate-value"]) {
    assert.ok(whole.has(check), check);
  }
  assert.ok(!whole.has("unopenable-pdf") && !whole.has("rehearsal"));
  assert.ok((await passed({ deep: true })).has("unopenable-pdf"));
  Deno.truncateSync(made.at("manifest.json"), 5000);
  const cut = await passed();
  assert.ok(cut.has("unsafe-path"));
  for (const check of ["extra-file", "dangling-reference", "duplicate-value", "manifest"]) {
    assert.ok(!cut.has(check), check);
  }
  assert.deepEqual([...await passed({ path: `${made.folder}/nothing` })], []);
});

Deno.test("passphrases: right, wrong, missing, metadata lost", async () => {
  using made = await sampleExport("v2", { passphrase: "Käse & Brot" });
  const right = await verify(made.path, { passphrase: "Käse & Brot" });
  assert.deepEqual([right.summary.exit, right.found], ["done", {}]);
  assert.ok(right.summary.secrets > 0);
  const wrong = await verify(made.path, { passphrase: "Käse" });
  assert.deepEqual([wrong.summary.exit, wrong.found], ["passphrase", { passphrase: 1 }]);
  const missing = await verify(made.path);
  assert.deepEqual([missing.summary.exit, missing.found], ["passphrase", { passphrase: 1 }]);

  // Damage that is found counts more than the passphrase.
  flipBit(named(made, ORIGINAL));
  assert.equal((await verify(made.path)).summary.exit, "findings");

  using lost = await sampleExport("v3", { passphrase: "x" });
  Deno.writeTextFileSync(lost.at("metadata.json"), `{"version": "3.0.5"}`);
  const orphaned = await verify(lost.path);
  assert.deepEqual([orphaned.summary.exit, orphaned.found], ["findings", { metadata: 1 }]);
});

Deno.test("one secret that was tampered with is told from a wrong passphrase", async () => {
  using made = await sampleExport("v2", { passphrase: "x" });
  made.edit((records) => {
    const { fields } = first(records, "paperless_mail.mailaccount");
    fields.password = String(fields.password).replace(/..$/, "00");
  });
  const { summary, found } = await verify(made.path, { passphrase: "x" });
  assert.deepEqual([summary.exit, found], ["findings", { record: 1 }]);
});
