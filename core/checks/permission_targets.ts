// Permissions of users and groups on single objects: they name the object by model and number, and no database
// constraint watches them. Upstream leaves them behind when an object goes.

import { sql } from "kysely";
import { findModel } from "../schema/registry.ts";
import type { Snapshot } from "../database/database.ts";
import type { Check, Found } from "./check.ts";

const TABLES = ["guardian_userobjectpermission", "guardian_groupobjectpermission"] as const;

/** Rows looked at in one query. */
const BATCH = 500;

/** `permission-targets` */
export const permissionTargets: Check = {
  name: "permission-targets",
  level: "warning",
  origin: "paperward",
  summary: "A permission on an object outlived the object.",
  async *rows({ snapshot }) {
    const models = await contentTypes(snapshot);
    for (const table of TABLES) {
      if (!snapshot.tables.has(table)) continue;
      const rows = snapshot.rows({
        table,
        columns: [
          { column: "id", kind: "auto" },
          { column: "content_type_id", kind: "foreignKey" },
          { column: "object_pk", kind: "char" },
        ],
        orderBy: sql`id`,
      }, BATCH);
      for await (const batch of rows) {
        yield* danglers(
          snapshot,
          table,
          models,
          batch.map(([id, type, object]) => ({
            id: String(id),
            type: String(type),
            object: String(object),
          })),
        );
      }
    }
  },
};

interface Permission {
  readonly id: string;
  readonly type: string;
  readonly object: string;
}

async function* danglers(
  snapshot: Snapshot,
  table: string,
  models: ReadonlyMap<string, string>,
  permissions: readonly Permission[],
): AsyncGenerator<Found> {
  for (const [type, ofType] of Map.groupBy(permissions, (permission) => permission.type)) {
    const label = models.get(type);
    const model = label === undefined ? undefined : findModel(label);
    if (!model || !snapshot.tables.has(model.table)) continue;
    const numbers = ofType.map(({ object }) => Number(object)).filter(Number.isSafeInteger);
    const there = new Set<string>();
    if (numbers.length > 0) {
      const { rows } = await sql<{ pk: number }>`select ${sql.ref(model.primaryKey)} as pk from ${
        sql.table(model.table)
      } where ${sql.ref(model.primaryKey)} in (${sql.join(numbers)})`.execute(snapshot.kysely);
      for (const { pk } of rows) there.add(String(pk));
    }
    for (const { id, object } of ofType) {
      if (there.has(object)) continue;
      yield {
        message: `row ${id} of ${table}: there is no ${model.name} ${object}`,
        facts: { table, row: id, target: model.table, value: object },
      };
    }
  }
}

/** Labels of models by the number of their content type. */
async function contentTypes(snapshot: Snapshot): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ id: number; app_label: string; model: string }>`
    select id, app_label, model from django_content_type`.execute(snapshot.kysely);
  return new Map(rows.map(({ id, app_label, model }) => [String(id), `${app_label}.${model}`]));
}
