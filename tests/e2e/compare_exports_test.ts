// The judge is judged: a comparison that overlooks a planted difference would let every other test pass.

import assert from "node:assert/strict";
import {
  type CompareOptions,
  differences,
  type ExportContent,
  readExport,
} from "../_compare_exports.ts";
import { recordedExport, recordedTree, sha256, VERSIONS, withoutFixtures } from "../_fixtures.ts";
import {
  asObject,
  canonical,
  type Exact,
  type ExactObject,
  NumberToken,
  parseExact,
} from "../_json.ts";

const ignore = withoutFixtures();

for (const version of VERSIONS) {
  for (const variant of ["plain", "f", "all", "passphrase", "sm"]) {
    Deno.test({
      name: `${version} ${variant}: the recorded tree equals its listing`,
      ignore,
      fn: () => {
        const options = variant === "passphrase" ? { passphrase: "lab pass phräse" } : {};
        const tree = readExport(recordedTree(version, variant));
        assert.ok(tree.files.size > 70 && tree.manifests.size > 0);
        assert.deepEqual(differences(tree, recordedExport(version, variant), options), []);
      },
    });
  }

  Deno.test({
    name: `${version}: encrypted secrets compare after decryption, with the right passphrase only`,
    ignore,
    fn: () => {
      const [plain, secret] = [
        recordedExport(version, "plain"),
        recordedExport(version, "passphrase"),
      ];
      const lines = (options: CompareOptions) =>
        differences(secret, plain, options).filter((line) => line.startsWith("manifest.json"));
      assert.deepEqual(lines({ passphrase: "lab pass phräse" }), []);
      assert.ok(
        lines({ passphrase: "lab pass phrase" }).every((line) => line.includes("another key")),
      );
      assert.equal(lines({ passphrase: "lab pass phrase" }).length, 5);
      const forged = { ...plain, metadata: secret.metadata };
      const left = differences(forged, secret, { passphrase: "lab pass phräse" });
      assert.equal(left.filter((line) => line.includes("not encrypted")).length, 5);
    },
  });
}

/** Changes one record of manifest.json. */
function withRecord(
  content: ExportContent,
  index: number,
  edit: (record: ExactObject) => ExactObject,
): ExportContent {
  const records = [...content.manifests.get("manifest.json")!];
  records[index] = edit(records[index]!);
  return { ...content, manifests: new Map([...content.manifests, ["manifest.json", records]]) };
}

/** Changes one field of a record. */
function withField(record: ExactObject, name: string, edit: (value: Exact) => Exact): ExactObject {
  const fields = asObject(record.get("fields"));
  assert.ok(fields.has(name), name);
  return new Map([...record, ["fields", new Map([...fields, [name, edit(fields.get(name)!)]])]]);
}

const find = (content: ExportContent, test: (record: ExactObject) => boolean): number =>
  content.manifests.get("manifest.json")!.findIndex(test);
const ofModel = (model: string) => (record: ExactObject): boolean => record.get("model") === model;

