// The order of texts by code units: the same whatever the locale.

/** −1, 0 or 1. */
export function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
