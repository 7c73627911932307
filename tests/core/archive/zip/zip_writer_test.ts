// Archives that we write, read by ourselves, by Python's zipfile and by Info-ZIP's unzip.

import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { Uint8ArrayReader, Uint8ArrayWriter, ZipReader } from "@zip.js/zip.js";
import { formatEndOfDirectory } from "../../../../core/archive/zip/_end_of_directory.ts";
import { verifyZip } from "../../../../core/archive/zip/verify_zip.ts";
import { openZip } from "../../../../core/archive/zip/zip_reader.ts";
import {
  openZipWriter,
  SMALL_BYTES,
  type ZipItem,
  type ZipSink,
} from "../../../../core/archive/zip/zip_writer.ts";
import { FIXTURES, fixtureTest } from "../manifest/_fixtures.ts";
import { collect, noise, scratch, tryRun } from "./_scratch.ts";

const MTIME = Date.UTC(2024, 4, 6, 7, 8, 9);
const TEXT = new TextEncoder().encode("Sehr geehrte Damen und Herren, ".repeat(2000));

/** Cuts bytes into pieces, as a file is read. */
function* pieces(bytes: Uint8Array, size = 100_000): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

function item(name: string, bytes: Uint8Array, extra: Partial<ZipItem["facts"]> = {}): ZipItem {
  return { name, facts: { mtime: MTIME, mode: 0o640, ...extra }, open: () => pieces(bytes) };
}

const CONTENTS: ReadonlyMap<string, Uint8Array> = new Map([
  ["originals/2024-05-06 Müller & Söhne – März.pdf", TEXT],
  ["originals/Счёт №42 請求書 ✓ é \u{1F600}.pdf", noise(300_000)],
  ["empty.txt", new Uint8Array()],
  ["one byte", Uint8Array.of(65)],
  ["just small.bin", noise(SMALL_BYTES, 3)],
  ["large text.tif", new Uint8Array(SMALL_BYTES + 1_000_000).fill(0x41)],
  ["large noise.jpg", noise(SMALL_BYTES + 1_000_000, 4)],
  ["manifest.json", TEXT.subarray(0, 500)],
]);

for (const threads of [0, 2]) {
  Deno.test(`${threads} threads: what goes in comes out, for every reader`, async () => {
    using place = scratch();
    const path = `${place.folder}/out.zip`;
    const out = place.files.openWrite(path);
    const zip = openZipWriter(out, { threads });
    await zip.addFolder("originals", { mtime: MTIME, mode: 0o755 });
    const names: string[] = [];
    for await (
      const outcome of zip.addAll([...CONTENTS].map(([name, bytes]) => item(name, bytes)))
    ) {
      ok("entry" in outcome);
      const bytes = CONTENTS.get(outcome.item.name)!;
      strictEqual(outcome.entry.size, bytes.length);
      strictEqual(outcome.entry.crc32, crc32(bytes));
      names.push(outcome.entry.name);
    }
    deepStrictEqual(names, [...CONTENTS.keys()]);
    const totals = await zip.finish();
    out.close();
    strictEqual(totals.entries, CONTENTS.size + 1);
    strictEqual(totals.size, Deno.statSync(path).size);

    const archive = await openZip(place.files, path);
    deepStrictEqual([...archive.entries.keys()], ["originals", ...CONTENTS.keys()]);
    strictEqual(archive.entries.get("originals")!.mode, 0o755);
    for (const [name, bytes] of CONTENTS) {
      const entry = archive.find(name)!;
      strictEqual(entry.mode, 0o640);
      strictEqual(entry.mtime, MTIME);
      strictEqual(entry.stored, !/text|Müller|manifest/.test(name), name);
      ok(equal(await collect(archive.open(entry)), bytes), `${name} differs`);
    }
    archive.close();
    const verified = await verifyZip(place.files, path, () => {}, { threads });
    strictEqual(verified.entries, CONTENTS.size + 1);
    checkByOthers(path);
  });
}

