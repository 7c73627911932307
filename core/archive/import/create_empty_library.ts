// Makes an empty library where there is none. Invariants: the database appears at its place complete or not at
// all, and a database that is there is never touched; whoever made a library holds its lock until nobody will take
// it back any more, so that nothing is taken back which somebody else has filled.

import { dirname, join } from "node:path";
import type { CreateLibraryOptions } from "../../../migrations/create_library.ts";
import type { CreateServerLibraryOptions } from "../../../migrations/create_server_library.ts";
import { connectServer } from "../../database/connect_server.ts";
import {
  placeOf,
  type ServerConnection,
  type ServerSettings,
} from "../../database/server_connection.ts";
import { PaperwardError } from "../../errors.ts";
import type { Files } from "../../library/files.ts";
import { isFileError } from "../../library/os_error.ts";
import { type HeldLock, mediaLockPath } from "../../library/media_lock.ts";
import { takeMediaLock } from "../../library/take_media_lock.ts";
import { journalFolder } from "../../library/journal/open_journal.ts";
import type { Report } from "../../report/report.ts";
import type { StopSignal } from "../../sandbox/stop_signal.ts";
import type { Generation } from "../../schema/model.ts";
import type { Settings } from "../../settings/settings.ts";

/** Makes the tables of a library on a server, and takes them back. */
export interface ServerLibraries {
  /** Makes an empty library, or one with the rows that are given. */
  create(connection: ServerConnection, options: CreateServerLibraryOptions): Promise<void>;
  /** Removes a library that this very run has made. */
  drop(connection: ServerConnection, generation: Generation): Promise<void>;
  /** Whether a run was stopped before the library was complete. */
  isUnfinished(connection: ServerConnection): Promise<boolean>;
}

/** What making a library needs. */
export interface CreateWorld {
  readonly settings: Settings;
  readonly files: Files;
  readonly report: Report;
  readonly stop: StopSignal;
  createLibrary(options: CreateLibraryOptions): void;
  /** Absent: only SQLite libraries are made. */
  readonly serverLibraries?: ServerLibraries;
}

/** Folders of the media folder that paperless-ngx expects; the last one is v3's. */
const MEDIA_FOLDERS = ["originals", "archive", "thumbnails", "share_link_bundles"] as const;

const SIDECARS = ["-wal", "-shm", "-journal"] as const;

/** Whether there is a database, even a damaged or an empty one; on a server: one with tables. */
export async function hasDatabase(world: CreateWorld): Promise<boolean> {
  const { files, settings: { database } } = world;
  if (database.kind === "sqlite") return files.exists(database.path);
  const connection = await connectServer(database, { ...world, mode: "read" });
  try {
    const tables = await connection.tables();
    return tables.size > 0 && await world.serverLibraries?.isUnfinished(connection) !== true;
  } finally {
    await connection.close();
  }
}

/** A library that was made a moment ago. */
export interface CreatedLibrary extends HeldLock {
  /** Takes it back, before the lock is given back: the database, and the folders that were not there before and hold
   * nothing now. */
  remove(): Promise<void>;
}

/** What to make. */
export interface CreateOptions {
  readonly generation: Generation;
  /** How long to wait for media.lock, ms; absent: for ever */
  readonly lockTimeoutMs?: number;
}

/** Makes an empty library: the database, the folders of the media folder, and an empty one for the search index.
 * @returns the library, with media.lock held
 * @throws {PaperwardError} where there is a database already; nothing is left then */
export async function createEmptyLibrary(
  world: CreateWorld,
  { generation, lockTimeoutMs }: CreateOptions,
): Promise<CreatedLibrary> {
  const { settings, files } = world;
  await refuseDatabase(world);
  const database = planDatabase(world, generation);
  let lock: HeldLock | undefined;
  const folders = openFolders(world);
  const created: CreatedLibrary = {
    async remove() {
      await database.remove();
      const lockPath = mediaLockPath(settings.mediaRoot);
      if (lock && folders.made.includes(settings.mediaRoot) && files.exists(lockPath)) {
        files.remove(lockPath);
      }
      // What an import made in them meanwhile goes too, where it is empty again.
      removeEmpty(files, join(journalFolder(settings.dataDir), "journal"));
      folders.remove();
    },
    release: () => lock?.release(),
  };
  await using undo = new AsyncDisposableStack();
  undo.defer(() => created.release());
  undo.defer(() => created.remove());
  try {
    folders.make(settings.mediaRoot);
    lock = await takeMediaLock({
      ...world,
      generation,
      ...(lockTimeoutMs === undefined ? {} : { timeoutMs: lockTimeoutMs }),
    });
    // Another run may have made one before it gave the lock back.
    await refuseDatabase(world);
    for (const folder of foldersOf(settings, generation)) folders.make(folder);
    await database.draft();
    await database.appear();
    undo.move();
    return created;
  } catch (error) {
    throw explainFolders(error);
  }
}

/** Makes the folders of a library and takes back at once those that were not there: nothing but trying tells whether
 * they can be made. @param look called while they are there
 * @throws {PaperwardError} where one can't be made, as {@linkcode createEmptyLibrary} */
