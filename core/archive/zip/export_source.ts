// An export to read from, folder or zip, behind one interface. Paths are relative to the export's root
// with `/` between; a path that leaves the root, by `..` or by a link, is refused and never opened.

import type { Files } from "../../library/files.ts";

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

/** An export that can be read in any order. */
export interface ExportSource {
  readonly kind: "folder" | "zip";
  /** Absolute path of the folder or the zip file. */
  readonly path: string;
  /** Every regular file, folders walked in the order of their sorted names. */
  files(): Iterable<ExportFile>;
  /** Paths in the export that are neither file nor folder, or that lead out of it: never opened. */
  readonly refused: readonly string[];
  /** @returns facts of a regular file, or undefined if there is none by that path
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
  close(): void;
}

/** Opens an export: a folder, or a zip file told by its content.
 * @throws {PaperwardError} if it is neither, or the zip is hostile or damaged */
export function openExportSource(_files: Files, _path: string): Promise<ExportSource> {
  throw new Error("not there yet");
}
