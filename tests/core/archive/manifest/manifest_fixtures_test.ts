// The recorded manifests of real exports: read and written again they are the same bytes.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  ManifestParser,
  readManifestSync,
} from "../../../../core/archive/manifest/manifest_reader.ts";
import { openManifestWriter } from "../../../../core/archive/manifest/manifest_writer.ts";
import type { WritableRecord } from "../../../../core/archive/manifest/raw_record.ts";
import {
  fixtureBytes,
  FIXTURES,
  fixtureTest,
  recordedExports,
  recordedManifests,
} from "./_fixtures.ts";

/** Writes records and returns the bytes. */
function write(records: Iterable<WritableRecord>, layout: "v2" | "v3"): Uint8Array {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const writer = openManifestWriter({ write: (bytes) => void pieces.push(bytes.slice()) }, layout, {
    bufferSize: 1000,
  });
  for (const record of records) writer.write(record);
  writer.end();
  const whole = new Uint8Array(writer.bytes);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  strictEqual(at, whole.length);
  return whole;
}

fixtureTest("every recorded manifest is written again byte for byte", () => {
  let manifests = 0;
  for (const { folder, layout } of recordedExports()) {
    for (const [index, path] of recordedManifests(folder).entries()) {
      const bytes = fixtureBytes(path);
      const records = readManifestSync([bytes], { file: path });
      const again = write(records, index === 0 ? layout : "v2");
      ok(equal(again, bytes), `${path} differs`);
      manifests++;
    }
  }
  ok(manifests > 200, `only ${manifests} manifests found`);
});

fixtureTest("a manifest laid out otherwise is brought back to upstream's bytes", () => {
  for (
    const { folder, layout } of recordedExports().filter((each) => each.folder.endsWith("plain"))
  ) {
    const bytes = fixtureBytes(`${folder}/manifest.json`);
    const other = layout === "v2" ? "v3" : "v2";
    const turned = write(readManifestSync([bytes], { file: "manifest.json" }), other);
    ok(!equal(turned, bytes));
    const back = write(readManifestSync([turned], { file: "manifest.json" }), layout);
    ok(equal(back, bytes), `${folder} differs`);
  }
});

fixtureTest("records hold what JSON.parse finds, in pieces of any size", () => {
  const bytes = fixtureBytes("v3.0.5/exports/plain/manifest.json");
  const expected = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>[];
  for (const size of [1, 7, 333, 4096, bytes.length]) {
    const parser = new ManifestParser({ file: "manifest.json" });
    const records = [];
    for (let at = 0; at < bytes.length; at += size) {
      // The caller's buffer is used again: what the parser keeps must be its own.
      const piece = bytes.slice(at, at + size);
      records.push(...parser.push(piece).map(plain));
      piece.fill(0x41);
    }
    records.push(...parser.end().map(plain));
    deepStrictEqual(records, expected, `pieces of ${size}`);
  }
});

fixtureTest("offset, line and size point at the record", () => {
  const bytes = fixtureBytes("v2.20.15/exports/plain/manifest.json");
  const lines = new TextDecoder().decode(bytes).split("\n");
  let count = 0;
  for (const record of readManifestSync(pieces(bytes, 5000), { file: "manifest.json" })) {
    strictEqual(bytes[record.offset], 0x7b);
    strictEqual(bytes[record.offset + record.size - 1], 0x7d);
    strictEqual(lines[record.line - 1], "  {");
    strictEqual(record.index, count++);
  }
  ok(count > 500);
});

fixtureTest("the real truncated manifest is refused with its place", () => {
  const bytes = fixtureBytes("v2.20.15/exports/plain/manifest.json").subarray(0, 20_000);
  let error: unknown;
  let read = 0;
  try {
    for (const _ of readManifestSync(pieces(bytes, 1000), { file: "manifest.json" })) read++;
  } catch (caught) {
    error = caught;
  }
  ok(
    error instanceof Error &&
      /manifest\.json: .*cut short \(line \d+, byte 20000\)/.test(error.message),
  );
  ok(read > 20);
});

fixtureTest("nine old releases' manifests are read", () => {
  let count = 0;
  for (const release of Deno.readDirSync(`${FIXTURES}history`)) {
    if (!release.isDirectory) continue;
    for (const variant of Deno.readDirSync(`${FIXTURES}history/${release.name}/exports`)) {
      if (!variant.isDirectory) continue;
      for (const path of recordedManifests(`history/${release.name}/exports/${variant.name}`)) {
        const bytes = fixtureBytes(path);
        const records = [...readManifestSync([bytes], { file: path })].map(plain);
        deepStrictEqual(records, JSON.parse(new TextDecoder().decode(bytes)));
        count++;
      }
    }
  }
  ok(count >= 9, `only ${count} manifests found`);
});

function plain(record: ReturnType<ManifestParser["push"]>[number]): Record<string, unknown> {
  const parsed = (map: ReadonlyMap<string, string>) =>
    Object.fromEntries([...map].map(([name, raw]) => [name, JSON.parse(raw)]));
  return {
    model: record.model,
    pk: JSON.parse(record.pk),
    fields: parsed(record.fields),
    ...parsed(record.extras),
  };
}

function* pieces(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
