// The tables of the app `paperless_mail` that 2.20.15 and 3.0.5 have in common, as upstream's migrations leave them.

import { link } from "../columns.ts";
import type { Table } from "../operation.ts";

/** The tables that both generations share. */
export const tables: readonly Table[] = [
  link("paperless_mail_mailrule_assign_tags", {
    mailrule_id: "paperless_mail_mailrule",
    tag_id: "documents_tag",
  }),
];
