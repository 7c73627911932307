// What can be wrong with an export that is imported. One problem stops the import unless damage is accepted;
// then each says what became of the thing instead.

import type { Files } from "../../library/files.ts";
import { openSpool, type Spool } from "../../library/spool.ts";

/** One thing that is wrong. */
export interface ImportProblem {
  /** What is wrong. */
  readonly kind:
    | "unknown model"
    | "unknown field"
    | "bad value"
    | "row twice"
    | "dangling reference"
    | "missing file"
    | "unreadable file"
    | "checksum mismatch"
    | "outside the export"
    | "outside the library"
    | "number taken"
    | "in the way";
  /** `documents.document 12`, or a path in the export. */
  readonly item: string;
  /** What is wrong with the item, in words. */
  readonly message: string;
  /** What happens to it where damage is accepted. */
  readonly instead: string;
}

/** Kinds that say what could not be kept, and stop nothing. */
const HARMLESS: ReadonlySet<ImportProblem["kind"]> = new Set(["number taken"]);

/** How many problems of a list stop an import. */
export function blockingProblems({ counts }: Pick<ProblemList, "counts">): number {
  return Object.entries(counts).reduce(
    (sum, [kind, count]) => sum + (HARMLESS.has(kind as ImportProblem["kind"]) ? 0 : count),
    0,
  );
}

/** A growing list of problems on disk. */
export interface ProblemList extends Iterable<ImportProblem>, Disposable {
  readonly length: number;
  /** By kind. */
  readonly counts: Readonly<Partial<Record<ImportProblem["kind"], number>>>;
  add(problem: ImportProblem): void;
  /** No more problems; before reading. */
  close(): void;
}

/** Opens an empty list. @param path in the scratch folder */
export function openProblemList(files: Files, path: string): ProblemList {
  const spool: Spool<ImportProblem> = openSpool<ImportProblem>(files, path);
  const counts: Partial<Record<ImportProblem["kind"], number>> = {};
  return {
    counts,
    get length() {
      return spool.length;
    },
    add(problem) {
      counts[problem.kind] = (counts[problem.kind] ?? 0) + 1;
      spool.add(problem);
    },
    close: () => spool.close(),
    [Symbol.dispose]: () => spool[Symbol.dispose](),
    [Symbol.iterator]: () => spool[Symbol.iterator](),
  };
}
