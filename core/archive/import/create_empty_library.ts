// Makes an empty library where there is none. Invariant: the database appears at its place complete or not at
// all, and a file that is there is never touched.

import { dirname, join } from "node:path";
import type { CreateLibraryOptions } from "../../../migrations/create_library.ts";
import { PaperwardError } from "../../errors.ts";
import type { Files } from "../../library/files.ts";
import { mediaLockPath } from "../../library/media_lock.ts";
import { journalFolder } from "../../library/journal/open_journal.ts";
import type { Generation } from "../../schema/model.ts";
import type { Settings } from "../../settings/settings.ts";

/** What making a library needs. */
export interface CreateWorld {
  readonly settings: Settings;
  readonly files: Files;
  createLibrary(options: CreateLibraryOptions): void;
}

/** Folders of the media folder that paperless-ngx expects; the last one is v3's. */
const MEDIA_FOLDERS = ["originals", "archive", "thumbnails", "share_link_bundles"] as const;

const SIDECARS = ["-wal", "-shm", "-journal"] as const;

/** Whether there is a database, even a damaged or an empty one. @throws {PaperwardError} where it isn't SQLite */
export function hasDatabase({ settings, files }: CreateWorld): boolean {
  const { database } = settings;
  if (database.kind !== "sqlite") {
    throw new PaperwardError(
      `Cannot create a library in ${database.kind}: only SQLite is supported yet`,
      {
        exit: "usage",
        hints: ["unset PAPERLESS_DBHOST and PAPERLESS_DBENGINE, or give --database-url"],
      },
    );
  }
  return files.exists(database.path);
}

/** A library that was made a moment ago. */
export interface CreatedLibrary {
  /** Takes it back: the database, and the folders that were not there before and hold nothing now. */
  remove(): void;
}

/** Makes an empty library: the database and the folders of the media folder.
 * @throws {PaperwardError} where there is a database already; nothing is left then */
export function createEmptyLibrary(world: CreateWorld, generation: Generation): CreatedLibrary {
  const { settings, files } = world;
  const path = databasePath(world);
  if (hasDatabase(world)) {
    throw new PaperwardError(`Cannot create a library: there is a database at ${path} already`, {
      hints: ["give a place where there is none, with --data-dir or PAPERLESS_DATA_DIR"],
    });
  }
  const made: string[] = [];
  // What is above them is not ours to make.
  const roots = [settings.dataDir, settings.mediaRoot, dirname(path)];
  const makeFolder = (folder: string): void => {
    if (files.exists(folder)) return files.makeFolder(folder);
    if (!roots.includes(folder)) makeFolder(dirname(folder));
    files.makeFolder(folder);
    made.push(folder);
  };
  const own = journalFolder(settings.dataDir);
  const draft = join(own, "new-library.sqlite3");
  const created: CreatedLibrary = {
    remove() {
      removeDatabase(files, draft);
      removeDatabase(files, path);
      const lock = mediaLockPath(settings.mediaRoot);
      if (made.includes(settings.mediaRoot) && files.exists(lock)) files.remove(lock);
      // What an import made in them meanwhile goes too, where it is empty again.
      for (const folder of [join(own, "journal"), ...made.toReversed()]) {
        if (files.exists(folder) && files.list(folder).length === 0) files.remove(folder);
      }
    },
  };
  try {
    makeFolder(own);
    makeFolder(dirname(path));
    removeDatabase(files, draft);
    world.createLibrary({ path: draft, generation });
    for (const folder of MEDIA_FOLDERS) {
      if (folder === "share_link_bundles" && generation === "v2") continue;
      makeFolder(join(settings.mediaRoot, "documents", folder));
    }
    files.rename(draft, path);
    return created;
  } catch (error) {
    created.remove();
    throw error;
  }
}

function removeDatabase(files: Files, path: string): void {
  for (const each of [path, ...SIDECARS.map((suffix) => path + suffix)]) {
    if (files.exists(each)) files.remove(each);
  }
}

function databasePath({ settings: { database } }: CreateWorld): string {
  if (database.kind === "sqlite") return database.path;
  throw new Error(`No file of a ${database.kind} database`);
}
