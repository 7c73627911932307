// The tables of the app `contenttypes` that 2.20.15 and 3.0.5 have in common, as upstream's migrations leave them.

import { auto, char, table } from "../columns.ts";
import type { Table } from "../operation.ts";

/** The tables that both generations share. */
export const tables: readonly Table[] = [
  table("django_content_type", {
    id: auto(),
    app_label: char(100),
    model: char(100),
  }, {
    indexes: [
      { columns: ["app_label", "model"], unique: true },
    ],
  }),
];
