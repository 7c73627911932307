// Two-phase writing of an import: files are staged inside the media folder, the list of their places is made
// durable, then the database commits, then they are renamed into place. Invariant: whether the list counts is
// told by the database alone, so files and rows never end up on different sides of a crash.

import { dirname, join } from "node:path";
import { PaperwardError } from "../../errors.ts";
import type { Files } from "../../library/files.ts";
import { readCommitRecord, writeCommitRecord } from "../staging/commit_record.ts";

/** Name of the folder, below `documents` of the media folder, that holds what is not yet in place. */
export const IMPORT_STAGING_FOLDER = ".paperward-import";

const RECORD = "commit-record";
const INTENT = "intent.json";

/** A row that is there exactly if the import's transaction was committed. */
export interface Probe {
  readonly table: string;
  readonly pk: number;
  /** Text columns and their values. */
  readonly values: Readonly<Record<string, string | null>>;
}

/** What an import is about to do, as far as its next run has to know. */
export interface Intent {
  /** The export. */
  readonly source: string;
  readonly probe: Probe;
  /** Number of its entry in the journal. */
  readonly journal: string;
}

/** A file that is renamed into place. */
export interface Placement {
  /** Relative to `documents` of the media folder. */
  readonly place: string;
  /** Name in the staging folder. */
  readonly staged: string;
}

/** What an interrupted import had left. */
export interface Interrupted {
  readonly intent: Intent | undefined;
  /** Files put in place now: the database had them already. Absent: nothing was committed, litter was removed. */
  readonly placed?: number;
}

/** A place beside the documents where an import grows. */
export interface ImportStaging {
  /** Absolute path of the staging folder. */
  readonly folder: string;
  /** A new name in the staging folder; no path. */
  newName(): string;
  /** Absolute path of a staged file. */
  path(name: string): string;
  /** Makes the list of places durable: the last step before the database commits. */
  prepare(intent: Intent, placements: Iterable<Placement>): Promise<void>;
  /** After the database has committed: puts everything in place. */
  place(onStep?: () => void): Promise<void>;
  /** The database has not committed: removes everything staged. */
  discard(): void;
}

/** Whether an interrupted import left something. */
export function isInterrupted(files: Files, documents: string): boolean {
  return files.exists(join(documents, IMPORT_STAGING_FOLDER));
}

/**
 * Mends what an interrupted import left.
 *
 * @param documents absolute path of the folder `documents` of the media folder
 * @param isCommitted asks the database
 * @throws {PaperwardError} where a stranger is in the way of a file
 */
export async function recoverImport(
  files: Files,
  documents: string,
  isCommitted: (probe: Probe) => Promise<boolean>,
): Promise<Interrupted | undefined> {
  const folder = join(documents, IMPORT_STAGING_FOLDER);
  if (!files.exists(folder)) return undefined;
  // Just made, or emptied by an import that was at its very end: either way nothing is left to tell.
  if ([...files.list(folder)].length === 0) {
    files.remove(folder);
    return undefined;
  }
  const intent = readIntent(files, folder);
  if (!intent || !await isCommitted(intent.probe)) {
    discardStaging(files, folder);
    return { intent };
  }
  // An import that has placed everything removes the record before the intent.
  const placed = files.exists(join(folder, RECORD)) ? await carryOut(files, documents, folder) : 0;
  removePlaced(files, folder);
  return { intent, placed };
}

