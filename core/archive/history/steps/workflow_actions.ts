// Workflow actions: their order, and e-mails and webhooks that four releases forgot to export.

import type { RecordStep, SetStep } from "../step.ts";
import { rawIsNull } from "../../manifest/raw_values.ts";
import { editRecord } from "../edited_record.ts";

/** The order is that of the keys. */
export const actionOrder: RecordStep = {
  since: "2.20.5",
  migration: "documents.1075",
  model: "documents.workflowaction",
  change: ({ pk, fields }) => fields.has("order") ? undefined : { set: { order: pk } },
};

const REFERENCES: readonly (readonly [field: string, model: string])[] = [
  ["email", "documents.workflowactionemail"],
  ["webhook", "documents.workflowactionwebhook"],
];

/** Up to 2.14.3 actions point to e-mails and webhooks that the export doesn't hold (upstream's importer failed
 * on it): the actions stay, and do nothing until someone fills them in. */
export const missingActionParts: SetStep = {
  since: "2.14.4",
  migration: "documents.1061",
  models: ["documents.workflowaction", ...REFERENCES.map(([, model]) => model)],
  reshape(few) {
    const actions = few.get("documents.workflowaction");
    if (!actions) return undefined;
    const lost: { model: string; pk: string; field: string; reason: string }[] = [];
    const mended = actions.map((action) => {
      const missing = REFERENCES.filter(([field, model]) => {
        const key = action.fields.get(field);
        return !rawIsNull(key) && !few.get(model)?.some(({ pk }) => pk === key);
      }).map(([field]) => field);
      if (missing.length === 0) return action;
      for (const field of missing) {
        lost.push({
          model: action.model,
          pk: action.pk,
          field,
          reason: "releases up to 2.14.3 did not export it",
        });
      }
      return editRecord(action, { set: Object.fromEntries(missing.map((name) => [name, "null"])) });
    });
    return { records: new Map([["documents.workflowaction", mended]]), lost };
  },
};
