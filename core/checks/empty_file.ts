// A file without a single byte: a full disk or a crashed sync left it.

import type { Check } from "./check.ts";

/** `empty-file` */
export const emptyFile: Check = {
  name: "empty-file",
  level: "error",
  origin: "paperward",
  summary: "A document's file has no content at all.",
  recheck: true,
  file: ({ role, place, path }) =>
    place.kind === "file" && place.size === 0
      ? { message: `${role} is empty (0 bytes): ${path}`, path, role }
      : undefined,
};
