// Matches as each generation of upstream prints them: 2.20 a line each, 3.0 a table. Rows are printed as they
// come; only widths are looked at beforehand.

import { escapeText } from "../../report/escape_text.ts";
import { headWidths, type RichColumn, richTable, widen } from "../../report/rich_table.ts";
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

const COLUMNS: readonly RichColumn[] = [
  { head: "#", least: 4 },
  { head: "Document A", least: 24 },
  { head: "Document B", least: 24 },
  { head: "Similarity", least: 11, side: "right" },
];

/** The table, line by line. @param rows is called twice @param columns of the terminal */
export function* matchTable(
  rows: () => Iterable<MatchRow>,
  ratio: number,
  columns: number,
): Generator<string> {
  function* cells(): Generator<readonly string[]> {
    for (const { number, left, right, score } of rows()) {
      yield [String(number), left, right, `${formatScore(score, 1)}%`];
    }
  }
  const widths = headWidths(COLUMNS);
  for (const row of cells()) widen(widths, row);
  const title = `Fuzzy Matches (threshold: ${formatScore(ratio, 1)}%)`;
  yield* richTable({ title, columns: COLUMNS, style: "lines", widths }, cells(), columns);
}
