// What the manifest reader refuses, and what it lets through unharmed.

import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { ManifestError } from "../../../../core/archive/manifest/manifest_error.ts";
import {
  type ManifestRecord,
  readManifest,
  readManifestSync,
} from "../../../../core/archive/manifest/manifest_reader.ts";

const RECORD = '{"model":"a.b","pk":1,"fields":{}}';

/** Reads bytes or text, cut into pieces of one size. */
function read(
  input: string | Uint8Array,
  size = 1 << 20,
  maxRecordBytes?: number,
): ManifestRecord[] {
  const bytes = typeof input === "string" ? new TextEncoder().encode(input) : input;
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return [...readManifestSync(pieces, {
    file: "manifest.json",
    ...(maxRecordBytes === undefined ? {} : { maxRecordBytes }),
  })];
}

function refusal(input: string | Uint8Array, size?: number): ManifestError {
  let found: ManifestError | undefined;
  throws(() => read(input, size), (error) => {
    ok(error instanceof ManifestError, String(error));
    found = error;
    return true;
  });
  return found!;
}

Deno.test("any white space and order of keys is read", () => {
  for (const size of [1, 3, 1000]) {
    const [record, ...rest] = read(
      ' \r\n\t[ {"x" : [ ] ,"fields":\n{ "a" : { "b":[1,2 ]},"c":"d"} , "pk":-7,"model":"a.b" }\n] \n',
      size,
    );
    strictEqual(rest.length, 0);
    strictEqual(record!.model, "a.b");
    strictEqual(record!.pk, "-7");
    deepStrictEqual([...record!.fields], [["a", '{ "b":[1,2 ]}'], ["c", '"d"']]);
    deepStrictEqual([...record!.extras], [["x", "[ ]"]]);
    strictEqual(record!.line, 2);
  }
});

Deno.test("an empty array of either layout has no records", () => {
  for (const text of ["[]", "[\n]", " [ ] "]) strictEqual(read(text).length, 0);
});

Deno.test("values pass as they stand: numbers, escapes, lone surrogates, NUL, keys in odd order", () => {
  const values = {
    big: "9007199254740993",
    huge: "123456789012345678901234567890",
    one: "1.0",
    minusZero: "-0.0",
    exponent: "1e16",
    tiny: "5e-324",
    infinity: "-Infinity",
    nan: "NaN",
    lone: '"\\ud800 x"',
    nul: '"a\\u0000b"',
    escaped: '"\\u00e4\\/"',
    raw: '"ä \u2028 \u{1F600}"',
    object: '{"10": 1, "9": 1.50, "10": 2}',
  };
  const fields = Object.entries(values).map(([name, raw]) => `"${name}": ${raw}`).join(",");
  for (const size of [1, 2, 5, 1000]) {
    const [record] = read(`[{"model":"a.b","pk":1,"fields":{${fields}}}]`, size);
    deepStrictEqual(Object.fromEntries(record!.fields), values);
    strictEqual(record!.fields.size, Object.keys(values).length);
    strictEqual(record!.fields.get("absent"), undefined);
    deepStrictEqual(
      new TextDecoder().decode(record!.fields.bytesOf("raw")),
      values.raw,
    );
  }
});

Deno.test("keys are decoded where they are escaped or not ASCII", () => {
  const [record] = read('[{"model":"a.b","pk":1,"fields":{"\\u0061":1,"ä":2,"__proto__":3}}]');
  deepStrictEqual([...record!.fields.keys()], ["a", "ä", "__proto__"]);
  strictEqual(record!.fields.get("__proto__"), "3");
});

Deno.test("a byte order mark is dropped, UTF-16 is named", () => {
  strictEqual(read(`\ufeff[${RECORD}]`, 1).length, 1);
  for (const mark of [[0xff, 0xfe, 0x5b, 0], [0xfe, 0xff, 0, 0x5b], [0x5b, 0, 0x5d, 0]]) {
    ok(refusal(Uint8Array.from(mark)).message.includes("UTF-16"));
  }
});

