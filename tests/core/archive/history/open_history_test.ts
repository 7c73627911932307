// The way through history as a whole: which release, which steps, what is refused and listed, and that
// records stream.

import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { PaperwardError } from "../../../../core/errors.ts";
import { detectRelease, OLDEST_RELEASE } from "../../../../core/archive/history/detect_release.ts";
import { fileConversions } from "../../../../core/archive/history/file_conversions.ts";
import { openHistory } from "../../../../core/archive/history/open_history.ts";
import type { HistoryBatch } from "../../../../core/archive/history/open_history.ts";
import { compareReleases, releaseIn } from "../../../../core/archive/history/releases.ts";
import { uniqueNames } from "../../../../core/archive/history/unique_names.ts";
import type { RawRecord } from "../../../../core/archive/manifest/raw_record.ts";
import { asExport, convert, make, plain } from "./_history.ts";

const DOCUMENT = make("documents.document", 1, {
  title: "x",
  created: "2022-01-01T00:00:00Z",
  mime_type: "application/pdf",
  checksum: "0".repeat(32),
  archive_checksum: null,
});

Deno.test("releases are told and compared by number", () => {
  strictEqual(releaseIn("1.17.0-dev"), "1.17.0");
  strictEqual(releaseIn("2.20.15"), "2.20.15");
  strictEqual(releaseIn("02.007.2"), "2.7.2");
  strictEqual(releaseIn("v2"), null);
  ok(compareReleases("2.9.0", "2.10.0") < 0);
  ok(compareReleases("2.20.15", "2.20.5") > 0);
  strictEqual(compareReleases("3.0.0", "3.0.0"), 0);
});

Deno.test("an export newer than the library is refused with exit `version`", async () => {
  const cases = [["3.0.6", "v3"], ["3.1.0", "v3"], ["9.9.9", "v2"], ["3.0.0", "v2"], [
    "2.20.16",
    "v2",
  ]];
  for (const [from, to] of cases) {
    await rejects(
      convert([DOCUMENT], { from: from!, to: to as "v2" | "v3" }),
      (error: unknown) => {
        ok(error instanceof PaperwardError);
        strictEqual(error.exit, "version");
        match(error.message, new RegExp(`^Cannot import an export of paperless-ngx ${from}: `));
        strictEqual(error.hints.length, 1);
        return true;
      },
    );
  }
});

Deno.test("an export without version file is refused if its records are newer", async () => {
  const record = make("documents.document", 1, { title: "x", root_document: null });
  await rejects(
    convert([record], { from: null, to: "v2" }),
    (error: unknown) => error instanceof PaperwardError && error.exit === "version",
  );
});

Deno.test("what is up to date passes as it is, read once, in its own batches", async () => {
  for (const [from, to] of [["2.20.15", "v2"], ["2.20.5", "v2"], ["3.0.0", "v3"]] as const) {
    let readings = 0;
    const batch: HistoryBatch = { manifest: "json/a-manifest.json", records: [DOCUMENT] };
    const history = await openHistory({
      from,
      to,
      timeZone: "UTC",
      async *read() {
        await Promise.resolve();
        readings++;
        yield batch;
      },
    });
    strictEqual(history.unchanged, true);
    strictEqual(history.checksums, "as they are");
    strictEqual(readings, 0);
    const batches = await Array.fromAsync(history.read());
    strictEqual(batches[0], batch);
    strictEqual(readings, 1);
  }
});

Deno.test("the steps begin behind the release that wrote the export", async () => {
  const { history } = await convert([DOCUMENT], { from: "2.19.0", to: "v2" });
  deepStrictEqual(history.steps, [
    { since: "2.19.1", migration: "documents.1073" },
    { since: "2.20.5", migration: "documents.1075" },
  ]);
  strictEqual(history.pageCounts, false);
  const old = await convert([DOCUMENT], { from: "2.12.1", to: "v3" });
  strictEqual(old.history.pageCounts, true);
  strictEqual(old.history.checksums, "md5 to sha256");
  deepStrictEqual(
    old.history.notExported.map(({ what }) => what),
    [
      "the list of mails already processed",
      "share links",
      "social accounts",
      "documents in the trash",
    ],
  );
});

