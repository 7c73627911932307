// Releases of paperless-ng and paperless-ngx as exports name them, in one line of ascending numbers:
// ng-0.9 … ng-1.5.0, then 1.6.0 … 3.0.5.

import type { Generation } from "../../schema/model.ts";

/** `X.Y.Z`. */
export type Release = string;

/** The newest release of each generation whose exports are known. */
export const NEWEST_RELEASE: Readonly<Record<Generation, Release>> = {
  v2: "2.20.15",
  v3: "3.0.5",
};

/** The `X.Y.Z` at the start of a version text; development builds append to it (`1.17.0-dev`).
 * @returns null if there is none */
export function releaseIn(text: string): Release | null {
  const [found] = /^\d{1,6}\.\d{1,6}\.\d{1,6}/.exec(text) ?? [];
  return found === undefined ? null : found.split(".").map(Number).join(".");
}

/** Below 0 if `a` is older than `b`, above 0 if newer. */
export function compareReleases(a: Release, b: Release): number {
  const [left, right] = [a.split(".").map(Number), b.split(".").map(Number)];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
