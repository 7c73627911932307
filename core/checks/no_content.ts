// A document without text: nothing to search for. Often right: a photo, a blank page.

import type { Check } from "./check.ts";

/** `no-content` */
export const noContent: Check = {
  name: "no-content",
  level: "info",
  origin: "upstream",
  summary: "A document has no text.",
  document: ({ document }) => document.hasContent ? undefined : { message: "there is no text" },
};
