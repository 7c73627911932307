// The tables of the app `sessions` that 2.20.15 and 3.0.5 have in common, as upstream's migrations leave them.

import { char, datetime, table, text } from "../columns.ts";
import type { Table } from "../operation.ts";

/** The tables that both generations share. */
export const tables: readonly Table[] = [
  table("django_session", {
    session_key: char(40, { primaryKey: true }),
    session_data: text(),
    expire_date: datetime({ index: true }),
  }),
];
