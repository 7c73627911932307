// How an export went, as one value; text and JSON are two printers of it.

import type { ExitName } from "../../exit_codes.ts";
import type { ExportProblem } from "./planned_file.ts";

/** Rows of one model, in the database and in the manifests. */
export interface ModelCount {
  /** `documents.document` */
  readonly model: string;
  /** In the database. */
  readonly rows: number;
  /** In the manifests. */
  readonly records: number;
}

/** The summary of an export. */
export interface ExportSummary {
  /** The folder or the zip that holds the export now. */
  readonly target: string;
  /** Nothing was changed: the figures say what would be. */
  readonly dryRun: boolean;
  /** Of the library. */
  readonly generation: "v2" | "v3";
  /** Documents in the export; v3 counts the trash and versions. */
  readonly documents: number;
  /** Files by what became of them; a dry run says what would. */
  readonly copied: number;
  /** Files that were right already. */
  readonly kept: number;
  /** Files of earlier exports that were removed. */
  readonly deleted: number;
  /** bytes that were copied */
  readonly bytes: number;
  /** Manifests and metadata that were written; unchanged ones are not (`-cj`). */
  readonly manifestsWritten: number;
  /** Files in the target that no export wrote: kept, unless they were to be deleted. */
  readonly strangers: number;
  /** Proof that no row was lost. */
  readonly counts: readonly ModelCount[];
  /** Problems by kind. */
  readonly problems: Readonly<Partial<Record<ExportProblem["kind"], number>>>;
  /** Why nothing was deleted though it was asked for. */
  readonly nothingDeleted?: string;
  /** ms */
  readonly duration: number;
}

/** How an export with this summary ends. */
export function exitOf(summary: ExportSummary): ExitName {
  const problems = Object.values(summary.problems).some((count) => count > 0);
  return problems || summary.nothingDeleted !== undefined ? "partial" : "done";
}
