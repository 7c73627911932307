// The journal of a library: what each command changed, one file an entry, a line of JSON a step. Invariant:
// a step is durable before it is carried out, so nothing is ever changed that the journal doesn't name.

import { join } from "node:path";
import { PaperwardError } from "../../errors.ts";
import type { Files, OpenFile } from "../files.ts";
import { formatStep, type JournalPlaces, type JournalStep } from "./journal_step.ts";
import { type EntryReader, readEntry } from "./read_entry.ts";

/** Folder below the data folder in which Paperward keeps what is its own. */
export const PAPERWARD_FOLDER = "paperward";

/** What commands that journal have to be allowed to write. */
export function journalFolder(dataDir: string): string {
  return join(dataDir, PAPERWARD_FOLDER);
}

/**
 * How far an entry is.
 *
 * `unfinished`: its command runs, or was killed; `done`: its command came to its end; `being undone`: an undo
 * began, and was killed if none runs; `undone`: nothing of it is left, or it was abandoned; `damaged`: it can't be
 * read.
 */
export type EntryState = "unfinished" | "done" | "being undone" | "undone" | "damaged";

/** What is known of an entry. */
export interface EntryFacts {
  /** `000012` */
  readonly id: string;
  /** The command's name; `?` where the entry is damaged. */
  readonly command: string;
  /** Its command line, without secrets; empty where the entry is damaged. */
  readonly arguments: readonly string[];
  /** ISO 8601, UTC. */
  readonly started: string;
  /** How far it came. */
  readonly state: EntryState;
}

/** An entry that is being written. `using` lets go of the file, so that an error leaves none open; what was
 * recorded stays, as after a crash. */
export interface JournalEntry extends Disposable {
  /** `000012` */
  readonly id: string;
  /** A folder for what steps keep (backups, quarantine): not made yet, never used before. */
  readonly keep: string;
  /** Notes what is about to be done. Not durable before {@linkcode flush}. */
  record(step: JournalStep): void;
  /** Makes everything recorded durable: await it before doing what was recorded. Many steps can share one. */
  flush(): Promise<void>;
  /** The command came to its end. */
  commit(): Promise<void>;
  /** Nothing of what was recorded has happened, or all was taken back by the command: the entry goes away. */
  discard(): void;
}

/** The journal of one library. */
export interface Journal {
  /**
   * Begins an entry; only where something is going to be changed.
   *
   * @throws {PaperwardError} where an undo was interrupted: it has to come to its end first
   */
  begin(what: {
    readonly command: string;
    /** Without secrets; see `journalArguments`. */
    readonly arguments: readonly string[];
  }): Promise<JournalEntry>;
  /** All entries, oldest first. */
  list(): readonly EntryFacts[];
  /** The entry that `undo` takes back: one whose undo was interrupted, else the last that isn't undone. */
  last(): EntryFacts | undefined;
  /** Reads the steps of an entry. @throws {PaperwardError} where it is damaged */
  read(id: string): EntryReader;
  /** Absolute path of a file that belongs to an entry: `…/000012.undone`. `settled` holds how many of its steps
   * count: it was killed, and the rest taken back. */
  path(id: string, suffix: string): string;
  /** Absolute path of the folder in which an entry's steps keep files. */
  keep(id: string): string;
}

/** Options of {@linkcode openJournal}. */
export interface OpenJournalOptions {
  /** The time, for the entries. @default {() => new Date()} */
  readonly now?: () => Date;
}

/** How many steps of an entry count after its run was killed and what was half done taken back; Infinity: all. */
function keptSteps(files: Files, path: string): number {
  return files.exists(path) ? Number(files.readText(path)) : Infinity;
}

const ENTRY = /^(\d{6,})\.jsonl$/;
const VERSION = 1;

