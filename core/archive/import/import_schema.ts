// The shapes of everything that an import may hold, made once: by label, and what points where.

import type { DatabaseKind } from "../../database/limits.ts";
import type { Field } from "../../schema/field.ts";
import type { Generation } from "../../schema/model.ts";
import { modelsOf } from "../../schema/registry.ts";
import { MODELS_NEVER_EXPORTED } from "../../schema/tables_left_out.ts";
import { MERGE_RULES } from "./merge_rules.ts";
import { type Moment, type RowShape, rowShape } from "./row_shape.ts";
import type { RowTable } from "../../database/row_writer.ts";

/** A list of references: a many-to-many field. */
export interface ListTarget {
  readonly to: string;
  readonly table: RowTable;
}

/** A model with everything that writing needs. */
export interface ImportModel extends RowShape {
  readonly label: string;
  readonly table: RowTable;
  /** Places of the foreign keys among the fields. */
  readonly references: readonly {
    readonly index: number;
    readonly field: Field;
    readonly to: string;
  }[];
  /** In the order of {@linkcode RowShape.lists}. */
  readonly listTargets: readonly ListTarget[];
}

/** The models of a generation. */
export interface ImportSchema {
  readonly generation: Generation;
  /** For which kind the rows are. */
  readonly database: DatabaseKind;
  readonly models: readonly ImportModel[];
  find(label: string): ImportModel | undefined;
  /** @throws {Error} if there is none: a defect */
  get(label: string): ImportModel;
}

/** Makes the schema of an import.
 * @param database the kind that the rows are for: it says what fits */
export function importSchema(
  generation: Generation,
  now: Moment,
  database: DatabaseKind = "sqlite",
): ImportSchema {
  const models = modelsOf(generation)
    .filter(({ label }) => {
      const left = MODELS_NEVER_EXPORTED[label];
      return !left || left.generations?.includes(generation) === false;
    })
    .map((model): ImportModel => {
      const shape = rowShape(
        model,
        generation,
        now,
        new Set(MERGE_RULES[model.label]?.key),
        database,
      );
      return {
        ...shape,
        label: model.label,
        table: { name: model.table, columns: shape.fields.map(({ column }) => column) },
        references: shape.fields.flatMap((field, index) =>
          field.to === undefined ? [] : [{ index, field, to: field.to }]
        ),
        listTargets: shape.lists.map((list) => ({
          to: list.to,
          table: { name: list.table, columns: ["id", list.fromColumn, list.toColumn] },
        })),
      };
    });
  const byLabel = new Map(models.map((model) => [model.label, model]));
  return {
    generation,
    database,
    models,
    find: (label) => byLabel.get(label),
    get(label) {
      const model = byLabel.get(label);
      if (!model) throw new Error(`No model ${label} in exports of ${generation}`);
      return model;
    },
  };
}