/** A planted difference, and what the comparison must say; undefined: it must say nothing. */
const PLANTED: readonly (readonly [string, (content: ExportContent) => ExportContent, RegExp?])[] =
  [
    [
      "a file less",
      (content) => ({ ...content, files: new Map([...content.files].slice(1)) }),
      /^missing file: /,
    ],
    [
      "a file more",
      (content) => ({
        ...content,
        files: new Map([...content.files, ["x", { size: 0, sha256: "" }]]),
      }),
      /^file too many: x$/,
    ],
    [
      "other bytes of the same size",
      (content) => {
        const [path, file] = [...content.files][0]!;
        return {
          ...content,
          files: new Map([...content.files, [path, { ...file, sha256: sha256(new Uint8Array()) }]]),
        };
      },
      /^content of /,
    ],
    [
      "an mtime a millisecond off",
      (content) => {
        const [path, file] = [...content.files][0]!;
        return {
          ...content,
          files: new Map([...content.files, [path, {
            ...file,
            keptMtime: file.keptMtime! + 1_000_000n,
          }]]),
        };
      },
      /^mtime of /,
    ],
    [
      "an mtime some nanoseconds off",
      (content) => {
        const [path, file] = [...content.files][0]!;
        return {
          ...content,
          files: new Map([...content.files, [path, {
            ...file,
            keptMtime: file.keptMtime! + 999_999n,
          }]]),
        };
      },
    ],
    [
      "two records that changed places",
      (content) => {
        const records = [...content.manifests.get("manifest.json")!];
        [records[3], records[4]] = [records[4]!, records[3]!];
        return { ...content, manifests: new Map([["manifest.json", records]]) };
      },
      /record 3 is /,
    ],
    [
      "a record less",
      (content) => ({
        ...content,
        manifests: new Map([[
          "manifest.json",
          content.manifests.get("manifest.json")!.slice(0, -1),
        ]]),
      }),
      /records instead of/,
    ],
    [
      "another number that reads as the same double",
      (content) =>
        withRecord(
          content,
          find(content, (record) => canonical(record).includes(":19.000000000000004,")),
          (record) =>
            withField(record, "value_float", () => new NumberToken("19.0000000000000036")),
        ),
      /value_float: 19\.0000000000000036 instead of 19\.000000000000004/,
    ],
    [
      "a key less",
      (content) =>
        withRecord(content, 0, (record) => {
          const fields = new Map(asObject(record.get("fields")));
          fields.delete("owner");
          return new Map([...record, ["fields", fields]]);
        }),
      /owner: \(absent\) instead of/,
    ],
    [
      "a list of tags in another order",
      (content) =>
        withRecord(
          content,
          find(content, (record) => ofModel("auth.group")(record)),
          (record) =>
            withField(record, "permissions", (value) => [...value as readonly Exact[]].reverse()),
        ),
    ],
    [
      "a list of permissions with one less",
      (content) =>
        withRecord(
          content,
          find(content, (record) => ofModel("auth.group")(record)),
          (record) =>
            withField(record, "permissions", (value) => (value as readonly Exact[]).slice(1)),
        ),
      /permissions: /,
    ],
    [
      "another primary key",
      (content) =>
        withRecord(content, 0, (record) => new Map([...record, ["pk", new NumberToken("999")]])),
      /record 0 is /,
    ],
    [
      "another version",
      (content) => ({ ...content, metadata: new Map([["version", "9.9.9"]]) }),
      /^metadata\.json: /,
    ],
  ];

for (const [name, plant, says] of PLANTED) {
  Deno.test({
    name: `comparison: ${name} ${says ? "is found" : "is no difference"}`,
    ignore,
    fn: () => {
      const wanted = recordedExport("v3.0.5", "plain");
      const found = differences(plant(wanted), wanted);
      if (!says) return assert.deepEqual(found, []);
      assert.ok(
        found.length >= 1 && found.some((line) => says.test(line)),
        `it said: ${found.join("; ")}`,
      );
    },
  });
}

Deno.test("the tests' JSON reader refuses what is not JSON, and keeps what JSON.parse loses", () => {
  for (
    const text of [
      "[1,]",
      "{a:1}",
      '{"a":1,"a":2}',
      "[01]",
      "[1 2]",
      "",
      "[",
      '["\n"]',
      "1 1",
      "[NaN]",
      "'x'",
      "[.5]",
    ]
  ) {
    assert.throws(() => parseExact(text), SyntaxError, text);
  }
  for (
    const text of [
      "9007199254740993",
      "1.0",
      "-0.0",
      "1e16",
      "5e-324",
      '{"2":1,"1":[]}',
      '"\\ud800"',
    ]
  ) {
    const value = parseExact(text);
    assert.equal(
      value instanceof NumberToken ? value.text : canonical(value),
      text === '{"2":1,"1":[]}' ? '{"1":[],"2":1}' : text,
    );
  }
  assert.deepEqual([...asObject(parseExact('{"2":1,"1":2}')).keys()], ["2", "1"]);
});
