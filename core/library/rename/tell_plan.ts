// Says what becomes of the names of documents, or would: a line a file, and a record in JSON.

import type { Report } from "../../report/report.ts";
import { type DocumentMove, type DocumentStay, isMove, type NamePlan } from "./file_namer.ts";
import { COLUMNS, ROLES } from "./media_names.ts";

/** Prints a plan. @param quietly leaves documents out that stay for good reason @returns how many can't be moved */
export function tellPlan(
  report: Pick<Report, "item">,
  plan: NamePlan,
  quietly = false,
): number {
  let failed = 0;
  for (const decision of plan.decisions()) {
    if (isMove(decision)) {
      tellMove(report, "move", decision, true);
      continue;
    }
    if (decision.failed) failed++;
    else if (quietly) continue;
    report.item(
      "stay",
      stayRecord(decision),
      `stay  ${decision.id}: ${decision.message}${templateNote(decision)}`,
    );
  }
  return failed;
}

/** A stay as JSON. */
export function stayRecord(
  { id, reason, message, template }: DocumentStay,
): Readonly<Record<string, string | number | undefined>> {
  return { document: id, reason, message, template };
}

function templateNote({ template }: DocumentMove | DocumentStay): string {
  return template === undefined ? "" : ` (${template})`;
}

/** Tells the moves of a document's files. @param aloud as text too */
export function tellMove(
  report: Pick<Report, "item">,
  type: string,
  move: DocumentMove,
  aloud: boolean,
): void {
  const { id, before, after, files, template } = move;
  for (const role of ROLES) {
    const [from, to] = [before[COLUMNS[role]], after[COLUMNS[role]]];
    if (from === undefined || to === undefined) continue;
    const adopted = !files.some((file) => file.role === role);
    const line = `${type}  ${id}: ${role} ${from} -> ${to}` +
      (adopted ? " (the file is there already)" : "") + templateNote(move);
    report.item(
      type,
      { document: id, file: role, from, to, adopted, template },
      aloud ? line : undefined,
    );
  }
}
