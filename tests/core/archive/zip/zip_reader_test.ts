// Archives that upstream wrote are read whole; archives that mean harm are refused before anything is opened.

import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { deflateRawSync } from "node:zlib";
import { verifyZip } from "../../../../core/archive/zip/verify_zip.ts";
import { openZip } from "../../../../core/archive/zip/zip_reader.ts";
import { PaperwardError } from "../../../../core/errors.ts";
import { openFiles } from "../../../../core/library/deno_files.ts";
import { fixtureBytes, FIXTURES, fixtureTest, GENERATIONS } from "../manifest/_fixtures.ts";
import { joined, type RawEntry, rawZip } from "./_raw_zip.ts";
import { collect, noise, type Scratch, scratch } from "./_scratch.ts";

const TEXT = new TextEncoder().encode("Guten Tag, ".repeat(500));

/** Opens an archive made of bytes, reads every file of it, and closes it. */
async function readAll(
  place: Scratch,
  bytes: Uint8Array,
  limits?: Parameters<typeof openZip>[2],
): Promise<Map<string, Uint8Array>> {
  const zip = await openZip(place.files, place.put("in.zip", bytes), limits);
  try {
    const found = new Map<string, Uint8Array>();
    for (const entry of zip.entries.values()) {
      if (entry.kind === "file") found.set(entry.path, await collect(zip.open(entry)));
    }
    return found;
  } finally {
    zip.close();
  }
}

function refusedFor(reason: RegExp): (error: unknown) => true {
  return (error) => {
    ok(error instanceof PaperwardError, String(error));
    ok(reason.test(error.message), error.message);
    ok(/^Cannot read /.test(error.message));
    return true;
  };
}

for (const { folder } of GENERATIONS) {
  fixtureTest(`${folder}: the recorded zip holds what the recorded folder holds`, async () => {
    const zips = `${FIXTURES}${folder}/exports/z`;
    const name = [...Deno.readDirSync(zips)].find((entry) => entry.name.endsWith(".zip"))!.name;
    const files = openFiles({ read: [Deno.realPathSync(zips)], write: [] });
    const path = `${Deno.realPathSync(zips)}/${name}`;
    const zip = await openZip(files, path);
    let compared = 0;
    for (const entry of zip.entries.values()) {
      if (entry.kind === "folder") continue;
      const bytes = await collect(zip.open(entry));
      const expected = fixtureBytes(`${folder}/exports/plain/${entry.path}`);
      ok(equal(bytes, expected), `${entry.path} differs`);
      compared++;
    }
    zip.close();
    ok(compared > 90, `only ${compared} files compared`);
    const verified = await verifyZip(files, path);
    ok(verified.entries >= compared);
  });
}

fixtureTest("zips that old releases wrote are read whole", async () => {
  let zips = 0;
  for (const release of Deno.readDirSync(`${FIXTURES}history`)) {
    const folder = `${FIXTURES}history/${release.name}/exports/z`;
    if (!release.isDirectory || !exists(folder)) continue;
    const files = openFiles({ read: [Deno.realPathSync(folder)], write: [] });
    for (const { name } of Deno.readDirSync(folder)) {
      if (!name.endsWith(".zip")) continue;
      const path = `${Deno.realPathSync(folder)}/${name}`;
      ok((await verifyZip(files, path, () => {}, { threads: 0 })).bytes > 10_000);
      zips++;
    }
  }
  ok(zips > 0, "no zip found");
});

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

Deno.test("an archive made by hand is read, stored and deflated, with folders", async () => {
  using place = scratch();
  const found = await readAll(
    place,
    rawZip([
      { name: "f/", mode: 0o040755 },
      { name: "f/ä.txt", data: TEXT, method: 8 },
      { name: "b.txt", data: TEXT },
      { name: "empty", data: new Uint8Array(), method: 8 },
      { name: "a\\b", data: TEXT },
    ]),
  );
  deepStrictEqual([...found.keys()], ["f/ä.txt", "b.txt", "empty", "a\\b"]);
  ok(equal(found.get("f/ä.txt")!, TEXT) && equal(found.get("b.txt")!, TEXT));
});

