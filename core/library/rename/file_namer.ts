// Which names documents should have, and in which order they can get them. Invariant: nothing is changed here; no
// name is given that anybody else has, in the database or on the disk, unless it becomes free by the same plan.
//
// Upstream saves one document after the other and looks at the disk each time (2.20.15 and 3.0.5). So does this
// plan, on a table of names instead of the disk, with one difference: documents that leave the names of their
// template for good leave them first, so that two that swap names get there in one run and not in two.

import { dirname, join } from "node:path";
import type { Snapshot } from "../../database/database.ts";
import type { Generation } from "../../schema/model.ts";
import type { Settings } from "../../settings/settings.ts";
import { extensionForMimeType } from "../filename/extension_for_mime_type.ts";
import { openFilenameGenerator, type RenderedName } from "../filename/generate_filename.ts";
import {
  type Assignment,
  loadNamedDocuments,
  type NamedDocument,
} from "../filename/load_filename_documents.ts";
import type { Files } from "../files.ts";
import { isChecksum } from "../journal/journal_step.ts";
import { arrangeMoves } from "./arrange_moves.ts";
import { checksumOfFile } from "./checksum_of_file.ts";
import { type ItemList, openItemList } from "./item_list.ts";
import { COLUMNS, type NamedRole, openMediaNames, roleFolder, ROLES } from "./media_names.ts";
import { counterOf, memberOf, type NameFamily, nameFamily } from "./name_family.ts";

/** The columns of a document that a move changes. */
export interface NameColumns {
  readonly filename?: string;
  readonly archive_filename?: string;
}

/** A file that gets another name; both relative to its role's folder. */
export interface FileMove {
  readonly role: NamedRole;
  readonly from: string;
  readonly to: string;
  /** What the library says it is, hexadecimal; null where it says nothing usable. */
  readonly checksum: string | null;
  /** Both are one name on this disk: it has to be moved away and back. */
  readonly same?: true;
}

/** A document that gets other names. */
export interface DocumentMove {
  readonly id: number;
  readonly before: NameColumns;
  readonly after: NameColumns;
  /** Files to move: none where the file of the new name is there already. */
  readonly files: readonly FileMove[];
  /** Why its template gave no name: it goes by its number. */
  readonly template?: string;
}

/** Why a document keeps its names. */
export type StayReason =
  | "named"
  | "no name"
  | "too long"
  | "unsafe"
  | "missing"
  | "link"
  | "in the way"
  | "changed";

/** A document that keeps its names. */
export interface DocumentStay {
  readonly id: number;
  readonly reason: StayReason;
  /** In plain words. */
  readonly message: string;
  /** It should have moved: exit code 3. */
  readonly failed: boolean;
  /** Why its template gave no name: it goes by its number. */
  readonly template?: string;
  /** The folder in which its file should be and isn't, absolute: if it is empty it can go. */
  readonly folder?: string;
}

/** What a template could not do for a document, told once for each template and trouble. */
export interface NamePlanProblem {
  readonly id: number;
  readonly message: string;
  readonly repeated: boolean;
}

/** What becomes of the names of some documents. Dispose of it when it is carried out. */
export interface NamePlan extends Disposable {
  readonly moves: number;
  readonly stays: number;
  /** Names that were looked at: originals and archives. */
  readonly names: number;
  /** Documents whose template failed: their names are made without it, as upstream does. */
  readonly problems: number;
  /** In the order in which they can be carried out. Documents of a group move together or not at all. */
  groups(): Iterable<readonly DocumentMove[]>;
  /** Every document, in the order in which it was planned. */
  decisions(): Iterable<DocumentMove | DocumentStay>;
}

/** Whether a decision is to move. */
export function isMove(decision: DocumentMove | DocumentStay): decision is DocumentMove {
  return "after" in decision;
}

/** What names are made with. */
export interface FileNamerOptions {
  readonly files: Files;
  /** For lists that are too long for memory. */
  readonly scratch: string;
  readonly generation: Generation;
  readonly settings: Pick<
    Settings,
    "mediaRoot" | "filenameFormat" | "filenameFormatRemoveNone" | "timeZone"
  >;
  /** Hears of templates that fail. */
  readonly onProblem?: (problem: NamePlanProblem) => void;
}

/** Reads in one transaction. */
export type Read = <T>(work: (reader: Snapshot) => Promise<T>) => Promise<T>;

/** Plans names until it is closed. Between two plans it remembers what it gave away. */
export interface FileNamer {
  /**
   * Plans the names of documents, which take them in this order.
   *
   * @param read `database.snapshot`, or reads inside the caller's transaction: called for each batch
   * @param onBatch called after each batch, with its size
   * @param assignments what documents will be assigned to before they are moved
   */
  plan(
    read: Read,
    ids: readonly number[],
    onBatch?: (count: number) => void,
    assignments?: ReadonlyMap<number, Assignment>,
  ): Promise<NamePlan>;
  /** Forgets what is on the disk and what was given away: after a move that failed. */
  forget(): void;
  close(): void;
}

