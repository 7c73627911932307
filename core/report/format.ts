// Sizes, durations, counts and tables as people read them. Always the same, whatever the locale: scripts
// and tests read them too.

import { displayWidth, pad, truncate } from "./display_width.ts";
import { escapeText } from "./escape_text.ts";

const UNITS = ["kB", "MB", "GB", "TB", "PB"] as const;

/** `512 bytes`, `1.5 MB`. Decimal units, as disks are sold. @param bytes may be a big integer */
export function formatBytes(bytes: number | bigint): string {
  let size = Number(bytes);
  if (Math.abs(size) < 1000) return formatCount(size, "byte");
  let unit = -1;
  // 999,950 would print as 1000.0 kB.
  while (Math.abs(size) >= 999.95 && unit < UNITS.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${size.toFixed(1)} ${UNITS[Math.max(0, unit)]}`;
}

/** `0.4 s`, `12 s`, `2:05`, `1:02:03`. @param ms milliseconds */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return "?";
  const positive = Math.max(0, ms);
  if (positive < 9_950) return `${(positive / 1000).toFixed(1)} s`;
  const seconds = Math.round(positive / 1000);
  if (seconds < 60) return `${seconds} s`;
  const two = (number: number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(seconds % 60)}`
    : `${minutes}:${two(seconds % 60)}`;
}

/** `1 document`, `2,000 documents`. @param many the plural, where an `s` does not make it */
export function formatCount(count: number | bigint, one: string, many = `${one}s`): string {
  return `${formatNumber(count)} ${Number(count) === 1 ? one : many}`;
}

/** `2,000` */
export function formatNumber(number: number | bigint): string {
  return String(number).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** How {@linkcode formatTable} lays out. */
export interface TableLayout {
  readonly header?: readonly string[];
  /** Side on which a column's text begins; the last one holds for those not named. @default {"left"} */
  readonly align?: readonly ("left" | "right")[];
  /** Widest line; the last column is cut. @default {Infinity} */
  readonly columns?: number;
}

/** Rows of cells → lines with aligned columns, two spaces between them. Cells are escaped. */
export function formatTable(
  rows: readonly (readonly string[])[],
  { header, align = [], columns = Infinity }: TableLayout = {},
): string[] {
  const cells = (header ? [header, ...rows] : rows).map((row) => row.map(escapeText));
  const widths: number[] = [];
  for (const row of cells) {
    for (const [index, cell] of row.entries()) {
      widths[index] = Math.max(widths[index] ?? 0, displayWidth(cell));
    }
  }
  return cells.map((row) => {
    const line = row.map((cell, index) =>
      pad(cell, widths[index]!, align[index] ?? align.at(-1) ?? "left")
    ).join("  ").trimEnd();
    return columns === Infinity ? line : truncate(line, columns);
  });
}
