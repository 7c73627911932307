// The tables of the app `account` that 2.20.15 and 3.0.5 have in common, as upstream's migrations leave them.

import { auto, boolean, char, datetime, foreignKey, table } from "../columns.ts";
import type { Table } from "../operation.ts";

/** The tables that both generations share. */
export const tables: readonly Table[] = [
  table("account_emailaddress", {
    id: auto(),
    verified: boolean(),
    primary: boolean(),
    user_id: foreignKey("auth_user"),
    email: char(254, { index: true }),
  }, {
    indexes: [
      { columns: ["user_id", "email"], unique: true },
      {
        name: "unique_primary_email",
        columns: ["user_id", "primary"],
        unique: true,
        where: `"primary"`,
      },
      { name: "unique_verified_email", columns: ["email"], unique: true, where: `"verified"` },
    ],
  }),
  table("account_emailconfirmation", {
    id: auto(),
    created: datetime(),
    sent: datetime({ null: true }),
    key: char(64, { unique: true }),
    email_address_id: foreignKey("account_emailaddress"),
  }),
];
