// Which names of the originals' and archives' folders are free: what the database names, what lies on the disk,
// and what a plan gave away so far. Invariant: a name that anybody has is never given to another document.

import { dirname, join } from "node:path";
import { sql } from "kysely";
import { FOLDERS } from "../../checks/locate_files.ts";
import type { Snapshot } from "../../database/database.ts";
import { decodeText } from "../../database/decode_text.ts";
import { isInsideAny } from "../deno_files.ts";
import type { Files } from "../files.ts";
import { NAME, openNameTable } from "./name_table.ts";

/** The files of a document that have names. */
export const ROLES = ["original", "archive"] as const;
/** One of them. */
export type NamedRole = typeof ROLES[number];

/** The column in which a name stands. */
export const COLUMNS = { original: "filename", archive: "archive_filename" } as const;

/** The folder in which a role's names are. */
export function roleFolder(mediaRoot: string, role: NamedRole): string {
  return join(mediaRoot, FOLDERS[role]);
}

/** What is at a document's own place. */
export type Presence = "file" | "missing" | "link" | "other";

/** The names of a library. Paths are relative to the role's folder. */
export interface MediaNames {
  /** Learns which names the database has, once. */
  learn(reader: Snapshot): Promise<void>;
  /** What is on the disk at a name. */
  presence(role: NamedRole, name: string): Presence;
  /** Whether a folder of that name can hold files: nothing else stands in its way. */
  folderIsOpen(role: NamedRole, name: string): boolean;
  /** Whether a document can have a name: it is its own, or nobody's. */
  isFree(role: NamedRole, name: string, id: number): boolean;
  /** Whether there is a file of which no row knows. */
  isStranger(role: NamedRole, name: string): boolean;
  /** A document leaves its name. */
  release(role: NamedRole, name: string, id: number): void;
  /** A document gets a name. @returns the document that leaves it first, if any */
  claim(role: NamedRole, name: string, id: number): number | undefined;
  /** Whether two names are one and the same on this disk, though they are written differently. */
  isSame(role: NamedRole, a: string, b: string): boolean;
}

/** Looks at the disk folder by folder, when it is first asked about one. */
export function openMediaNames(files: Files, mediaRoot: string): MediaNames {
  const table = openNameTable();
  const folders = { original: new Map<string, FolderState>(), archive: new Map() } as const;
  const folds = {
    original: ignoresCase(files, roleFolder(mediaRoot, "original")),
    archive: ignoresCase(files, roleFolder(mediaRoot, "archive")),
  };
  let learned = false;

  const tidy = (role: NamedRole, name: string) => {
    const clean = UNTIDY.test(name) ? join(".", name) : name;
    return folds[role] ? foldName(clean) : clean;
  };
  const key = (role: NamedRole, name: string) => KEYS[role] + tidy(role, name);

  /** Lists a folder, and before it those above: what a listing lacks needs no look at the disk. */
  function look(role: NamedRole, folder: string): FolderState {
    const known = folders[role].get(folder);
    if (known !== undefined) return known;
    const state = lookAnew(role, folder);
    folders[role].set(folder, state);
    return state;
  }

  function lookAnew(role: NamedRole, folder: string): FolderState {
    const root = roleFolder(mediaRoot, role);
    const path = join(root, folder);
    if (!isInsideAny(path, [root])) return "closed";
    if (path !== root) {
      const parent = folderOf(folder);
      const above = look(role, parent);
      if (above !== "there") return above;
      const flags = table.flags(key(role, folder));
      if ((flags & NAME.present) === 0) return "missing";
      if ((flags & (NAME.folder | NAME.link)) === 0) return "closed";
    }
    try {
      for (const { name, kind } of files.list(path)) {
        const own = key(role, folder === "." ? name : `${folder}/${name}`);
        const bits = kind === "file" ? 0 : kind === "link" ? NAME.link : NAME.folder;
        table.set(own, table.flags(own) | NAME.present | bits, table.holder(own));
      }
      return "there";
    } catch (error) {
      if (error instanceof Deno.errors.NotFound && path === root) return "missing";
      return "closed";
    }
  }

  const flagsOf = (role: NamedRole, name: string) => {
    look(role, folderOf(tidy(role, name)));
    return table.flags(key(role, name));
  };

  return {
    async learn(reader) {
      if (learned) return;
      for (const role of ROLES) {
        const column = COLUMNS[role];
        const query = {
          table: "documents_document",
          // Nothing else: the index alone can answer this, and the rows are long.
          columns: [{ column: "id", kind: "auto" }, { column, kind: "char" }],
          where: sql`${sql.ref(column)} is not null`,
        } as const;
        for await (const rows of reader.rows(query, ROWS)) {
          for (const [id, name] of rows) {
            const own = key(role, name instanceof Uint8Array ? decodeText(name) : String(name));
            table.set(own, table.flags(own) | NAME.held, Number(id));
          }
        }
      }
      learned = true;
    },
    presence(role, name) {
      const flags = flagsOf(role, name);
      if ((flags & NAME.present) === 0) return "missing";
      if (flags & NAME.link) return "link";
      return flags & NAME.folder ? "other" : "file";
    },
    folderIsOpen: (role, name) => look(role, tidy(role, name)) !== "closed",
    isFree(role, name, id) {
      const flags = flagsOf(role, name);
      if (flags & NAME.held) return table.holder(key(role, name)) === id;
      return (flags & NAME.present) === 0 || (flags & NAME.vacated) !== 0;
    },
    isStranger(role, name) {
      const flags = flagsOf(role, name);
      return (flags & NAME.present) !== 0 &&
        (flags & (NAME.held | NAME.vacated | NAME.link | NAME.folder)) === 0;
    },
    release(role, name, id) {
      const own = key(role, name);
      if (table.holder(own) !== id) return;
      table.set(own, table.flags(own) & ~NAME.held | NAME.vacated, id);
    },
    claim(role, name, id) {
      const own = key(role, name);
      const flags = table.flags(own);
      const before = table.holder(own);
      table.set(own, flags & ~NAME.vacated | NAME.held, id);
      return (flags & NAME.vacated) !== 0 && before !== id ? before : undefined;
    },
    isSame: (role, a, b) => tidy(role, a) === tidy(role, b),
  };
}

/** `closed`: something that is no folder is in the way, or it leads out of the library. */
type FolderState = "there" | "missing" | "closed";

/** Rows read at once. */
const ROWS = 1000;

const KEYS = { original: "o:", archive: "a:" } as const;

/** Names that are not as simple as they could be: empty, `.` or `..` between slashes. */
const UNTIDY = /(?:^|\/)(?:\.{1,2})?(?:\/|$)/;

function folderOf(name: string): string {
  return dirname(name);
}

function foldName(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

/** Whether a disk takes `A` and `a` for one name, told by an entry that is there. */
function ignoresCase(files: Files, root: string): boolean {
  for (const folder of [root, dirname(root)]) {
    if (!files.exists(folder)) continue;
    const names = new Set(files.list(folder).map(({ name }) => name));
    for (const name of names) {
      const swapped = swapCase(name);
      if (swapped === name || names.has(swapped)) continue;
      return files.exists(join(folder, swapped));
    }
  }
  return false;
}

function swapCase(name: string): string {
  return name.replace(/[a-z]/gi, (c) => c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase());
}
