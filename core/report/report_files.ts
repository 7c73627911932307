// The files that reports are written to beside stdout (`--junit`, `--html`). Invariant: they are opened before
// the work begins, so that a path that can't be written is said now and not after hours; only what is a report or
// empty is overwritten, never a database or a document; a report that didn't come about leaves no file.

import { PaperwardError } from "../errors.ts";
import { explainClosedPath } from "../library/closed_path.ts";
import type { Files } from "../library/files.ts";

/** Open report files. */
export interface ReportFiles<Kind extends string> {
  /** Writes one, piece by piece, if it was asked for. */
  write(kind: Kind, text: () => Iterable<string>): void;
  close(): void;
}

/** How every report begins, by its kind. */
const HEADS: Readonly<Record<string, RegExp>> = {
  html: /^\s*<!doctype html/i,
  junit: /^\s*<\?xml/i,
};

/** Opens the files that were asked for. @param paths absolute; undefined: not asked for
 * @throws {PaperwardError} exit `usage` where one can't be written */
export function openReportFiles<Kind extends string>(
  files: Files,
  paths: Readonly<Record<Kind, string | undefined>>,
): ReportFiles<Kind> {
  checkDifferent(files, Object.values<string | undefined>(paths));
  const open = new Map(
    Object.entries<string | undefined>(paths).flatMap(([kind, path]) => {
      if (path === undefined) return [];
      try {
        if (!mayReplace(files, path, HEADS[kind])) {
          throw new PaperwardError(`Cannot write ${path}: there is a file that is no report`, {
            exit: "usage",
            hints: ["give a file that isn't there yet, or remove this one if nobody needs it"],
          });
        }
        return [[kind, { path, file: files.openWrite(path) }] as const];
      } catch (error) {
        if (error instanceof PaperwardError || !(error instanceof Error)) throw error;
        throw explainClosedPath(error) ??
          new PaperwardError(`Cannot write ${path}: ${error.message}`, {
            exit: "usage",
            hints: ["give a file in a folder that exists and that you may write to"],
            cause: error,
          });
      }
    }),
  );
  const written = new Set<string>();
  return {
    write(kind, text) {
      const report = open.get(kind);
      if (!report) return;
      const encoder = new TextEncoder();
      for (const piece of text()) report.file.write(encoder.encode(piece));
      written.add(kind);
    },
    close() {
      for (const [kind, { path, file }] of open) {
        file.close();
        // Not a device, and not half a page either.
        if (!written.has(kind) && isRegular(files, path)) files.remove(path);
      }
      open.clear();
    },
  };
}

/** Two reports in one file would be one of them. Devices take both. */
function checkDifferent(files: Files, paths: readonly (string | undefined)[]): void {
  const seen = new Set<string>();
  for (const path of paths) {
    if (path === undefined) continue;
    const facts = files.exists(path) ? files.lstat(path) : undefined;
    if (facts && facts.kind !== "file") continue;
    const file = facts?.inode ?? path;
    if (seen.has(file)) {
      throw new PaperwardError(`Cannot write two reports to ${path}: one would be lost`, {
        exit: "usage",
        hints: ["give each report a file of its own"],
      });
    }
    seen.add(file);
  }
}

function isRegular(files: Files, path: string): boolean {
  return files.exists(path) && files.lstat(path).kind === "file";
}

/** Whether nothing is lost when a report takes this place. */
function mayReplace(files: Files, path: string, head: RegExp | undefined): boolean {
  if (!isRegular(files, path)) return true;
  const file = files.openRead(path);
  try {
    const bytes = new Uint8Array(64);
    const size = file.read(bytes);
    return size === 0 || head?.test(new TextDecoder().decode(bytes.subarray(0, size))) === true;
  } finally {
    file.close();
  }
}
