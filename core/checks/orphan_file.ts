// A file below the media folder that no document, bundle or setting claims.

import type { Check } from "./check.ts";

/** `orphan-file` */
export const orphanFile: Check = {
  name: "orphan-file",
  level: "warning",
  origin: "upstream",
  summary: "A file in the media folder belongs to nothing.",
  recheck: true,
  stray: ({ path, litter, size }) =>
    litter ? undefined : { message: `file belongs to no document: ${path}`, path, facts: { size } },
};
