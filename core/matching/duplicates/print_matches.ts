// Matches as each generation of upstream prints them: 2.20 a line each, 3.0 a table. Rows are printed as they
// come; only widths are looked at beforehand.

import { displayWidth, pad, truncate } from "../../report/display_width.ts";
import { escapeText } from "../../report/escape_text.ts";
import { formatScore } from "./score.ts";

/** One row of the table. */
export interface MatchRow {
  readonly number: number;
  /** `#3 Invoice` */
  readonly left: string;
  readonly right: string;
  /** 0–100 */
  readonly score: number;
}

/** A match as 2.20 prints it. */
export function matchLine(left: bigint | number, right: bigint | number, score: number): string {
  return `Document ${left} fuzzy match to ${right} (confidence ${formatScore(score, 3)})`;
}

/** A document as 3.0 names it. */
export function documentLabel(id: bigint | number, title: string): string {
  return escapeText(`#${id} ${title}`);
}

/** Widths of the table's columns, cells without their padding. */
export interface TableWidths {
  readonly left: number;
  readonly right: number;
}

const NUMBER = 4;
const SIMILARITY = 11;
const LEAST = 24;
/** Five lines and two blanks in each of four columns. */
const FRAME = 5 + 2 * 4;

/** How wide the two columns of documents are: as their texts where there is room, else the wider one shrinks
 * first (as Rich does). @param columns of the terminal @param left widest text @param right widest text */
export function tableWidths(columns: number, left: number, right: number): TableWidths {
  const widths = [Math.max(left, LEAST), Math.max(right, LEAST)];
  let excess = FRAME + NUMBER + SIMILARITY + widths[0]! + widths[1]! - columns;
  while (excess > 0) {
    const widest = Math.max(...widths);
    const other = Math.min(...widths);
    if (other === widest) {
      // Both alike: the first one takes the odd one of what is left.
      const first = roundHalfEven(excess / 2);
      widths[0]! -= first;
      widths[1]! -= excess - first;
      break;
    }
    const reduce = Math.min(excess, widest - other);
    widths[widths.indexOf(widest)]! -= reduce;
    excess -= reduce;
  }
  return { left: Math.max(widths[0]!, LEAST), right: Math.max(widths[1]!, LEAST) };
}

function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  return value - below === 0.5 ? below + (below % 2) : Math.round(value);
}

/** The table, line by line. */
export function* matchTable(
  rows: Iterable<MatchRow>,
  ratio: number,
  { left, right }: TableWidths,
): Generator<string> {
  const widths = [NUMBER, left, right, SIMILARITY];
  const rule = (start: string, middle: string, end: string, line: string) =>
    start + widths.map((width) => line.repeat(width + 2)).join(middle) + end;
  const cells = (texts: readonly string[], bar: string) =>
    bar + texts.map((text, i) => ` ${pad(text, widths[i]!, i === 3 ? "right" : "left")} `)
      .join(bar) +
    bar;
  yield center(
    `Fuzzy Matches (threshold: ${formatScore(ratio, 1)}%)`,
    widths.reduce((sum, width) => sum + width + 3, 1),
  );
  yield rule("┏", "┳", "┓", "━");
  yield cells(["#", "Document A", "Document B", "Similarity"], "┃");
  yield rule("┡", "╇", "┩", "━");
  let isFirst = true;
  for (const row of rows) {
    if (!isFirst) yield rule("├", "┼", "┤", "─");
    isFirst = false;
    const [one, other] = [wrap(row.left, left), wrap(row.right, right)];
    for (let i = 0; i < Math.max(one.length, other.length, 1); i++) {
      const outer = i === 0
        ? [String(row.number), `${formatScore(row.score, 1)}%`] as const
        : ["", ""] as const;
      yield cells([outer[0], one[i] ?? "", other[i] ?? "", outer[1]], "│");
    }
  }
  yield rule("└", "┴", "┘", "─");
}

function center(text: string, columns: number): string {
  const left = Math.floor(Math.max(0, columns - displayWidth(text)) / 2);
  return pad(" ".repeat(left) + text, columns);
}

/** Lines of at most so many columns; words that are too long are cut. */
function wrap(text: string, columns: number): string[] {
  if (displayWidth(text) <= columns) return [text];
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line === "" || displayWidth(longer) <= columns) {
      line = longer;
      continue;
    }
    lines.push(line);
    line = word;
  }
  lines.push(line);
  return lines.map((each) => truncate(each, columns));
}
