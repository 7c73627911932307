// Counts what was found, and says how a check ends. Invariant: an error that was found is never outvoted by
// something that could not be read.

import type { ExitName } from "../exit_codes.ts";
import type { Finding, Level } from "./check.ts";
import { CHECKS } from "./checks.ts";

/** Levels in the order in which a summary names them. */
export const LEVELS: readonly Level[] = ["error", "warning", "info"];

const UNREAD: ReadonlySet<string> = new Set(
  CHECKS.filter(({ unread }) => unread).map(({ name }) => name),
);

/** Counts of findings. */
export interface Tally {
  /** Counts one more. */
  add(finding: Finding): void;
  /** Findings by check. */
  readonly byCheck: ReadonlyMap<string, number>;
  /** Findings of all levels. */
  readonly total: number;
  /** Findings of this level. */
  count(level: Level): number;
  /** Documents that have a finding of this level. */
  documents(level: Level): number;
  /** Findings of this level that belong to no document. */
  global(level: Level): number;
  /** Things that could not be read. */
  readonly unread: number;
  /** How it ends. @param strict warnings count as errors */
  exit(strict: boolean): ExitName;
}

/** Starts counting. */
export function openTally(): Tally {
  const byCheck = new Map<string, number>();
  const counts: Record<Level, number> = { error: 0, warning: 0, info: 0 };
  const global: Record<Level, number> = { error: 0, warning: 0, info: 0 };
  const documents: Record<Level, Set<number>> = {
    error: new Set(),
    warning: new Set(),
    info: new Set(),
  };
  let unread = 0;
  return {
    byCheck,
    add({ check, level, document }) {
      byCheck.set(check, (byCheck.get(check) ?? 0) + 1);
      counts[level]++;
      if (document) documents[level].add(document.id);
      else global[level]++;
      if (UNREAD.has(check)) unread++;
    },
    get total() {
      return LEVELS.reduce((sum, level) => sum + counts[level], 0);
    },
    count: (level) => counts[level],
    documents: (level) => documents[level].size,
    global: (level) => global[level],
    get unread() {
      return unread;
    },
    exit(strict) {
      if (counts.error > unread || (strict && counts.warning > 0)) return "findings";
      return unread > 0 ? "partial" : "done";
    },
  };
}

/** `1 document with errors, 2 documents with infos and 1 global warning`. */
export function describeTally(tally: Tally): string {
  const parts = [
    ...LEVELS.map((level) => {
      const count = tally.documents(level);
      return count === 0 ? "" : `${count} document${count === 1 ? "" : "s"} with ${level}s`;
    }),
    ...LEVELS.map((level) => {
      const count = tally.global(level);
      return count === 0 ? "" : `${count} global ${level}${count === 1 ? "" : "s"}`;
    }),
  ].filter((part) => part !== "");
  const last = parts.pop();
  if (last === undefined) return "nothing";
  return parts.length === 0 ? last : `${parts.join(", ")} and ${last}`;
}
