// Says what a check found, in the same form whatever was checked: a line with its level, and a record in JSON.

import type { FindingLevel, Json, Report } from "./report.ts";

/** What is told of a finding; what is absent is left out. */
export interface ToldFinding {
  /** Name of the check. */
  readonly check: string;
  readonly level: FindingLevel;
  readonly message: string;
  readonly document?: { readonly id: number; readonly title: string };
  /** Which file of the document. */
  readonly role?: string;
  readonly path?: string;
  /** The manifest's record that it is about. */
  readonly record?: Readonly<Record<string, Json>>;
  readonly facts?: Readonly<Record<string, Json>>;
}

/** Tells a finding. @param text the line, without its level */
export function tellFinding(
  report: Pick<Report, "item">,
  { check, level, document, role, path, record, message, facts }: ToldFinding,
  text: string,
): void {
  report.item(
    "finding",
    { check, level, document, role, path, record, message, facts },
    text,
    level,
  );
}
