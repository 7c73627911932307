// Tables as upstream's 3.0 prints them (Rich 14): with frames, or with a line below the head only. Rows are
// printed as they come; only widths are looked at beforehand.

import { displayWidth, pad, truncate } from "./display_width.ts";

/** A column. */
export interface RichColumn {
  readonly head: string;
  readonly side?: "left" | "right";
  /** Characters at least, even where the terminal has no room for them. */
  readonly least?: number;
}

/** How a table looks: heavy head and frame, the same with a line between rows, or no frame. */
export type RichStyle = "heavy" | "lines" | "simple";

/** A table that is ready to be printed. */
export interface RichTable {
  readonly title: string;
  readonly columns: readonly RichColumn[];
  readonly style: RichStyle;
  /** The widest line of each column; see {@linkcode widen}. */
  readonly widths: readonly number[];
}

/** The widths of columns before any row is known. */
export function headWidths(columns: readonly RichColumn[]): number[] {
  return columns.map(({ head, least = 0 }) => Math.max(displayWidth(head), least));
}

/** Takes a row into account. Cells may have several lines. */
export function widen(widths: number[], cells: readonly string[]): void {
  cells.forEach((cell, i) => {
    for (const line of cell.split("\n")) widths[i] = Math.max(widths[i]!, displayWidth(line));
  });
}

/** The table, line by line. @param columns of the terminal */
export function* richTable(
  table: RichTable,
  rows: Iterable<readonly string[]>,
  columns: number,
): Generator<string> {
  const frame = table.columns.length * 3 + 1;
  const widths = fit(table.widths, columns - frame)
    .map((width, i) => Math.max(width, table.columns[i]!.least ?? 0));
  const total = widths.reduce((sum, width) => sum + width, frame);
  const hasFrame = table.style !== "simple";
  const cells = (texts: readonly string[], bar: string) =>
    bar + texts.map((text, i) => ` ${pad(text, widths[i]!, table.columns[i]!.side)} `).join(bar) +
    bar;
  const rule = (start: string, middle: string, end: string, line: string) =>
    start + widths.map((width) => line.repeat(width + 2)).join(middle) + end;

  yield center(table.title, total);
  yield hasFrame ? rule("┏", "┳", "┓", "━") : " ".repeat(total);
  yield cells(table.columns.map(({ head }) => head), hasFrame ? "┃" : " ");
  yield hasFrame ? rule("┡", "╇", "┩", "━") : rule(" ", "─", " ", "─");
  let isFirst = true;
  for (const row of rows) {
    if (!isFirst && table.style === "lines") yield rule("├", "┼", "┤", "─");
    isFirst = false;
    const wrapped = row.map((cell, i) =>
      cell.split("\n").flatMap((line) => wrapWords(line, widths[i]!))
    );
    for (let line = 0; line < Math.max(...wrapped.map(({ length }) => length)); line++) {
      yield cells(wrapped.map((lines) => lines[line] ?? ""), hasFrame ? "│" : " ");
    }
  }
  yield hasFrame ? rule("└", "┴", "┘", "─") : " ".repeat(total);
}

/** Makes columns narrower until they fit: the widest first, down to the next one, as Rich does. */
function fit(wanted: readonly number[], room: number): readonly number[] {
  let widths = [...wanted];
  for (;;) {
    const excess = widths.reduce((sum, width) => sum + width, 0) - room;
    if (excess <= 0) return widths;
    const widest = Math.max(...widths);
    const next = Math.max(0, ...widths.filter((width) => width < widest));
    const most = Math.min(excess, widest - next);
    if (most === 0) return widths;
    let left = excess;
    let shares = widths.filter((width) => width === widest).length;
    widths = widths.map((width) => {
      if (width !== widest) return width;
      const share = Math.min(most, roundHalfEven(left / shares));
      left -= share;
      shares--;
      return width - share;
    });
  }
}

function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  return value - below === 0.5 ? below + (below % 2) : Math.round(value);
}

function center(text: string, columns: number): string {
  const left = Math.floor(Math.max(0, columns - displayWidth(text)) / 2);
  return pad(" ".repeat(left) + text, columns);
}

/** Lines of at most so many columns; words that are too long are cut. Spaces stay with the word before them. */
function wrapWords(text: string, columns: number): string[] {
  if (displayWidth(text) <= columns) return [text];
  const lines: string[] = [];
  let line = "";
  for (const [word] of text.matchAll(/\s*\S+\s*/g)) {
    if (line !== "" && displayWidth(line) + displayWidth(word.trimEnd()) > columns) {
      lines.push(line);
      line = "";
    }
    line += word;
  }
  return [...lines, line].map((each) => cut(each.trimEnd(), columns));
}

/** A line with `…` in its last column where something is missing, also where a wide character doesn't fit. */
function cut(line: string, columns: number): string {
  const rest = truncate(line, columns);
  return rest === line || rest === "" ? rest : pad(rest.slice(0, -1), columns - 1) + "…";
}
