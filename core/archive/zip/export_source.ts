// An export to read from, folder or zip, behind one interface. Paths are relative to the export's root
// with `/` between; a path that leaves the root, by `..` or by a link, is refused and never opened.

import { join } from "node:path";
import { PaperwardError } from "../../errors.ts";
import type { FileFacts, Files } from "../../library/files.ts";
import { readChunks } from "../../library/read_chunks.ts";
import { staysInExport } from "../../library/relative_path.ts";
import { isZip, openZip, type ZipArchive } from "./zip_reader.ts";

/** One regular file of an export. */
export interface ExportFile {
  /** Relative to the export's root, `/` between. */
  readonly path: string;
  /** bytes, uncompressed */
  readonly size: number;
  /** ms since the epoch, or null where it isn't known */
  readonly mtime: number | null;
  /** Permission bits, or null where they aren't known. */
  readonly mode: number | null;
}

/** A path that is in the export and is never opened, and why. */
export interface RefusedPath {
  /** Relative to the export's root. */
  readonly path: string;
  /** Why it is never opened. */
  readonly reason: string;
}

/** An export that can be read in any order. */
export interface ExportSource {
  /** What holds the export. */
  readonly kind: "folder" | "zip";
  /** Absolute path of the folder or the zip file. */
  readonly path: string;
  /** What messages call it: its path, or `standard input`. */
  readonly name: string;
  /** Every regular file; in a folder those of each folder sorted by name, folders after files.
   * @param onRefused told of links that lead out, devices and names that are no plain path */
  files(onRefused?: (refused: RefusedPath) => void): Iterable<ExportFile>;
  /** Looks for a file.
   * @returns facts of a regular file, or undefined if there is none by that path
   * @throws {PaperwardError} if the path leaves the export */
  find(path: string): ExportFile | undefined;
  /** Streams a file; in a zip its CRC-32 and size are checked at the end.
   * @throws {PaperwardError} if it is missing, leaves the export or is damaged */
  open(path: string): AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** Reads a small file whole.
   * @param limit largest size accepted, in bytes @default {16 MiB} */
  readBytes(path: string, limit?: number): Promise<Uint8Array<ArrayBuffer>>;
  /** As {@linkcode readBytes}, decoded as UTF-8 (fatal; a byte order mark is dropped). */
  readText(path: string, limit?: number): Promise<string>;
  /** Closes the zip file; a folder needs it not. */
  close(): void;
}

/** What to give where something else than an export was given. */
export const EXPORT_HINT = "give the folder or zip file that document_exporter wrote";

const DEFAULT_LIMIT = 16 * 1024 * 1024;

/** Opens an export: a folder, or a zip file told by its content, not by its name.
 * @param path absolute @param name what messages call it
 * @throws {PaperwardError} if it is neither, or the zip is hostile or damaged */
export async function openExportSource(
  files: Files,
  path: string,
  name = path,
): Promise<ExportSource> {
  const facts = factsOf(files, path);
  if (facts === undefined) {
    throw new PaperwardError(`Cannot open the export ${name}: there is nothing by that name`, {
      hints: [EXPORT_HINT],
    });
  }
  if (facts.kind === "folder") return withReading(folderSource(files, files.real(path)));
  if (facts.kind !== "file" || !looksLikeZip(files, path)) {
    throw new PaperwardError(
      `Cannot open the export ${name}: it is neither a folder nor a zip file`,
      { hints: [EXPORT_HINT] },
    );
  }
  return withReading(zipSource(await openZip(files, path, { name })));
}

type Source = Omit<ExportSource, "readBytes" | "readText">;

