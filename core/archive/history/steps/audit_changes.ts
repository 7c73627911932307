// The audit log's changes were a text that holds JSON up to 2.7, and are JSON since.

import type { RecordStep } from "../step.ts";
import { rawString } from "../../manifest/raw_values.ts";

/** `changes` taken out of its text; a text that is no JSON moves to `changes_text`, where the audit log keeps
 * what it could not convert. */
export const auditChanges: RecordStep = {
  since: "2.8.0",
  migration: "auditlog.0015",
  model: "auditlog.logentry",
  change({ fields }) {
    const raw = fields.get("changes");
    if (raw === undefined || !raw.startsWith('"') || fields.has("changes_text")) return undefined;
    const text = rawString(raw);
    if (text === "") return { set: { changes: "null" } };
    try {
      JSON.parse(text);
    } catch {
      return {
        set: { changes: "null", changes_text: raw },
        lost: [{
          kind: "changed",
          field: "changes",
          reason: "it is not JSON: the text is kept in changes_text",
        }],
      };
    }
    return { set: { changes: escapeLoneSurrogates(text) } };
  },
};

/** What UTF-8 can't hold stands escaped in JSON. */
function escapeLoneSurrogates(json: string): string {
  if (json.isWellFormed()) return json;
  return json.replace(
    /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
    (lone) => `\\u${lone.charCodeAt(0).toString(16)}`,
  );
}
