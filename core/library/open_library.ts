// Opens the database of a library for a command that changes it batch by batch, or shows what it would change.

import type { LibraryDatabase } from "../database/database.ts";
import { openDatabase } from "../database/open_database.ts";
import { writeInBatches } from "../database/write_in_batches.ts";
import type { CommandContext } from "../sandbox/context.ts";

/** Opens a library, says which one it is, and closes it at the end.
 * @throws {PaperwardError} `noLibrary`, `version`, `locked` or `failed` */
export async function openLibrary(
  { files, report, scratch, settings, stop }: CommandContext,
  mode: "read" | "write",
  cleanup: AsyncDisposableStack,
): Promise<LibraryDatabase> {
  const database = await openDatabase(settings.database, { files, scratch, report, mode, stop });
  cleanup.defer(() => database.close());
  if (mode === "write") cleanup.defer(await writeInBatches(database, settings.database));
  report.info(
    `Library: ${database.kind} ${database.place}, paperless-ngx ${database.schema.release} (${database.generation})`,
  );
  return database;
}
