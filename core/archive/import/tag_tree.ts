// The columns that cache the tree of tags, computed as upstream's tree package does (django-treenode 0.23).
// Pure. A row's own parent and priority are given; everything else follows from all tags together.

import { tagSortKey } from "../history/steps/tag_tree.ts";

/** A tag and where it hangs. */
export interface TreeTag {
  readonly pk: number;
  readonly name: string;
  readonly parent: number | null;
  readonly priority: number;
}

/** The cached columns of one tag. */
export interface TreeColumns {
  readonly tn_ancestors_pks: string;
  readonly tn_ancestors_count: number;
  readonly tn_children_pks: string;
  readonly tn_children_count: number;
  readonly tn_depth: number;
  readonly tn_descendants_pks: string;
  readonly tn_descendants_count: number;
  readonly tn_index: number;
  readonly tn_level: number;
  readonly tn_order: number;
  readonly tn_siblings_pks: string;
  readonly tn_siblings_count: number;
}

const PRIORITY_MOST = 9_999_999_999;

/** Computes the cached columns of all tags, by number. */
export function tagTree(tags: readonly TreeTag[]): ReadonlyMap<number, TreeColumns> {
  const byPk = new Map(tags.map((tag) => [tag.pk, tag]));
  const ancestors = new Map(tags.map((tag) => [tag.pk, ancestorsOf(tag, byPk)]));
  const keyOf = (tag: TreeTag) =>
    String(PRIORITY_MOST - Math.min(tag.priority, PRIORITY_MOST)).padStart(10, "0") +
    tagSortKey(tag.name, BigInt(tag.pk));
  const keys = new Map(tags.map((tag) => [
    tag.pk,
    [...(ancestors.get(tag.pk) ?? []).map((pk) => byPk.get(pk)), tag]
      .map((each) => each ? keyOf(each) : "").join(""),
  ]));
  const sorted = tags.toSorted((a, b) => compare(keys.get(a.pk) ?? "", keys.get(b.pk) ?? ""));
  const order = new Map(sorted.map(({ pk }, place) => [pk, place]));
  const children = Map.groupBy(sorted, ({ parent }) => parent);
  const descendants = new Map<
    number,
    { readonly pks: readonly number[]; readonly depth: number }
  >();
  const byLevel = sorted.toSorted((a, b) =>
    (ancestors.get(b.pk)?.length ?? 0) - (ancestors.get(a.pk)?.length ?? 0)
  );
  for (const { pk } of byLevel) {
    const own = children.get(pk) ?? [];
    let depth = own.length > 0 ? 1 : 0;
    const pks = own.map((child) => child.pk);
    for (const child of own) {
      const below = descendants.get(child.pk);
      if (!below || below.pks.length === 0) continue;
      pks.push(...below.pks);
      depth = Math.max(depth, below.depth + 1);
    }
    pks.sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
    descendants.set(pk, { pks, depth });
  }
  return new Map(tags.map(({ pk, parent }) => {
    const above = ancestors.get(pk) ?? [];
    const own = (children.get(pk) ?? []).map((child) => child.pk);
    const below = descendants.get(pk) ?? { pks: [], depth: 0 };
    const family = (children.get(parent) ?? []).map((sibling) => sibling.pk);
    const siblings = family.filter((sibling) => sibling !== pk);
    return [pk, {
      tn_ancestors_pks: above.join(","),
      tn_ancestors_count: above.length,
      tn_children_pks: own.join(","),
      tn_children_count: own.length,
      tn_depth: below.depth,
      tn_descendants_pks: below.pks.join(","),
      tn_descendants_count: below.pks.length,
      tn_index: family.indexOf(pk),
      tn_level: above.length + 1,
      tn_order: order.get(pk) ?? 0,
      tn_siblings_pks: siblings.join(","),
      tn_siblings_count: siblings.length,
    }];
  }));
}

/** From the root down. A circle, which upstream refuses, ends where it closes. */
function ancestorsOf(tag: TreeTag, byPk: ReadonlyMap<number, TreeTag>): number[] {
  const above: number[] = [];
  for (let parent = tag.parent; parent !== null && byPk.has(parent);) {
    if (parent === tag.pk || above.includes(parent)) break;
    above.unshift(parent);
    parent = byPk.get(parent)?.parent ?? null;
  }
  return above;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
