// What taking back the file steps of an entry means, told by looking: each step is still there, gone
// already, or in conflict with what happened since. Invariant: nothing is changed here.

import type { TransferJob } from "../../../wasm/checksum/transfer.ts";
import type { TransferPool } from "../../../wasm/checksum/transfer_pool.ts";
import type { Files } from "../files.ts";
import type { JournalStep, MovedFacts } from "./journal_step.ts";

/** A step that can't be taken back, and why. */
export interface Conflict {
  /** A path, or a row. */
  readonly what: string;
  /** What stands in the way, in words. */
  readonly reason: string;
}

/** What has to be true of a file's content. */
interface Expectation {
  readonly path: string;
  readonly checksum: string;
  /** The content must be this, or must not be. */
  readonly equal: boolean;
  readonly reason: string;
}

/** Steps about files. */
export type FileStep = Extract<
  JournalStep,
  { readonly kind: "file added" | "file moved" | "file replaced" | "folder added" }
>;

/** Steps whose undoing puts a file somewhere: they are taken back before rows are, added files after. */
export type MoveStep = Extract<FileStep, { readonly kind: "file moved" | "file replaced" }>;

type MovedStep = Extract<FileStep, { readonly kind: "file moved" }>;

/** Whether a step moves a file. */
export function isMove(step: JournalStep): step is MoveStep {
  return step.kind === "file moved" || step.kind === "file replaced";
}

/** Follows what files would be where while steps are taken back one after the other. */
export interface FileCheck {
  /** Looks at one more step, the last first. */
  take(step: FileStep): Look;
}

/** What looking at a step told. */
export interface Look {
  readonly expect: readonly Expectation[];
  readonly conflict?: Conflict;
  /** A file that was moved is where the step put it. */
  readonly isMoved?: boolean;
}

/** Starts with the library as it is. */
export function openFileCheck(files: Files): FileCheck {
  /** Where the content of a path really is now; undefined: nowhere. */
  const moved = new Map<string, string | undefined>();
  const where = (path: string) =>
    moved.has(path) ? moved.get(path) : files.exists(path) ? path : undefined;
  const conflict = (what: string, reason: string): Look => ({
    expect: [],
    conflict: { what, reason },
  });
  const changed = "it was changed since";
  const stranger = "something else is there now";
  const nothing: Look = { expect: [] };

  /** That a file is still the one that was moved. */
  function expectMoved(
    path: string,
    { checksum, facts }: MovedStep,
    reason: string,
  ): Look {
    if (facts && hasFacts(files, path, facts)) return nothing;
    if (checksum !== null) return { expect: [{ path, checksum, equal: true, reason }] };
    return facts ? conflict(path, reason) : nothing;
  }

  return {
    take(step) {
      switch (step.kind) {
        case "folder added":
          return nothing;
        case "file added": {
          const found = where(step.path);
          moved.set(step.path, undefined);
          if (found === undefined) return nothing;
          return {
            expect: [{ path: found, checksum: step.checksum, equal: true, reason: changed }],
          };
        }
        case "file moved": {
          const [from, to] = [where(step.from), where(step.to)];
          if (to === undefined) {
            if (from === undefined) return conflict(step.to, "it is not there any more");
            // It never moved, or is back already.
            return expectMoved(from, step, stranger);
          }
          if (from !== undefined && neverMoved(files, from, to, step)) return nothing;
          moved.set(step.from, to);
          moved.set(step.to, undefined);
          const { checksum } = step;
          if (from === undefined) {
            return { ...expectMoved(to, step, changed), isMoved: true };
          }
          // Both are there where a copy to another file system was cut off before its source was removed. One of
          // them will go, so both are read.
          if (checksum === null) return conflict(step.from, stranger);
          return {
            expect: [
              { path: to, checksum, equal: true, reason: changed },
              { path: from, checksum, equal: true, reason: stranger },
            ],
            isMoved: true,
          };
        }
        case "file replaced": {
          const [path, backup] = [where(step.path), where(step.backup)];
          if (backup === undefined) {
            if (path === undefined) return conflict(step.path, "it and its backup are gone");
            const reason = "its backup is gone";
            return step.before === null
              ? { expect: [{ path, checksum: step.after, equal: false, reason }] }
              : { expect: [{ path, checksum: step.before, equal: true, reason }] };
          }
          moved.set(step.path, backup);
          moved.set(step.backup, undefined);
          if (path === undefined) return nothing;
          return { expect: [{ path, checksum: step.after, equal: true, reason: changed }] };
        }
      }
    },
  };
}

/** Whether a step was recorded but not carried out: its file is still where it was, and what is at the new place is
 * what an earlier step of the same run was to take away. */
export function neverMoved(files: Files, from: string, to: string, { facts }: MovedStep): boolean {
  return facts !== undefined && hasFacts(files, from, facts) && !hasFacts(files, to, facts);
}

/** Whether a file has the size and the time that a step remembers. */
export function hasFacts(files: Files, path: string, { size, mtime }: MovedFacts): boolean {
  const found = files.lstat(path);
  return found.kind === "file" && found.size === size && found.mtime === mtime;
}

/** Reads the files that were expected to have some content. Yields those that have not. */
export async function* unmet(
  expectations: Iterable<Expectation>,
  transfers: TransferPool,
  stop?: SharedArrayBuffer,
): AsyncGenerator<Conflict> {
  const waiting = new Map<number, Expectation>();
  function* jobs(): Generator<TransferJob> {
    let id = 0;
    for (const expectation of expectations) {
      waiting.set(++id, expectation);
      yield {
        id,
        source: expectation.path,
        algorithm: expectation.checksum.length === 32 ? "md5" : "sha256",
      };
    }
  }
  for await (const result of transfers.run(jobs(), stop ? { stop } : {})) {
    const expectation = waiting.get(result.id);
    waiting.delete(result.id);
    if (!expectation || result.error?.phase === "stop") continue;
    const { path, checksum, equal, reason } = expectation;
    if (result.error) yield { what: path, reason: `it can't be read (${result.error.message})` };
    else if ((result.digest === checksum) !== equal) yield { what: path, reason };
  }
}
