// Select fields: options were a list of labels and a value the number of one, up to 2.13; since 2.14 an
// option has an id. Upstream draws ids at random; here they follow from the field and the option's place, so
// that importing twice gives the same ones and values need no look-up.

import { createHash } from "node:crypto";
import type { RawJson, RawRecord } from "../../manifest/raw_record.ts";
import type { RecordStep } from "../step.ts";
import { rawInteger, rawIsNull } from "../../manifest/raw_values.ts";
import { isRawArray, isRawObject, rawItems, rawMember, withRawMember } from "../_json_slices.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** The id of an option: 16 letters and digits, as upstream's.
 * @param field the key of the custom field @param index 0-based */
export function selectOptionId(field: RawJson, index: number): string {
  const digest = createHash("sha256").update(`select option ${field} ${index}`).digest();
  return Array.from(digest.subarray(0, 16), (byte) => ALPHABET[byte % ALPHABET.length]).join("");
}

/** Number of options by the key of each custom field that still has a list of labels. */
export function countSelectOptions(
  customFields: readonly RawRecord[],
): ReadonlyMap<RawJson, number> {
  const counts = new Map<RawJson, number>();
  for (const { pk, fields } of customFields) {
    const options = optionsOf(fields);
    if (options) counts.set(pk, rawItems(options).length);
  }
  return counts;
}

/** Labels get ids. */
export const selectOptions: RecordStep = {
  since: "2.14.0",
  migration: "documents.1060",
  model: "documents.customfield",
  change({ pk, fields }) {
    const options = optionsOf(fields);
    if (!options) return undefined;
    const made = rawItems(options).map((option, index) =>
      isRawObject(option)
        ? option
        : `{"id": ${JSON.stringify(selectOptionId(pk, index))}, "label": ${option}}`
    );
    const extraData = fields.get("extra_data") ?? "{}";
    return {
      set: { extra_data: withRawMember(extraData, "select_options", `[${made.join(", ")}]`) },
    };
  },
};

/** Numbers of options become their ids. */
export const selectValues: RecordStep = {
  since: "2.14.0",
  migration: "documents.1060",
  model: "documents.customfieldinstance",
  change({ fields }, { selectOptions }) {
    const raw = fields.get("value_select");
    if (rawIsNull(raw) || raw.startsWith('"')) return undefined;
    const index = rawInteger(raw);
    const field = fields.get("field") ?? "";
    const count = selectOptions.get(field) ?? 0;
    if (index >= 0 && index < count) {
      return { set: { value_select: JSON.stringify(selectOptionId(field, index)) } };
    }
    return {
      set: { value_select: "null" },
      lost: [{
        field: "value_select",
        reason: `option ${index} was chosen, and the field has ${count} of them`,
      }],
    };
  },
};

function optionsOf(fields: ReadonlyMap<string, RawJson>): RawJson | undefined {
  if (fields.get("data_type") !== '"select"') return undefined;
  const extraData = fields.get("extra_data");
  if (!isRawObject(extraData)) return undefined;
  const options = rawMember(extraData, "select_options");
  return isRawArray(options) ? options : undefined;
}
