// Libraries opened for tests as a command opens them, and records in an exact form for comparing.

import { join } from "node:path";
import type { LibraryDatabase } from "../../../../core/database/database.ts";
import { openDatabase } from "../../../../core/database/open_database.ts";
import { openFiles } from "../../../../core/library/deno_files.ts";
import { openManifestWriter } from "../../../../core/archive/manifest/manifest_writer.ts";
import type { ExportRecord } from "../../../../core/archive/records/read_records.ts";
import type { Report } from "../../../../core/report/report.ts";
import type { ExactObject } from "../../../_json.ts";
import { parseManifest } from "../../../_fixtures.ts";

/** A report that says nothing. */
export const SILENT: Report = {
  options: { json: false, verbosity: 0, progressBar: false, colour: false },
  verbose: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  item: () => {},
  summary: () => {},
  progress: () => ({ advance: () => {}, end: () => {} }),
};

/** Opens a library's database for reading. @param folder holds `data`, gets `scratch` */
export function openLibrary(folder: string): Promise<LibraryDatabase> {
  const scratch = join(folder, "scratch");
  Deno.mkdirSync(scratch, { recursive: true });
  return openDatabase(
    { kind: "sqlite", path: join(folder, "data/db.sqlite3"), timeoutMs: 1000 },
    {
      files: openFiles({ read: [folder], write: [scratch] }),
      scratch,
      report: SILENT,
      mode: "read",
    },
  );
}

/** Records as a reader of the manifest sees them: number tokens, key order and escapes kept. */
export function written(
  records: readonly ExportRecord[],
  layout: "v2" | "v3",
): readonly ExactObject[] {
  return parseManifest(writtenText(records, layout));
}

/** The manifest's text. */
export function writtenText(records: readonly ExportRecord[], layout: "v2" | "v3"): string {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  const writer = openManifestWriter({
    write: (bytes) => void (text += decoder.decode(bytes, { stream: true })),
  }, layout);
  for (const record of records) writer.write(record);
  writer.end();
  return text + decoder.decode();
}
