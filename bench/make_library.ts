// Makes a library of any size for benchmarks: the same seed gives the same files and rows. A library that
// was made once with the same options is used again.
//
//   deno run -A bench/make_library.ts FOLDER --documents 2000 --generation v3

import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { parseArgs } from "node:util";
import type { Generation } from "../core/schema/model.ts";
import { createLibrary, registerRegexp } from "../migrations/create_library.ts";
import { type Random, random } from "../tests/_random.ts";
import { RowWriter } from "../tests/_rows.ts";
import { pdfPieces, webpPieces } from "../tests/_tiny_files.ts";

/** What a benchmark's library is like. */
export interface BenchLibraryOptions {
  readonly documents: number;
  readonly generation: Generation;
  /** Original, archive and thumbnail together, on average, in units of 1000 bytes.
   * @default {380 up to 5,000 documents (as real libraries have), 40 above} */
  readonly kbPerDocument?: number;
  /** Length of each document's text in characters. @default {20000} */
  readonly textLength?: number;
  /** @default {1} */
  readonly seed?: number;
}

/** A library on disk. */
export interface BenchLibrary {
  readonly dataDir: string;
  readonly mediaRoot: string;
  readonly databasePath: string;
  readonly documents: number;
  /** All files below the media folder together. */
  readonly mediaBytes: number;
}

// Raised whenever what is made changes, so that no benchmark runs on an old library.
const RECIPE = 1;

const DIGEST = { v2: "md5", v3: "sha256" } as const;

/** How a document's bytes are spread over its files. */
const SHARE = { original: 0.5, archive: 0.45, thumbnail: 0.05 } as const;

const WORDS =
  ("rechnung invoice über für the und total betrag Straße März contract Müller number " +
    "kunde customer date payment due Überweisung bank account 2024 19% EUR page seite Größe delivery " +
    "lieferung agreement insurance Versicherung tax Steuer office amount net gross brutto netto item " +
    "Zürich café naïve „Zitat“ – reference order quantity price description signature subject regards " +
    "dear sir madam sehr geehrte damen herren enclosed anlage terms conditions within thirty days")
    .split(
      " ",
    );

/** Makes the library in `folder`, or finds it there.
 * @param folder is created; what it holds from another recipe or other options is removed first */
export function makeBenchLibrary(folder: string, options: BenchLibraryOptions): BenchLibrary {
  const { documents, generation } = options;
  const resolved = {
    recipe: RECIPE,
    documents,
    generation,
    kbPerDocument: options.kbPerDocument ?? (documents <= 5000 ? 380 : 40),
    textLength: options.textLength ?? 20_000,
    seed: options.seed ?? 1,
  };
  const marker = `${folder}/made.json`;
  const known = readMarker(marker);
  if (known && JSON.stringify(known.options) === JSON.stringify(resolved)) return known.library;
  if (!known && hasEntries(folder)) {
    throw new Error(`Cannot make a library in ${folder}: it holds something else`);
  }
  for (const name of ["made.json", "data", "media"]) {
    try {
      Deno.removeSync(`${folder}/${name}`, { recursive: true });
    } catch { /* not there */ }
  }
  // Written first without a library: what a killed run leaves is known as ours.
  Deno.mkdirSync(folder, { recursive: true });
  Deno.writeTextFileSync(marker, JSON.stringify({ options: null }));
  const library = make(Deno.realPathSync(folder), resolved);
  Deno.writeTextFileSync(marker, JSON.stringify({ options: resolved, library }));
  return library;
}

function hasEntries(folder: string): boolean {
  try {
    return [...Deno.readDirSync(folder)].length > 0;
  } catch {
    return false;
  }
}

function readMarker(
  path: string,
): { readonly options: unknown; readonly library: BenchLibrary } | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(path));
  } catch {
    return undefined;
  }
}

type Resolved = Required<BenchLibraryOptions>;

