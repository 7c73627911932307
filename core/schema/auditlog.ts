// The model of django-auditlog: who changed what.
// Fields stand in Django's order, which is the order of the keys in exports (2.20.15 and 3.0.5).

import {
  bigInteger,
  char,
  datetime,
  foreignKey,
  id,
  ip,
  json,
  positiveInteger,
  positiveSmallInteger,
  text,
} from "./field.ts";
import { model } from "./model.ts";

/** `auditlog_logentry` */
export const logEntry = model("auditlog.logentry", {
  table: "auditlog_logentry",
  ordering: ["-timestamp"],
  fields: [
    id,
    foreignKey("content_type", "contenttypes.contenttype", "cascade"),
    char("object_pk", 255, { index: true }),
    bigInteger("object_id", { null: true, index: true }),
    text("object_repr"),
    json("serialized_data", { null: true }),
    positiveSmallInteger("action", { index: true }),
    text("changes_text"),
    json("changes", { null: true }),
    foreignKey("actor", "auth.user", "setNull", { null: true }),
    char("cid", 255, { null: true, index: true }),
    ip("remote_addr", { null: true }),
    positiveInteger("remote_port", { null: true }),
    datetime("timestamp", { default: "now", index: true }),
    json("additional_data", { null: true }),
    char("actor_email", 254, { null: true }),
  ],
});