Deno.test("without metadata the newest thing that is there tells the release", () => {
  const told = (...records: RawRecord[]) => {
    const detector = detectRelease();
    for (const record of records) detector.look(record);
    return detector.release;
  };
  strictEqual(told(), OLDEST_RELEASE);
  strictEqual(told(make("documents.tag", 1, { name: "a", slug: "a", colour: 1 })), OLDEST_RELEASE);
  strictEqual(told(make("documents.tag", 1, { name: "a", colour: 1 })), "0.9.6");
  strictEqual(told(make("documents.tag", 1, { name: "a", color: "#000000" })), "1.3.0");
  strictEqual(told(make("auth.user", 1, {}), make("documents.tag", 1, { color: "" })), "1.3.2");
  strictEqual(
    told(make("documents.document", 1, { created: "2020-01-01T00:00:00Z" })),
    OLDEST_RELEASE,
  );
  strictEqual(told(make("documents.document", 1, { created: "2020-01-01" })), "2.16.0");
  strictEqual(told(make("documents.savedview", 1, { sort_field: null })), "3.0.0");
});

Deno.test("unknown models and fields are listed, and not in the result", async () => {
  const { records, lost } = await convert([
    make("evil.model", 1, { a: 1 }),
    make("evil.model", 2, { a: 1 }),
    make("__proto__.constructor", 1, { a: 1 }),
    make("documents.paperlesstask", 1, { a: 1 }),
    make("documents.tag", 1, { name: "t", ["__proto__x"]: 1, constructor: 2 }),
    make("documents.document", 1, { title: "x", created: "2020-01-01", surprise: [1] }),
  ], { from: "2.18.4", to: "v2" });
  deepStrictEqual(records.filter(({ model }) => /evil|proto/.test(model)), []);
  const tag = records.find(({ model }) => model === "documents.tag");
  ok(tag && !tag.fields.has("constructor") && !tag.fields.has("__proto__x"));
  ok(!records.find(({ model }) => model === "documents.document")?.fields.has("surprise"));
  deepStrictEqual(lost.map(({ model, pk, field }) => `${model} ${pk} ${field}`).sort(), [
    "__proto__.constructor null null",
    "documents.document 1 surprise",
    "documents.paperlesstask 1 a",
    "documents.tag 1 __proto__x",
    "documents.tag 1 constructor",
    "evil.model null null",
  ]);
});

Deno.test("values that no step touches pass as the text they are", async () => {
  const fields = {
    title: '"\\ud800 \\u00e4\\/"',
    content: '"a\\u0000b"',
    archive_serial_number: "9007199254740993",
    added: '"0001-01-01T00:00:00.1Z"',
    created: '"2020-01-01"',
    tags: "[\n  1,\n  2\n]",
    checksum: "-0.0",
  };
  const record = {
    model: "documents.document",
    pk: "12345678901234567890",
    fields: new Map(Object.entries(fields)),
    extras: new Map([["__exported_file_name__", '"\\ud83d\\ude00.pdf"']]),
  };
  const { records } = await convert([record], { from: "2.13.0", to: "v3" });
  const converted = records.find(({ model }) => model === record.model);
  for (const [name, raw] of Object.entries(fields)) {
    strictEqual(converted?.fields.get(name), raw, name);
  }
  strictEqual(converted?.pk, record.pk);
  deepStrictEqual([...converted?.extras ?? []], [...record.extras]);
  deepStrictEqual([...record.fields], Object.entries(fields), "the record itself is untouched");
});

