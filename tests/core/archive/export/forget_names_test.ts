// Names of missing files leave a manifest that is JSON still, and nothing else changes.

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { openFiles } from "../../../../core/library/deno_files.ts";
import { forgetNames } from "../../../../core/archive/export/forget_names.ts";
import { openManifestWriter } from "../../../../core/archive/manifest/manifest_writer.ts";

const TEXT = JSON.stringify(
  'a line\n  "__exported_thumbnail_name__": "X-thumbnail.webp",\nü\u2028',
);

function write(layout: "v2" | "v3", folder: string): string {
  const files = openFiles({ read: [], write: [folder] });
  const path = join(folder, layout);
  const file = files.openWrite(path);
  const writer = openManifestWriter(file, layout);
  for (const [pk, name] of [[1, "X"], [2, "Y"], [3, "Z"]] as const) {
    const extras: [string, string][] = [
      ["__exported_file_name__", JSON.stringify(`${name}.pdf`)],
      ["__exported_thumbnail_name__", JSON.stringify(`${name}-thumbnail.webp`)],
    ];
    if (name !== "Y") {
      extras.push(["__exported_archive_name__", JSON.stringify(`${name}-archive.pdf`)]);
    }
    writer.write({ model: "documents.document", pk, fields: [["content", TEXT]], extras });
  }
  writer.end();
  file.close();
  return path;
}

for (const layout of ["v2", "v3"] as const) {
  Deno.test(`${layout}: only the names that are missing go, wherever they stand`, () => {
    const folder = Deno.realPathSync(Deno.makeTempDirSync());
    const files = openFiles({ read: [], write: [folder] });
    const path = write(layout, folder);
    const wanted = JSON.parse(Deno.readTextFileSync(path));
    const missing = new Set([
      "X-thumbnail.webp",
      "Y-thumbnail.webp",
      "Z-archive.pdf",
      "Z.pdf",
      "other",
    ]);
    strictEqual(forgetNames(files, path, missing), 3);
    delete wanted[0].__exported_thumbnail_name__;
    delete wanted[1].__exported_thumbnail_name__;
    delete wanted[2].__exported_archive_name__;
    deepStrictEqual(JSON.parse(Deno.readTextFileSync(path)), wanted);
    deepStrictEqual(Array.from(Deno.readDirSync(folder), ({ name }) => name), [layout]);
    Deno.removeSync(folder, { recursive: true });
  });

  Deno.test(`${layout}: where nothing is missing the manifest stays as it is, byte for byte`, () => {
    const folder = Deno.realPathSync(Deno.makeTempDirSync());
    const path = write(layout, folder);
    const before = Deno.readTextFileSync(path);
    strictEqual(forgetNames(openFiles({ read: [], write: [folder] }), path, new Set(["none"])), 0);
    strictEqual(Deno.readTextFileSync(path), before);
    Deno.removeSync(folder, { recursive: true });
  });
}
