// Where a file that a manifest names is: in the zip, or behind which real path. Never outside of the export.

import { join } from "node:path";
import { PaperwardError } from "../../errors.ts";
import type { Files } from "../../library/files.ts";
import { osErrorCode } from "../../library/os_error.ts";
import { staysInExport } from "../../library/relative_path.ts";
import type { ExportSource } from "../zip/export_source.ts";

/** What is found where a file should be. */
export type ExportPlace =
  /** @property real in a folder: the path behind all links */
  | { readonly kind: "file"; readonly size: number; readonly real?: string }
  | { readonly kind: "missing" }
  | { readonly kind: "unsafe"; readonly reason: string }
  | { readonly kind: "unreadable"; readonly reason: string };

/** Looks for a file of an export. @param path as a manifest has it */
export function locateInExport(files: Files, source: ExportSource, path: string): ExportPlace {
  if (!staysInExport(path)) {
    return { kind: "unsafe", reason: "it is no plain path inside the export" };
  }
  try {
    if (source.kind === "zip") {
      const found = source.find(path);
      return found ? { kind: "file", size: found.size } : { kind: "missing" };
    }
    const { path: real, facts } = files.locate(join(source.path, path));
    if (!real.startsWith(source.path === "/" ? "/" : `${source.path}/`)) {
      return { kind: "unsafe", reason: "a link leads out of the export" };
    }
    if (facts.kind !== "file") {
      return { kind: "unsafe", reason: `it is no file, but a ${facts.kind}` };
    }
    return { kind: "file", size: facts.size, real };
  } catch (error) {
    if (error instanceof PaperwardError) return { kind: "unsafe", reason: error.message };
    const { NotFound, NotADirectory, FilesystemLoop } = Deno.errors;
    if ([NotFound, NotADirectory, FilesystemLoop].some((kind) => error instanceof kind)) {
      return { kind: "missing" };
    }
    if (osErrorCode(error) === "ENAMETOOLONG") {
      return { kind: "unsafe", reason: "no file can have so long a name" };
    }
    if (!(error instanceof Error)) throw error;
    return { kind: "unreadable", reason: error.message };
  }
}
