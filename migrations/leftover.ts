// What only the history of upstream's migrations explains: a table that once had another name, or a column
// that was made again, keeps names that no rule gives. Per database, as data beside the rules.

/** What differs in one table from what the rules give. */
export interface Leftover {
  /** The order of the columns, where the other databases rebuilt the table on the way. */
  readonly order?: readonly string[];
  /** Names by the ones that the rules give; null: the object isn't there. */
  readonly names?: Readonly<Record<string, string | null>>;
  /** Definitions of what no rule gives: each is added to the table. */
  readonly extra?: readonly string[];
}

/** Leftovers by table. */
export type Leftovers = Readonly<Record<string, Leftover>>;

/** Puts the order of columns beside the names. */
export function withOrder(
  leftovers: Leftovers,
  order: Readonly<Record<string, readonly string[]>>,
): Leftovers {
  const tables = new Set([...Object.keys(leftovers), ...Object.keys(order)]);
  return Object.fromEntries(
    Array.from(tables, (table) => {
      const columns = order[table];
      return [table, { ...leftovers[table], ...(columns ? { order: columns } : {}) }];
    }),
  );
}
