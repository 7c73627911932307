// What servers refuse is told before, and nothing else is: the same values go to the real servers, which must
// agree with each verdict.

import { strict as assert } from "node:assert";
import { limitOf } from "../../../core/database/limits.ts";
import type { StorageValue } from "../../../core/database/storage_value.ts";
import type { FieldKind } from "../../../core/schema/field.ts";
import { connectTo } from "../../_server_settings.ts";
import { SERVER_KINDS, startServer, withoutServer } from "../../_servers.ts";

/** A value for a column: which databases can't hold it. */
type Case = readonly [
  kind: FieldKind,
  value: Exclude<StorageValue, null>,
  refusedBy: readonly ("postgres" | "mariadb")[],
  maxLength?: number,
];

const BOTH = ["postgres", "mariadb"] as const;
const LETTERS = "ä😀é";

const CASES: readonly Case[] = [
  ["char", "x".repeat(5), [], 5],
  ["char", "x".repeat(6), BOTH, 5],
  // Characters count, not bytes and not UTF-16 units.
  ["char", LETTERS, [], 3],
  ["char", `${LETTERS}x`, BOTH, 3],
  ["char", "a\0b", ["postgres"], 5],
  ["text", "a\0b", ["postgres"]],
  ["text", "caf\udce9", BOTH],
  ["text", "x".repeat(100_000), []],
  ["integer", 2147483647n, []],
  ["integer", 2147483648n, BOTH],
  ["integer", -2147483649n, BOTH],
  ["positiveInteger", 2147483648n, ["postgres"]],
  ["positiveInteger", 4294967295n, ["postgres"]],
  ["positiveInteger", 4294967296n, BOTH],
  ["positiveInteger", -1n, BOTH],
  ["positiveSmallInteger", 32768n, ["postgres"]],
  ["positiveSmallInteger", 65536n, BOTH],
  ["smallInteger", -32769n, BOTH],
  ["bigInteger", 9223372036854775807n, []],
  ["boolean", 1n, []],
  ["date", "2024-02-29", []],
  ["date", "2023-02-29", BOTH],
  ["date", "2024-13-01", BOTH],
  ["date", "someday", BOTH],
  ["datetime", "2024-05-06 07:08:09.123456", []],
  ["datetime", "2024-05-06 25:00:00", BOTH],
  ["datetime", "soon", BOTH],
  ["uuid", "0123456789ab4def8123456789abcdef", []],
  ["uuid", "0123456789ab7def0123456789abcdef", []],
  ["uuid", "0123456789ab8def7123456789abcdef", ["mariadb"]],
  ["uuid", "0123456789abcdef0123456789abcdef", ["mariadb"]],
  ["uuid", "0123", BOTH],
  ["float", 0.1, []],
  ["json", `{"a": [1.50, "ä", null]}`, []],
  ["json", `{"a": `, BOTH],
  ["json", `{"a": "\\u0000"}`, ["postgres"]],
  ["json", `["\\ud800"]`, BOTH],
  ["json", `${"[".repeat(31)}1${"]".repeat(31)}`, []],
  ["json", `${"[".repeat(32)}1${"]".repeat(32)}`, ["mariadb"]],
  ["json", `["\\ud83d\\ude00"]`, []],
];

const TYPES: Readonly<
  Record<"postgres" | "mariadb", Readonly<Partial<Record<FieldKind, string>>>>
> = {
  postgres: {
    ...{ text: "text", integer: "integer", bigInteger: "bigint", smallInteger: "smallint" },
    ...{ boolean: "boolean", date: "date", datetime: "timestamptz", uuid: "uuid", json: "jsonb" },
    positiveInteger: "integer check (value >= 0)",
    positiveSmallInteger: "smallint check (value >= 0)",
    float: "double precision",
  },
  mariadb: {
    ...{ text: "longtext", integer: "integer", bigInteger: "bigint", smallInteger: "smallint" },
    ...{ boolean: "bool", date: "date", datetime: "datetime(6)", uuid: "uuid", json: "json" },
    positiveInteger: "integer unsigned",
    positiveSmallInteger: "smallint unsigned",
    float: "double precision",
  },
};

Deno.test("SQLite has no limits", () => {
  for (const [kind, , , maxLength] of CASES) {
    assert.equal(limitOf("sqlite", { kind, ...(maxLength ? { maxLength } : {}) }), undefined);
  }
});

for (const database of SERVER_KINDS) {
  Deno.test(`${database}: what a column can't hold is told with the reason`, () => {
    for (const [kind, value, refusedBy, maxLength] of CASES) {
      const message = limitOf(database, { kind, ...(maxLength ? { maxLength } : {}) })?.(value);
      const text = `${kind} ${String(value).slice(0, 40)}: ${message}`;
      assert.equal(message !== undefined, refusedBy.includes(database), text);
    }
  });

  Deno.test({
    name: `${database}: the server agrees`,
    ignore: withoutServer(database),
    async fn() {
      await using server = await startServer(database);
      await using made = await server.createDatabase();
      await using connection = await connectTo(made);
      for (const [index, [kind, value, refusedBy, maxLength]] of CASES.entries()) {
        const type = maxLength ? `varchar(${maxLength})` : TYPES[database][kind];
        await connection.script(`create table t${index} (value ${type})`);
        const stored = await connection.bulkInsert(`t${index}`, ["value"], [[[value]]]).then(
          () => true,
          () => false,
        );
        assert.equal(
          stored,
          !refusedBy.includes(database),
          `${kind} ${JSON.stringify(String(value).slice(0, 40))}`,
        );
      }
    },
  });
}

Deno.test("an amount of money that a server can't compute is told", () => {
  const limit = limitOf("postgres", { kind: "char", maxLength: 128, name: "value_monetary" });
  for (const good of ["12.50", "EUR12.50", "USD-3", "0", "EUR.5"]) {
    assert.equal(limit?.(good), undefined, good);
  }
  for (const bad of ["EUR", "EURtwelve", "12,50", "€12"]) {
    assert.match(limit?.(bad) ?? "", /no amount/, bad);
  }
});