/** Opens the staging folder: there must be none. */
export function openImportStaging(files: Files, documents: string): ImportStaging {
  const folder = join(documents, IMPORT_STAGING_FOLDER);
  files.makeFolder(folder);
  const path = (name: string) => join(folder, name);
  let names = 0;
  return {
    folder,
    path,
    newName: () => String(++names).padStart(7, "0"),
    async prepare(intent, placements) {
      const file = files.openWrite(path(RECORD), { exclusive: true });
      try {
        const record = writeCommitRecord(file);
        for (const { place, staged } of placements) record.add({ place, staged });
        record.end();
        await file.sync();
      } finally {
        file.close();
      }
      files.writeBytes(
        path(INTENT),
        JSON.stringify({ paperward: "import intent", version: 1, ...intent }),
      );
      await files.syncFile(path(INTENT));
      await files.syncFolder(folder);
      await files.syncFolder(documents);
    },
    async place(onStep) {
      await carryOut(files, documents, folder, onStep);
      removePlaced(files, folder);
    },
    discard: () => discardStaging(files, folder),
  };
}

/** The intent, if one was written whole: before that nothing can have been committed. */
function readIntent(files: Files, folder: string): Intent | undefined {
  if (!files.exists(join(folder, INTENT))) return undefined;
  try {
    const intent = JSON.parse(files.readText(join(folder, INTENT)));
    const { table, pk, values } = intent.probe;
    const isProbe = /^\w+$/.test(table) && Number.isSafeInteger(pk) &&
      Object.keys(values).every((column) => /^\w+$/.test(column));
    return isProbe && intent.paperward === "import intent" ? intent : undefined;
  } catch {
    return undefined;
  }
}

async function carryOut(
  files: Files,
  documents: string,
  folder: string,
  onStep?: () => void,
): Promise<number> {
  const touched = new Set<string>();
  const file = files.openRead(join(folder, RECORD));
  let count = 0;
  try {
    const record = readCommitRecord(file);
    if (!record) throw damagedRecord(join(folder, RECORD));
    for (const change of record) {
      if (!("place" in change)) continue;
      const staged = join(folder, change.staged);
      const path = join(documents, change.place);
      count++;
      onStep?.();
      // Nothing is ever overwritten, not even by something that came while the import ran.
      if (files.exists(path)) {
        if (!files.exists(staged)) continue;
        throw inTheWay(path);
      }
      makeFolders(files, documents, dirname(path), touched);
      try {
        files.rename(staged, path);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound) || files.exists(staged)) throw error;
      }
    }
  } finally {
    file.close();
  }
  for (const changed of touched) await files.syncFolder(changed);
  return count;
}

function makeFolders(
  files: Files,
  documents: string,
  parent: string,
  touched: Set<string>,
): void {
  if (touched.has(parent)) return;
  files.makeFolder(parent);
  for (let folder = parent; !touched.has(folder); folder = dirname(folder)) {
    touched.add(folder);
    if (folder === documents) return;
  }
}

function inTheWay(path: string): PaperwardError {
  return new PaperwardError(`Cannot place ${path}: a file of that name came meanwhile`, {
    hints: ["move it away and run the import again: it goes on where it stopped"],
  });
}

/** The database knows the documents, so their files must not be taken for litter. */
function damagedRecord(path: string): PaperwardError {
  return new PaperwardError(
    `Cannot end the interrupted import: ${path}, the list of its files, is damaged`,
    {
      hints: [
        `its documents are in the database, their files are in ${dirname(path)}: keep that folder`,
        "empty the library and import again, then remove the folder; or restore the list from a backup",
      ],
    },
  );
}

/** The intent goes first: without it the rest is litter, whatever happens next. */
function discardStaging(files: Files, folder: string): void {
  if (!files.exists(folder)) return;
  for (const name of [INTENT, RECORD]) {
    if (files.exists(join(folder, name))) files.remove(join(folder, name));
  }
  removeFolder(files, folder);
}

/** The intent goes last: as long as it is there, what is found beside it is told to be the end of a whole import. */
function removePlaced(files: Files, folder: string): void {
  for (const { name } of files.list(folder)) {
    if (name !== INTENT) files.remove(join(folder, name));
  }
  removeFolder(files, folder);
}

function removeFolder(files: Files, folder: string): void {
  for (const { name } of files.list(folder)) files.remove(join(folder, name));
  files.remove(folder);
}
