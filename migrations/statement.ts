// What every dialect turns operations into.

import type { Rows } from "./operation.ts";

/** When a statement runs: all of one phase before any of the next. */
export const PHASES = ["table", "rows", "index", "foreign key"] as const;
/** One of {@linkcode PHASES}. */
export type Phase = typeof PHASES[number];

/** A statement with the values of its places. */
export interface Statement {
  readonly sql: string;
  /** One list per execution; absent: executed once without values. */
  readonly values?: Rows["values"];
  /** An INSERT as data, for who can write many rows at once. */
  readonly rows?: Rows;
}

/** A statement and when it runs. */
export interface PhasedStatement extends Statement {
  readonly phase: Phase;
}

/** Puts statements in the order of their phases. */
export function inPhases(statements: readonly PhasedStatement[]): readonly PhasedStatement[] {
  return PHASES.flatMap((phase) => statements.filter((each) => each.phase === phase));
}
