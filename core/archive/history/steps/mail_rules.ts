// Mail rules: the one tag that a rule gave became a list, and order numbers that version 3 can't hold are
// counted anew.

import type { RecordStep, SetStep } from "../step.ts";
import { rawBigInt, rawIsNull } from "../../manifest/raw_values.ts";
import { editRecord } from "../edited_record.ts";
import { rawKeys } from "../_json_slices.ts";

/** `assign_tag` becomes `assign_tags`. */
export const assignTags: RecordStep = {
  since: "1.7.0",
  migration: "paperless_mail.0010",
  model: "paperless_mail.mailrule",
  change({ fields }) {
    const tag = fields.get("assign_tag");
    if (tag === undefined) {
      return fields.has("assign_tags") ? undefined : { set: { assign_tags: "[]" } };
    }
    if (fields.has("assign_tags")) return { drop: ["assign_tag"] };
    return { set: { assign_tags: rawKeys(rawIsNull(tag) ? [] : [tag]) }, drop: ["assign_tag"] };
  },
};

/** The order in which rules run, counted from 0 where a number doesn't fit 16 bits: only who comes before
 * whom counts. */
export const mailRuleOrder: SetStep = {
  since: "3.0.0",
  migration: "paperless_mail.0002",
  models: ["paperless_mail.mailrule"],
  reshape(few) {
    const rules = few.get("paperless_mail.mailrule") ?? [];
    const orderOf = (at: number) => rawBigInt(rules[at]?.fields.get("order") ?? "0");
    const outside = rules.some((_, at) => orderOf(at) > 32767n || orderOf(at) < -32768n);
    if (!outside) return undefined;
    const ranks = new Array<number>(rules.length);
    rules.map((_, at) => at)
      .sort((a, b) =>
        compare(orderOf(a), orderOf(b)) || compare(rawBigInt(rules[a]!.pk), rawBigInt(rules[b]!.pk))
      )
      .forEach((at, rank) => ranks[at] = rank);
    return {
      records: new Map([
        [
          "paperless_mail.mailrule",
          rules.map((rule, at) => editRecord(rule, { set: { order: String(ranks[at]) } })),
        ],
      ]),
      lost: rules.map(({ model, pk }, at) => ({
        kind: "changed" as const,
        model,
        pk,
        field: "order",
        reason: `version 3 can't hold such numbers: all rules are counted anew, ${orderOf(at)} is ${
          ranks[at]
        }`,
      })),
    };
  },
};

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
