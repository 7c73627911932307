// The date of a document was a moment in UTC up to 2.15, and is the day in the library's time zone since.

import type { RecordStep } from "../step.ts";
import { rawIsNull, rawString, RawValueError } from "../../manifest/raw_values.ts";
import { localDate } from "../local_date.ts";

/** `created` */
export const createdDates: RecordStep = {
  since: "2.16.0",
  migration: "documents.1067",
  model: "documents.document",
  change({ fields }, { timeZone }) {
    const raw = fields.get("created");
    if (rawIsNull(raw)) return undefined;
    const text = rawString(raw);
    if (/^\d{4}-\d\d-\d\d$/.test(text)) return undefined;
    const local = localDate(text, timeZone);
    if (!local) throw new RawValueError(`created ${raw} is not a date and time`);
    return {
      set: { created: JSON.stringify(local.date) },
      lost: local.clamped
        ? [{
          kind: "changed",
          field: "created",
          reason: `${text} is no day of the years 1 to 9999 in ${timeZone}`,
        }]
        : [],
    };
  },
};
