// PAPERLESS_DB_OPTIONS (v3): a comma list of key=value whose dots nest. Kept flat here, under the keys as
// written: what is read of it is a short list.

/** What the list holds. */
export interface DbOptions {
  /** By key as written (`pool.max_size`); a later one wins. */
  readonly values: ReadonlyMap<string, string>;
  /** Parts without a `=` or a key: ignored, as upstream ignores them. */
  readonly ignored: readonly string[];
}

/** Parses the list; paperless-ngx 3.0.5's rules. */
export function parseDbOptions(text: string): DbOptions {
  const values = new Map<string, string>();
  const ignored: string[] = [];
  for (const part of text.split(",").map((each) => each.trim())) {
    if (part === "") continue;
    const cut = part.indexOf("=");
    const key = part.slice(0, Math.max(0, cut)).trim();
    if (key === "") ignored.push(part);
    else values.set(key, part.slice(cut + 1).trim());
  }
  return { values, ignored };
}
