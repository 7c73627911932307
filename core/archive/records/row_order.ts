// `ORDER BY` from a model's ordering, with the joins that orderings by another model's fields need.

import { type RawBuilder, sql } from "kysely";
import type { Model } from "../../schema/model.ts";
import { modelNamed } from "../../schema/registry.ts";

/** An order and what it needs. */
export interface RowOrder {
  readonly join: RawBuilder<unknown>;
  readonly orderBy: RawBuilder<unknown>;
}

/** Joins a table by a foreign key: `joined("auth_user", "mfa_authenticator.user_id")`. */
export function joined(table: string, foreignKey: string): RawBuilder<unknown> {
  return sql`inner join ${sql.table(table)} on ${sql.ref(`${table}.id`)} = ${sql.ref(foreignKey)}`;
}

/** `ORDER BY`'s list. @param order columns of the table, or `table.column`; `-` in front for descending */
export function orderOf(table: string, order: readonly string[]): RawBuilder<unknown> {
  return sql.join(order.map((each) => {
    const descending = each.startsWith("-");
    const column = descending ? each.slice(1) : each;
    const reference = sql.ref(column.includes(".") ? column : `${table}.${column}`);
    return descending ? sql`${reference} desc` : reference;
  }));
}

/** A model's default order, ties by id. `content_type__model` orders by a field of the foreign key's model. */
export function defaultOrder(model: Model): RowOrder {
  const joins = new Map<string, RawBuilder<unknown>>();
  const order = model.ordering.map((each) => {
    const [, sign = "", path = ""] = /^(-?)(.*)$/.exec(each) ?? [];
    const [relation = "", column] = path.split("__");
    if (column === undefined) return each;
    const foreignKey = model.fields.find(({ name }) => name === relation);
    if (!foreignKey?.to) throw new Error(`No foreign key ${relation} in ${model.label}`);
    const { table } = modelNamed(foreignKey.to);
    joins.set(relation, joined(table, `${model.table}.${foreignKey.column}`));
    return `${sign}${table}.${column}`;
  });
  return {
    join: sql.join([...joins.values()], sql` `),
    orderBy: orderOf(model.table, [...order, "id"]),
  };
}
