// Exports made to mislead: whatever stands in them, each ends with findings and in bounded time, never with a
// crash, and nothing outside of the export is read.

import { strict as assert } from "node:assert";
import type { CheckName } from "../../../../core/archive/verify/checks.ts";
import { documentsOf, type Export, type ManifestRecord, sampleExport, verify } from "./_verify.ts";

const ORIGINAL = "__exported_file_name__";
const THUMBNAIL = "__exported_thumbnail_name__";

interface Hostile {
  readonly name: string;
  readonly make: (made: Export) => void;
  readonly finds: Readonly<Partial<Record<CheckName, number>>>;
}

function pipe(path: string): void {
  const { success } = new Deno.Command("mkfifo", { args: [path] }).outputSync();
  assert.ok(success, "mkfifo failed");
}

const replace = (path: string, by: (path: string) => void): void => {
  Deno.removeSync(path, { recursive: true });
  by(path);
};

const originalOf = (made: Export, index = 0): string => {
  let name: unknown;
  made.edit((records) => name = documentsOf(records)[index]![ORIGINAL]);
  return made.at(String(name));
};

const of = (records: readonly ManifestRecord[], model: string): ManifestRecord => {
  const found = records.find((record) => record.model === model);
  assert.ok(found, `the export has no ${model}`);
  return found;
};

/** Writes JSON that `JSON.stringify` wouldn't: `edit` puts the mark where the text goes. */
const withText = (made: Export, text: string, edit: (records: ManifestRecord[]) => void): void => {
  made.edit(edit);
  const path = made.at("manifest.json");
  Deno.writeTextFileSync(path, Deno.readTextFileSync(path).replaceAll('"MARK"', () => text));
};

const HOSTILE: readonly Hostile[] = [
  {
    name: "pipes: an original, a split manifest, a stranger",
    make(made) {
      replace(originalOf(made), pipe);
      pipe(made.at("x-manifest.json"));
      pipe(made.at("pipe"));
    },
    finds: { "unsafe-path": 1, "extra-file": 2 },
  },
  {
    name: "a pipe as the manifest",
    make: (made) => replace(made.at("manifest.json"), pipe),
    finds: { manifest: 1 },
  },
  {
    name: "a pipe as metadata",
    make: (made) => replace(made.at("metadata.json"), pipe),
    finds: { metadata: 1 },
  },
  {
    name: "links: the manifest leads out",
    make: (made) => replace(made.at("manifest.json"), (at) => Deno.symlinkSync("/etc/passwd", at)),
    finds: { manifest: 1 },
  },
  {
    name: "links: metadata leads out, a split manifest too",
    make(made) {
      replace(made.at("metadata.json"), (at) => Deno.symlinkSync("/etc/passwd", at));
      Deno.symlinkSync("/etc/passwd", made.at("x-manifest.json"));
    },
    finds: { metadata: 1, "extra-file": 1 },
  },
  {
    name: "links: in circles, to a device, to a folder outside",
    make(made) {
      replace(originalOf(made), (at) => Deno.symlinkSync(at, at));
      replace(originalOf(made, 1), (at) => Deno.symlinkSync("/dev/zero", at));
      Deno.symlinkSync(".", made.at("loop"));
      Deno.symlinkSync("/etc", made.at("etc"));
      made.edit((records) => documentsOf(records)[2]![THUMBNAIL] = "etc/passwd");
    },
    finds: { "missing-file": 1, "unsafe-path": 2, "extra-file": 3 },
  },
  {
    name: "folders where files should be",
    make(made) {
      replace(originalOf(made), (at) => Deno.mkdirSync(at));
      replace(made.at("metadata.json"), (at) => Deno.mkdirSync(at));
    },
    finds: { "unsafe-path": 1, metadata: 1 },
  },
  {
    name: "a tower of folders",
    make: (made) => Deno.mkdirSync(made.at("d/".repeat(1500)), { recursive: true }),
    finds: { "extra-file": 1 },
  },
  {
    name: "paths: of the manifests, above, absolute, too long, empty",
    make: (made) =>
      made.edit((records) => {
        const paths = ["", ".", "..", "a/../b", "a//b", "/dev/zero", "C:\\x", "x".repeat(300)];
        for (const [index, path] of paths.entries()) documentsOf(records)[index]![THUMBNAIL] = path;
      }),
    finds: { "unsafe-path": 8, "extra-file": 8 },
  },
  {
    name: "control characters, NUL and half characters in titles and paths",
    make: (made) =>
      made.edit((records) => {
        const [a, b, c, d] = documentsOf(records);
        a!.fields.title = "\x1b]0;evil\x07\r\nERROR forged";
        b![THUMBNAIL] = "no\x1b[2J\nsuch\0";
        c!.fields.title = "half \ud800 of it";
        d!.fields.content = "whole \u{1F600}, half \udfff";
      }),
    finds: { "unsafe-path": 1, "extra-file": 1, record: 2 },
  },
  {
    name: "numbers: of a thousand digits, beyond any, negative, with a fraction",
    make: (made) =>
      withText(made, "9".repeat(1000), (records) => {
        const [a, b, c] = documentsOf(records);
        a!.fields.archive_serial_number = "MARK";
        b!.fields.archive_serial_number = -1;
        c!.fields.page_count = 1.5;
        of(records, "documents.note").pk = "MARK";
      }),
    finds: { record: 4 },
  },
  {
    name: "a number beyond any",
    make: (made) =>
      withText(made, "1e400", (records) => {
        documentsOf(records)[0]!.fields.archive_serial_number = "MARK";
      }),
    finds: { record: 1 },
  },
  {
    name: "lists without end",
    make: (made) =>
      withText(made, "[".repeat(100_000) + "]".repeat(100_000), (records) => {
        of(records, "documents.uisettings").fields.settings = "MARK";
      }),
    finds: { manifest: 1 },
  },
  {
    name: "a key twice",
    make(made) {
      const path = made.at("manifest.json");
      const text = Deno.readTextFileSync(path);
      Deno.writeTextFileSync(path, text.replace('"mime_type":', '"mime_type": "", "mime_type":'));
    },
    finds: { manifest: 1 },
  },
  {
    name: "models and fields named as what every object of JavaScript has",
    make: (made) =>
      withText(made, '{"__proto__": 1, "constructor": {}, "toString": 2}', (records) => {
        for (const model of ["__proto__", "constructor", "toString"]) {
          records.push({ model, pk: 1, fields: "MARK" as unknown as ManifestRecord["fields"] });
        }
      }),
    finds: { record: 3 },
  },
  {
    name: "metadata that asks for years of computing",
    make: (made) =>
      Deno.writeTextFileSync(
        made.at("metadata.json"),
        `{"version": "3.0.5", "__crypto__": {"__key_algo__": "pbkdf2_sha256", "__key_iters__": 1e15,
          "__key_size__": 32, "__salt_hex__": "00"}}`,
      ),
    // Nor are the secrets encrypted.
    finds: { version: 1, metadata: 1 },
  },
];

