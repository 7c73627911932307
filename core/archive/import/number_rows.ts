// Which number each row of an export gets in the library, and which rows the library has already. Pure: from
// what the export holds and what the library holds to numbers.
//
// In an empty library the export's numbers stay; what a fresh installation made by itself (content types,
// permissions, its own users) makes room. In a library that holds something, new rows count on behind the
// rows that are there, and rows that it has already are merged by the rules of merge_rules.ts.

import type { StorageValue } from "../../database/storage_value.ts";
import type { Generation } from "../../schema/model.ts";
import type { ImportSchema } from "./import_schema.ts";
import { MERGE_RULES } from "./merge_rules.ts";
import type { ExportScan, RowFacts } from "./scan_export.ts";

/** What becomes of a record. */
export type Fate = "add" | "merge" | "leave out";

/** A row of the library, by what tells it from others. */
export interface LibraryRow {
  readonly pk: number;
  /** As {@linkcode RowFacts.key}, references by the library's numbers. */
  readonly key: readonly StorageValue[];
  /** Where names must differ. */
  readonly name: string | null;
}

/** What a library holds. */
export interface LibraryFacts {
  /** Nothing but what a fresh installation makes. */
  readonly isEmpty: boolean;
  /** By model; of an empty library only those of `FRESH_MODELS`. */
  readonly rows: ReadonlyMap<string, readonly LibraryRow[]>;
  /** Highest number ever given, by model; of an empty library none is asked for. */
  readonly highest: ReadonlyMap<string, number>;
}

/** The numbers of an import. */
export interface Numbers {
  /** The number in the library of a row of the export: undefined where there is none. */
  of(label: string, pk: number): number | undefined;
  /** What becomes of the row. */
  fate(label: string, pk: number): Fate;
  /** New names of rows whose own is taken, by model and the export's number. */
  readonly names: ReadonlyMap<string, ReadonlyMap<number, string>>;
  /** Gives a row a name that is free, `name (2)`, where the database says that its own is taken. */
  rename(label: string, pk: number, name: string): void;
  /** The library's own numbers that change to make room, by model: only in an empty library. */
  readonly moved: ReadonlyMap<string, ReadonlyMap<number, number>>;
}

/** Numbers under which a library of each generation has the users that exports leave out. Upstream's importer
 * counts on them too: rows of these users are exported, the users are not. */
export const SERVICE_USER_NUMBERS: Readonly<Record<Generation, ReadonlyMap<number, string>>> = {
  v2: new Map([[1, "consumer"], [2, "AnonymousUser"]]),
  v3: new Map([[1, "AnonymousUser"]]),
};

/** The users that an export leaves out and the library has, by the export's numbers.
 * @param generation of the release that wrote the export */
export function serviceUsersOf(
  generation: Generation,
  library: LibraryFacts,
): ReadonlyMap<number, string> {
  const there = new Set((library.rows.get("auth.user") ?? []).map(({ key }) => key[0]));
  return new Map([...SERVICE_USER_NUMBERS[generation]].filter(([, name]) => there.has(name)));
}

/** Rows that a fresh installation made, and that make room for the export's in an empty library. */
const NUMBERED_BY_EXPORT: ReadonlySet<string> = new Set([
  "contenttypes.contenttype",
  "auth.permission",
  "auth.user",
]);

/** Referenced models first. Models without rule only get numbers. */
const ORDER: readonly string[] = [
  "contenttypes.contenttype",
  "auth.permission",
  "auth.group",
  "auth.user",
  "paperless.applicationconfiguration",
  "documents.correspondent",
  "documents.documenttype",
  "documents.storagepath",
  "documents.tag",
  "documents.customfield",
  "documents.savedview",
  "documents.savedviewfilterrule",
  "documents.uisettings",
  "documents.document",
  "documents.note",
  "documents.customfieldinstance",
  "documents.sharelink",
  "documents.sharelinkbundle",
  "documents.workflow",
  "documents.workflowtrigger",
  "documents.workflowaction",
  "documents.workflowactionemail",
  "documents.workflowactionwebhook",
  "mfa.authenticator",
  "paperless_mail.mailaccount",
  "paperless_mail.mailrule",
  "socialaccount.socialapp",
  "socialaccount.socialaccount",
  "socialaccount.socialtoken",
];

