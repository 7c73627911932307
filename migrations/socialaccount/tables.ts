// The tables of the app `socialaccount` that 2.20.15 and 3.0.5 have in common, as upstream's migrations leave them.

import { auto, char, datetime, foreignKey, json, table, text } from "../columns.ts";
import type { Table } from "../operation.ts";

/** The tables that both generations share. */
export const tables: readonly Table[] = [
  table("socialaccount_socialaccount", {
    id: auto(),
    provider: char(200),
    uid: char(191),
    last_login: datetime(),
    date_joined: datetime(),
    user_id: foreignKey("auth_user"),
    extra_data: json(),
  }, {
    indexes: [
      { columns: ["provider", "uid"], unique: true },
    ],
  }),
  table("socialaccount_socialapp", {
    id: auto(),
    provider: char(30),
    name: char(40),
    client_id: char(191),
    secret: char(191),
    key: char(191),
    provider_id: char(200),
    settings: json(),
  }),
  table("socialaccount_socialtoken", {
    id: auto(),
    token: text(),
    token_secret: text(),
    expires_at: datetime({ null: true }),
    account_id: foreignKey("socialaccount_socialaccount"),
    app_id: foreignKey("socialaccount_socialapp", { null: true }),
  }, {
    indexes: [
      { columns: ["app_id", "account_id"], unique: true },
    ],
  }),
];