export function tryFolders(
  world: Pick<CreateWorld, "settings" | "files">,
  generation: Generation,
  look: () => void,
): void {
  const folders = openFolders(world);
  try {
    for (const folder of foldersOf(world.settings, generation)) folders.make(folder);
    look();
  } catch (error) {
    throw explainFolders(error);
  } finally {
    folders.remove();
  }
}

/** The folder in which a database lies that is a file. */
function databaseFolder({ database }: Settings): readonly string[] {
  return database.kind === "sqlite" ? [dirname(database.path)] : [];
}

/** The folders of a library, in the order in which they are made. */
function foldersOf(settings: Settings, generation: Generation): readonly string[] {
  const { dataDir, mediaRoot } = settings;
  return [
    mediaRoot,
    journalFolder(dataDir),
    // `document_index reindex` of 3.0 fails where this one is missing.
    join(dataDir, "index"),
    ...databaseFolder(settings),
    ...MEDIA_FOLDERS.filter((name) => name !== "share_link_bundles" || generation === "v3")
      .map((name) => join(mediaRoot, "documents", name)),
  ];
}

/** Makes folders, and remembers which of them were not there. */
function openFolders({ settings, files }: Pick<CreateWorld, "settings" | "files">) {
  const made: string[] = [];
  // What is above them is not ours to make.
  const roots = [settings.dataDir, settings.mediaRoot, ...databaseFolder(settings)];
  return {
    made,
    make(folder: string): void {
      if (files.exists(folder)) return files.makeFolder(folder);
      if (!roots.includes(folder)) this.make(dirname(folder));
      files.makeFolder(folder);
      made.push(folder);
    },
    /** Removes those that hold nothing. */
    remove(): void {
      for (const folder of made.toReversed()) removeEmpty(files, folder);
    },
  };
}

function removeEmpty(files: Files, folder: string): void {
  if (files.exists(folder) && files.list(folder).length === 0) files.remove(folder);
}

function explainFolders(error: unknown): unknown {
  if (!isFileError(error)) return error;
  return new PaperwardError(`Cannot create a library: ${error.message}`, {
    hints: ["the folders above data and media must be there, and be yours to write to"],
    cause: error,
  });
}

async function refuseDatabase(world: CreateWorld): Promise<void> {
  const { database } = world.settings;
  // Making one on a server looks for itself.
  if (database.kind !== "sqlite" || !await hasDatabase(world)) return;
  throw new PaperwardError(
    `Cannot create a library: there is a database at ${database.path} already`,
    { hints: ["give a place where there is none, with --data-dir or PAPERLESS_DATA_DIR"] },
  );
}

/** A database that is to be made. */
interface PlannedDatabase {
  /** Makes what can be made without anybody's seeing it. */
  draft(): void;
  /** Makes it appear. */
  appear(): Promise<void>;
  /** Takes back what this run has made. */
  remove(): Promise<void>;
}

function planDatabase(world: CreateWorld, generation: Generation): PlannedDatabase {
  const { database } = world.settings;
  if (database.kind !== "sqlite") return planServer(world, database, generation);
  const { files } = world;
  const draft = join(journalFolder(world.settings.dataDir), "new-library.sqlite3");
  /** What this run has made. */
  let made: string | undefined;
  return {
    draft() {
      removeDatabase(files, draft);
      made = draft;
      world.createLibrary({ path: draft, generation });
    },
    // deno-lint-ignore require-await -- an error must be a rejection
    async appear() {
      files.rename(draft, database.path);
      made = database.path;
    },
    // deno-lint-ignore require-await -- an error must be a rejection
    async remove() {
      if (made !== undefined) removeDatabase(files, made);
    },
  };
}

function planServer(
  world: CreateWorld,
  settings: ServerSettings,
  generation: Generation,
): PlannedDatabase {
  const { serverLibraries } = world;
  if (!serverLibraries) throw new Error(`No way to make a library in ${settings.kind}`);
  let isMade = false;
  const withConnection = async (
    work: (connection: ServerConnection) => Promise<void>,
    options: Partial<Pick<CreateWorld, "stop">> = {},
  ) => {
    const { files, report } = world;
    const connection = await connectServer(settings, { files, report, mode: "write", ...options });
    try {
      await work(connection);
    } finally {
      await connection.close();
    }
  };
  return {
    draft() {},
    async appear() {
      const { stop } = world;
      await withConnection((to) => serverLibraries.create(to, { generation }), { stop });
      isMade = true;
    },
    async remove() {
      if (!isMade) return;
      // Without the stop, for which it is taken back as a rule.
      try {
        await withConnection((from) => serverLibraries.drop(from, generation));
      } catch (error) {
        throw new PaperwardError(
          `the empty library that was made is still in ${placeOf(settings)}, for the next import (${
            error instanceof Error ? error.message : error
          })`,
          { cause: error },
        );
      }
    },
  };
}

function removeDatabase(files: Files, path: string): void {
  for (const each of [path, ...SIDECARS.map((suffix) => path + suffix)]) {
    if (files.exists(each)) files.remove(each);
  }
}
