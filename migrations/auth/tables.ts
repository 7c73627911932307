// The tables of the app `auth` that 2.20.15 and 3.0.5 have in common, as upstream's migrations leave them.

import { auto, boolean, char, datetime, foreignKey, link, table } from "../columns.ts";
import type { Table } from "../operation.ts";

/** The tables that both generations share. */
export const tables: readonly Table[] = [
  table("auth_group", {
    id: auto(),
    name: char(150, { unique: true }),
  }),
  link("auth_group_permissions", { group_id: "auth_group", permission_id: "auth_permission" }),
  table("auth_permission", {
    id: auto(),
    content_type_id: foreignKey("django_content_type"),
    codename: char(100),
    name: char(255),
  }, {
    indexes: [
      { columns: ["content_type_id", "codename"], unique: true },
    ],
  }),
  table("auth_user", {
    id: auto(),
    password: char(128),
    last_login: datetime({ null: true }),
    is_superuser: boolean(),
    username: char(150, { unique: true }),
    last_name: char(150),
    email: char(254),
    is_staff: boolean(),
    is_active: boolean(),
    date_joined: datetime(),
    first_name: char(150),
  }),
  link("auth_user_groups", { user_id: "auth_user", group_id: "auth_group" }),
  link("auth_user_user_permissions", { user_id: "auth_user", permission_id: "auth_permission" }),
];
