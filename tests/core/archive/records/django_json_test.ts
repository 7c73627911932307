// How single values are printed. Expected texts were printed by Python's json with Django's encoder.

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { decimalText } from "../../../../core/archive/records/decimal_text.ts";
import { PRINTERS } from "../../../../core/archive/records/django_json.ts";
import { floatText } from "../../../../core/archive/records/float_text.ts";
import { decodeText } from "../../../../core/database/decode_text.ts";
import { hasPython, python } from "../../../_python.ts";

Deno.test("floatText prints as Python's repr", () => {
  const cases: readonly [number, string][] = [
    [1, "1.0"],
    [-1, "-1.0"],
    [0, "0.0"],
    [-0, "-0.0"],
    [0.1, "0.1"],
    [1e15, "1000000000000000.0"],
    [9007199254740993, "9007199254740992.0"],
    [1e16, "1e+16"],
    [1.5e16, "1.5e+16"],
    [1e21, "1e+21"],
    [0.0001, "0.0001"],
    [0.00001, "1e-05"],
    [1.25e-7, "1.25e-07"],
    [5e-324, "5e-324"],
    [1.7976931348623157e308, "1.7976931348623157e+308"],
    [2 ** 53, "9007199254740992.0"],
    [Infinity, "1e999"],
    [-Infinity, "-1e999"],
  ];
  for (const [value, text] of cases) {
    strictEqual(floatText(value), text);
    strictEqual(Object.is(Number(text), value), true, text);
  }
});

