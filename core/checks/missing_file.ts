// A document's file that is not there.

import type { Check } from "./check.ts";

/** `missing-file` */
export const missingFile: Check = {
  name: "missing-file",
  level: "error",
  origin: "upstream",
  summary: "A document's original, archive or thumbnail does not exist or is no regular file.",
  recheck: true,
  file: ({ role, place, path }) =>
    place.kind === "missing" ? { message: `${role} is missing: ${path}`, path, role } : undefined,
};