function make(folder: string, options: Resolved): BenchLibrary {
  const dataDir = `${folder}/data`;
  const mediaRoot = `${folder}/media`;
  const databasePath = `${dataDir}/db.sqlite3`;
  for (const path of [dataDir, ...["originals", "archive", "thumbnails"].map(mediaFolder)]) {
    Deno.mkdirSync(path, { recursive: true });
  }
  function mediaFolder(name: string): string {
    return `${mediaRoot}/documents/${name}`;
  }
  createLibrary({
    path: databasePath,
    generation: options.generation,
    now: "2025-01-01 00:00:00",
  });

  const numbers = random(options.seed);
  // Files are cut out of one pool of bytes: making them costs no more than writing them.
  const pool = new Uint8Array(32 * 1024 * 1024);
  numbers.fill(pool);
  const sentences = Array.from({ length: 4096 }, () => sentence(numbers));
  const noise = (length: number): Uint8Array => {
    const size = Math.min(length, pool.length);
    const at = numbers.below(pool.length - size + 1);
    return pool.subarray(at, at + size);
  };

  let mediaBytes = 0;
  const write = (path: string, pieces: readonly Uint8Array[]): string => {
    const hash = createHash(DIGEST[options.generation]);
    const file = Deno.openSync(path, { write: true, createNew: true });
    for (const piece of pieces) {
      hash.update(piece);
      for (let at = 0; at < piece.length;) at += file.writeSync(piece.subarray(at));
      mediaBytes += piece.length;
    }
    file.close();
    return hash.digest("hex");
  };

  using database = new DatabaseSync(databasePath);
  registerRegexp(database);
  database.exec("PRAGMA synchronous = OFF; BEGIN");
  const rows = new RowWriter(database);
  const objects = matchingObjects(rows, numbers);
  for (let id = 1; id <= options.documents; id++) {
    const name = String(id).padStart(7, "0");
    // Few files are large and many small, 1 on average.
    const factor = 0.1 + 2.7 * numbers.next() ** 2;
    const bytes = (share: number) => Math.round(options.kbPerDocument * 1000 * share * factor);
    const text = documentText(id, options.textLength, sentences, numbers);
    const lines = text.slice(0, 400).match(/.{1,80}/gs) ?? [];
    const checksum = write(
      `${mediaFolder("originals")}/${name}.pdf`,
      pdfPieces({ pages: [lines], padding: noise(bytes(SHARE.original)) }),
    );
    const archiveChecksum = write(
      `${mediaFolder("archive")}/${name}.pdf`,
      pdfPieces({ pages: [lines, ["archive"]], padding: noise(bytes(SHARE.archive)) }),
    );
    write(
      `${mediaFolder("thumbnails")}/${name}.webp`,
      webpPieces({
        width: 500,
        height: 707,
        colour: [id & 255, (id >> 8) & 255, 128],
        padding: noise(bytes(SHARE.thumbnail)),
      }),
    );
    documentRows(rows, { id, name, text, checksum, archiveChecksum, numbers, objects, options });
  }
  database.exec("COMMIT");
  return { dataDir, mediaRoot, databasePath, documents: options.documents, mediaBytes };
}

function sentence(numbers: Random): string {
  const words = Array.from({ length: 8 + numbers.below(10) }, () => numbers.pick(WORDS));
  return `${words.join(" ")} ${numbers.below(100_000)}.`;
}

function documentText(
  id: number,
  length: number,
  sentences: readonly string[],
  numbers: Random,
): string {
  const parts = [`Document ${id}`];
  for (let size = parts[0]!.length; size < length;) {
    const next = numbers.pick(sentences);
    parts.push(next);
    size += next.length + 1;
  }
  return parts.join("\n").slice(0, length);
}

interface MatchingObjects {
  readonly correspondents: readonly number[];
  readonly types: readonly number[];
  readonly tags: readonly number[];
  readonly owner: number;
  readonly field: number;
}

/** Makes a user, correspondents, document types, tags and a custom field, as many as a household has. */
function matchingObjects(rows: RowWriter, numbers: Random): MatchingObjects {
  const owner = rows.insert("auth_user", {
    password: "!",
    is_superuser: true,
    username: "bench",
    last_name: "",
    first_name: "",
    email: "",
    is_staff: true,
    is_active: true,
    date_joined: "2025-01-01 00:00:00",
  });
  const named = (table: string, count: number, more: (index: number) => Record<string, unknown>) =>
    Array.from({ length: count }, (_, index) =>
      rows.insert(table, {
        name: `${numbers.pick(WORDS)} ${index}`,
        match: "",
        matching_algorithm: 6,
        is_insensitive: true,
        owner_id: index % 3 === 0 ? null : owner,
        ...more(index) as Record<string, string | number>,
      }));
  return {
    owner,
    correspondents: named("documents_correspondent", 120, () => ({})),
    types: named("documents_documenttype", 25, () => ({})),
    tags: named("documents_tag", 80, (index) => ({
      color: "#a6cee3",
      is_inbox_tag: 0,
      tn_ancestors_count: 0,
      tn_ancestors_pks: "",
      tn_children_count: 0,
      tn_children_pks: "",
      tn_depth: 0,
      tn_descendants_count: 0,
      tn_descendants_pks: "",
      tn_index: 0,
      tn_level: 1,
      tn_order: index,
      tn_priority: 0,
      tn_siblings_count: 79,
      tn_siblings_pks: Array.from({ length: 80 }, (_, i) => i + 1).filter((i) => i !== index + 1)
        .join(","),
    })),
    field: rows.insert("documents_customfield", {
      created: "2025-01-01 00:00:00",
      name: "Amount",
      data_type: "monetary",
      extra_data: '{"default_currency": "EUR"}',
    }),
  };
}