/** Python's zipfile and unzip, where they are installed. */
function checkByOthers(path: string): void {
  const unzip = tryRun("unzip", ["-t", path]);
  if (unzip) {
    strictEqual(unzip.code, 0, unzip.text);
    ok(/No errors detected/.test(unzip.text));
  }
  const script = `
import json, sys, time, zipfile
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
print(json.dumps([[i.filename, i.file_size, i.CRC, i.external_attr >> 16] for i in z.infolist()]))
`;
  const python = tryRun("python3", ["-c", script, path]);
  if (!python) return;
  strictEqual(python.code, 0, python.text);
  const listed = JSON.parse(python.text) as [string, number, number, number][];
  deepStrictEqual(listed[0], ["originals/", 0, 0, 0o040755]);
  deepStrictEqual(
    listed.slice(1),
    [...CONTENTS].map(([name, bytes]) => [name, bytes.length, crc32(bytes), 0o100640]),
  );
}

Deno.test("threads change nothing in the archive", async () => {
  const archives = [];
  for (const threads of [0, 1, 3]) {
    const sink = memorySink();
    const zip = openZipWriter(sink, { threads });
    const items = Array.from(
      { length: 40 },
      (_, index) => item(`f${index}`, TEXT.subarray(0, 1000 * index)),
    );
    for await (const _ of zip.addAll(items));
    await zip.finish();
    archives.push(sink.bytes());
  }
  ok(archives[0]!.length > 5000);
  ok(equal(archives[0]!, archives[1]!));
  ok(equal(archives[0]!, archives[2]!));
});

Deno.test("folder entries and modes are upstream's", async () => {
  using place = scratch();
  const path = `${place.folder}/out.zip`;
  const out = place.files.openWrite(path);
  const zip = openZipWriter(out, { threads: 0 });
  await zip.addFolder("archive/", { mtime: MTIME, mode: 0o755 });
  await zip.add("manifest.json", pieces(TEXT), { mtime: MTIME });
  await zip.finish();
  out.close();
  const bytes = Deno.readFileSync(path);
  const attributes = centralDirectory(bytes).map((
    { name, attributes, flags },
  ) => [name, attributes, flags]);
  deepStrictEqual(attributes, [["archive/", 0x41ed0010, 0], ["manifest.json", 0x81a40000, 0]]);
});

fixtureTest("the attributes are those of the recorded archive", () => {
  const lines = Deno.readTextFileSync(`${FIXTURES}v2.20.15/exports/zn/zip-entries.txt`).split("\n");
  const modes = new Set(
    lines.filter((line) => /^[08]\t/.test(line)).map((line) => line.split("\t")[4]),
  );
  ok(modes.has("0x41ed0010") && modes.has("0x81a40000"));
});

Deno.test("a source that fails leaves nothing, before and in the middle of a large file", async () => {
  using place = scratch();
  const path = `${place.folder}/out.zip`;
  const out = place.files.openWrite(path);
  const zip = openZipWriter(out, { threads: 2 });
  const failing = (name: string, good: number): ZipItem => ({
    name,
    facts: { mtime: MTIME },
    *open() {
      yield* pieces(new Uint8Array(good).fill(0x42));
      throw new Deno.errors.PermissionDenied(name);
    },
  });
  const items = [
    item("a", TEXT),
    failing("at once", 0),
    item("b", TEXT),
    failing("small", 50_000),
    failing("large", SMALL_BYTES + 3_000_000),
    item("c", noise(SMALL_BYTES + 10)),
    failing("large again", SMALL_BYTES + 10),
    item("d", TEXT),
    {
      ...item("e", TEXT),
      open: () => {
        throw new Deno.errors.NotFound("e");
      },
    },
  ];
  const outcomes: string[] = [];
  for await (const outcome of zip.addAll(items)) {
    if ("error" in outcome) {
      ok(
        outcome.error instanceof Deno.errors.PermissionDenied ||
          outcome.error instanceof Deno.errors.NotFound,
      );
    }
    outcomes.push(("error" in outcome ? "-" : "+") + outcome.item.name);
  }
  deepStrictEqual(outcomes, [
    "+a",
    "-at once",
    "+b",
    "-small",
    "-large",
    "+c",
    "-large again",
    "+d",
    "-e",
  ]);
  const totals = await zip.finish();
  out.close();
  strictEqual(totals.entries, 4);
  strictEqual(totals.size, Deno.statSync(path).size);
  strictEqual((await verifyZip(place.files, path)).entries, 4);
  deepStrictEqual(centralDirectory(Deno.readFileSync(path)).map(({ name }) => name), [
    "a",
    "b",
    "c",
    "d",
  ]);
});

