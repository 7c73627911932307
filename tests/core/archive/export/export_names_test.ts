// Names of an export: upstream's where they don't clash, and never one name for two files.

import { deepStrictEqual, notStrictEqual, ok, strictEqual } from "node:assert/strict";
import { isRelativePath } from "../../../../core/library/relative_path.ts";
import { openExportNamer, splitName } from "../../../../core/archive/export/export_names.ts";

const PLAIN = { useFolderPrefix: false, hasDerived: true, hasFolders: false };

/** A candidate as the exporter makes it: the counter goes before the extension. */
const named = (stem: string, extension: string) => (counter: number) =>
  stem + (counter ? `_${String(counter).padStart(2, "0")}` : "") + extension;

Deno.test("a document's files share the stem of its original (upstream since 2.18)", () => {
  deepStrictEqual(openExportNamer(PLAIN).claim(named("2024-01-01 A.b", ".pdf")), {
    original: "2024-01-01 A.b.pdf",
    thumbnail: "2024-01-01 A.b-thumbnail.webp",
    archive: "2024-01-01 A.b-archive.pdf",
    manifest: "2024-01-01 A.b-manifest.json",
  });
  deepStrictEqual(
    openExportNamer({ ...PLAIN, useFolderPrefix: true }).claim(named("x/y", ".txt")),
    {
      original: "originals/x/y.txt",
      thumbnail: "thumbnails/x/y-thumbnail.webp",
      archive: "archive/x/y-archive.pdf",
      manifest: "json/x/y-manifest.json",
    },
  );
});

Deno.test("documents that differ in the extension only don't share a thumbnail: the lowest id keeps the name", () => {
  const namer = openExportNamer(PLAIN);
  const names = [".pdf", ".png", ".pdf", ".txt"].map((extension) =>
    namer.claim(named("X", extension))
  );
  deepStrictEqual(names.map(({ original }) => original), [
    "X.pdf",
    "X_01.png",
    "X_02.pdf",
    "X_03.txt",
  ]);
  strictEqual(new Set(names.flatMap((each) => Object.values(each))).size, 16);
});

Deno.test("without derived files the names are upstream's even where stems agree", () => {
  const namer = openExportNamer({ ...PLAIN, hasDerived: false });
  const names = [".pdf", ".png", ".pdf"].map((extension) =>
    namer.claim(named("X", extension)).original
  );
  deepStrictEqual(names, ["X.pdf", "X.png", "X_01.pdf"]);
});

Deno.test("a name that is taken by a counter of another is passed over", () => {
  const namer = openExportNamer(PLAIN);
  const stems = ["A_01", "A", "A", "A"];
  deepStrictEqual(stems.map((stem) => namer.claim(named(stem, ".pdf")).original), [
    "A_01.pdf",
    "A.pdf",
    "A_02.pdf",
    "A_03.pdf",
  ]);
});

Deno.test("an original that looks like another document's thumbnail gets a name of its own, in either order", () => {
  for (const order of [["X.pdf", "X-thumbnail.webp"], ["X-thumbnail.webp", "X.pdf"]]) {
    const namer = openExportNamer(PLAIN);
    const names = order.map((name) => {
      const { stem, extension } = splitName(name);
      return namer.claim(named(stem, extension));
    });
    strictEqual(new Set(names.flatMap((each) => Object.values(each))).size, 8, order.join());
  }
});

Deno.test("no document is called manifest.json, and none moves into the staging folder", () => {
  const namer = openExportNamer({ ...PLAIN, hasFolders: true });
  strictEqual(namer.claim(named("manifest", ".json")).original, "manifest_01.json");
  strictEqual(
    namer.claim(named(".paperward-staging/commit-record", "")).original,
    "_.paperward-staging/commit-record",
  );
});

Deno.test("what no import would follow is left out of names that a template makes", () => {
  const namer = openExportNamer({ ...PLAIN, hasFolders: true });
  const names = ["a\u0001b", "a\u007fb", "\0", "x/nul\0", "C:\\x", "d:/x"].map((stem) =>
    namer.claim(named(stem, ".pdf")).original
  );
  deepStrictEqual(names, [
    "a-b.pdf",
    "a-b_01.pdf",
    "-.pdf",
    "x/nul-.pdf",
    "C-\\x.pdf",
    "d-/x.pdf",
  ]);
  ok(names.every(isRelativePath));
});

Deno.test("one document's folder is never another one's file", () => {
  const namer = openExportNamer({ ...PLAIN, hasFolders: true });
  strictEqual(namer.claim(named("2024", "")).original, "2024");
  strictEqual(namer.claim(named("2024/x", ".pdf")).original, "2024_/x.pdf");
  strictEqual(namer.claim(named("2023/x", ".pdf")).original, "2023/x.pdf");
  strictEqual(namer.claim(named("2023", "")).original, "2023_01");
});

Deno.test("where the target ignores case, names that differ in case only are told apart", () => {
  const names = (ignoresCase: boolean) => {
    const namer = openExportNamer({ ...PLAIN, ignoresCase });
    return ["Ärger", "ÄRGER"].map((stem) => namer.claim(named(stem, ".pdf")).original);
  };
  deepStrictEqual(names(false), ["Ärger.pdf", "ÄRGER.pdf"]);
  deepStrictEqual(names(true), ["Ärger.pdf", "ÄRGER_01.pdf"]);
});

Deno.test("names too long for the target are shortened: unique, whole characters, extension kept", () => {
  const namer = openExportNamer({ ...PLAIN, longestName: 143, hasFolders: true });
  const stem = "ü".repeat(120);
  const names = [0, 1, 2].map(() => namer.claim(named(`${stem}/${stem}`, ".pdf")));
  const all = names.flatMap((each) => Object.values(each));
  strictEqual(new Set(all).size, 12);
  for (const path of all) {
    for (const part of path.split("/")) {
      ok(new TextEncoder().encode(part).length <= 143, part);
      ok(!part.includes("\ufffd"));
    }
  }
  ok(names.every(({ original }) => original.endsWith(".pdf")));
  notStrictEqual(names[0]?.original, names[1]?.original);
});

Deno.test("ten thousand documents of one name are named in linear time", () => {
  const namer = openExportNamer(PLAIN);
  let calls = 0;
  for (let index = 0; index < 10_000; index++) {
    namer.claim((counter) => {
      calls++;
      return named("X", ".pdf")(counter);
    });
  }
  ok(calls < 30_000, `${calls} candidates were tried`);
});

Deno.test("stems end where Python's PurePath.stem ends", () => {
  const cases = {
    "a.b.pdf": "a.b",
    ".hidden": ".hidden",
    "x/.y.z": "x/.y",
    "a.": "a.",
    "d.e/f": "d.e/f",
  };
  for (const [name, stem] of Object.entries(cases)) strictEqual(splitName(name).stem, stem, name);
});
