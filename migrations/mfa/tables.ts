// The tables of the app `mfa` that 2.20.15 and 3.0.5 have in common, as upstream's migrations leave them.

import { bigAuto, char, datetime, foreignKey, json, table } from "../columns.ts";
import type { Table } from "../operation.ts";

/** The tables that both generations share. */
export const tables: readonly Table[] = [
  table("mfa_authenticator", {
    id: bigAuto(),
    type: char(20),
    data: json(),
    user_id: foreignKey("auth_user"),
    created_at: datetime(),
    last_used_at: datetime({ null: true }),
  }, {
    indexes: [
      {
        name: "unique_authenticator_type",
        columns: ["user_id", "type"],
        unique: true,
        where: `"type" IN ('totp', 'recovery_codes')`,
      },
    ],
  }),
];