Deno.test("add throws what its source throws, and the archive goes on", async () => {
  const sink = memorySink();
  const zip = openZipWriter(sink, { threads: 0 });
  const fails = (function* (): Generator<Uint8Array> {
    yield TEXT;
    throw new RangeError("broken");
  })();
  await rejects(zip.add("x", fails, { mtime: MTIME }), RangeError);
  const entry = await zip.add("y", pieces(TEXT), { mtime: MTIME });
  ok(!entry.stored);
  strictEqual((await zip.finish()).entries, 1);
});

Deno.test("open files are sources, and are closed whatever happens", async () => {
  using place = scratch();
  const sizes = [0, 1, 5000, SMALL_BYTES - 1, SMALL_BYTES, SMALL_BYTES + 1, SMALL_BYTES + 700_000];
  const closed = new Set<string>();
  const items = sizes.map((size): ZipItem => ({
    name: `${size}`,
    facts: { mtime: MTIME, digest: "md5" },
    open() {
      const file = place.files.openRead(place.put(`in/${size}`, noise(size)));
      const close = () => {
        closed.add(`${size}`);
        file.close();
      };
      return { ...file, close };
    },
  }));
  const zip = openZipWriter(memorySink(), { threads: 1 });
  for await (const outcome of zip.addAll(items)) {
    ok("entry" in outcome);
    const bytes = noise(Number(outcome.item.name));
    strictEqual(outcome.entry.crc32, crc32(bytes));
    strictEqual(outcome.entry.digest, createHash("md5").update(bytes).digest("hex"));
  }
  strictEqual(closed.size, sizes.length);
  await zip.finish();

  closed.clear();
  const given = openZipWriter(memorySink(), { threads: 0 });
  for await (const _ of given.addAll(items.toReversed())) break;
  deepStrictEqual([...closed], [`${SMALL_BYTES + 700_000}`]);
  closed.clear();
  for await (const _ of given.addAll(items.slice(3))) break;
  deepStrictEqual([...closed].sort(), [SMALL_BYTES - 1, SMALL_BYTES, SMALL_BYTES + 1].map(String));
  given.close();
});

Deno.test("a file that shrinks or grows while it is read is taken as it is read", async () => {
  for (const [said, real] of [[1000, 10], [10, 1000], [10, SMALL_BYTES + 10], [0, 5000]] as const) {
    const bytes = noise(real);
    let at = 0;
    const file = {
      facts: () =>
        ({ kind: "file", size: said, mtime: 0, mode: 0, inode: null, links: 1 }) as const,
      read(buffer: Uint8Array) {
        const piece = bytes.subarray(at, at + Math.min(buffer.length, 777));
        buffer.set(piece);
        at += piece.length;
        return piece.length;
      },
      close: () => {},
    };
    const zip = openZipWriter(memorySink(), { threads: 0 });
    const entry = await zip.add("x", file, { mtime: MTIME });
    strictEqual(entry.size, real);
    strictEqual(entry.crc32, crc32(bytes));
    await zip.finish();
  }
});

Deno.test("zip.js reads what we write, headers compared strictly", async () => {
  const sink = memorySink();
  const zip = openZipWriter(sink, { threads: 0 });
  await zip.addFolder("originals", { mtime: MTIME });
  for await (const _ of zip.addAll([...CONTENTS].map(([name, bytes]) => item(name, bytes))));
  await zip.finish();
  const reader = new ZipReader(new Uint8ArrayReader(sink.bytes()), {
    strictness: "strict",
    useWebWorkers: false,
  });
  const found: string[] = [];
  for (const entry of await reader.getEntries()) {
    found.push(entry.filename);
    strictEqual(entry.lastModDate.getTime(), MTIME);
    if (entry.directory) continue;
    const bytes = await entry.getData(new Uint8ArrayWriter(), { checkCrc32: true });
    ok(equal(bytes, CONTENTS.get(entry.filename)!));
  }
  deepStrictEqual(found, ["originals/", ...CONTENTS.keys()]);
});

Deno.test("times before 1980 and beyond 2107 are kept as well as they can be", async () => {
  using place = scratch();
  const path = `${place.folder}/out.zip`;
  const times = [
    0,
    Date.UTC(1969, 0, 1),
    Date.UTC(1979, 11, 31),
    Date.UTC(2037, 0, 1),
    Date.UTC(2200, 0, 1),
  ];
  const out = place.files.openWrite(path);
  const zip = openZipWriter(out, { threads: 0 });
  for (const mtime of times) await zip.add(`${mtime}`, pieces(TEXT), { mtime });
  await zip.finish();
  out.close();
  const archive = await openZip(place.files, path);
  for (const mtime of times.slice(0, 4)) strictEqual(archive.find(`${mtime}`)!.mtime, mtime);
  strictEqual(new Date(archive.find(`${times[4]}`)!.mtime!).getFullYear(), 2107);
  archive.close();
});

