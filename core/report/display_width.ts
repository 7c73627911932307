// How many columns of a terminal a text takes, and cutting and padding by columns: titles hold wide
// characters, combining marks and emoji, so neither code units nor code points will do.

import stringWidth from "fast-string-width";

// Made when first needed: it takes 8 ms, which no start should pay.
let graphemes: Intl.Segmenter | undefined;

// Printable ASCII is one column a character: the common case, without the machinery.
const PLAIN = /^[\x20-\x7e]*$/;

/** Soft hyphen, zero-width space, word joiner and their like, which the package takes for a column each. Those that
 * hold emoji together are not among them. */
const WITHOUT_WIDTH = /[\u00ad\u180e\u200b\u200c\u2060-\u2064\ufeff]/g;

/** Columns that a text takes; it must hold no control characters. */
export function displayWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  // Composed, since the package counts the parts of a Korean syllable (names from macOS come so).
  return stringWidth(text.normalize("NFC").replace(WITHOUT_WIDTH, ""));
}

/** The text cut to at most `columns`, with `…` where something is missing. Graphemes stay whole. */
export function truncate(text: string, columns: number): string {
  if (columns <= 0) return "";
  // No character takes more than a few hundred code units: what is far beyond is never looked at.
  const head = text.length > 1000 + columns * 20 ? text.slice(0, 1000 + columns * 20) : text;
  if (head === text && displayWidth(text) <= columns) return text;
  let [width, end] = [0, 0];
  graphemes ??= new Intl.Segmenter("und", { granularity: "grapheme" });
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
