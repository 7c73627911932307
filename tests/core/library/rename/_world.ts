// What tests of renaming share: a small library whose documents and files a test names one by one, and a
// renaming run in this thread on any file system.

import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import type { Files } from "../../../../core/library/files.ts";
import { openFiles } from "../../../../core/library/deno_files.ts";
import type { Mover } from "../../../../core/library/rename/open_mover.ts";
import {
  renameDocuments,
  type RenameOptions,
  type RenameSummary,
} from "../../../../core/library/rename/rename_documents.ts";
import type { Answer } from "../../../../core/report/ask.ts";
import { StopSignal } from "../../../../core/sandbox/stop_signal.ts";
import type { Generation } from "../../../../core/schema/model.ts";
import { type SilentReport, silentReport } from "../../../_silent_report.ts";
import { execute, type Home, homeIn, makeEmpty, query } from "../../archive/import/_world.ts";

/** A document of a test. */
export interface Named {
  readonly id: number;
  readonly title: string;
  /** Relative to the originals; null: the row names none. */
  readonly filename: string | null;
  readonly archive?: string;
  /** `YYYY-MM-DD`: the newest goes first. @default a day for each id, the first id the newest */
  readonly created?: string;
  /** Files that are not made. */
  readonly missing?: "original" | "archive";
  readonly trash?: boolean;
  /** v3 */
  readonly root?: number;
  readonly version?: number;
  /** @default `document <id>` */
  readonly content?: string;
  readonly mimeType?: string;
  /** v2 */
  readonly gpg?: boolean;
}

/** Makes a library of such documents. */
export function makeLibrary(
  folder: string,
  documents: readonly Named[],
  generation: Generation = "v3",
): Home {
  const home = makeEmpty(folder, generation);
  const digest = (text: string) =>
    createHash(generation === "v2" ? "md5" : "sha256").update(text).digest("hex");
  const statements = documents.map((document) => {
    const { id, title, filename, archive, trash, root, version } = document;
    const text = document.content ?? `document ${id}`;
    if (filename !== null && document.missing !== "original") {
      writeFile(join(home.documents, "originals", filename), text);
    }
    if (archive !== undefined && document.missing !== "archive") {
      writeFile(join(home.documents, "archive", archive), `archive of ${text}`);
    }
    const row: Record<string, string | number | null> = {
      id,
      title,
      content: "",
      created: document.created ?? `2024-01-${String(31 - id).padStart(2, "0")}`,
      modified: "2024-02-02 02:02:02.020202",
      added: "2024-02-01 01:01:01.010101",
      mime_type: document.mimeType ?? "application/pdf",
      checksum: digest(text),
      archive_checksum: archive === undefined ? null : digest(`archive of ${text}`),
      filename,
      archive_filename: archive ?? null,
      deleted_at: trash ? "2024-03-03 03:03:03" : null,
      ...(generation === "v2" ? { storage_type: document.gpg ? "gpg" : "unencrypted" } : {}),
      ...(root === undefined ? {} : { root_document_id: root, version_index: version ?? 1 }),
    };
    const values = Object.values(row).map(literal).join(", ");
    return `insert into documents_document (${Object.keys(row).join(", ")}) values (${values})`;
  });
  execute(home, "begin", ...statements, "commit");
  return home;
}

/** Copies a library, times and all. */
export function copyOf(home: Home, folder: string): Home {
  const { success } = new Deno.Command("cp", { args: ["-a", home.folder, folder] }).outputSync();
  if (!success) throw new Error(`Cannot copy ${home.folder} to ${folder}`);
  return homeIn(folder);
}

/** Writes a file and the folders above it. */
export function writeFile(path: string, text: string): void {
  Deno.mkdirSync(dirname(path), { recursive: true });
  Deno.writeTextFileSync(path, text);
}

function literal(value: string | number | null): string {
  if (value === null) return "null";
  return typeof value === "number" ? String(value) : `'${value.replaceAll("'", "''")}'`;
}

/** Parts of a run that a test sets. */
export interface RunParts extends Partial<RenameOptions> {
  readonly format?: string;
  readonly removeNone?: boolean;
  readonly files?: (roots: { read: string[]; write: string[] }) => Files;
  readonly report?: SilentReport;
  readonly answer?: Answer;
  readonly onAsk?: (question: string) => void;
  readonly openMover?: (mediaRoot: string) => Mover;
}

/** Renames. */
export async function rename(home: Home, parts: RunParts = {}): Promise<RenameSummary> {
  const scratch = join(home.folder, "scratch");
  Deno.mkdirSync(scratch, { recursive: true });
  const roots = { read: [], write: [home.folder] };
  try {
    return await renameDocuments({
      settings: {
        ...home.settings,
        filenameFormat: parts.format ?? "{{ title }}",
        filenameFormatRemoveNone: parts.removeNone ?? false,
      },
      report: parts.report ?? silentReport(),
      stop: new StopSignal(),
      files: parts.files?.(roots) ?? openFiles(roots),
      scratch,
      version: "test",
      canAsk: parts.answer !== undefined,
      ask(question) {
        parts.onAsk?.(question);
        return Promise.resolve(parts.answer ?? "nobody there");
      },
      now: () => new Date("2025-05-05T05:05:05.050Z"),
      ...(parts.openMover ? { openMover: parts.openMover } : {}),
    }, {
      dryRun: parts.dryRun ?? false,
      yes: parts.yes ?? false,
      arguments: [],
      ...(parts.documents === undefined ? {} : { documents: parts.documents }),
    });
  } finally {
    Deno.removeSync(scratch, { recursive: true });
  }
}

/** What each row names, and what lies there: `id: original [archive]`. Fails where content went astray. */
export function namesOf(home: Home): Readonly<Record<number, string>> {
  const rows = query(
    home,
    "select id, filename, archive_filename from documents_document order by id",
  );
  return Object.fromEntries(rows.map(({ id, filename, archive_filename: archive }) => [
    Number(id),
    `${filename}${archive === null ? "" : ` ${archive}`}`,
  ]));
}

/** Every file below a folder as `path: text`, and every folder that holds nothing as `path/`. */
export function filesIn(folder: string, below = ""): string[] {
  const entries = [...Deno.readDirSync(join(folder, below))];
  if (entries.length === 0 && below !== "") return [`${below}/`];
  return entries.flatMap((entry) => {
    const path = below ? `${below}/${entry.name}` : entry.name;
    if (entry.isDirectory) return filesIn(folder, path);
    if (entry.isSymlink) return [`${path} -> ${Deno.readLinkSync(join(folder, path))}`];
    return [`${path}: ${Deno.readTextFileSync(join(folder, path))}`];
  }).sort();
}

/** Files of the originals. */
export const originals = (home: Home): string[] => filesIn(join(home.documents, "originals"));
/** Files of the archives. */
export const archives = (home: Home): string[] => filesIn(join(home.documents, "archive"));
