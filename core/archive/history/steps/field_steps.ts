// Makers of the steps that are nothing but names and values: fields added, renamed, dropped. Adding and
// renaming look at what is there, so that a field that came earlier than the table says does no harm.

import type { RawJson } from "../../manifest/raw_record.ts";
import type { RecordStep } from "../step.ts";
import type { Release } from "../releases.ts";

/** Fields that a model got, with the values that upstream's migration gives existing rows. */
export function added(
  since: Release,
  migration: string,
  model: string,
  fields: Readonly<Record<string, RawJson>>,
): RecordStep {
  const entries = Object.entries(fields);
  return {
    since,
    migration,
    model,
    change(record) {
      const missing = entries.filter(([name]) => !record.fields.has(name));
      return missing.length > 0 ? { set: Object.fromEntries(missing) } : undefined;
    },
  };
}

/** A field that got another name. */
export function renamed(
  since: Release,
  migration: string,
  model: string,
  from: string,
  to: string,
): RecordStep {
  const edits = { rename: { [from]: to } };
  return {
    since,
    migration,
    model,
    change: (record) => record.fields.has(from) ? edits : undefined,
  };
}

/** Fields that say nothing that other fields don't. */
export function dropped(
  since: Release,
  migration: string,
  model: string,
  ...drop: readonly string[]
): RecordStep {
  const edits = { drop };
  return {
    since,
    migration,
    model,
    change: (record) => drop.some((name) => record.fields.has(name)) ? edits : undefined,
  };
}

/** Numbers above the largest of a smaller column, which become the largest. */
export function clamped(
  since: Release,
  migration: string,
  model: string,
  largest: number,
  ...names: readonly string[]
): RecordStep {
  return {
    since,
    migration,
    model,
    change({ fields }) {
      const high = names.filter((name) => {
        const raw = fields.get(name);
        return raw !== undefined && /^[0-9]+$/.test(raw) && BigInt(raw) > BigInt(largest);
      });
      if (high.length === 0) return undefined;
      return {
        set: Object.fromEntries(high.map((name) => [name, String(largest)])),
        lost: high.map((field) => ({
          kind: "changed" as const,
          field,
          reason: `${fields.get(field)} is above ${largest}, the largest that version 3 takes`,
        })),
      };
    },
  };
}