Deno.test("hostile exports are told, not fallen for", async (test) => {
  using sound = await sampleExport("v3");
  for (const { name, make, finds } of HOSTILE) {
    await test.step(name, async () => {
      using made = sound.copy();
      make(made);
      const { found, summary } = await verify(made.path, {
        passphrase: "x",
        junit: `${made.folder}/junit.xml`,
        html: `${made.folder}/page.html`,
      });
      assert.deepEqual(found, finds);
      assert.equal(summary.exit, "findings");
      const xml = Deno.readTextFileSync(`${made.folder}/junit.xml`);
      // deno-lint-ignore no-control-regex -- XML 1.0 has no place for them, escaped or not
      assert.ok(!/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(xml));
    });
  }
});

Deno.test("more models than there are: enough of them are told, the rest is passed over", async () => {
  using made = await sampleExport("v3");
  const sound = await verify(made.path);
  made.edit((records) => {
    for (let index = 0; index < 3000; index++) {
      records.push({ model: `app${index}.x`, pk: index, fields: { [`k${index}`]: 1 } });
    }
  });
  const { found, summary } = await verify(made.path);
  assert.deepEqual(Object.keys(found), ["record"]);
  assert.ok(found.record! > 900 && found.record! <= 1000);
  assert.equal(summary.records, sound.summary.records + 3000);
});

Deno.test("a text of many megabytes is read, one beyond the limit is told", async () => {
  using made = await sampleExport("v3");
  made.edit((records) => documentsOf(records)[0]!.fields.content = "x".repeat(40 << 20));
  assert.deepEqual((await verify(made.path)).found, {});
  made.edit((records) => documentsOf(records)[0]!.fields.content = "x".repeat(130 << 20));
  assert.deepEqual((await verify(made.path)).found, { manifest: 1 });
});
