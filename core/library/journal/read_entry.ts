// Reads an entry of the journal, forwards or backwards, a line at a time. Invariant: a last line that a crash
// tore is no step, since what it names was not begun; anything else that can't be read is damage.

import { PaperwardError } from "../../errors.ts";
import type { Files, OpenFile } from "../files.ts";
import type { EntryFacts } from "./open_journal.ts";
import { type JournalPlaces, type JournalStep, parseStep } from "./journal_step.ts";

/** An entry's steps. */
export interface EntryReader {
  /** What its first line says. */
  readonly head: Pick<EntryFacts, "command" | "arguments" | "started">;
  /** Its command came to its end. */
  readonly ended: boolean;
  /** How many steps there are. */
  readonly length: number;
  /** Steps with their numbers, from 0. */
  forwards(): Iterable<{ readonly number: number; readonly step: JournalStep }>;
  /** Steps with their numbers, the last first: number `length − 1` to 0. */
  backwards(): Iterable<{ readonly number: number; readonly step: JournalStep }>;
}

/**
 * Opens an entry for reading.
 *
 * @param kept steps that count: those behind them were taken back already
 * @throws {PaperwardError} where it is damaged, or was written by a newer Paperward
 */
export function readEntry(
  files: Files,
  path: string,
  places: JournalPlaces,
  kept = Infinity,
): EntryReader {
  const damaged = (reason: string) =>
    new PaperwardError(`Cannot read journal entry ${path}: ${reason}`, {
      hints: ["it was damaged, or written by a newer Paperward; what it lists can't be taken back"],
    });
  /** Where each line begins, and where the last one ends. */
  const starts: number[] = [];
  let head: EntryReader["head"] | undefined;
  let ended = false;
  for (const { text, start, whole } of lines(files, path)) {
    if (starts.length === 0 && !head) {
      head = whole
        ? headOf(parsed(text))
        : HEAD.startsWith(text.slice(0, HEAD.length))
        ? NO_HEAD
        : undefined;
      if (!head) throw damaged("its first line is not a journal's");
      continue;
    }
    if (!whole) break;
    // Lines of steps can be long and are many: they are read as JSON when they are needed.
    if (text.startsWith('{"end":')) ended = true;
    else if (starts.length < kept) starts.push(start);
  }
  head ??= NO_HEAD;
  const order = (backwards: boolean) => ({
    *[Symbol.iterator]() {
      const file = files.openRead(path);
      try {
        for (let i = 0; i < starts.length; i++) {
          const number = backwards ? starts.length - 1 - i : i;
          const step = parseStep(parsed(lineAt(file, starts[number] ?? 0)), places);
          if (!step) throw damaged(`its step ${number + 1} is not one`);
          yield { number, step };
        }
      } finally {
        file.close();
      }
    },
  });
  return {
    head,
    ended,
    length: starts.length,
    forwards: () => order(false),
    backwards: () => order(true),
  };
}

/** How the first line begins: a crash may have torn it, and then nothing was begun. */
const HEAD = '{"paperward":"journal","version":1,';
const NO_HEAD = { command: "", arguments: [], started: "" } as const;

function headOf(value: unknown): EntryReader["head"] | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { paperward, version, command, arguments: given, started } = value as Record<
    string,
    unknown
  >;
  if (paperward !== "journal" || version !== 1) return undefined;
  if (typeof command !== "string" || typeof started !== "string" || !Array.isArray(given)) {
    return undefined;
  }
  return { command, arguments: given.map(String), started };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const BUFFER = 1 << 16;
const NEWLINE = 10;

/** Lines with the place of their first byte; `whole` is false for a last one without its end. */
function* lines(
  files: Files,
  path: string,
): Generator<{ readonly text: string; readonly start: number; readonly whole: boolean }> {
  const file = files.openRead(path);
  try {
    const buffer = new Uint8Array(BUFFER);
    const decoder = new TextDecoder();
    let held: Uint8Array[] = [];
    let start = 0;
    let at = 0;
    const take = (): string => {
      const text = held.map((piece, i) => decoder.decode(piece, { stream: i < held.length - 1 }))
        .join("");
      held = [];
      return text;
    };
    for (let size = file.read(buffer); size > 0; size = file.read(buffer)) {
      let from = 0;
      for (let end = find(buffer, from, size); end >= 0; end = find(buffer, from, size)) {
        held.push(buffer.slice(from, end));
        yield { text: take(), start, whole: true };
        from = end + 1;
        start = at + from;
      }
      held.push(buffer.slice(from, size));
      at += size;
    }
    if (at > start) yield { text: take(), start, whole: false };
  } finally {
    file.close();
  }
}

function find(buffer: Uint8Array, from: number, size: number): number {
  const end = buffer.indexOf(NEWLINE, from);
  return end >= 0 && end < size ? end : -1;
}

function lineAt(file: OpenFile, start: number): string {
  file.seek(start);
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(BUFFER);
  let text = "";
  for (let size = file.read(buffer); size > 0; size = file.read(buffer)) {
    const end = find(buffer, 0, size);
    text += decoder.decode(buffer.subarray(0, end < 0 ? size : end), { stream: end < 0 });
    if (end >= 0) break;
  }
  return text;
}