Deno.test("a sink that is full ends it with the sink's own error", async () => {
  for (const size of [1000, SMALL_BYTES + 1_000_000]) {
    const error = new Deno.errors.WriteZero("no space left");
    const zip = openZipWriter({
      write: () => {
        throw error;
      },
      seek: () => {},
      truncate: () => {},
    }, { threads: 0 });
    await rejects(
      zip.add("x", pieces(noise(size)), { mtime: MTIME }),
      (caught) => caught === error,
    );
  }
});

Deno.test("checksums of sources are computed on the way, small and large", async () => {
  const zip = openZipWriter(memorySink(), { threads: 1 });
  for (const algorithm of ["md5", "sha256"] as const) {
    for (const bytes of [TEXT, noise(SMALL_BYTES + 500_000)]) {
      const entry = await zip.add(`${algorithm} ${bytes.length}`, pieces(bytes), {
        mtime: MTIME,
        digest: algorithm,
      });
      strictEqual(entry.digest, createHash(algorithm).update(bytes).digest("hex"));
    }
  }
  zip.close();
});

Deno.test("more entries than a segment holds are one archive", async () => {
  using place = scratch();
  const path = `${place.folder}/out.zip`;
  const out = place.files.openWrite(path);
  const zip = openZipWriter(out, { threads: 0 });
  const count = 1200;
  const items = Array.from(
    { length: count },
    (_, index) => item(`folder/${index}.txt`, TEXT.subarray(0, index)),
  );
  for await (const outcome of zip.addAll(items)) ok("entry" in outcome);
  strictEqual((await zip.finish()).entries, count);
  out.close();
  const archive = await openZip(place.files, path);
  strictEqual(archive.entries.size, count);
  for (const index of [0, 255, 256, 257, 511, 512, 1199]) {
    const bytes = await collect(archive.open(archive.find(`folder/${index}.txt`)!));
    ok(equal(bytes, TEXT.subarray(0, index)));
  }
  archive.close();
});

Deno.test("an empty archive is a valid one", async () => {
  using place = scratch();
  const path = `${place.folder}/out.zip`;
  const out = place.files.openWrite(path);
  deepStrictEqual(await openZipWriter(out).finish(), { entries: 0, size: 22 });
  out.close();
  const archive = await openZip(place.files, path);
  strictEqual(archive.entries.size, 0);
  archive.close();
});

Deno.test("names that we would not read are not written, and the rest goes on", async () => {
  const zip = openZipWriter(memorySink(), { threads: 0 });
  const names = ["", "../x", "/x", "a/../b", "a//b", "./a", "C:/x", "a\0b", "a\nb", "..\\x", "\\x"];
  const good: string[] = [];
  for await (
    const outcome of zip.addAll(
      [...names, "a\\b", "aux.pdf", "x".repeat(300)].map((name) => item(name, TEXT)),
    )
  ) {
    if ("entry" in outcome) good.push(outcome.entry.name);
  }
  deepStrictEqual(good, ["a\\b", "aux.pdf", "x".repeat(300)]);
  await zip.finish();
});

Deno.test("level 0 stores, levels differ in size", async () => {
  const sizes = [];
  for (const level of [0, 1, 6, 9]) {
    const zip = openZipWriter(memorySink(), { threads: 0, level });
    const entry = await zip.add("x", pieces(TEXT), { mtime: MTIME });
    strictEqual(entry.stored, level === 0);
    sizes.push(entry.compressedSize);
    await zip.finish();
  }
  strictEqual(sizes[0], TEXT.length);
  ok(sizes[1]! < TEXT.length && sizes[3]! <= sizes[1]!);
});

