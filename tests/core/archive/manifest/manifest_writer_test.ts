// The layouts of a manifest, the spliced values in it, and decoding of raw values.

import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { isJson, layoutJson } from "../../../../core/archive/manifest/layout_json.ts";
import { openManifestWriter } from "../../../../core/archive/manifest/manifest_writer.ts";
import type { WritableRecord } from "../../../../core/archive/manifest/raw_record.ts";
import {
  rawBigInt,
  rawBoolean,
  rawInteger,
  rawIntegerOrNull,
  rawList,
  rawString,
  rawStringOrNull,
  RawValueError,
} from "../../../../core/archive/manifest/raw_values.ts";

function write(
  records: readonly WritableRecord[],
  layout: "v2" | "v3",
  bufferSize?: number,
): string {
  let text = "";
  const decoder = new TextDecoder();
  const sink = {
    write: (bytes: Uint8Array) => void (text += decoder.decode(bytes, { stream: true })),
  };
  const writer = openManifestWriter(sink, layout, bufferSize === undefined ? {} : { bufferSize });
  for (const record of records) writer.write(record);
  writer.end();
  return text;
}

const TAG: WritableRecord = {
  model: "documents.tag",
  pk: 3,
  fields: [["name", '"ä"'], ["tags", ["1", "2"]], ["none", []], ["data", '{"b":1.0,"a":[]}']],
  extras: [["__exported_file_name__", '"x.pdf"']],
};

Deno.test("v2 indents the whole array", () => {
  strictEqual(
    write([{ model: "a.b", pk: "1", fields: [] }, TAG], "v2"),
    `[
  {
    "model": "a.b",
    "pk": 1,
    "fields": {}
  },
  {
    "model": "documents.tag",
    "pk": 3,
    "fields": {
      "name": "ä",
      "tags": [
        1,
        2
      ],
      "none": [],
      "data": {
        "b": 1.0,
        "a": []
      }
    },
    "__exported_file_name__": "x.pdf"
  }
]`,
  );
});

Deno.test("v3 indents each record", () => {
  strictEqual(
    write([TAG, { model: "a.b", pk: "1", fields: [] }], "v3"),
    `[{
  "model": "documents.tag",
  "pk": 3,
  "fields": {
    "name": "ä",
    "tags": [
      1,
      2
    ],
    "none": [],
    "data": {
      "b": 1.0,
      "a": []
    }
  },
  "__exported_file_name__": "x.pdf"
},
{
  "model": "a.b",
  "pk": 1,
  "fields": {}
}
]`,
  );
});

Deno.test("empty manifests differ between the generations", () => {
  strictEqual(write([], "v2"), "[]");
  strictEqual(write([], "v3"), "[\n]");
});

Deno.test("values larger than the buffer, as text and as bytes, come out whole", () => {
  const long = `"${"äb€".repeat(5000)}"`;
  const record: WritableRecord = {
    model: "a.b",
    pk: 1n,
    fields: [["a", long], ["b", new TextEncoder().encode(long)], ["c", "1"]],
  };
  const expected = write([record], "v3", 1 << 20);
  for (const size of [16, 100, 4096]) strictEqual(write([record], "v3", size), expected);
  deepStrictEqual(JSON.parse(expected)[0].fields, {
    a: long.slice(1, -1),
    b: long.slice(1, -1),
    c: 1,
  });
});

Deno.test("a lone surrogate becomes an escape, never a replacement character", () => {
  const text = write(
    [{ model: "a.b", pk: 1, fields: [["a", '"x\ud800y\udfffz\u{1F600}"']] }],
    "v3",
  );
  strictEqual(text.includes('"x\\ud800y\\udfffz\u{1F600}"'), true);
});

Deno.test("what is not JSON is refused and leaves nothing of its record", () => {
  let written = 0;
  const writer = openManifestWriter({ write: (bytes) => void (written += bytes.length) }, "v3");
  for (const wrong of ['{"a":}', "[1,]", "nonsense", "", "{'a':1}", "[1] 2"]) {
    throws(
      () => writer.write({ model: "a.b", pk: 1, fields: [["x", "1"], ["a", wrong]] }),
      TypeError,
    );
  }
  writer.end();
  strictEqual(written, 3);
});

Deno.test("counts and bytes are those of what was written", () => {
  let size = 0;
  const writer = openManifestWriter({ write: (bytes) => void (size += bytes.length) }, "v2");
  writer.write(TAG);
  writer.write(TAG);
  writer.write({ model: "a.b", pk: 1, fields: [] });
  writer.end();
  deepStrictEqual([...writer.counts], [["documents.tag", 2], ["a.b", 1]]);
  strictEqual(writer.bytes, size);
});

Deno.test("laying out changes white space only", () => {
  strictEqual(
    layoutJson(' {"a" :[1.0,{ }, "x y"],"\\u00e4":-0.0 } ', 2),
    `{
    "a": [
      1.0,
      {},
      "x y"
    ],
    "\\u00e4": -0.0
  }`,
  );
  for (const scalar of ['"a\\"b"', "1e400", "null", "NaN", "-Infinity", "12345678901234567890"]) {
    strictEqual(layoutJson(scalar, 0), scalar);
  }
  for (
    const wrong of [
      "",
      " ",
      "{",
      "[1",
      '{"a"}',
      '{"a":1,}',
      "1 2",
      "tru",
      '"\n"',
      '"\\x"',
      "01",
      "]",
    ]
  ) {
    strictEqual(isJson(wrong), false, wrong);
  }
  strictEqual(isJson("[".repeat(100_000) + "]".repeat(100_000)), false);
  strictEqual(isJson(`"${"a\\n".repeat(2_000_000)}"`), true);
});

Deno.test("raw values are decoded, and wrong kinds refused", () => {
  strictEqual(rawString('"a\\n\\u00e4\\ud800"'), "a\nä\ud800");
  strictEqual(rawString('"plain"'), "plain");
  strictEqual(rawStringOrNull("null"), null);
  strictEqual(rawStringOrNull(undefined), null);
  strictEqual(rawBigInt("9007199254740993"), 9007199254740993n);
  strictEqual(rawInteger("-12"), -12);
  strictEqual(rawIntegerOrNull("null"), null);
  strictEqual(rawBoolean("false"), false);
  deepStrictEqual(rawList("[\n  1,\n  22\n]"), ["1", "22"]);
  deepStrictEqual(rawList("[]"), []);
  deepStrictEqual(rawList('["a, \\"b", 3]'), ['"a, \\"b"', "3"]);
  for (
    const wrong of [
      () => rawString("1"),
      () => rawInteger("1.0"),
      () => rawInteger("9007199254740993"),
      () => rawBigInt('"1"'),
      () => rawBoolean("0"),
      () => rawList("{}"),
      () => rawList("[[1]]"),
    ]
  ) throws(wrong, RawValueError);
});