Deno.test("names that lead out or mean two things are refused", async () => {
  using place = scratch();
  const cases: readonly (readonly [entries: readonly RawEntry[], reason: RegExp])[] = [
    [[{ name: "../x" }], /leads out/],
    [[{ name: "a/../../x" }], /leads out/],
    [[{ name: "a/.." }], /leads out/],
    [[{ name: "..\\x" }], /leads out/],
    [[{ name: "/etc/passwd" }], /absolute/],
    [[{ name: "\\\\host\\x" }], /absolute/],
    [[{ name: "C:\\x" }], /absolute/],
    [[{ name: "c:/x" }], /absolute/],
    [[{ name: "a\\b", host: 0 }], /backslashes/],
    [[{ name: "a//b" }], /plain path/],
    [[{ name: "./a" }], /plain path/],
    [[{ name: "a\0b" }], /holds a NUL/],
    [[{ name: "x".repeat(5000) }], /too long/],
    [[{ name: "" }], /empty/],
    [[{ name: "a", data: TEXT }, { name: "a", data: TEXT }], /twice|duplicate/],
    [[{ name: "a/", mode: 0o040755 }, { name: "a", data: TEXT }], /twice/],
    [[{ name: "a", data: TEXT }, { name: "a/b", data: TEXT }], /below a file/],
    [[{ name: "a/b/c", data: TEXT }, { name: "a", data: TEXT }], /below a file/],
  ];
  for (const [entries, reason] of cases) {
    await rejects(
      readAll(place, rawZip(entries)),
      refusedFor(reason),
      JSON.stringify(entries[0]!.name),
    );
  }
});

Deno.test("links, devices, encryption and unknown methods are refused", async () => {
  using place = scratch();
  const cases: readonly (readonly [entry: RawEntry, reason: RegExp])[] = [
    [
      { name: "l", data: new TextEncoder().encode("/etc/passwd"), mode: 0o120777 },
      /a link, a device/,
    ],
    [{ name: "l/", mode: 0o120777 }, /a link, a device/],
    [{ name: "p", mode: 0o010644 }, /a link, a device/],
    [{ name: "c", mode: 0o020644 }, /a link, a device/],
    [{ name: "b", mode: 0o060644 }, /a link, a device/],
    [{ name: "d", mode: 0o040755, data: TEXT }, /a link, a device/],
    [{ name: "e", data: TEXT, flags: 0x801 }, /encrypted/],
    [{ name: "m", data: TEXT, method: 12 }, /compression method 12/],
    [{ name: "f/", data: TEXT, mode: 0o040755 }, /folder that holds bytes/],
    [{ name: "s", data: TEXT, size: TEXT.length + 1 }, /two sizes differ/],
  ];
  for (const [entry, reason] of cases) {
    await rejects(readAll(place, rawZip([entry])), refusedFor(reason), entry.name.toString());
  }
});

Deno.test("an entry that isn't what the directory says is refused when it is read", async () => {
  using place = scratch();
  const zeros = new Uint8Array(50_000_000);
  const cases: readonly (readonly [entry: RawEntry, reason: RegExp])[] = [
    [{ name: "a", data: TEXT, crc32: 1 }, /CRC-32/],
    [{ name: "a", data: TEXT, method: 8, crc32: 1 }, /CRC-32/],
    [{ name: "a", data: TEXT, method: 8, size: TEXT.length + 1 }, /shorter/],
    [{ name: "a", data: TEXT, method: 8, size: TEXT.length - 1 }, /longer|damaged/],
    [{ name: "a", data: TEXT, localName: "b" }, /another name/],
    [{ name: "a", data: TEXT, localName: "ab" }, /another name/],
    [{ name: "a", data: TEXT, localMethod: 8 }, /another compression method/],
    [{ name: "a", data: TEXT, localFlags: 0x801 }, /encrypted/],
    [{ name: "a", data: TEXT, localCrc32: 7 }, /another CRC-32/],
    // A bomb: fifty megabytes behind a declared size of ten bytes.
    [{ name: "a", data: zeros, method: 8, size: 10 }, /longer|damaged/],
    [{ name: "a", data: noise(3_000_000), method: 8, size: 2_000_000 }, /longer|damaged/],
  ];
  for (const [entry, reason] of cases) {
    await rejects(readAll(place, rawZip([entry])), refusedFor(reason), JSON.stringify(entry.name));
  }
});

Deno.test("deflated data that is broken, cut or followed by more is refused", async () => {
  using place = scratch();
  for (const size of [50_000, 6_000_000]) {
    const source = noise(size).map((byte) => byte & 0x3f);
    const deflated = deflateRawSync(source);
    const broken = deflated.slice();
    broken.fill(0xff, broken.length >> 1, (broken.length >> 1) + 100);
    const cut = deflated.subarray(0, deflated.length - 50);
    for (const data of [broken, cut]) {
      // A method of 8 with data that is deflated already: written as stored bytes, told to be deflated.
      const raw = rawZip([{ name: "a", data, size: source.length, compressedSize: data.length }]);
      const view = new DataView(raw.buffer);
      view.setUint16(8, 8, true);
      view.setUint16(view.getUint32(raw.length - 6, true) + 10, 8, true);
      await rejects(readAll(place, raw), refusedFor(/damaged|shorter|longer|CRC-32/));
    }
  }
});