function folderSource(files: Files, root: string): Source {
  /** A file below the root, wherever links inside the export lead; undefined if there is none. */
  const located = (path: string): { real: string; facts: FileFacts } | undefined => {
    checkPath(path);
    const full = join(root, path);
    try {
      const { path: real, facts } = files.locate(full);
      if (!real.startsWith(root.endsWith("/") ? root : `${root}/`)) throw outside(root, path);
      return facts.kind === "file" ? { real, facts } : undefined;
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  };
  return {
    kind: "folder",
    path: root,
    name: root,
    *files(onRefused = () => {}) {
      const folders = [""];
      for (let below = folders.pop(); below !== undefined; below = folders.pop()) {
        const inner: string[] = [];
        const entries = files.list(join(root, below));
        for (const { name, kind } of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
          const path = below === "" ? name : `${below}/${name}`;
          const found = kind === "folder" ? undefined : lookUp(path, kind);
          if (kind === "folder") inner.push(path);
          else if (found && "reason" in found) onRefused(found);
          else if (found) yield found;
        }
        folders.push(...inner.reverse());
      }

      function lookUp(path: string, kind: string): ExportFile | RefusedPath | undefined {
        if (kind === "other") return { path, reason: "it is a device, pipe or socket" };
        try {
          const found = located(path);
          // A file may go while we walk; a link may point to a folder or nowhere.
          if (!found) {
            return kind === "link" ? { path, reason: "it is a link to no file" } : undefined;
          }
          return exportFile(path, found.facts);
        } catch (error) {
          if (error instanceof PaperwardError) return { path, reason: error.message };
          throw error;
        }
      }
    },
    find(path) {
      const found = located(path);
      return found && exportFile(path, found.facts);
    },
    async *open(path) {
      const found = located(path);
      if (!found) throw missing(root, path);
      yield* readChunks(files, found.real);
    },
    close() {},
  };
}

function zipSource(zip: ZipArchive): Source {
  return {
    kind: "zip",
    path: zip.path,
    name: zip.name,
    *files() {
      for (const entry of zip.entries.values()) if (entry.kind === "file") yield entry;
    },
    find(path) {
      checkPath(path);
      return zip.find(path);
    },
    async *open(path) {
      checkPath(path);
      const entry = zip.find(path);
      if (!entry) throw missing(zip.name, path);
      yield* zip.open(entry);
    },
    close: () => zip.close(),
  };
}

function withReading(source: Source): ExportSource {
  const readBytes = async (path: string, limit = DEFAULT_LIMIT) => {
    const size = source.find(path)?.size ?? 0;
    const pieces: Uint8Array[] = [];
    let read = 0;
    if (size <= limit) {
      for await (const piece of source.open(path)) {
        pieces.push(piece);
        read += piece.length;
        if (read > limit) break;
      }
    }
    if (Math.max(size, read) > limit) {
      throw new PaperwardError(`Cannot read ${path}: it is larger than ${limit} bytes`);
    }
    const whole = new Uint8Array(read);
    let at = 0;
    for (const piece of pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  };
  return {
    ...source,
    readBytes,
    async readText(path, limit) {
      const bytes = await readBytes(path, limit);
      try {
        return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
      } catch (cause) {
        throw new PaperwardError(`Cannot read ${path}: it is not UTF-8 text`, { cause });
      }
    },
  };
}

function exportFile(path: string, { size, mtime, mode }: FileFacts): ExportFile {
  return { path, size, mtime, mode };
}

function factsOf(files: Files, path: string): FileFacts | undefined {
  try {
    return files.stat(path);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

function looksLikeZip(files: Files, path: string): boolean {
  const file = files.openRead(path);
  try {
    return isZip(file);
  } finally {
    file.close();
  }
}

function isAbsent(error: unknown): boolean {
  const { NotFound, NotADirectory, FilesystemLoop } = Deno.errors;
  return [NotFound, NotADirectory, FilesystemLoop].some((kind) => error instanceof kind);
}

function checkPath(path: string): void {
  if (staysInExport(path)) return;
  throw new PaperwardError(
    `Cannot open ${JSON.stringify(path)} in the export: it is no plain path inside it`,
    { hints: ["the manifest names a file outside of the export; it is not followed"] },
  );
}

function outside(root: string, path: string): PaperwardError {
  return new PaperwardError(`Cannot open ${path} in ${root}: it leads out of the export`, {
    hints: ["a symbolic link points elsewhere; it is not followed"],
  });
}

function missing(root: string, path: string): PaperwardError {
  return new PaperwardError(`Cannot open ${path} in ${root}: it is missing`);
}
