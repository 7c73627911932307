// A small library of files only, a journal in it, and the world that an undo needs.

import { join } from "node:path";
import type { LibraryDatabase } from "../../../../core/database/database.ts";
import type { Files } from "../../../../core/library/files.ts";
import { openJournal } from "../../../../core/library/journal/open_journal.ts";
import type { JournalPlaces } from "../../../../core/library/journal/journal_step.ts";
import type { UndoWorld } from "../../../../core/library/journal/undo_entry.ts";
import { StopSignal } from "../../../../core/sandbox/stop_signal.ts";
import { inlineTransferPool } from "../../../../wasm/checksum/transfer_pool.ts";
import { createHash } from "node:crypto";
import { tempFolder } from "../../../_fixtures.ts";

/** Every file below the media folder and what Paperward kept, with its content; the journal left out. */
export function tree(folder: string, below = ""): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of Deno.readDirSync(join(folder, below))) {
    const path = join(below, entry.name);
    if (path === "data/paperward/journal") continue;
    if (entry.isDirectory) Object.assign(found, tree(folder, path));
    else found[path] = Deno.readTextFileSync(join(folder, path));
  }
  return found;
}

/** A folder with `media` and `data` in it, and files by their paths. */
export function makeTree(files: Readonly<Record<string, string>>): Disposable & JournalPlaces & {
  readonly folder: string;
} {
  const temp = tempFolder();
  const [dataDir, mediaRoot] = [join(temp.path, "data"), join(temp.path, "media")];
  Deno.mkdirSync(dataDir);
  Deno.mkdirSync(mediaRoot);
  for (const [path, content] of Object.entries(files)) {
    Deno.mkdirSync(join(temp.path, path, ".."), { recursive: true });
    Deno.writeTextFileSync(join(temp.path, path), content);
  }
  return { folder: temp.path, dataDir, mediaRoot, [Symbol.dispose]: () => temp[Symbol.dispose]() };
}

/** The MD5 of a text. */
export function checksumOf(text: string): string {
  return createHash("md5").update(text).digest("hex");
}

/** The world of an undo in this thread. */
export function undoWorld(
  files: Files,
  places: JournalPlaces,
  database?: LibraryDatabase,
): UndoWorld {
  return {
    files,
    places,
    journal: openJournal(files, places),
    transfers: inlineTransferPool(),
    database,
    stop: new StopSignal(),
  };
}
