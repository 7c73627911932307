// The tables that a copy takes over and their columns, from the registry of models. Invariant: every column
// that the database doesn't compute itself is among them.

import type { FieldKind } from "../../schema/field.ts";
import { fieldsOf, type Generation, manyToManyOf } from "../../schema/model.ts";
import { modelsOf } from "../../schema/registry.ts";
import { type DatabaseKind, type Limit, limitOf } from "../limits.ts";

/** A column of a copied table. */
export interface CopyColumn {
  readonly column: string;
  readonly kind: FieldKind;
  /** The target's. */
  readonly limit: Limit | undefined;
}

/** A table that is copied. */
export interface CopyTable {
  readonly name: string;
  /** The primary key first. */
  readonly columns: readonly CopyColumn[];
}

/** All tables of a generation, in the registry's order.
 * @param target for which kind of database the rows are */
export function copyTables(generation: Generation, target: DatabaseKind): readonly CopyTable[] {
  const linkColumn = (column: string, kind: FieldKind): CopyColumn => ({
    column,
    kind,
    limit: limitOf(target, { kind }),
  });
  return modelsOf(generation).flatMap((model): CopyTable[] => [
    {
      name: model.table,
      columns: fieldsOf(model, generation).filter(({ generated }) => !generated).map((field) => ({
        column: field.column,
        kind: field.kind,
        limit: limitOf(target, field),
      })),
    },
    ...manyToManyOf(model, generation).map((list) => ({
      name: list.table,
      columns: [
        linkColumn("id", "auto"),
        linkColumn(list.fromColumn, "foreignKey"),
        linkColumn(list.toColumn, "foreignKey"),
      ],
    })),
  ]);
}
