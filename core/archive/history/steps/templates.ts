// Old placeholders `{title}` in storage paths and in titles that workflows give become Jinja's `{{ title }}`.

import type { RecordStep } from "../step.ts";
import { rawIsNull, rawString } from "../../manifest/raw_values.ts";
import { convertLegacyFormat } from "../../../library/filename/convert_legacy_format.ts";

function templateField(
  since: string,
  migration: string,
  model: string,
  field: string,
): RecordStep {
  return {
    since,
    migration,
    model,
    change({ fields }) {
      const raw = fields.get(field);
      if (rawIsNull(raw)) return undefined;
      const old = rawString(raw);
      const template = convertLegacyFormat(old);
      return template === old ? undefined : { set: { [field]: JSON.stringify(template) } };
    },
  };
}

/** `documents.storagepath.path` */
export const storagePathTemplates: RecordStep = templateField(
  "2.13.0",
  "documents.1055",
  "documents.storagepath",
  "path",
);

/** `documents.workflowaction.assign_title` */
export const workflowTitleTemplates: RecordStep = templateField(
  "2.19.1",
  "documents.1073",
  "documents.workflowaction",
  "assign_title",
);
