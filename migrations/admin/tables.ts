// The tables of the app `admin` that 2.20.15 and 3.0.5 have in common, as upstream's migrations leave them.

import { auto, char, datetime, foreignKey, positiveSmallInteger, table, text } from "../columns.ts";
import type { Table } from "../operation.ts";

/** The tables that both generations share. */
export const tables: readonly Table[] = [
  table("django_admin_log", {
    id: auto(),
    object_id: text({ null: true }),
    object_repr: char(200),
    action_flag: positiveSmallInteger(),
    change_message: text(),
    content_type_id: foreignKey("django_content_type", { null: true }),
    user_id: foreignKey("auth_user"),
    action_time: datetime(),
  }),
];