Deno.test("each malformed manifest is refused with its place", () => {
  const cases: readonly (readonly [text: string, reason: RegExp, offset: number])[] = [
    ["", /it is empty/, 0],
    ["   ", /it is empty/, 3],
    ["{}", /does not start with \[/, 0],
    ["null", /does not start with \[/, 0],
    ["[", /not closed: the file is cut short/, 1],
    [`[${RECORD}`, /cut short/, 1 + RECORD.length],
    [`[${RECORD},`, /cut short/, 2 + RECORD.length],
    [`[${RECORD},]`, /does not start with \{/, 2 + RECORD.length],
    [`[${RECORD} ${RECORD}]`, /comma between records/, 2 + RECORD.length],
    [`[${RECORD}] x`, /follows the end/, 3 + RECORD.length],
    [`[${RECORD}][]`, /follows the end/, 2 + RECORD.length],
    ["[1]", /does not start with \{/, 1],
    ["[[]]", /does not start with \{/, 1],
    ['[{"model":1}]', /model of a record is not a string/, 10],
    ['[{"model":"a"}]', /no pk/, 14],
    ['[{"pk":1,"fields":{}}]', /no model/, 21],
    ['[{"model":"a","pk":1}]', /no fields/, 21],
    ['[{"model":"a","pk":null,"fields":{}}]', /neither a number nor a string/, 19],
    ['[{"model":"a","pk":1,"fields":[]}]', /not an object/, 30],
    ['[{"model":"a","pk":1,"fields":{"a":1,"a":2}}]', /"a" is there twice/, 37],
    ['[{"model":"a","pk":1,"fields":{},"fields":{}}]', /"fields" is there twice/, 33],
    ['[{"model":"a","x":1,"x":1,"pk":1,"fields":{}}]', /"x" is there twice/, 20],
    ['[{"model":"a","pk":1,"fields":{"a":tru}}]', /value is expected/, 35],
    ['[{"model":"a","pk":1,"fields":{"a":01}}]', /comma or the end/, 36],
    ['[{"model":"a","pk":1,"fields":{"a":1.}}]', /number is malformed/, 37],
    ['[{"model":"a","pk":1,"fields":{"a":-}}]', /number is malformed/, 36],
    ['[{"model":"a","pk":1,"fields":{"a":1e}}]', /number is malformed/, 37],
    ['[{"model":"a","pk":1,"fields":{"a":"\n"}}]', /control character/, 36],
    ['[{"model":"a","pk":1,"fields":{"a":"\\x"}}]', /unknown escape/, 36],
    ['[{"model":"a","pk":1,"fields":{"a":"\\u12g4"}}]', /unknown escape/, 36],
    ['[{"model":"a","pk":1,"fields":{"a":{"b"}}}]', /colon/, 39],
    ['[{"model":"a","pk":1,"fields":{"a":{b:1}}}]', /key is not a string/, 36],
    ['[{"model":"a","pk":1,"fields":{"a":[1,]}}]', /value is expected/, 38],
    ['[{"model":"a","pk":1,"fields":{"a":[1}}]', /closing bracket/, 37],
    ['[{"model":"a","pk":1,"fields":{"a":"b', /not closed: the file is cut short/, 37],
    ['[{"model":"a","pk":1,"fields":{"a":"b\\', /cut short/, 38],
    ['[{"model":"a","pk":12', /cut short/, 21],
    ['[{"model":"a","pk":1,}]', /key is not a string/, 21],
  ];
  for (const [text, reason, offset] of cases) {
    for (const size of [1, 4, 1000]) {
      const error = refusal(text, size);
      ok(reason.test(error.message), `${text}: ${error.message}`);
      strictEqual(error.offset, offset, `${text} in pieces of ${size}`);
      strictEqual(error.file, "manifest.json");
    }
  }
});

Deno.test("every cut of a manifest is refused", () => {
  const text =
    '[\n  {\n "model": "a.b",\n "pk": 1,\n "fields": {"a": [1, {"b": "ä\\n"}], "c": -1.5e3}\n}\n]';
  const bytes = new TextEncoder().encode(text);
  strictEqual(read(bytes).length, 1);
  for (let length = 0; length < bytes.length; length++) {
    refusal(bytes.subarray(0, length), 7);
  }
});

Deno.test("the line of an error counts newlines over all pieces", () => {
  const text = `[\n${RECORD},\n\n${RECORD},\n?]`;
  for (const size of [1, 10, 1000]) strictEqual(refusal(text, size).line, 5);
});

Deno.test("invalid UTF-8 is refused with its place", () => {
  const start = new TextEncoder().encode(`[${RECORD},\n{"model":"a","pk":1,"fields":{"a":"ää`);
  const end = new TextEncoder().encode('x"}}]');
  for (
    const wrong of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xf5, 0x80, 0x80, 0x80]]
  ) {
    const error = refusal(Uint8Array.from([...start, ...wrong, ...end]));
    ok(/not valid UTF-8/.test(error.message));
    ok(Math.abs(error.offset - start.length) <= 8, `${error.offset} is far from ${start.length}`);
    strictEqual(error.line, 2);
  }
});

Deno.test("nesting of a million is refused, 500 is read", () => {
  const value = (depth: number) =>
    `[{"model":"a","pk":1,"fields":{"a":${"[".repeat(depth)}${"]".repeat(depth)}}}]`;
  ok(/nested deeper/.test(refusal(value(1_000_000)).message));
  ok(
    /nested deeper/.test(
      refusal(`[{"model":"a","pk":1,"fields":{"a":${'{"b":'.repeat(100_000)}`).message,
    ),
  );
  strictEqual(read(value(500)).length, 1);
});

Deno.test("a string that never ends is refused at the limit, before it is all held", () => {
  const piece = new Uint8Array(1 << 20).fill(0x61);
  let pushed = 0;
  function* endless(): Generator<Uint8Array> {
    yield new TextEncoder().encode('[{"model":"a","pk":1,"fields":{"content":"');
    for (; pushed < 1024; pushed++) yield piece;
  }
  throws(
    () => [...readManifestSync(endless(), { file: "m", maxRecordBytes: 8 << 20 })],
    (error) => {
      ok(error instanceof ManifestError && /larger than 8388608 bytes/.test(error.message));
      return true;
    },
  );
  ok(pushed < 20, `${pushed} MiB were taken`);
});

Deno.test("a record over the limit is refused even if it comes in one piece", () => {
  const text = `[{"model":"a","pk":1,"fields":{"a":"${"x".repeat(2000)}"}}]`;
  strictEqual(read(text, 1 << 20, 3000).length, 1);
  throws(() => read(text, 1 << 20, 1000), /larger than 1000 bytes/);
  throws(() => read(text, 10, 1000), /larger than 1000 bytes/);
});

Deno.test("too many keys are refused", () => {
  const keys = (count: number) =>
    Array.from({ length: count }, (_, index) => `"k${index}":1`).join(",");
  strictEqual(read(`[{"model":"a","pk":1,"fields":{${keys(400)}}}]`)[0]!.fields.size, 400);
  ok(/more than 500/.test(refusal(`[{"model":"a","pk":1,"fields":{${keys(600)}}}]`).message));
  ok(/more than 500/.test(refusal(`[{"model":"a","pk":1,"fields":{},${keys(600)}}]`).message));
});

Deno.test("every record keeps its own values, however many others are read before anybody looks", () => {
  const fieldsOf = (index: number) =>
    Array.from({ length: [0, 7, 31, 500][index % 4]! }, (_, at) => [`k${at}`, `${index + at}`]);
  const records = Array.from({ length: 400 }, (_, index) => {
    const fields = fieldsOf(index).map(([key, value]) => `"${key}":${value}`).join(",");
    return `{"model":"a","pk":${index},"fields":{${fields}}${index % 3 ? "" : `,"x":[${index}]`}}`;
  });
  for (const size of [1 << 20, 1000]) {
    read(`[${records.join(",")}]`, size).forEach(({ fields, extras }, index) => {
      deepStrictEqual([...fields], fieldsOf(index));
      deepStrictEqual([...extras], index % 3 ? [] : [["x", `[${index}]`]]);
    });
  }
});

Deno.test("keys that never repeat don't fill the memory", () => {
  const records = Array.from(
    { length: 60_000 },
    (_, index) => `{"model":"a","pk":${index},"fields":{"k${index}":1}}`,
  );
  const found = read(`[${records.join(",")}]`, 4096);
  strictEqual(found.length, 60_000);
  deepStrictEqual([...found[59_999]!.fields], [["k59999", "1"]]);
  deepStrictEqual([...found[0]!.fields], [["k0", "1"]]);
});

Deno.test("records of earlier pieces are given before the error", async () => {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield new TextEncoder().encode(`[${RECORD},`);
    yield await Promise.resolve(new TextEncoder().encode("?"));
  }
  let count = 0;
  let error: unknown;
  try {
    for await (const _ of readManifest(chunks(), { file: "m" })) count++;
  } catch (caught) {
    error = caught;
  }
  strictEqual(count, 1);
  ok(error instanceof ManifestError);
});