Deno.test("entries that overlap, as in bombs, are refused", async () => {
  using place = scratch();
  const one: RawEntry = { name: "a", data: TEXT, method: 8 };
  await rejects(
    readAll(place, rawZip([one, { ...one, name: "b", offset: 0 }])),
    refusedFor(/overlaps/),
  );
  await rejects(
    readAll(place, rawZip([{ ...one, compressedSize: 4000 }, { name: "b", data: TEXT }])),
    refusedFor(/overlaps/),
  );
  await rejects(
    readAll(place, rawZip([{ name: "a", data: TEXT, compressedSize: 99_999, size: 99_999 }])),
    refusedFor(/overlaps|directory/),
  );
});

Deno.test("sizes beyond the limits are refused before anything is read", async () => {
  using place = scratch();
  const huge = rawZip([{ name: "a", data: new Uint8Array(100), method: 8, size: 0xfffffff0 }]);
  await rejects(readAll(place, huge), refusedFor(/200 times/));
  const three = rawZip(["a", "b", "c"].map((name) => ({ name, data: TEXT, method: 8 })));
  await rejects(readAll(place, three, { entries: 2 }), refusedFor(/more than 2 entries/));
  await rejects(readAll(place, three, { totalBytes: 10_000 }), refusedFor(/would unpack to/));
  strictEqual((await readAll(place, three)).size, 3);
});

Deno.test("an archive with two readings is refused", async () => {
  using place = scratch();
  const inner = rawZip([{ name: "a", data: TEXT }]);
  await rejects(
    readAll(place, joined([new TextEncoder().encode("#!/bin/sh\n"), inner])),
    refusedFor(/directory/),
  );
  await rejects(readAll(place, joined([inner, noise(50)])), refusedFor(/directory/));
  await rejects(
    readAll(place, joined([inner, rawZip([{ name: "b", data: TEXT }])])),
    refusedFor(/directory/),
  );
});

Deno.test("what is no zip is refused", async () => {
  using place = scratch();
  for (const bytes of [new Uint8Array(), TEXT, noise(100_000), new Uint8Array(100_000)]) {
    await rejects(readAll(place, bytes), refusedFor(/directory/));
  }
  const whole = rawZip([{ name: "a", data: TEXT }, { name: "b", data: TEXT }]);
  for (let length = 0; length < whole.length; length += 97) {
    await rejects(
      readAll(place, whole.subarray(0, length)),
      refusedFor(/directory|overlaps|cut short/),
    );
  }
});

Deno.test("a flipped byte anywhere is noticed or harmless, never a crash", async () => {
  using place = scratch();
  const text = TEXT.subarray(0, 120);
  const whole = rawZip([{ name: "ä", data: text, method: 8 }, {
    name: "b",
    data: text.subarray(7, 40),
  }]);
  let noticed = 0;
  for (let at = 0; at < whole.length; at++) {
    for (const flip of [0x01, 0x80, 0xff]) {
      const damaged = whole.slice();
      damaged[at]! ^= flip;
      try {
        for (const bytes of (await readAll(place, damaged)).values()) {
          ok(equal(bytes, text) || equal(bytes, text.subarray(7, 40)), `byte ${at} changed a file`);
        }
      } catch (error) {
        ok(error instanceof PaperwardError, `byte ${at}: ${error}`);
        noticed++;
      }
    }
  }
  ok(noticed > whole.length, `only ${noticed} of ${3 * whole.length} were noticed`);
});

Deno.test("verifyZip finds one flipped byte of any entry, small and large", async () => {
  using place = scratch();
  const entries: RawEntry[] = [
    { name: "small", data: TEXT, method: 8 },
    { name: "stored", data: noise(1000) },
    { name: "large", data: noise(6_000_000).map((byte) => byte & 0x0f), method: 8 },
    { name: "large stored", data: noise(5_000_000) },
  ];
  const whole = rawZip(entries);
  const path = place.put("in.zip", whole);
  for (const threads of [0, 2]) {
    const seen: string[] = [];
    const verified = await verifyZip(place.files, path, ({ path }) => void seen.push(path), {
      threads,
    });
    deepStrictEqual(seen, entries.map(({ name }) => name));
    strictEqual(verified.bytes, entries.reduce((sum, { data }) => sum + data!.length, 0));
  }
  let at = 0;
  for (const entry of entries) {
    const packed = entry.method === 8 ? deflateRawSync(entry.data!).length : entry.data!.length;
    const damaged = whole.slice();
    damaged[at + 30 + entry.name.length + (packed >> 1)]! ^= 0x10;
    place.put("in.zip", damaged);
    await rejects(verifyZip(place.files, path), refusedFor(new RegExp(`"${entry.name}" in `)));
    at += 30 + entry.name.length + packed;
  }
});

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