Deno.test("the end records become zip64 where a number needs it", () => {
  const plain = formatEndOfDirectory({ entries: 65_534, size: 100, offset: 0xfffffffe });
  strictEqual(plain.length, 22);
  for (
    const facts of [
      { entries: 65_535, size: 100, offset: 200 },
      { entries: 1, size: 0xffffffff, offset: 200 },
      { entries: 1, size: 100, offset: 0x1_2345_6789 },
    ]
  ) {
    const bytes = formatEndOfDirectory(facts);
    const view = new DataView(bytes.buffer);
    strictEqual(bytes.length, 98);
    strictEqual(view.getUint32(0, true), 0x06064b50);
    strictEqual(view.getBigUint64(32, true), BigInt(facts.entries));
    strictEqual(view.getBigUint64(40, true), BigInt(facts.size));
    strictEqual(view.getBigUint64(48, true), BigInt(facts.offset));
    strictEqual(view.getBigUint64(64, true), BigInt(facts.offset + facts.size));
    strictEqual(view.getUint16(86, true), Math.min(facts.entries, 0xffff));
  }
});

const SLOW = Deno.env.get("PAPERWARD_SLOW_TESTS") === "1";

Deno.test({
  name: `an entry beyond 4 GiB, and what follows it${
    SLOW ? "" : " (skipped: PAPERWARD_SLOW_TESTS is not 1)"
  }`,
  ignore: !SLOW,
  async fn() {
    using place = scratch();
    const path = `${place.folder}/out.zip`;
    const out = place.files.openWrite(path);
    const zip = openZipWriter(out, { level: 1 });
    const zeros = new Uint8Array(1 << 20);
    const size = 4100 * zeros.length;
    for (const name of ["deflated", "again"]) {
      const entry = await zip.add(name, repeat(zeros, 4100), { mtime: MTIME });
      strictEqual(entry.size, size);
    }
    const stored = openStored(zip, noise(1 << 20), 4100);
    strictEqual((await stored).size, size);
    await zip.add("last", pieces(TEXT), { mtime: MTIME });
    await zip.finish();
    out.close();
    const archive = await openZip(place.files, path, { ratio: 2000 });
    strictEqual(archive.find("deflated")!.size, size);
    ok(archive.find("last")!.offset > 2 ** 32);
    ok(equal(await collect(archive.open(archive.find("last")!)), TEXT));
    archive.close();
    const unzip = tryRun("unzip", ["-t", path]);
    if (unzip) strictEqual(unzip.code, 0, unzip.text);
    await rejects(openZip(place.files, path), /200 times/);
  },
});

Deno.test({
  name: `70,000 entries${SLOW ? "" : " (skipped: PAPERWARD_SLOW_TESTS is not 1)"}`,
  ignore: !SLOW,
  async fn() {
    using place = scratch();
    const path = `${place.folder}/out.zip`;
    const out = place.files.openWrite(path);
    const zip = openZipWriter(out);
    const items = Array.from(
      { length: 70_000 },
      (_, index) => item(`${index}`, TEXT.subarray(0, 10)),
    );
    for await (const outcome of zip.addAll(items)) ok("entry" in outcome);
    strictEqual((await zip.finish()).entries, 70_000);
    out.close();
    strictEqual((await verifyZip(place.files, path)).entries, 70_000);
    const unzip = tryRun("unzip", ["-tq", path]);
    if (unzip) strictEqual(unzip.code, 0, unzip.text);
  },
});

function* repeat(bytes: Uint8Array, times: number): Generator<Uint8Array> {
  for (let index = 0; index < times; index++) yield bytes;
}

function openStored(
  zip: ReturnType<typeof openZipWriter>,
  bytes: Uint8Array,
  times: number,
): ReturnType<ReturnType<typeof openZipWriter>["add"]> {
  return zip.add("stored", repeat(bytes, times), { mtime: MTIME });
}

/** A sink in memory. */
function memorySink(): ZipSink & { bytes(): Uint8Array } {
  let bytes = new Uint8Array(0);
  let at = 0;
  return {
    write(piece) {
      const grown = new Uint8Array(Math.max(bytes.length, at + piece.length));
      grown.set(bytes);
      grown.set(piece, at);
      bytes = grown;
      at += piece.length;
    },
    seek: (offset) => void (at = offset),
    truncate: (size) => void (bytes = bytes.slice(0, size)),
    bytes: () => bytes,
  };
}

function centralDirectory(
  bytes: Uint8Array,
): { readonly name: string; readonly attributes: number; readonly flags: number }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.length - 22;
  const found = [];
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    strictEqual(view.getUint32(at, true), 0x02014b50);
    const length = view.getUint16(at + 28, true);
    found.push({
      name: new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + length)),
      attributes: view.getUint32(at + 38, true),
      flags: view.getUint16(at + 8, true),
    });
    at += 46 + length + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  strictEqual(at, end);
  return found;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
