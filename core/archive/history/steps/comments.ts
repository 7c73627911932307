// Comments became notes in 1.14.0.

import type { RecordStep, SetStep } from "../step.ts";
import { editRecord } from "../edited_record.ts";

/** The records. */
export const commentsToNotes: RecordStep = {
  since: "1.14.0",
  migration: "documents.1035",
  model: "documents.comment",
  renameModel: "documents.note",
  change: () => ({ rename: { comment: "note" } }),
};

/** The content type; its permissions keep their old names (`view_comment`) and mean nothing any more, as
 * upstream leaves them. */
export const commentContentType: SetStep = {
  since: "1.14.0",
  migration: "documents.1035",
  models: ["contenttypes.contenttype"],
  reshape(few) {
    const types = few.get("contenttypes.contenttype");
    if (!types) return undefined;
    const renamed = types.map((type) =>
      type.fields.get("app_label") === '"documents"' && type.fields.get("model") === '"comment"'
        ? editRecord(type, { set: { model: '"note"' } })
        : type
    );
    return { records: new Map([["contenttypes.contenttype", renamed]]) };
  },
};