/** Longest name that a row can hold, in characters (upstream's limit). */
const MOST_CHARACTERS = 1024;
/** Longest name of a file or folder that any common file system takes. */
const MOST_BYTES = 255;
/** Room for a counter. */
const COUNTER_ROOM = 8;
/** Documents read at once. */
const BATCH = 500;

/** What one document wants. */
interface Wish {
  readonly id: number;
  readonly rendered: Pick<RenderedName, "pk" | "path">;
  /** Extension of the original. */
  readonly extension: string;
  readonly version: number | null;
  readonly current: { readonly original: string | null; readonly archive: string | null };
  readonly checksums: { readonly original: string; readonly archive: string | null };
  /** What its template could not do. */
  readonly template?: string;
  /** It can't move, whatever its name. */
  readonly stay?: DocumentStay;
}

/** Opens the namer of a library. */
export function openFileNamer(options: FileNamerOptions): FileNamer {
  const { files, scratch, generation, settings } = options;
  const { mediaRoot } = settings;
  const generator = openFilenameGenerator({
    generation,
    filenameFormat: settings.filenameFormat,
    removeNone: settings.filenameFormatRemoveNone,
    timeZone: settings.timeZone,
  });
  let names = openMediaNames(files, mediaRoot);
  let lists = 0;
  const newList = <Item>() => openItemList<Item>(files, `${scratch}/names-${++lists}`);

  /** What documents want, and who of them leaves a name for good. */
  async function wishes(
    read: Read,
    ids: readonly number[],
    list: ItemList<Wish>,
    onBatch: (count: number) => void,
    assignments: ReadonlyMap<number, Assignment>,
  ): Promise<number> {
    let problems = 0;
    const loading = { needs: generator.needs, assignments };
    await read((reader) => names.learn(reader));
    let rendering: Promise<void> = Promise.resolve();
    for (let at = 0; at < ids.length; at += BATCH) {
      const some = ids.slice(at, at + BATCH);
      const loaded = await read((reader) => loadNamedDocuments(reader, some, loading));
      // While the templates of one batch are rendered, the next one is read.
      await rendering;
      rendering = generator.render(loaded.map(({ root }) => root)).then((rendered) => {
        for (const [i, document] of loaded.entries()) {
          problems += tell(document.document.pk, rendered[i]!);
          list.add(wishOf(document, rendered[i]!));
        }
        onBatch(some.length);
      });
      rendering.catch(() => {});
    }
    await rendering;
    return problems;
  }

  function tell(id: number, { problems }: RenderedName): number {
    for (const { message, repeated } of problems) options.onProblem?.({ id, message, repeated });
    return problems.length > 0 ? 1 : 0;
  }

  function wishOf({ document, root }: NamedDocument, rendered: RenderedName): Wish {
    const { pk: id, filename, archiveFilename, mimeType } = document;
    const encrypted = document.storageType === "gpg" ? ".gpg" : "";
    const wish: Wish = {
      id,
      rendered: { pk: root.pk, path: rendered.path },
      extension: extensionForMimeType(mimeType) + encrypted,
      version: root.pk === id ? null : document.versionIndex ?? null,
      current: { original: filename, archive: archiveFilename },
      checksums: { original: document.checksum, archive: document.archiveChecksum },
      ...(rendered.problems[0] && { template: rendered.problems[0].message }),
    };
    const stay = hindrance(wish);
    if (stay) return { ...wish, stay };
    const roles = rolesOf(wish);
    if (roles.every((role) => canLeave(wish, role))) {
      for (const role of roles) {
        const current = wish.current[role]!;
        if (!couldKeep(wish, role)) names.release(role, current, id);
      }
    }
    return wish;
  }

  /** Whether nothing stands in the way of a move: then a document that has to leave will leave. */
  function canLeave(wish: Wish, role: NamedRole): boolean {
    if (names.presence(role, wish.current[role]!) !== "file") return false;
    const family = familyOf(wish, role);
    return tooLong(memberOf(family, 0), COUNTER_ROOM) === undefined &&
      names.folderIsOpen(role, dirname(family.head + family.tail));
  }

  /** The first counter worth trying in a family: those below are taken. */
  let hints = new Map<string, number>();

  function vacate(wish: Wish, role: NamedRole): void {
    const name = wish.current[role]!;
    names.release(role, name, wish.id);
    const family = familyOf(wish, role);
    const counter = counterOf(family, name);
    if (counter === undefined) return hints.clear();
    const hint = hints.get(hintKey(role, family));
    if (hint !== undefined && counter < hint) hints.set(hintKey(role, family), counter);
  }

  /** The first name of a family that is free, or the document's own. */
  function firstFree(wish: Wish, role: NamedRole): string {
    const family = familyOf(wish, role);
    const key = hintKey(role, family);
    const current = wish.current[role]!;
    const hint = hints.get(key) ?? 0;
    const own = counterOf(family, current);
    if (own !== undefined && own < hint) return current;
    for (let counter = hint;; counter++) {
      const name = memberOf(family, counter);
      if (name !== current && !names.isFree(role, name, wish.id)) continue;
      if (counter > 8) hints.set(key, counter);
      return name;
    }
  }

  /** A name as upstream's save handler chooses it. @param original the name of the original from now on */
  function choose(wish: Wish, role: NamedRole, original: string): string {
    const current = wish.current[role]!;
    const plain = memberOf(familyOf(wish, role), 0);
    if (plain === current || names.isFree(role, plain, wish.id)) return plain;
    if (
      names.presence(role, current) === "missing" && names.isStranger(role, plain) &&
      hasChecksum(role, plain, wish.checksums[role])
    ) return plain;
    if (role === "archive") {
      const beside = besideOriginal(plain, original);
      if (beside === current || names.isFree(role, beside, wish.id)) return beside;
    }
    return firstFree(wish, role);
  }

  function hasChecksum(role: NamedRole, name: string, checksum: string | null): boolean {
    return checksum !== null &&
      checksumOfFile(files, `${roleFolder(mediaRoot, role)}/${name}`, checksum) === checksum;
  }

  function decide(wish: Wish, waits: Map<number, number[]>): DocumentMove | DocumentStay {
    const { id, current } = wish;
    if (wish.stay) return wish.stay;
    const moves: FileMove[] = [];
    const changed = new Map<NamedRole, string>();
    let original = current.original!;
    for (const role of rolesOf(wish)) {
      const from = current[role]!;
      const to = choose(wish, role, original);
      if (role === "original") original = to;
      if (to === from) continue;
      const trouble = troubleWith(wish, role, to);
      if (trouble) return trouble;
      changed.set(role, to);
      if (names.presence(role, from) === "missing") continue;
      const known = wish.checksums[role];
      const checksum = isChecksum(known) ? known : null;
      moves.push({ role, from, to, checksum, ...(names.isSame(role, from, to) && { same: true }) });
    }
    if (changed.size === 0) {
      return { id, reason: "named", message: "it has its name already", failed: false };
    }
    const after: Partial<Record<typeof COLUMNS[NamedRole], string>> = {};
    const before: Partial<Record<typeof COLUMNS[NamedRole], string>> = {};
    for (const [role, to] of changed) {
      before[COLUMNS[role]] = current[role]!;
      after[COLUMNS[role]] = to;
      vacate(wish, role);
      const first = names.claim(role, to, id);
      if (first !== undefined) waits.set(id, [...waits.get(id) ?? [], first]);
    }
    return { id, before, after, files: moves };
  }

  /** Why a file can't get a name. */
  function troubleWith(wish: Wish, role: NamedRole, to: string): DocumentStay | undefined {
    const { id } = wish;
    const from = wish.current[role]!;
    const stay = (reason: StayReason, message: string): DocumentStay => ({
      id,
      reason,
      message,
      failed: true,
    });
    const long = tooLong(to);
    if (long) return stay("too long", `its ${role} would be named ${to}: ${long}`);
    if (hasControls(to)) {
      return stay("unsafe", `the name of its ${role} would hold control characters`);
    }
    if (!names.folderIsOpen(role, dirname(to))) {
      return stay(
        "in the way",
        `its ${role} would be named ${to}: a file is in the way of its folder`,
      );
    }
    switch (names.presence(role, from)) {
      case "file":
        return undefined;
      case "link":
        return stay("link", `its ${role} ${from} is a symbolic link`);
      case "other":
        return stay("missing", `its ${role} ${from} is not a file`);
      case "missing":
        return names.isStranger(role, to) ? undefined : {
          ...stay("missing", `its ${role} ${from} is not there`),
          folder: dirname(join(roleFolder(mediaRoot, role), from)),
        };
    }
  }

  return {
    async plan(read, ids, onBatch = () => {}, assignments = new Map()) {
      hints = new Map();
      const wanted = newList<Wish>();
      const decided = newList<DocumentMove | DocumentStay>();
      const moving: Moving = { ids: [], places: [] };
      const waits = new Map<number, number[]>();
      let problems = 0;
      let count = 0;
      try {
        problems = await wishes(read, ids, wanted, onBatch, assignments);
        for (let i = 0; i < wanted.length; i++) {
          const wish = wanted.at(i);
          count += rolesOf(wish).length;
          const decision = decide(wish, waits);
          if (isMove(decision)) {
            moving.ids.push(decision.id);
            moving.places.push(i);
          }
          decided.add(wish.template ? { ...decision, template: wish.template } : decision);
        }
      } catch (error) {
        decided[Symbol.dispose]();
        throw error;
      } finally {
        wanted[Symbol.dispose]();
      }
      return planOf(decided, moving, waits, { names: count, problems });
    },
    forget() {
      names = openMediaNames(files, mediaRoot);
    },
    close: () => generator.close(),
  };
}

