// Placeholder until the loader is here.
import type { Snapshot } from "../../database/database.ts";
import type { FilenameDocument } from "./filename_document.ts";
/** Loads what templates need. */
export function loadFilenameDocuments(
  _snapshot: Snapshot,
  _ids: readonly number[],
): Promise<FilenameDocument[]> {
  throw new Error("not there yet");
}
