// The journal's entry of an import. Its errors name its own folder: it need not be on the disk of the documents.

import {
  type JournalEntry,
  journalFolder,
  openJournal,
} from "../../library/journal/open_journal.ts";
import { explainWriteError } from "../staging/write_error.ts";
import type { ImportWorld } from "./import_world.ts";

/** Begins the entry.
 * @throws {PaperwardError} where the journal can't be written, or an undo was interrupted */
export async function beginImportJournal(
  { files, settings, commandLine, now }: ImportWorld,
): Promise<JournalEntry> {
  const rethrow = (error: unknown): never => {
    throw explainWriteError(journalFolder(settings.dataDir), error, "library");
  };
  const entry = await openJournal(files, settings, { now: () => now() })
    .begin({ command: "document_importer", arguments: commandLine }).catch(rethrow);
  return {
    ...entry,
    record(step) {
      try {
        entry.record(step);
      } catch (error) {
        rethrow(error);
      }
    },
    flush: () => entry.flush().catch(rethrow),
    commit: () => entry.commit().catch(rethrow),
  };
}