Deno.test("documents stream: none is kept while the next are read", async () => {
  const total = 5000;
  let made = 0;
  const history = await openHistory({
    from: "1.9.0",
    to: "v3",
    timeZone: "Europe/Berlin",
    async *read() {
      made = 0;
      for (; made < total; made++) {
        await Promise.resolve();
        yield { manifest: "manifest.json", records: [{ ...DOCUMENT, pk: String(made) }] };
      }
    },
  });
  let seen = 0;
  for await (const { model } of history.records()) {
    if (model !== "documents.document") continue;
    seen++;
    ok(made - seen <= 1, `document ${seen} comes out when ${made} are read`);
  }
  strictEqual(seen, total);
});

Deno.test("reading again gives the same records, and lists nothing twice", async () => {
  const lost: unknown[] = [];
  const history = await openHistory({
    from: "1.2.0",
    to: "v3",
    timeZone: "UTC",
    read: asExport([make("documents.tag", 1, { name: "a", colour: 99 }), DOCUMENT]),
    onLost: (entry) => void lost.push(entry),
  });
  const shown = async () =>
    (await Array.fromAsync(history.records())).map((record) => [record.model, plain(record)]);
  const first = await shown();
  deepStrictEqual(await shown(), first);
  strictEqual(lost.length, 1);
});

Deno.test("hooks answer for documents in any order; the records keep theirs", async () => {
  const documents = Array.from({ length: 40 }, (_, at) =>
    make("documents.document", at, {
      ...plain(DOCUMENT),
      mime_type: at % 2 ? "image/png" : "application/pdf",
      archive_checksum: at % 3 ? null : "f".repeat(32),
    }));
  let open = 0;
  let most = 0;
  const asked: string[] = [];
  const { records } = await convert(documents, {
    from: "2.0.0",
    to: "v3",
    hooks: {
      async pageCount({ pk }) {
        most = Math.max(most, ++open);
        for (let turn = 0; turn < 40 - Number(pk); turn++) await Promise.resolve();
        open--;
        return pk === "4" ? null : Number(pk) + 1;
      },
      sha256({ pk }, file) {
        asked.push(`${pk} ${file}`);
        return Promise.resolve(pk === "5" ? null : `${file} ${pk}`);
      },
    },
  });
  const converted = records.filter(({ model }) => model === "documents.document").map(plain);
  strictEqual(converted.length, 40);
  converted.forEach((fields, at) => {
    strictEqual(fields["page_count"], at % 2 || at === 4 ? null : at + 1);
    strictEqual(fields["checksum"], at === 5 ? "0".repeat(32) : `original ${at}`);
    strictEqual(fields["archive_checksum"], at % 3 ? null : `archive ${at}`);
  });
  strictEqual(asked.length, 40 + 14);
  ok(most > 1 && most <= 16, `${most} at once`);
});

Deno.test("thumbnails are named for conversion by their own names", () => {
  const named = (name: unknown) =>
    fileConversions(make("documents.document", 1, {}, { __exported_thumbnail_name__: name }));
  deepStrictEqual(named("a.pdf-thumbnail.PNG"), [
    { file: "thumbnail", from: "png", to: "webp", path: "a.pdf-thumbnail.PNG" },
  ]);
  deepStrictEqual(named("a.png-thumbnail.webp"), []);
  deepStrictEqual(fileConversions(DOCUMENT), []);
});

Deno.test("names of archives are given once each, however many want the same", () => {
  const unique = uniqueNames();
  deepStrictEqual(
    ["a.pdf", "a.pdf", "a_01.pdf", "a.pdf", "b", "b", ".pdf", ".pdf"].map(unique),
    ["a.pdf", "a_01.pdf", "a_01_01.pdf", "a_02.pdf", "b", "b_01", ".pdf", ".pdf_01"],
  );
  const many = Array.from({ length: 20_000 }, () => unique("c.pdf"));
  strictEqual(new Set(many).size, many.length);
});