/** Opens the journal of a library. Nothing is written before the first entry begins. */
export function openJournal(
  files: Files,
  places: JournalPlaces,
  options: OpenJournalOptions = {},
): Journal {
  const own = journalFolder(places.dataDir);
  const folder = join(own, "journal");
  const now = options.now ?? (() => new Date());
  const path = (id: string, suffix: string) => join(folder, `${id}.${suffix}`);
  const keep = (id: string) => join(own, "kept", id);

  function ids(): string[] {
    if (!files.exists(folder)) return [];
    return files.list(folder)
      .flatMap(({ name, kind }) => kind === "file" ? [ENTRY.exec(name)?.[1] ?? ""] : [])
      .filter((id) => id !== "")
      .sort((a, b) => Number(a) - Number(b));
  }

  function factsOf(id: string): EntryFacts {
    const mark = files.exists(path(id, "undone"))
      ? "undone"
      : files.exists(path(id, "undoing"))
      ? "being undone"
      : undefined;
    try {
      const { head, ended } = readEntry(files, path(id, "jsonl"), places);
      return { id, ...head, state: mark ?? (ended ? "done" : "unfinished") };
    } catch (error) {
      // One entry that rotted must not hide the others.
      if (!(error instanceof PaperwardError)) throw error;
      return { id, command: "?", arguments: [], started: "", state: mark ?? "damaged" };
    }
  }

  const journal: Journal = {
    path,
    keep,
    list: () => ids().map(factsOf),
    last() {
      const entries = ids().filter((id) => !files.exists(path(id, "undone")));
      const id = entries.find((id) => files.exists(path(id, "undoing"))) ?? entries.at(-1);
      return id === undefined ? undefined : factsOf(id);
    },
    read: (id) =>
      readEntry(files, path(id, "jsonl"), places, keptSteps(files, path(id, "settled"))),
    async begin(what) {
      refuseInterruptedUndo(journal);
      files.makeFolder(folder);
      const { id, file } = newEntry(files, path, ids().at(-1));
      const entry = writeEntry(file, { id, keep: keep(id) }, places, now, () => {
        files.remove(path(id, "jsonl"));
      });
      try {
        entry.line({
          paperward: "journal",
          version: VERSION,
          command: what.command,
          arguments: what.arguments,
          started: now().toISOString(),
        });
        await entry.flush();
        await files.syncFolder(folder);
      } catch (error) {
        // An entry that never began must not be in the way of the next undo.
        try {
          entry.discard();
        } catch {
          // It is the first error that counts.
        }
        throw error;
      }
      return entry;
    },
  };
  return journal;
}

/** Nothing else may change a library that is half taken back. @throws {PaperwardError} */
export function refuseInterruptedUndo(journal: Pick<Journal, "last">): void {
  const last = journal.last();
  if (last?.state !== "being undone") return;
  throw new PaperwardError(
    `Cannot change the library: taking back ${last.command} (entry ${last.id} of the journal) was interrupted`,
    { hints: ["run `paperward undo` to bring it to its end"] },
  );
}

/** Two commands may begin at once: who creates the file has the number. */
function newEntry(
  files: Files,
  path: (id: string, suffix: string) => string,
  last: string | undefined,
): { readonly id: string; readonly file: OpenFile } {
  for (let number = Number(last ?? 0) + 1;; number++) {
    const id = String(number).padStart(6, "0");
    try {
      return {
        id,
        file: files.openWrite(path(id, "jsonl"), { exclusive: true, mode: 0o600 }),
      };
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
}

/** Characters that are buffered before they are written. */
const BUFFER = 1 << 16;

function writeEntry(
  file: OpenFile,
  names: Pick<JournalEntry, "id" | "keep">,
  places: JournalPlaces,
  now: () => Date,
  remove: () => void,
): JournalEntry & { line(value: unknown): void } {
  const encoder = new TextEncoder();
  let pending = "";
  let steps = 0;
  let open = true;
  const drop = () => {
    if (open) file.close();
    open = false;
  };
  const write = () => {
    if (pending) file.write(encoder.encode(pending));
    pending = "";
  };
  const add = (line: string) => {
    pending += line + "\n";
    if (pending.length >= BUFFER) write();
  };
  const flush = async () => {
    write();
    await file.sync();
  };
  return {
    ...names,
    line: (value) => add(JSON.stringify(value)),
    record(step) {
      steps++;
      add(formatStep(step, places));
    },
    flush,
    async commit() {
      add(JSON.stringify({ end: steps, finished: now().toISOString() }));
      await flush();
      drop();
    },
    discard() {
      drop();
      remove();
    },
    [Symbol.dispose]: drop,
  };
}
