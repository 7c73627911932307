// How an import went, as one value; text and JSON are two printers of it.

import type { ExitName } from "../../exit_codes.ts";
import type { Generation } from "../../schema/model.ts";
import type { LostKind } from "../history/lost.ts";
import type { ImportProblem } from "./import_problem.ts";

/** Records of one model, and what became of them. `records = added + merged + leftOut`. */
export interface ImportCount {
  /** `documents.document` */
  readonly model: string;
  /** In the export. */
  readonly records: number;
  /** New rows. */
  readonly added: number;
  /** The library had them already. */
  readonly merged: number;
  /** Damaged, or about something that is not imported. */
  readonly leftOut: number;
}

/** The summary of an import. */
export interface ImportSummary {
  /** As the options named it. */
  readonly source: string;
  /** Nothing was changed: the figures say what would be. */
  readonly dryRun: boolean;
  /** The library was made. */
  readonly created: boolean;
  /** An import of this export that was interrupted was brought to its end; nothing else was done. */
  readonly resumed: boolean;
  /** Of the library. */
  readonly generation: Generation;
  /** `X.Y.Z` that wrote the export, or null where it doesn't say. */
  readonly release: string | null;
  /** Documents that were added; 0 where an interrupted import was brought to its end. */
  readonly documents: number;
  /** Files put in place; a dry run says how many would be. */
  readonly files: number;
  /** Bytes of the planned files; 0 where an interrupted import was brought to its end. */
  readonly bytes: number;
  /** By model; empty where an interrupted import was brought to its end. */
  readonly counts: readonly ImportCount[];
  /** Problems by kind. */
  readonly problems: Readonly<Partial<Record<ImportProblem["kind"], number>>>;
  /** What of an old export could not be kept as it stood, by kind. */
  readonly conversions: Readonly<Partial<Record<LostKind, number>>>;
  /** What libraries of the export's release held and no export of it does: `share links`. */
  readonly notExported: readonly string[];
  /** Number of the entry in the journal. */
  readonly journal?: string;
  /** ms */
  readonly duration: number;
}

/** How an import with this summary ends. */
export function exitOf(summary: ImportSummary): ExitName {
  const problems = Object.values(summary.problems).some((count) => count > 0);
  if (!problems) return "done";
  return summary.dryRun ? "findings" : "partial";
}