Deno.test({
  name: "floatText and decimalText agree with Python on pseudo-random doubles",
  ignore: !hasPython(),
  fn() {
    const values: number[] = [];
    const bits = new DataView(new ArrayBuffer(8));
    let seed = 12345n;
    for (let i = 0; i < 2000; i++) {
      seed = (seed * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
      bits.setBigUint64(0, seed);
      const value = i % 2 ? bits.getFloat64(0) : Number(seed % 10_000_000n) / 10 ** (i % 9);
      if (Number.isFinite(value)) values.push(value);
    }
    const hex = values.map((value) => {
      bits.setFloat64(0, value);
      return bits.getBigUint64(0).toString(16).padStart(16, "0");
    });
    const [reprs = "", decimals = ""] = python(PYTHON_TEXTS, hex.join("")).split("\n");
    deepStrictEqual(values.map(floatText), reprs.split(" "));
    const small = values.filter((value) => Math.abs(value) < 1e40);
    deepStrictEqual(small.map(decimalText), decimals.split(" "));
  },
});

/** Django's way of reading a decimal from SQLite, beside Python's repr. */
const PYTHON_TEXTS = `
import decimal, struct, sys
raw = bytes.fromhex(sys.argv[1])
values = [value for (value,) in struct.iter_unpack(">d", raw)]
read = decimal.Context(prec=15).create_decimal_from_float
print(*[repr(value) for value in values])
print(*[format(read(value).quantize(decimal.Decimal("0.01"), context=decimal.Context(prec=65)), "f")
        for value in values if abs(value) < 1e40])
`;

Deno.test("decimalText: two decimals, half to even after 15 digits", () => {
  const cases: readonly [number | bigint, string][] = [
    [0n, "0.00"],
    [12n, "12.00"],
    [-12n, "-12.00"],
    [12.5, "12.50"],
    [0.125, "0.12"],
    [0.375, "0.38"],
    [-0.005, "-0.00"],
    [-0.006, "-0.01"],
    [100000000000000.5, "100000000000000.00"],
    [100000000000001.5, "100000000000002.00"],
    [1234567890123456789n, "1234567890123460000.00"],
    [1e20, "100000000000000000000.00"],
    [5e-324, "0.00"],
  ];
  for (const [value, text] of cases) strictEqual(decimalText(value), text, String(value));
});

Deno.test("date-times are cut to milliseconds, in UTC", () => {
  const print = PRINTERS.datetime;
  const cases: readonly [string, string][] = [
    ["2024-05-06 07:08:09.123999", "2024-05-06T07:08:09.123Z"],
    ["2024-05-06 07:08:09", "2024-05-06T07:08:09Z"],
    ["2024-05-06 07:08:09.000000", "2024-05-06T07:08:09Z"],
    ["2024-05-06 07:08:09.000001", "2024-05-06T07:08:09.000Z"],
    ["2024-05-06 07:08:09.5", "2024-05-06T07:08:09.500Z"],
    ["2024-05-06 07:08:09.999999+00:00", "2024-05-06T07:08:09.999Z"],
    ["0999-12-31 23:59:59", "0999-12-31T23:59:59Z"],
    ["0001-01-01T00:00:00.000", "0001-01-01T00:00:00Z"],
    ["yesterday", "yesterday"],
    ["2024-05-06 07:08:09+02:00", "2024-05-06 07:08:09+02:00"],
  ];
  for (const [stored, printed] of cases) strictEqual(print(stored), JSON.stringify(printed));
  strictEqual(print(null), "null");
  strictEqual(print(20240506n), "20240506");
});

Deno.test("each kind keeps what doesn't fit it", () => {
  strictEqual(PRINTERS.boolean(1n), "true");
  strictEqual(PRINTERS.boolean(0n), "false");
  strictEqual(PRINTERS.boolean(2n), "2");
  strictEqual(PRINTERS.boolean("t"), '"t"');
  strictEqual(PRINTERS.boolean(null), "null");
  strictEqual(PRINTERS.integer(9007199254740993n), "9007199254740993");
  strictEqual(PRINTERS.integer(1.5), "1.5");
  strictEqual(PRINTERS.integer(1), "1.0");
  strictEqual(PRINTERS.date("0999-01-02"), '"0999-01-02"');
  strictEqual(
    PRINTERS.uuid("0123456789ABCDEF0123456789abcdef"),
    '"01234567-89ab-cdef-0123-456789abcdef"',
  );
  strictEqual(PRINTERS.uuid("not one"), '"not one"');
  strictEqual(PRINTERS.file(null), '""');
  strictEqual(PRINTERS.file("logo/a.png"), '"logo/a.png"');
  strictEqual(PRINTERS.char("a\0b\u2028\ud800"), '"a\\u0000b\u2028\\ud800"');
  strictEqual(PRINTERS.text(new Uint8Array([0x61, 0xff])), '"a\\udcff"');
});

Deno.test("JSON columns are spliced as they stand", () => {
  const print = PRINTERS.json;
  for (
    const text of [
      '{"2": 1, "1": 2, "a": [1.0, 1e5, 12345678901234567890, 0.1000]}',
      '"\\ud800"',
      "null",
      "12.50",
      '"text"',
      "[]",
      "NaN",
    ]
  ) strictEqual(print(text), text);
  strictEqual(print(null), "null");
  // What isn't JSON is text for Django.
  for (const text of ["", "{", "{'a': 1}", "[1,]", '{"a": "\n"}', "\ufeff{}"]) {
    strictEqual(print(text), JSON.stringify(text));
  }
  const deep = "[".repeat(600) + "]".repeat(600);
  deepStrictEqual(print(deep), new TextEncoder().encode(deep));
  const wide = "[" + "[],".repeat(600) + "1]";
  strictEqual(print(wide), wide);
});

Deno.test("decodeText keeps every byte, as Python's surrogateescape", () => {
  const bytes = (...list: number[]) => new Uint8Array(list);
  strictEqual(decodeText(bytes(0x61, 0x00, 0xc3, 0xa9)), "a\0é");
  strictEqual(decodeText(bytes(0xef, 0xbb, 0xbf, 0x61)), "\ufeffa");
  strictEqual(decodeText(bytes(0xff)), "\udcff");
  strictEqual(decodeText(bytes(0x41, 0xff, 0x42)), "A\udcffB");
  // Cut off, overlong, a surrogate, beyond Unicode: byte by byte.
  strictEqual(decodeText(bytes(0xf0, 0x9f, 0x98)), "\udcf0\udc9f\udc98");
  strictEqual(decodeText(bytes(0xc0, 0x80)), "\udcc0\udc80");
  strictEqual(decodeText(bytes(0xed, 0xa0, 0x80)), "\udced\udca0\udc80");
  strictEqual(decodeText(bytes(0xf4, 0x90, 0x80, 0x80)), "\udcf4\udc90\udc80\udc80");
  strictEqual(decodeText(bytes(0xe2, 0x82, 0xf0, 0x9f, 0x98, 0x80)), "\udce2\udc82😀");
});
