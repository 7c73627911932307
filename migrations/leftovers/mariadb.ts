// Names in MariaDB that no rule gives. 2.20.15 went through ten years of migrations, 3.0.5 starts anew.

import type { Generation } from "../../core/schema/model.ts";
import { type Leftovers, withOrder } from "../leftover.ts";
import { COLUMN_ORDER } from "./column_order.ts";

// Where another migration changed the columns meanwhile, Django made the index before the foreign key did.
const both: Leftovers = {
  guardian_groupobjectpermission: {
    extra: ["KEY `guardian_groupobjectpermission_content_type_id_7ade36b8` (`content_type_id`)"],
  },
  guardian_userobjectpermission: {
    extra: ["KEY `guardian_userobjectpermission_content_type_id_2e892405` (`content_type_id`)"],
  },
  mfa_authenticator: { extra: ["KEY `mfa_authenticator_user_id_0c3a50c0` (`user_id`)"] },
};

/** Columns that changed their type lost their check. */
function unchecked(...columns: readonly string[]): Readonly<Record<string, null>> {
  return Object.fromEntries(columns.map((column) => [`${column} check`, null]));
}

const v2: Leftovers = {
  ...both,
  documents_document: {
    names: {
      ...unchecked("archive_serial_number"),
      checksum: "documents_document_checksum_75209391_uniq",
      filename: "documents_document_filename_3ee5ad97_uniq",
    },
    extra: [
      "CONSTRAINT `documents_document_archive_serial_number_550aa63f_check` CHECK (`archive_serial_number` >= 0)",
    ],
  },
  // Once `comment`: SQLite kept the names of its indexes.
  documents_note: {
    names: { documents_comment_created_dd512b3b: "documents_note_created_398ee640" },
  },
  documents_paperlesstask: {
    names: { task_id: "documents_paperlesstask_task_id_24b393f9_uniq" },
  },
};

const v3: Leftovers = {
  ...both,
  documents_correspondent: { names: unchecked("matching_algorithm") },
  documents_documenttype: { names: unchecked("matching_algorithm") },
  documents_savedviewfilterrule: { names: unchecked("rule_type") },
  documents_storagepath: { names: unchecked("matching_algorithm") },
  documents_tag: { names: unchecked("matching_algorithm") },
  documents_workflowaction: { names: unchecked("type") },
  documents_workflowrun: { names: unchecked("type") },
  documents_workflowtrigger: { names: unchecked("type", "matching_algorithm") },
  paperless_applicationconfiguration: {
    names: unchecked("pages", "image_dpi", "barcode_dpi", "barcode_max_pages"),
  },
  paperless_mail_mailaccount: {
    names: unchecked("imap_port", "imap_security", "account_type"),
    extra: [
      "CONSTRAINT `paperless_mail_mailaccount_imap_port_7cad02d2_check` CHECK (`imap_port` >= 0)",
    ],
  },
  paperless_mail_mailrule: {
    names: unchecked(
      "maximum_age",
      "attachment_type",
      "consumption_scope",
      "pdf_layout",
      "action",
      "assign_title_from",
      "assign_correspondent_from",
    ),
  },
};

/** By generation. */
export const MARIADB_LEFTOVERS: Readonly<Record<Generation, Leftovers>> = {
  v2: withOrder(v2, COLUMN_ORDER.v2),
  v3: withOrder(v3, COLUMN_ORDER.v3),
};
