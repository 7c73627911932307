// Nested tags came with 2.19: tags of older exports have no parents, and the columns that cache the tree are
// computed as upstream's tree package (django-treenode 0.23) computes them.

import type { RawRecord } from "../../manifest/raw_record.ts";
import type { SetStep } from "../step.ts";
import { rawBigInt, rawString } from "../../manifest/raw_values.ts";
import { editRecord } from "../edited_record.ts";

const KEY_LENGTH = 10;

/** Django's `slugify`: ASCII letters, digits, `_` and single dashes. */
export function slugify(text: string): string {
  return text.normalize("NFKD")
    .replace(/[^\p{ASCII}]/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9_\s-]/g, "")
    .replace(/[-\s]+/g, "-")
    .replace(/^[-_]+|[-_]+$/g, "");
}

/** What root tags are sorted by: the first ten letters of the slug, then the key. */
export function tagSortKey(name: string, pk: bigint): string {
  const letters = slugify(name).padEnd(KEY_LENGTH, "z").slice(0, KEY_LENGTH).toUpperCase();
  return letters + String(pk).padStart(KEY_LENGTH, "0");
}

/** All tags are roots. */
export const tagTree: SetStep = {
  since: "2.19.0",
  migration: "documents.1071",
  models: ["documents.tag"],
  reshape(few) {
    const tags = few.get("documents.tag");
    if (!tags || tags.some(({ fields }) => fields.has("tn_parent"))) return undefined;
    const sorted = tags
      .map((tag) => ({ tag, key: tagSortKey(nameOf(tag), rawBigInt(tag.pk)) }))
      .sort((a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : 0)
      .map(({ tag }) => tag);
    const places = new Map(sorted.map((tag, at) => [tag, at]));
    const siblings = (self: RawRecord) =>
      `"${sorted.filter((tag) => tag !== self).map(({ pk }) => pk).join(",")}"`;
    const made = tags.map((tag) => {
      const place = String(places.get(tag) ?? 0);
      return editRecord(tag, {
        set: {
          tn_ancestors_pks: '""',
          tn_ancestors_count: "0",
          tn_children_pks: '""',
          tn_children_count: "0",
          tn_depth: "0",
          tn_descendants_pks: '""',
          tn_descendants_count: "0",
          tn_index: place,
          tn_level: "1",
          tn_parent: "null",
          tn_priority: "0",
          tn_order: place,
          // Each lists all others: with thousands of tags too much to hold at once.
          tn_siblings_pks: () => siblings(tag),
          tn_siblings_count: String(tags.length - 1),
        },
      });
    });
    return { records: new Map([["documents.tag", made]]) };
  },
};

function nameOf({ fields }: RawRecord): string {
  return rawString(fields.get("name") ?? '""');
}
