// The model of Django's `admin`: its log. Never exported.
// Fields stand in Django's order, which is the order of the keys in exports (2.20.15 and 3.0.5).

import { char, datetime, foreignKey, id, positiveSmallInteger, text } from "./field.ts";
import { model } from "./model.ts";

/** `django_admin_log` */
export const adminLogEntry = model("admin.logentry", {
  table: "django_admin_log",
  ordering: ["-action_time"],
  fields: [
    id,
    datetime("action_time", { default: "now" }),
    foreignKey("user", "auth.user", "cascade"),
    foreignKey("content_type", "contenttypes.contenttype", "setNull", { null: true }),
    text("object_id", { null: true }),
    char("object_repr", 200),
    positiveSmallInteger("action_flag"),
    text("change_message"),
  ],
});
