// One face over folders and zips: the same files either way, and no way out of either.

import { deepStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { readMetadata } from "../../../../core/archive/metadata.ts";
import {
  isManifestPath,
  listManifests,
  readExportRecords,
} from "../../../../core/archive/manifest/manifest_files.ts";
import { type ExportSource, openExportSource } from "../../../../core/archive/zip/export_source.ts";
import { PaperwardError } from "../../../../core/errors.ts";
import { openFiles } from "../../../../core/library/deno_files.ts";
import { FIXTURES, fixtureTest, GENERATIONS } from "../manifest/_fixtures.ts";
import { rawZip } from "./_raw_zip.ts";
import { collect, type Scratch, scratch } from "./_scratch.ts";

const encode = (text: string) => new TextEncoder().encode(text);

const CONTENTS: Readonly<Record<string, string>> = {
  "manifest.json": '[{"model":"a.b","pk":1,"fields":{}}]',
  "metadata.json": '{"version": "3.0.5"}',
  "b.pdf": "b",
  "json/z-manifest.json": '[{"model":"a.b","pk":3,"fields":{}}]',
  "json/a-manifest.json": '[{"model":"a.b","pk":2,"fields":{}}]',
  "originals/deep/ä.pdf": "ä",
  // As upstream's -f takes them from titles.
  "originals/tab\tand\nline\x1b.pdf": "odd",
};

function asFolder(place: Scratch): Promise<ExportSource> {
  for (const [name, text] of Object.entries(CONTENTS)) place.put(`export/${name}`, text);
  return openExportSource(place.files, `${place.folder}/export`);
}

function asZip(place: Scratch): Promise<ExportSource> {
  const entries = Object.entries(CONTENTS).map(([name, text]) => ({
    name,
    data: encode(text),
    method: 8,
  }));
  // The name says nothing: content does.
  return openExportSource(place.files, place.put("export.backup", rawZip(entries)));
}

for (const [kind, open] of [["folder", asFolder], ["zip", asZip]] as const) {
  Deno.test(`${kind}: lists, finds and reads`, async () => {
    using place = scratch();
    const source = await open(place);
    strictEqual(source.kind, kind);
    deepStrictEqual(
      Array.from(source.files(), ({ path }) => path).sort(),
      Object.keys(CONTENTS).sort(),
    );
    for (const [name, text] of Object.entries(CONTENTS)) {
      strictEqual(source.find(name)!.size, encode(text).length);
      strictEqual(await source.readText(name), text);
      deepStrictEqual(await collect(source.open(name)), encode(text));
    }
    strictEqual(source.find("absent"), undefined);
    strictEqual(source.find("originals"), undefined);
    strictEqual(source.find("b.pdf/x"), undefined);
    await rejects(collect(source.open("absent")), /is missing/);
    await rejects(source.readText("manifest.json", 10), /larger than 10 bytes/);
    source.close();
  });

  Deno.test(`${kind}: paths that leave it are refused, for facts and for reading`, async () => {
    using place = scratch();
    place.put("secret", "secret");
    const source = await open(place);
    for (
      const path of ["../secret", "/etc/passwd", "json/../../secret", "", ".", "a\0b", "C:\\x"]
    ) {
      throws(() => source.find(path), PaperwardError, path);
      await rejects(collect(source.open(path)), PaperwardError, path);
    }
    source.close();
  });

  Deno.test(`${kind}: manifests are found, the main one first, and read`, async () => {
    using place = scratch();
    const source = await open(place);
    deepStrictEqual(listManifests(source), [
      "manifest.json",
      "json/a-manifest.json",
      "json/z-manifest.json",
    ]);
    const keys: string[] = [];
    for await (const { manifest, records } of readExportRecords(source)) {
      for (const { pk } of records) keys.push(`${manifest} ${pk}`);
    }
    deepStrictEqual(keys, ["manifest.json 1", "json/a-manifest.json 2", "json/z-manifest.json 3"]);
    deepStrictEqual(await readMetadata(source), { version: "3.0.5", file: "metadata.json" });
    source.close();
  });
}

Deno.test("links inside the export are followed, links out of it and devices are refused", async () => {
  using place = scratch();
  place.put("secret", "secret");
  place.put("secrets/one", "secret");
  place.put("export/manifest.json", "[]");
  place.put("export/originals/a.pdf", "a");
  const root = `${place.folder}/export`;
  Deno.symlinkSync("originals/a.pdf", `${root}/inside.pdf`);
  Deno.symlinkSync("originals", `${root}/inside`);
  Deno.symlinkSync(`${place.folder}/secret`, `${root}/out.pdf`);
  Deno.symlinkSync("../secrets", `${root}/out`);
  Deno.symlinkSync("nowhere", `${root}/dangling`);
  Deno.symlinkSync("loop", `${root}/loop`);
  const source = await openExportSource(place.files, root);
  const refused: string[] = [];
  const listed = Array.from(source.files(({ path }) => refused.push(path)), ({ path }) => path);
  deepStrictEqual(listed, ["inside.pdf", "manifest.json", "originals/a.pdf"]);
  deepStrictEqual(refused, ["dangling", "inside", "loop", "out", "out.pdf"]);
  strictEqual(await source.readText("inside.pdf"), "a");
  strictEqual(await source.readText("inside/a.pdf"), "a");
  for (const path of ["out.pdf", "out/one"]) {
    throws(() => source.find(path), /leads out of the export/);
    await rejects(source.readText(path), /leads out of the export/);
  }
});

Deno.test("a link to an export opens what it points to", async () => {
  using place = scratch();
  place.put("export/manifest.json", "[]");
  Deno.symlinkSync("export", `${place.folder}/link`);
  const source = await openExportSource(place.files, `${place.folder}/link`);
  strictEqual(source.path, `${place.folder}/export`);
  strictEqual(await source.readText("manifest.json"), "[]");
});

Deno.test("what is neither folder nor zip is refused", async () => {
  using place = scratch();
  await rejects(openExportSource(place.files, `${place.folder}/absent`), /nothing by that name/);
  for (const bytes of ["", "text", "PK\x03\x04 and no end"]) {
    await rejects(
      openExportSource(place.files, place.put("x.zip", bytes)),
      /neither a folder nor a zip/,
    );
  }
});

Deno.test("an export without a manifest, and text that isn't", async () => {
  using place = scratch();
  place.put("export/notes.txt", Uint8Array.of(0x61, 0xff));
  const source = await openExportSource(place.files, `${place.folder}/export`);
  throws(() => listManifests(source), /has no manifest\.json/);
  await rejects(source.readText("notes.txt"), /not UTF-8/);
  deepStrictEqual(await readMetadata(source), { version: null, file: null });
});

Deno.test("which paths are manifests", () => {
  const paths = [
    "manifest.json",
    "x-manifest.json",
    "json/a/x-manifest.json",
    "json/manifest.json",
    "x-manifest.json.gz",
  ];
  deepStrictEqual(paths.filter(isManifestPath), paths.slice(0, 3));
});

for (const { folder } of GENERATIONS) {
  fixtureTest(`${folder}: the recorded zip and folder give the same records`, async () => {
    const root = Deno.realPathSync(`${FIXTURES}${folder}/exports`);
    const files = openFiles({ read: [root], write: [] });
    const name = [...Deno.readDirSync(`${root}/z`)].find((entry) =>
      entry.name.endsWith(".zip")
    )!.name;
    const keys = async (path: string) => {
      const source = await openExportSource(files, path);
      const found: string[] = [];
      for await (const { records } of readExportRecords(source)) {
        for (const { model, pk } of records) found.push(`${model} ${pk}`);
      }
      source.close();
      return found;
    };
    const plain = await keys(`${root}/plain`);
    ok(plain.length > 500);
    deepStrictEqual(await keys(`${root}/z/${name}`), plain);
    const split = await keys(`${root}/sm`).catch(() => []);
    if (split.length > 0) deepStrictEqual(split.sort(), plain.sort());
  });
}
