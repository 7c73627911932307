// The state of a library after a changing command, in the form in which the fixtures hold what upstream left:
// rows, tags, files and what came to the audit log.

import { DatabaseSync } from "node:sqlite";
import { fixturesRoot, type FixtureVersion, type Library, listFiles, sha256 } from "./_fixtures.ts";

/** A row by column. */
export type StateRow = Readonly<Record<string, unknown>>;

/** A library as `after/*.json` describes it. */
export interface LibraryState {
  /** By id; `modified` says only whether it is another one than before. */
  readonly documents: Readonly<Record<string, StateRow>>;
  /** `document tag`, sorted. */
  readonly tags: readonly string[];
  /** Path and checksum, sorted. */
  readonly media: readonly string[];
  readonly emptyFolders: readonly string[];
  /** What the command added to the audit log, in order; without ids and times. */
  readonly audit: readonly StateRow[];
}

/** What of a library has to be remembered to tell what a command changed. */
export interface StateBefore {
  readonly modified: ReadonlyMap<number, string>;
  /** The greatest id of the audit log. */
  readonly audit: number;
}

const NOT_COMPARED = new Set(["content", "content_sha256", "modified"]);

/** Remembers. */
export function stateBefore(library: Library): StateBefore {
  return read(library, (query) => ({
    modified: new Map(
      query("select id, modified from documents_document").map((
        row,
      ) => [Number(row.id), String(row.modified)]),
    ),
    audit: Number(query("select max(id) as id from auditlog_logentry")[0]!.id ?? 0),
  }));
}

/** Looks at a library. */
export function stateAfter(library: Library, before: StateBefore): LibraryState {
  const rows = read(library, (query) => ({
    documents: query("select * from documents_document"),
    tags: query("select document_id, tag_id from documents_document_tags"),
    audit: query(`select * from auditlog_logentry where id > ${before.audit} order by id`),
  }));
  return stateOf({
    ...rows,
    tags: rows.tags.map(({ document_id, tag_id }) => [document_id, tag_id]),
    media: listFiles(library.media).map((path) => ({
      path,
      sha256: sha256(Deno.readFileSync(`${library.media}/${path}`)),
    })),
    emptyFolders: emptyFolders(library.media),
  }, (id, modified) => before.modified.get(id) !== modified);
}

/** What upstream left. @param unchanged a recorded run that changed nothing */
export function recordedState(
  version: FixtureVersion,
  name: string,
  unchanged = "document_retagger-none",
): LibraryState {
  type Recorded = {
    readonly documents: readonly StateRow[];
    readonly documents_document_tags: readonly (readonly unknown[])[];
    readonly media: readonly { readonly path: string; readonly sha256: string }[];
    readonly empty_directories: readonly string[];
    readonly audit_log_added: readonly StateRow[];
  };
  const load = (name: string) =>
    JSON.parse(
      Deno.readTextFileSync(`${fixturesRoot()}/${version}/after/${name}.json`),
    ) as Recorded;
  const [recorded, original] = [load(name), load(unchanged)];
  const modified = new Map(original.documents.map((row) => [row.id, row.modified]));
  return stateOf({
    documents: recorded.documents,
    tags: recorded.documents_document_tags,
    media: recorded.media,
    emptyFolders: recorded.empty_directories,
    audit: recorded.audit_log_added,
  }, (id, time) => modified.get(id) !== time);
}

function stateOf(
  { documents, tags, media, emptyFolders, audit }: {
    readonly documents: readonly StateRow[];
    readonly tags: readonly (readonly unknown[])[];
    readonly media: readonly { readonly path: string; readonly sha256: string }[];
    readonly emptyFolders: readonly string[];
    readonly audit: readonly StateRow[];
  },
  isModified: (id: number, modified: string) => boolean,
): LibraryState {
  return {
    documents: Object.fromEntries(
      documents.map((row) => [
        String(row.id),
        {
          ...Object.fromEntries(
            Object.entries(row).filter(([column]) =>
              !NOT_COMPARED.has(column) && !column.startsWith("_")
            ),
          ),
          touched: isModified(Number(row.id), String(row.modified)),
        },
      ]),
    ),
    tags: tags.map((pair) => pair.join(" ")).sort(),
    media: media.filter(({ path }) => path !== "media.lock")
      .map(({ path, sha256 }) => `${path} ${sha256}`).sort(),
    emptyFolders: [...emptyFolders].sort(),
    audit: audit.map(({ id: _, timestamp: __, ...row }) => row),
  };
}

function read<T>(library: Library, work: (query: (sql: string) => StateRow[]) => T): T {
  const database = new DatabaseSync(library.database);
  try {
    return work((sql) => database.prepare(sql).all().map((row) => ({ ...row })));
  } finally {
    database.close();
  }
}

/** Folders below the media folder that hold nothing. */
function emptyFolders(root: string): string[] {
  const found: string[] = [];
  const walk = (below: string): void => {
    const entries = [...Deno.readDirSync(`${root}/${below}`)];
    if (entries.length === 0 && below !== "") found.push(below.slice(0, -1));
    for (const { name, isDirectory } of entries) if (isDirectory) walk(`${below}${name}/`);
  };
  walk("");
  return found;
}
