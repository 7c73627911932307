// Moments as Django writes them to an SQLite database.

/** `2026-11-23 05:21:10.300994`: UTC, microseconds; whole seconds have no fraction. @param moment ms */
export function nowInDatabase(moment: number): string {
  const text = new Date(moment).toISOString().replace("T", " ").slice(0, -1);
  return text.endsWith(".000") ? text.slice(0, -4) : `${text}000`;
}
