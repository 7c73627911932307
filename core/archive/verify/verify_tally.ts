// Counts what was found and says how a run ends. Invariant: damage that was found is never outvoted by a
// missing passphrase or by something that could not be read.

import type { ExitName } from "../../exit_codes.ts";
import { type CheckName, checkNamed } from "./checks.ts";
import type { Finding, VerifyLevel } from "./finding.ts";

/** Exits of errors, the worst first. */
const ORDER: readonly ExitName[] = ["findings", "version", "passphrase", "partial"];

/** Counts of findings. */
export interface VerifyTally {
  /** Findings by check; checks that found nothing are missing. */
  readonly byCheck: ReadonlyMap<CheckName, number>;
  /** Findings of all levels. */
  readonly total: number;
  /** Counts one more. */
  add(finding: Finding): void;
  /** Findings of this level. */
  count(level: VerifyLevel): number;
  /** How the run ends. @param strict warnings count as errors */
  exit(strict: boolean): ExitName;
}

/** Starts counting. */
export function openVerifyTally(): VerifyTally {
  const byCheck = new Map<CheckName, number>();
  const levels: Record<VerifyLevel, number> = { error: 0, warning: 0, info: 0 };
  return {
    byCheck,
    get total() {
      return levels.error + levels.warning + levels.info;
    },
    add({ check, level }) {
      byCheck.set(check, (byCheck.get(check) ?? 0) + 1);
      levels[level]++;
    },
    count: (level) => levels[level],
    exit(strict) {
      const exits = new Set([...byCheck.keys()].map(exitOf));
      if (strict && levels.warning > 0) return "findings";
      return ORDER.find((exit) => exits.has(exit)) ?? "done";
    },
  };
}

function exitOf(name: CheckName): ExitName {
  const { exit, level } = checkNamed(name);
  return exit ?? (level === "error" ? "findings" : "done");
}
