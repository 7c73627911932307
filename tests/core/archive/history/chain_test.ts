// The chain as a whole: its order, the migrations that it names, and that every record comes out with exactly
// the fields that exports of the target have.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { CHAIN } from "../../../../core/archive/history/chain.ts";
import { compareReleases, NEWEST_RELEASE } from "../../../../core/archive/history/releases.ts";
import type { RawRecord } from "../../../../core/archive/manifest/raw_record.ts";
import { V2_MIGRATIONS, V3_MIGRATIONS } from "../../../../core/schema/known_migrations.ts";
import { fieldsOf, type Generation, manyToManyOf } from "../../../../core/schema/model.ts";
import { modelNamed } from "../../../../core/schema/registry.ts";
import { withoutFixtures } from "../../../_fixtures.ts";
import { convert, OLD_RELEASES, readFixture } from "./_history.ts";
import { recordedRows } from "./_recorded_rows.ts";

Deno.test("the steps stand in the order of the releases, but for the one that others build on", () => {
  const [first, ...rest] = CHAIN;
  strictEqual(first?.since, "1.17.0");
  rest.forEach((step, at) => {
    const before = rest[at - 1];
    ok(
      !before || compareReleases(before.since, step.since) <= 0,
      `${step.migration} (${step.since}) stands behind ${before?.since}`,
    );
    ok(compareReleases(step.since, NEWEST_RELEASE.v3) <= 0);
  });
});

Deno.test("every migration that a step names is one of upstream's", () => {
  const known = {
    documents: [...V2_MIGRATIONS.documents, ...V3_MIGRATIONS.documents],
    paperless: [...V2_MIGRATIONS.paperless, ...V3_MIGRATIONS.paperless],
    paperless_mail: [...V2_MIGRATIONS.paperless_mail, ...V3_MIGRATIONS.paperless_mail],
  };
  let checked = 0;
  for (const { migration } of CHAIN) {
    const [app = "", numbers = ""] = migration.split(".");
    const names = known[app as keyof typeof known];
    if (!names) {
      ok(/^auditlog\.|^none: /.test(migration), migration);
      continue;
    }
    for (const number of numbers.match(/\d{4}/g) ?? []) {
      ok(names.some((name) => name.startsWith(`${number}_`)), `${app} ${number}`);
      checked++;
    }
  }
  ok(checked > 40);
});

/** Names of fields in exports of a generation, generated columns left out. */
function exportedFields(label: string, generation: Generation): string[] {
  const model = modelNamed(label);
  return [
    ...fieldsOf(model, generation)
      .filter(({ kind, generated }) => kind !== "auto" && !generated)
      .map(({ name }) => name),
    ...manyToManyOf(model, generation).map(({ name }) => name),
  ].sort();
}

function assertComplete(records: readonly RawRecord[], generation: Generation): void {
  ok(records.length > 50);
  for (const { model, pk, fields } of records) {
    const names = [...fields.keys()].filter((name) => name !== "value_monetary_amount").sort();
    deepStrictEqual(names, exportedFields(model, generation), `${model} ${pk}`);
    strictEqual(fields.size, [...fields.keys()].length);
  }
}

const ROWS: readonly (readonly [release: string, folder: string])[] = [
  ["0.9.0", "backward/below-1011/1002"],
  ["0.9.6", "backward/below-1011/1006"],
  ["0.9.12", "backward/1011"],
  ["1.9.0", "backward/1030"],
  ["2.0.1", "backward/1041"],
  ["2.3.0", "backward/1044"],
];

for (const to of ["v2", "v3"] as const) {
  for (const release of OLD_RELEASES) {
    Deno.test({
      name: `${release} → ${to}: every record has all fields of today and no others`,
      ignore: withoutFixtures(),
      async fn() {
        const manifest = readFixture(`history/${release}/exports/plain/manifest.json`);
        const from = release.replace(/^\D+/, "");
        assertComplete((await convert(manifest, { from, to })).records, to);
      },
    });
  }
  for (const [from, folder] of ROWS) {
    Deno.test({
      name:
        `rows of ${from} (${folder}) → ${to}: every record has all fields of today and no others`,
      ignore: withoutFixtures(),
      async fn() {
        const rows = recordedRows(folder).filter(({ model }) =>
          // What exporters up to ng-1.3.1 wrote.
          compareReleases(from, "1.3.2") >= 0 ||
          /\.(?:correspondent|tag|document|documenttype)$/.test(model)
        );
        assertComplete((await convert(rows, { from, to })).records, to);
      },
    });
  }
}
