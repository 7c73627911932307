// The small tools: days in time zones, looking into raw JSON, changes laid over a record.

import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import {
  rawItems,
  rawMember,
  rawMembers,
  withRawMember,
} from "../../../../core/archive/history/_json_slices.ts";
import { editRecord } from "../../../../core/archive/history/edited_record.ts";
import { localDate } from "../../../../core/archive/history/local_date.ts";
import { RawValueError } from "../../../../core/archive/manifest/raw_values.ts";
import { make } from "./_history.ts";

Deno.test("the day of a moment in a zone", () => {
  // As Python's zoneinfo has them.
  const cases: readonly (readonly [string, string, string])[] = [
    ["2021-12-31T23:30:00Z", "Europe/Berlin", "2022-01-01"],
    ["2022-07-31T21:59:59.999Z", "Europe/Berlin", "2022-07-31"],
    ["2022-07-31T22:00:00Z", "Europe/Berlin", "2022-08-01"],
    ["2023-10-29T00:30:00Z", "Europe/Berlin", "2023-10-29"],
    ["1970-01-01T00:00:00Z", "America/New_York", "1969-12-31"],
    ["2024-02-29T23:59:59Z", "UTC", "2024-02-29"],
    ["2020-01-01T10:30:00Z", "Pacific/Kiritimati", "2020-01-02"],
    ["2020-01-01T00:30:00+02:00", "UTC", "2019-12-31"],
    ["2020-01-01T23:30:00-0130", "UTC", "2020-01-02"],
    ["2020-01-01 12:00:00", "UTC", "2020-01-01"],
    ["1582-10-04T12:00:00Z", "UTC", "1582-10-04"],
    ["0099-03-01T12:00:00Z", "UTC", "0099-03-01"],
    // Before zones there was local mean time: Berlin 53:28 ahead.
    ["1880-01-01T23:06:31Z", "Europe/Berlin", "1880-01-01"],
    ["1880-01-01T23:06:32Z", "Europe/Berlin", "1880-01-02"],
  ];
  for (const [moment, zone, date] of cases) {
    deepStrictEqual(localDate(moment, zone), { date, clamped: false }, `${moment} ${zone}`);
  }
  deepStrictEqual(localDate("0001-01-01T00:00:00Z", "America/New_York"), {
    date: "0001-01-01",
    clamped: true,
  });
  deepStrictEqual(localDate("9999-12-31T23:59:59Z", "Asia/Tokyo"), {
    date: "9999-12-31",
    clamped: true,
  });
});

Deno.test("what is no moment is none", () => {
  for (
    const text of [
      "",
      "2020-01-01",
      "2020-13-01T00:00:00Z",
      "2021-02-29T00:00:00Z",
      "x2020-01-01T00:00Z",
    ]
  ) {
    strictEqual(localDate(text, "UTC"), undefined, text);
  }
  for (const text of ["2020-01-01T24:00:00Z", "2020-01-01T00:60:00Z", "2020-01-01T00:00:00Zulu"]) {
    strictEqual(localDate(text, "UTC"), undefined, text);
  }
});

Deno.test("members of raw objects, whatever stands in their strings", () => {
  const raw = '{ "a" : [1, {"b": "}]\\"," }] ,\n "c\\u0061":1.0e5,"d":{},"e" : "x\\\\" }';
  deepStrictEqual(rawMembers(raw).map(({ key, value }) => [key, value]), [
    ["a", '[1, {"b": "}]\\"," }]'],
    ["ca", "1.0e5"],
    ["d", "{}"],
    ["e", '"x\\\\"'],
  ]);
  deepStrictEqual(rawMembers("{ }"), []);
  strictEqual(rawMember('{"a": 1, "a": 2}', "a"), "2");
  strictEqual(rawMember('{"a": 1}', "toString"), undefined);
  throws(() => rawMembers("[1]"), RawValueError);
});

Deno.test("members are replaced where they stand and added at the end", () => {
  strictEqual(withRawMember("{}", "a", "1"), '{"a": 1}');
  strictEqual(withRawMember('{"x": 0.10 }', "a", "[2]"), '{"x": 0.10, "a": [2] }');
  strictEqual(withRawMember('{"a": {"b": 1}, "c": 2}', "a", "null"), '{"a": null, "c": 2}');
  strictEqual(withRawMember("{}", 'q"', "1"), '{"q\\"": 1}');
});

Deno.test("items of raw arrays", () => {
  deepStrictEqual(rawItems('[ "a,]" , [1, 2], {"b": []},null ]'), [
    '"a,]"',
    "[1, 2]",
    '{"b": []}',
    "null",
  ]);
  deepStrictEqual(rawItems("[]"), []);
  throws(() => rawItems("{}"), RawValueError);
  strictEqual(rawItems(`[${"[".repeat(50_000)}${"]".repeat(50_000)}]`).length, 1);
});

Deno.test("edits are laid over a record, which stays as it was", () => {
  const record = make("documents.tag", 1, { a: 1, b: 2, c: 3 });
  const once = editRecord(record, {
    rename: { a: "x", nothing: "y" },
    set: { d: "4" },
    drop: ["b"],
  });
  deepStrictEqual([...once.fields], [["c", "3"], ["x", "1"], ["d", "4"]]);
  strictEqual(once.fields.size, 3);
  strictEqual(once.fields.get("a"), undefined);
  const twice = editRecord(once, { rename: { x: "c" }, set: { a: "5", e: () => "6" } });
  deepStrictEqual(Object.fromEntries(twice.fields), { a: "5", c: "3", d: "4", e: "6" });
  strictEqual(twice.fields.size, 4);
  const shown: string[] = [];
  twice.fields.forEach((value, key) => shown.push(`${key}=${value}`));
  deepStrictEqual(shown, [...twice.fields].map(([key, value]) => `${key}=${value}`));
  deepStrictEqual([...twice.fields.values()], [...twice.fields].map(([, value]) => value));
  deepStrictEqual([...record.fields.keys()], ["a", "b", "c"]);
  deepStrictEqual([...once.fields.keys()], ["c", "x", "d"]);
});
