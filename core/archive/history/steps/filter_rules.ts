// Filter rules of saved views in version 3: new types for plain text searches, new field names in queries.

import type { RecordStep } from "../step.ts";
import { rawIsNull, rawString } from "../../manifest/raw_values.ts";

const FULL_TEXT_QUERY = "20";

const TYPES: ReadonlyMap<string, string> = new Map([
  ["0", "48"],
  ["19", "49"],
]);

/** Title and title-or-content searches. */
export const simpleSearches: RecordStep = {
  since: "3.0.0",
  migration: "documents.0018",
  model: "documents.savedviewfilterrule",
  change({ fields }) {
    const type = TYPES.get(fields.get("rule_type") ?? "");
    return type === undefined ? undefined : { set: { rule_type: type } };
  },
};

/** A query with the field names of version 3's search index. */
export function migrateQuery(query: string): string {
  return query
    .replace(/(?<![.\p{L}\p{N}_])note:/gu, "notes.note:")
    .replace(/(?<![.\p{L}\p{N}_])custom_field:/gu, "custom_fields.value:");
}

/** `note:` and `custom_field:` in full-text queries. */
export const queryFields: RecordStep = {
  since: "3.0.0",
  migration: "documents.0017",
  model: "documents.savedviewfilterrule",
  change({ fields }) {
    const raw = fields.get("value");
    if (fields.get("rule_type") !== FULL_TEXT_QUERY || rawIsNull(raw)) return undefined;
    const query = rawString(raw);
    const migrated = migrateQuery(query);
    return migrated === query ? undefined : { set: { value: JSON.stringify(migrated) } };
  },
};