/** Gives numbers to the rows of an export. */
export function numberRows(
  schema: ImportSchema,
  scan: ExportScan,
  library: LibraryFacts,
  serviceUsers: ReadonlyMap<number, string>,
): Numbers {
  /** Rows that the library has: its number, or null where only what it belongs to is there. */
  const merged = new Map<string, Map<number, number | null>>();
  const names = new Map<string, Map<number, string>>();
  const moved = new Map<string, Map<number, number>>();
  const listers = new Map<string, ReadonlyMap<number, readonly boolean[]>>();
  const offset = (label: string) => library.isEmpty ? 0 : library.highest.get(label) ?? 0;

  const numbers: Numbers = {
    of(label, pk) {
      const known = merged.get(label)?.get(pk);
      if (known !== undefined) return known ?? undefined;
      const keys = scan.keys.get(label);
      if (keys && !keys.has(pk)) return undefined;
      return pk + offset(label);
    },
    fate(label, pk) {
      if (scan.dropped.get(label)?.has(pk)) return "leave out";
      return merged.get(label)?.has(pk) ? "merge" : "add";
    },
    names,
    rename(label, pk, name) {
      const rows = [...library.rows.get(label) ?? [], ...scan.facts.get(label) ?? []];
      const taken = new Set([
        ...[name, ...names.get(label)?.values() ?? []],
        ...rows.map((row) => row.name ?? String(row.key[0])),
      ]);
      nameAnew(label, pk, freeName(name, taken));
    },
    moved,
  };

  for (const label of ORDER) {
    const model = schema.find(label);
    if (!model || (library.isEmpty && !NUMBERED_BY_EXPORT.has(label))) continue;
    matchModel(label);
    if (label === "auth.user") matchServiceUsers();
  }
  if (library.isEmpty) makeRoom();
  return numbers;

  function matchModel(label: string): void {
    const rule = MERGE_RULES[label] ?? {};
    const model = schema.get(label);
    const rows = library.rows.get(label) ?? [];
    const facts = (scan.facts.get(label) ?? []).filter(({ pk }) =>
      !scan.dropped.get(label)?.has(pk)
    );
    const found = new Map<number, number | null>();
    merged.set(label, found);
    // Several rows may have the same key (v3: documents): the first one is the first one's, and so on.
    const byKey = new Map<string, number[]>();
    for (const { pk, key } of rows) {
      const text = keyText(key);
      const known = byKey.get(text);
      if (known) known.push(pk);
      else byKey.set(text, [pk]);
    }
    const references = keyReferences(label);
    for (const row of inOrder(facts)) {
      if (isPartOfMerged(row)) {
        found.set(row.pk, rule.key ? byKey.get(libraryKey(row))?.shift() ?? null : null);
      } else if (rule.key) {
        const same = byKey.get(libraryKey(row))?.shift();
        if (same !== undefined) found.set(row.pk, same);
      } else if (rule.listedBy && isListedByMergedOnly(label, row.pk)) found.set(row.pk, null);
    }
    if (rule.unique && !library.isEmpty) findNames(label, rows, facts);

    function libraryKey({ key }: RowFacts): string {
      return keyText(key.map((value, index) => {
        const to = references[index];
        if (to === undefined || typeof value !== "bigint") return value;
        const number = numbers.of(to, Number(value));
        // A row that is new itself can't be in a key of the library.
        return number === undefined ? `${to} ${value}` : BigInt(number);
      }));
    }

    function isPartOfMerged({ partOf }: RowFacts): boolean {
      if (rule.partOf === undefined || partOf === null) return false;
      const to = model.references.find(({ field }) => field.name === rule.partOf)?.to;
      return to !== undefined && merged.get(to)?.has(partOf) === true;
    }
  }

  /** The models to which the parts of a key point, by their place in it. */
  function keyReferences(label: string): readonly (string | undefined)[] {
    const { fields, references } = schema.get(label);
    return (MERGE_RULES[label]?.key ?? [])
      .filter((name) => fields.some((field) => field.name === name))
      .map((name) => references.find(({ field }) => field.name === name)?.to);
  }

  function isListedByMergedOnly(label: string, pk: number): boolean {
    const lists = listersOf(label);
    const fates = lists.get(pk);
    return fates !== undefined && fates.every((isMerged) => isMerged);
  }

  /** For each row, whether the rows that list it are merged. */
  function listersOf(label: string): ReadonlyMap<number, readonly boolean[]> {
    const known = listers.get(label);
    if (known) return known;
    const found = new Map<number, boolean[]>();
    for (const [model, field] of MERGE_RULES[label]?.listedBy ?? []) {
      for (const row of scan.facts.get(model) ?? []) {
        const isMerged = merged.get(model)?.has(row.pk) === true;
        for (const key of row.lists[field] ?? []) {
          found.set(key, [...found.get(key) ?? [], isMerged]);
        }
      }
    }
    listers.set(label, found);
    return found;
  }

  function matchServiceUsers(): void {
    const exported = scan.keys.get("auth.user");
    const rows = library.rows.get("auth.user") ?? [];
    for (const [number, username] of serviceUsers) {
      if (exported?.has(number)) continue;
      const row = rows.find(({ key }) => key[0] === username);
      if (row) merged.get("auth.user")?.set(number, row.pk);
    }
  }

  function findNames(
    label: string,
    rows: readonly LibraryRow[],
    facts: readonly RowFacts[],
  ): void {
    const taken = new Set(rows.map(({ name }) => name));
    const found = merged.get(label);
    for (const { pk, name } of facts) {
      if (name === null || found?.has(pk)) continue;
      const free = freeName(name, taken);
      taken.add(free);
      if (free !== name) nameAnew(label, pk, free);
    }
  }

  function nameAnew(label: string, pk: number, name: string): void {
    const list = names.get(label);
    if (list) list.set(pk, name);
    else names.set(label, new Map([[pk, name]]));
  }

  /** In an empty library the export's numbers win. */
  function makeRoom(): void {
    for (const label of NUMBERED_BY_EXPORT) {
      const rows = library.rows.get(label) ?? [];
      const exported = scan.keys.get(label) ?? new Set<number>();
      const found = merged.get(label) ?? new Map<number, number | null>();
      const exportsNumber = new Map<number, number>();
      for (const [theirs, ours] of found) {
        if (ours !== null && exported.has(theirs)) exportsNumber.set(ours, theirs);
      }
      let next = 1;
      for (const { pk } of rows) next = Math.max(next, pk + 1);
      for (const pk of exported) next = Math.max(next, pk + 1);
      const moves = new Map<number, number>();
      for (const { pk } of rows) {
        const theirs = exportsNumber.get(pk);
        const number = theirs ?? (exported.has(pk) ? next++ : pk);
        if (number !== pk) moves.set(pk, number);
      }
      if (moves.size === 0) continue;
      moved.set(label, moves);
      for (const [theirs, ours] of found) {
        if (ours !== null) found.set(theirs, moves.get(ours) ?? ours);
      }
    }
  }
}

function freeName(name: string, taken: ReadonlySet<string | null>): string {
  let free = name;
  for (let count = 2; taken.has(free); count++) free = `${name} (${count})`;
  return free;
}

/** Roots of documents before their versions, and by number: the oldest is matched first. */
function inOrder(facts: readonly RowFacts[]): readonly RowFacts[] {
  const depth = ({ key }: RowFacts) => key.length > 1 && key[0] !== null ? 1 : 0;
  return facts.toSorted((a, b) => depth(a) - depth(b) || a.pk - b.pk);
}

function keyText(key: readonly StorageValue[]): string {
  return JSON.stringify(
    key.map((value) =>
      value === null ? null : value instanceof Uint8Array ? [...value] : String(value)
    ),
  );
}
