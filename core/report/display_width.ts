// How many columns of a terminal a text takes, and cutting and padding by columns: titles hold wide
// characters, combining marks and emoji, so neither code units nor code points will do.

import stringWidth from "string-width";

const graphemes = new Intl.Segmenter("und", { granularity: "grapheme" });

// Printable ASCII is one column a character: the common case, without the machinery.
const PLAIN = /^[\x20-\x7e]*$/;

/** Columns that a text takes; it must hold no control characters. */
export function displayWidth(text: string): number {
  return PLAIN.test(text) ? text.length : stringWidth(text);
}

/** The text cut to at most `columns`, with `…` where something is missing. Graphemes stay whole. */
export function truncate(text: string, columns: number): string {
  if (columns <= 0) return "";
  // No character takes more than a few hundred code units: what is far beyond is never looked at.
  const head = text.length > 1000 + columns * 20 ? text.slice(0, 1000 + columns * 20) : text;
  if (head === text && displayWidth(text) <= columns) return text;
  let [width, end] = [0, 0];
  for (const { segment, index } of graphemes.segment(head)) {
    width += displayWidth(segment);
    if (width > columns - 1) break;
    end = index + segment.length;
  }
  return head.slice(0, end) + "…";
}

/** The text with spaces behind (or in front of) it up to `columns`. */
export function pad(text: string, columns: number, side: "left" | "right" = "left"): string {
  const spaces = " ".repeat(Math.max(0, columns - displayWidth(text)));
  return side === "left" ? text + spaces : spaces + text;
}
