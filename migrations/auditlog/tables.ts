// The tables of the app `auditlog` that 2.20.15 and 3.0.5 have in common, as upstream's migrations leave them.

import {
  auto,
  bigInteger,
  char,
  datetime,
  foreignKey,
  ip,
  json,
  positiveInteger,
  positiveSmallInteger,
  table,
  text,
} from "../columns.ts";
import type { Table } from "../operation.ts";

/** The tables that both generations share. */
export const tables: readonly Table[] = [
  table("auditlog_logentry", {
    id: auto(),
    object_pk: char(255, { index: true }),
    object_id: bigInteger({ null: true, index: true }),
    object_repr: text(),
    action: positiveSmallInteger({ index: true }),
    timestamp: datetime({ index: true }),
    actor_id: foreignKey("auth_user", { null: true }),
    content_type_id: foreignKey("django_content_type"),
    remote_addr: ip({ null: true }),
    additional_data: json({ null: true }),
    serialized_data: json({ null: true }),
    cid: char(255, { null: true, index: true }),
    changes_text: text(),
    changes: json({ null: true }),
    remote_port: positiveInteger({ null: true }),
    actor_email: char(254, { null: true }),
  }),
];