/** Documents that move, and where they stand among the decisions. */
interface Moving {
  readonly ids: number[];
  readonly places: number[];
}

function planOf(
  decided: ItemList<DocumentMove | DocumentStay>,
  { ids, places }: Moving,
  waits: ReadonlyMap<number, readonly number[]>,
  counts: Pick<NamePlan, "names" | "problems">,
): NamePlan {
  return {
    moves: ids.length,
    stays: decided.length - ids.length,
    ...counts,
    *groups() {
      for (const group of arrangeMoves(ids, waits)) {
        yield group.map((index) => decided.at(places[index]!) as DocumentMove);
      }
    },
    *decisions() {
      for (let i = 0; i < decided.length; i++) yield decided.at(i);
    },
    [Symbol.dispose]: () => decided[Symbol.dispose](),
  };
}

function rolesOf({ current }: Wish): NamedRole[] {
  return ROLES.filter((role) => current[role] !== null);
}

const hintKey = (role: NamedRole, { head, tail }: NameFamily) => `${role}\0${head}\0${tail}`;

/** Families of the document that is looked at: each is asked for several times. */
let families: { readonly wish: Wish; readonly of: Map<NamedRole, NameFamily> } | undefined;

function familyOf(wish: Wish, role: NamedRole): NameFamily {
  if (families?.wish !== wish) families = { wish, of: new Map() };
  let family = families.of.get(role);
  if (!family) {
    family = nameFamily(wish.rendered, {
      extension: role === "archive" ? ".pdf" : wish.extension,
      versionIndex: wish.version,
    });
    families.of.set(role, family);
  }
  return family;
}

