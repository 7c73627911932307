// The models of Django's `auth`: users, groups, permissions.
// Fields stand in Django's order, which is the order of the keys in exports (2.20.15 and 3.0.5).

import { boolean, char, datetime, foreignKey, id } from "./field.ts";
import { manyToMany, model } from "./model.ts";

/** `auth_group` */
export const group = model("auth.group", {
  table: "auth_group",
  fields: [
    id,
    char("name", 150, { unique: true }),
  ],
  manyToMany: [
    manyToMany("auth.group", "permissions", "auth.permission"),
  ],
});

/** `auth_permission` */
export const permission = model("auth.permission", {
  table: "auth_permission",
  ordering: ["content_type__app_label", "content_type__model", "codename"],
  fields: [
    id,
    char("name", 255),
    foreignKey("content_type", "contenttypes.contenttype", "cascade"),
    char("codename", 100),
  ],
});

/** `auth_user` */
export const user = model("auth.user", {
  table: "auth_user",
  fields: [
    id,
    char("password", 128),
    datetime("last_login", { null: true }),
    boolean("is_superuser", { default: { value: false } }),
    char("username", 150, { unique: true }),
    char("first_name", 150),
    char("last_name", 150),
    char("email", 254),
    boolean("is_staff", { default: { value: false } }),
    boolean("is_active", { default: { value: true } }),
    datetime("date_joined", { default: "now" }),
  ],
  manyToMany: [
    manyToMany("auth.user", "groups", "auth.group"),
    manyToMany("auth.user", "user_permissions", "auth.permission"),
  ],
});
