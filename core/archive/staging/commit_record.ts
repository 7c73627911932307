// The commit record: the list of renames and removals that turn the old generation of an export into the
// new one. Invariant: a record that is not complete to its last line does not exist.

import { createHash } from "node:crypto";
import { staysInside } from "../../library/relative_path.ts";
import type { OpenFile } from "../../library/files.ts";

/** One step of a commit. Paths are relative to the target, with `/`. */
export type Change =
  /** A file that is in the way of a folder, or an empty folder in the way of a file, goes first. */
  | { readonly clear: string }
  /** A staged file takes its place. */
  | { readonly place: string; readonly staged: string }
  /** A file that is no longer part of the export goes last, with the folders that it leaves empty. */
  | { readonly remove: string };

const HEADER = { paperward: "commit record", version: 1 };

/** Bytes that are buffered before they are written. */
const BUFFER = 1 << 16;

/** Writes a record line by line; it counts only once {@linkcode CommitRecordWriter.end} returned. */
export interface CommitRecordWriter {
  add(change: Change): void;
  end(): void;
}

/** Writes a commit record to an open file. */
export function writeCommitRecord(file: OpenFile): CommitRecordWriter {
  const digest = createHash("sha256");
  let pending = "";
  let steps = 0;
  const flush = () => {
    const bytes = new TextEncoder().encode(pending);
    digest.update(bytes);
    file.write(bytes);
    pending = "";
  };
  const line = (value: unknown) => {
    pending += JSON.stringify(value) + "\n";
    if (pending.length >= BUFFER) flush();
  };
  line(HEADER);
  return {
    add(change) {
      // What could not be read back would undo the whole record, and everything staged with it.
      if (!isChange(change)) throw new Error(`Not a step of a commit: ${JSON.stringify(change)}`);
      steps++;
      line(change);
    },
    end() {
      flush();
      file.write(
        new TextEncoder().encode(
          JSON.stringify({ end: steps, sha256: digest.digest("hex") }) + "\n",
        ),
      );
    },
  };
}

/**
 * Reads a commit record, step by step.
 *
 * @param file the record; read from its start, as often as needed
 * @returns undefined where it is incomplete or not a record at all: then nothing was committed
 */
export function readCommitRecord(file: OpenFile): Iterable<Change> | undefined {
  return isComplete(file) ? steps(file) : undefined;
}

function isComplete(file: OpenFile): boolean {
  const digest = createHash("sha256");
  let count = -1;
  let end: { end?: number; sha256?: string } | undefined;
  for (const line of lines(file)) {
    if (end) return false;
    const value = parsed(line);
    if (
      count < 0 &&
      (value?.["paperward"] !== HEADER.paperward || value["version"] !== HEADER.version)
    ) return false;
    if (value && "end" in value) end = value;
    else {
      digest.update(line + "\n");
      count++;
      if (count > 0 && !isChange(value)) return false;
    }
  }
  return end?.end === count && end.sha256 === digest.digest("hex");
}

function* steps(file: OpenFile): Generator<Change> {
  for (const line of lines(file)) {
    const value = parsed(line);
    if (isChange(value)) yield value;
  }
}

/** Paths are checked as if somebody else had written them: the target may be shared. */
function isChange(value: unknown): value is Change {
  if (typeof value !== "object" || value === null) return false;
  const step = value as Record<string, unknown>;
  if (typeof step["place"] === "string") {
    return staysInside(step["place"]) && typeof step["staged"] === "string" &&
      /^[\w.-]+$/.test(step["staged"]) &&
      staysInside(step["staged"]);
  }
  const gone = step["clear"] ?? step["remove"];
  return typeof gone === "string" && staysInside(gone);
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function* lines(file: OpenFile): Generator<string> {
  file.seek(0);
  const buffer = new Uint8Array(BUFFER);
  const decoder = new TextDecoder();
  let rest = "";
  for (let size = file.read(buffer); size > 0; size = file.read(buffer)) {
    const parts = (rest + decoder.decode(buffer.subarray(0, size), { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
  if (rest) yield rest;
}
