// The tables of the app `guardian` that 2.20.15 and 3.0.5 have in common, as upstream's migrations leave them.

import { auto, char, foreignKey, table } from "../columns.ts";
import type { Table } from "../operation.ts";

/** The tables that both generations share. */
export const tables: readonly Table[] = [
  table("guardian_groupobjectpermission", {
    id: auto(),
    object_pk: char(255),
    content_type_id: foreignKey("django_content_type"),
    group_id: foreignKey("auth_group"),
    permission_id: foreignKey("auth_permission"),
  }, {
    indexes: [
      { columns: ["group_id", "permission_id", "object_pk"], unique: true },
      { columns: ["group_id", "content_type_id", "object_pk"] },
      { columns: ["permission_id", "group_id", "content_type_id", "object_pk"] },
    ],
  }),
  table("guardian_userobjectpermission", {
    id: auto(),
    object_pk: char(255),
    content_type_id: foreignKey("django_content_type"),
    permission_id: foreignKey("auth_permission"),
    user_id: foreignKey("auth_user"),
  }, {
    indexes: [
      { columns: ["user_id", "permission_id", "object_pk"], unique: true },
      { columns: ["permission_id", "user_id", "content_type_id", "object_pk"] },
      { columns: ["user_id", "content_type_id", "object_pk"] },
    ],
  }),
];