/** Whether a document may keep a name: it is its template's with some counter, or, for an archive, that of the
 * original with some counter. */
function couldKeep(wish: Wish, role: NamedRole): boolean {
  const current = wish.current[role]!;
  const family = familyOf(wish, role);
  if (counterOf(family, current) !== undefined) return true;
  if (role === "original") return false;
  const { head, tail } = familyOf(wish, "original");
  // Without an extension the stem may end anywhere: on the safe side.
  if (tail === "") return dirname(current) === dirname(memberOf(family, 0));
  const folder = family.head.slice(0, family.head.lastIndexOf("/") + 1);
  const beside = {
    head: folder + head.slice(head.lastIndexOf("/") + 1),
    tail: tail.slice(0, tail.lastIndexOf(".")) + ".pdf",
  };
  return counterOf(beside, current) !== undefined;
}

/** Why a document can't move at all. */
function hindrance({ id, current }: Wish): DocumentStay | undefined {
  if (current.original === null) {
    return { id, reason: "no name", message: "its row names no file", failed: false };
  }
  for (const role of ROLES) {
    const name = current[role];
    if (name === null || isInside(name)) continue;
    const message = `its row names an ${role} by no plain path: ${name}`;
    return { id, reason: "unsafe", message, failed: true };
  }
  return undefined;
}

/** Whether a row's name is one that upstream writes. */
function isInside(name: string): boolean {
  return !name.includes("\0") &&
    name.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

const encoder = new TextEncoder();

function tooLong(name: string, room = 0): string | undefined {
  // Most names are short: no need to count.
  if (name.length * 3 + room <= MOST_BYTES) return undefined;
  if ([...name].length + room > MOST_CHARACTERS) return `longer than ${MOST_CHARACTERS} characters`;
  const long = name.split("/").some((part) => encoder.encode(part).length + room > MOST_BYTES);
  return long ? `a part of it is longer than ${MOST_BYTES} bytes` : undefined;
}

function hasControls(name: string): boolean {
  // deno-lint-ignore no-control-regex
  return /[\x00-\x1f\x7f]/.test(name);
}

/** The archive's name that goes with an original's: the folder of one, the stem of the other. */
function besideOriginal(archive: string, original: string): string {
  const last = original.slice(original.lastIndexOf("/") + 1);
  const dot = last.lastIndexOf(".");
  const stem = dot > 0 && dot < last.length - 1 ? last.slice(0, dot) : last;
  return archive.slice(0, archive.lastIndexOf("/") + 1) + stem + ".pdf";
}
