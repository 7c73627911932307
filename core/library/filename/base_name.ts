// The exporter's default name of a document: date, correspondent and title in one sanitised name.
// Invariant: names with different counters differ, so that trying counters comes to an end.

import { counterSuffix } from "./compose_name.ts";
import { sanitizeFilename, truncateToBytes } from "./sanitize_filename.ts";

/** What the default name is made of. */
export interface BaseNameParts {
  /** `YYYY-MM-DD` */
  readonly created: string;
  /** Name of the correspondent, if there is one; one with an empty name leaves its blank. */
  readonly correspondent?: string | null;
  readonly title?: string | null;
  /** With its leading dot, or empty. */
  readonly extension: string;
  /** @default {0} */
  readonly counter?: number;
}

const MAX_BYTES = 255;
const encoder = new TextEncoder();

/**
 * `<created>[ <correspondent>][ <title>][_NN]<ext>`, sanitised as 2.20.15 and 3.0.5 do.
 *
 * Upstream cuts the whole name to 255 bytes, so that long names lose counter and extension and two that
 * agree in their first 255 bytes never become different. Here a name that would lose them has its
 * stem shortened instead (at a character, blanks at the cut removed), and keeps counter and extension.
 */
export function defaultBaseName(parts: BaseNameParts): string {
  const correspondent = parts.correspondent ?? null;
  const stem = parts.created + (correspondent === null ? "" : ` ${correspondent}`) +
    (parts.title ? ` ${parts.title}` : "");
  const tail = counterSuffix(parts.counter) + parts.extension;
  const tailBytes = encoder.encode(tail).length;
  if (encoder.encode(stem).length + tailBytes <= MAX_BYTES) return sanitizeFilename(stem + tail);
  // The sanitiser changes one character into one byte at most, so the cut stem still fits afterwards.
  const cut = truncateToBytes(stem, MAX_BYTES - tailBytes).replace(/[ .]+$/, "");
  return sanitizeFilename(cut + tail);
}
