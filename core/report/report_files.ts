// The files that reports are written to beside stdout (`--junit`, `--html`). Invariant: they are opened before
// the work begins, so that a path that can't be written is said now and not after hours.

import { PaperwardError } from "../errors.ts";
import type { Files } from "../library/files.ts";

/** Open report files. */
export interface ReportFiles<Kind extends string> {
  /** Writes one, piece by piece, if it was asked for. */
  write(kind: Kind, text: () => Iterable<string>): void;
  close(): void;
}

/** Opens the files that were asked for. @param paths absolute; undefined: not asked for
 * @throws {PaperwardError} exit `usage` where one can't be written */
export function openReportFiles<Kind extends string>(
  files: Files,
  paths: Readonly<Record<Kind, string | undefined>>,
): ReportFiles<Kind> {
  const open = new Map(
    Object.entries<string | undefined>(paths).flatMap(([kind, path]) => {
      if (path === undefined) return [];
      try {
        return [[kind, files.openWrite(path)] as const];
      } catch (error) {
        if (error instanceof PaperwardError || !(error instanceof Error)) throw error;
        throw new PaperwardError(`Cannot write ${path}: ${error.message}`, {
          exit: "usage",
          hints: ["give a file in a folder that exists and that you may write to"],
          cause: error,
        });
      }
    }),
  );
  return {
    write(kind, text) {
      const file = open.get(kind);
      if (!file) return;
      const encoder = new TextEncoder();
      for (const piece of text()) file.write(encoder.encode(piece));
    },
    close: () => open.forEach((file) => file.close()),
  };
}
