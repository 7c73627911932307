// Opens a library inside a sandbox, as the command Worker does, and says what it found.

import { openDatabase } from "../../../../core/database/open_database.ts";
import { openFiles } from "../../../../core/library/deno_files.ts";
import { SILENT } from "../../archive/records/_library.ts";

declare const self: DedicatedWorkerGlobalScope;

self.onmessage = async (
  { data }: MessageEvent<{ readonly folder: string; readonly scratch: string }>,
) => {
  try {
    const database = await openDatabase(
      { kind: "sqlite", path: `${data.folder}/db.sqlite3`, timeoutMs: 1000 },
      {
        files: openFiles({ read: [data.folder], write: [data.scratch] }),
        scratch: data.scratch,
        report: SILENT,
        mode: "read",
      },
    );
    const tags = await database.snapshot(({ kysely }) =>
      kysely.selectFrom("documents_tag").select("name").orderBy("name").execute()
    );
    await database.close();
    self.postMessage({ generation: database.generation, tags: tags.map(({ name }) => name) });
  } catch (error) {
    self.postMessage({ error: String(error) });
  }
};
