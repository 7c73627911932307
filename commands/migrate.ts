// migrate: makes an empty library of either generation, as paperless-ngx's own migrations leave it.

import { join } from "node:path";
import { isLitterFile, isLitterFolder } from "../core/checks/nas_litter.ts";
import { PaperwardError } from "../core/errors.ts";
import type { ExitName } from "../core/exit_codes.ts";
import type { Flag } from "../core/flags/flag.ts";
import { journalFolder } from "../core/library/journal/open_journal.ts";
import { libraryAccess } from "../core/sandbox/library_access.ts";
import type { CommandContext } from "../core/sandbox/context.ts";
import type { Command } from "./_command.ts";

const flags: readonly Flag[] = [
  {
    long: "generation",
    origin: "paperward",
    value: { name: "GENERATION", kind: "string", choices: ["v2", "v3"], default: "v3" },
    help: "v2: the schema of 2.20.15; v3: that of 3.0.5.",
  },
];

/** `migrate` */
export const migrate: Command = {
  name: "migrate",
  summary: "Make an empty library where there is none.",
  details:
    "Makes the tables and the media folders at the place that the settings name, with the content types, " +
    "permissions and recorded migrations that paperless-ngx leaves: it opens the library and finds nothing to " +
    "migrate. SQLite: a new file. PostgreSQL and MariaDB: a database that somebody created and that has no " +
    "tables. A library that is there is never touched.",
  arguments: [],
  flags,
  access(settings) {
    const { write, ...access } = libraryAccess(settings, { changesDatabase: true });
    return {
      ...access,
      write: [...write, settings.dataDir, settings.mediaRoot, journalFolder(settings.dataDir)],
    };
  },
  async run(context, options): Promise<ExitName> {
    const { createEmptyLibrary } = await import("../core/archive/import/create_empty_library.ts");
    const { createLibrary } = await import("../migrations/create_library.ts");
    const { placeOf } = await import("../core/database/server_connection.ts");
    const { serverLibraries } = await import("../migrations/create_server_library.ts");
    const generation = options.generation === "v2" ? "v2" : "v3";
    refuseMedia(context);
    const library = await createEmptyLibrary(
      { ...context, createLibrary, serverLibraries },
      { generation },
    );
    library.release();
    const { settings: { database, mediaRoot }, report } = context;
    const place = database.kind === "sqlite" ? database.path : placeOf(database);
    const release = { v2: "2.20.15", v3: "3.0.5" }[generation];
    report.summary({ exit: "done", generation, database: place, media: mediaRoot }, [
      `Made an empty library of paperless-ngx ${release} (${generation}): ${place}, media ${mediaRoot}`,
    ]);
    return "done";
  },
};

/** Folders of the media folder that hold documents. */
const DOCUMENT_FOLDERS = ["originals", "archive", "thumbnails"] as const;

/** A library that lost its database still has its documents: in a new one they would all be orphans. */
function refuseMedia({ settings: { mediaRoot }, files }: CommandContext): void {
  const folders = DOCUMENT_FOLDERS.map((name) => join(mediaRoot, "documents", name));
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    if (!files.exists(folder)) continue;
    for (const { name, kind } of files.list(folder)) {
      if (kind === "folder") {
        if (!isLitterFolder(name)) folders.push(join(folder, name));
      } else if (!isLitterFile(name)) {
        throw new PaperwardError(
          `Cannot create a library: ${folder} holds files already, ${name} for one`,
          {
            hints: [
              "give an empty place, with --media-root or PAPERLESS_MEDIA_ROOT",
              "if a library lost its database, import an export of it elsewhere",
            ],
          },
        );
      }
    }
  }
}
