// Names in PostgreSQL that no rule gives. 2.20.15 went through ten years of migrations, 3.0.5 starts anew.

import type { Generation } from "../../core/schema/model.ts";
import { type Leftovers, withOrder } from "../leftover.ts";
import { COLUMN_ORDER } from "./column_order.ts";

const v2: Leftovers = {
  // Once `sender`.
  documents_correspondent: {
    names: {
      documents_correspondent_id_seq: "documents_sender_id_seq",
      documents_correspondent_pkey: "documents_sender_pkey",
    },
    extra: [
      "CREATE INDEX documents_sender_name_18997c37_like ON documents_correspondent (name varchar_pattern_ops)",
    ],
  },
  documents_document: {
    names: {
      documents_document_archive_serial_number_check:
        "documents_document_archive_serial_number_550aa63f_check",
      documents_document_checksum_key: "documents_document_checksum_75209391_uniq",
      documents_document_filename_key: "documents_document_filename_3ee5ad97_uniq",
      documents_document_correspondent_id_6164eb0c: "documents_document_sender_id_950512b2",
    },
  },
  // Once `comment`. SQLite kept the names of its indexes, PostgreSQL those of its key and sequence.
  documents_note: {
    names: {
      documents_note_id_seq: "documents_comment_id_seq",
      documents_note_pkey: "documents_comment_pkey",
      documents_comment_created_dd512b3b: "documents_note_created_398ee640",
      documents_comment_document_id_3f5d21c7: "documents_note_document_id_ef90a624",
      documents_comment_user_id_c281d4d5: "documents_note_user_id_cab59bae",
    },
  },
  documents_paperlesstask: {
    names: { documents_paperlesstask_task_id_key: "documents_paperlesstask_task_id_24b393f9_uniq" },
  },
  documents_savedview: {
    names: { documents_savedview_owner_id_2df222ee: "documents_savedview_user_id_48baf272" },
  },
};

const v3: Leftovers = {
  paperless_mail_mailaccount: {
    names: {
      paperless_mail_mailaccount_imap_port_check:
        "paperless_mail_mailaccount_imap_port_7cad02d2_check",
    },
  },
};

/** By generation. */
export const POSTGRES_LEFTOVERS: Readonly<Record<Generation, Leftovers>> = {
  v2: withOrder(v2, COLUMN_ORDER.v2),
  v3: withOrder(v3, COLUMN_ORDER.v3),
};
