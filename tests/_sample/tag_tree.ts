// The columns of nested tags that upstream derives from each tag's parent: a sample library must hold what
// upstream would have computed, or its next save of a tag would change every row.

/** A tag and its parent. */
export interface TagNode {
  readonly id: number;
  readonly name: string;
  readonly parent: number | null;
}

/** The derived columns of one tag, by column name. */
export type TagTreeColumns = Readonly<Record<string, string | number>>;

/** What siblings are sorted by: the name as a slug, filled up with the last letter, so that `Inbox` comes
 * after `inbox-anna`; then the id. */
function sortKey({ id, name }: TagNode): string {
  const slug = name.normalize("NFKD").replace(/\P{ASCII}/gu, "").toLowerCase()
    .replace(/[^\w\s-]/g, "").replace(/[-\s]+/g, "-").replace(/^[-_]+|[-_]+$/g, "");
  return slug.padEnd(60, "z").slice(0, 60) + String(id).padStart(20, "0");
}

/** Computes every tag's columns, as seen in libraries of 2.20.15 and 3.0.5: `tn_order` counts down the
 * tree. */
export function tagTree(tags: readonly TagNode[]): ReadonlyMap<number, TagTreeColumns> {
  const sorted = tags.toSorted((a, b) => sortKey(a) < sortKey(b) ? -1 : 1);
  const childrenOf = (id: number | null) => sorted.filter((tag) => tag.parent === id);
  const columns = new Map<number, TagTreeColumns>();
  let order = 0;

  /** Walks one tag and everything below it. */
  const walk = (tag: TagNode, index: number, ancestors: readonly number[]): Walked => {
    const position = order++;
    const below = childrenOf(tag.id).map((child, at) => walk(child, at, [...ancestors, tag.id]));
    const children = below.map((child) => child.id);
    const descendants = below.flatMap((child) => [child.id, ...child.descendants]);
    const siblings = childrenOf(tag.parent).map((other) => other.id).filter((id) => id !== tag.id);
    const depth = Math.max(0, ...below.map((child) => child.depth + 1));
    columns.set(tag.id, {
      tn_ancestors_pks: ancestors.join(","),
      tn_ancestors_count: ancestors.length,
      tn_children_pks: children.join(","),
      tn_children_count: children.length,
      tn_depth: depth,
      tn_descendants_pks: descendants.join(","),
      tn_descendants_count: descendants.length,
      tn_index: index,
      tn_level: ancestors.length + 1,
      tn_priority: 0,
      tn_order: position,
      tn_siblings_pks: siblings.join(","),
      tn_siblings_count: siblings.length,
    });
    return { id: tag.id, depth, descendants };
  };
  childrenOf(null).forEach((tag, index) => walk(tag, index, []));
  return columns;
}

interface Walked {
  readonly id: number;
  readonly depth: number;
  readonly descendants: readonly number[];
}
