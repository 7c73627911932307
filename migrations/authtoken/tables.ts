// The tables of the app `authtoken` that 2.20.15 and 3.0.5 have in common, as upstream's migrations leave them.

import { char, datetime, foreignKey, table } from "../columns.ts";
import type { Table } from "../operation.ts";

/** The tables that both generations share. */
export const tables: readonly Table[] = [
  table("authtoken_token", {
    key: char(40, { primaryKey: true }),
    created: datetime(),
    user_id: foreignKey("auth_user", { unique: true }),
  }),
];