interface DocumentParts {
  readonly id: number;
  readonly name: string;
  readonly text: string;
  readonly checksum: string;
  readonly archiveChecksum: string;
  readonly numbers: Random;
  readonly objects: MatchingObjects;
  readonly options: Resolved;
}

function documentRows(rows: RowWriter, parts: DocumentParts): void {
  const { id, name, numbers, objects, options } = parts;
  const two = (number: number) => String(number).padStart(2, "0");
  const day = () =>
    `${2005 + numbers.below(20)}-${two(1 + numbers.below(12))}-${two(1 + numbers.below(28))}`;
  const moment = () =>
    `2025-${two(1 + numbers.below(12))}-${two(1 + numbers.below(28))} ` +
    `${two(numbers.below(24))}:${two(numbers.below(60))}:00.${
      String(numbers.below(1e6)).padStart(6, "0")
    }`;
  const title = `${numbers.pick(WORDS)} ${numbers.pick(WORDS)} ${id}`;
  rows.insert("documents_document", {
    id,
    title,
    content: parts.text,
    mime_type: "application/pdf",
    checksum: parts.checksum,
    archive_checksum: parts.archiveChecksum,
    created: day(),
    modified: moment(),
    added: moment(),
    filename: `${name}.pdf`,
    archive_filename: `${name}.pdf`,
    original_filename: `scan_${id}.pdf`,
    archive_serial_number: id % 2 === 0 ? id : null,
    correspondent_id: id % 10 === 0 ? null : numbers.pick(objects.correspondents),
    document_type_id: id % 7 === 0 ? null : numbers.pick(objects.types),
    storage_path_id: null,
    owner_id: objects.owner,
    page_count: 1,
    ...(options.generation === "v2" ? { storage_type: "unencrypted" } : {}),
  });
  const tags = new Set(Array.from({ length: 3 }, () => numbers.pick(objects.tags)));
  for (const tag of tags) rows.insert("documents_document_tags", { document_id: id, tag_id: tag });
  rows.insert("documents_customfieldinstance", {
    created: moment(),
    document_id: id,
    field_id: objects.field,
    value_monetary: `EUR${numbers.below(10_000)}.${two(numbers.below(100))}`,
  });
  if (id % 5 === 0) {
    rows.insert("documents_note", {
      note: `Note: ${numbers.pick(WORDS)} ${numbers.pick(WORDS)}`,
      created: moment(),
      document_id: id,
      user_id: objects.owner,
    });
  }
  rows.insert("auditlog_logentry", {
    object_pk: String(id),
    object_id: id,
    object_repr: title,
    action: 0,
    timestamp: moment(),
    actor_id: null,
    content_type_id: options.generation === "v2" ? 14 : 17,
    changes_text: "",
    changes: JSON.stringify({ title: ["None", title], filename: ["None", `${name}.pdf`] }),
    additional_data: null,
  });
}

const USAGE = "Usage: deno run -A bench/make_library.ts FOLDER --documents N --generation v2|v3 " +
  "[--kb-per-document N] [--text-length N] [--seed N]\n";

function main(): number {
  const say = (text: string) => Deno.stderr.writeSync(new TextEncoder().encode(text));
  const { values, positionals } = parseArgs({
    args: Deno.args,
    allowPositionals: true,
    options: {
      documents: { type: "string", default: "2000" },
      generation: { type: "string", default: "v3" },
      "kb-per-document": { type: "string" },
      "text-length": { type: "string" },
      seed: { type: "string" },
    },
  });
  const [folder] = positionals;
  const { generation } = values;
  if (!folder || (generation !== "v2" && generation !== "v3")) {
    say(USAGE);
    return 2;
  }
  const library = makeBenchLibrary(folder, {
    documents: Number(values.documents),
    generation,
    ...(values["kb-per-document"] ? { kbPerDocument: Number(values["kb-per-document"]) } : {}),
    ...(values["text-length"] ? { textLength: Number(values["text-length"]) } : {}),
    ...(values.seed ? { seed: Number(values.seed) } : {}),
  });
  const megabytes = Math.round(library.mediaBytes / 1e6);
  say(`${library.documents} documents, ${megabytes} MB of files: ${folder}\n`);
  return 0;
}

if (import.meta.main) Deno.exit(main());
