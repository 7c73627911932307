// A file whose content is not what the database says: bit rot, a torn copy, somebody's edit.

import type { Check } from "./check.ts";

/** `checksum-mismatch` */
export const checksumMismatch: Check = {
  name: "checksum-mismatch",
  level: "error",
  origin: "upstream",
  summary: "The content of an original or archive is not what the database has the checksum of.",
  needs: "content",
  recheck: true,
  file({ role, path, stored, actual }) {
    if (stored === null || !actual || actual.digest === stored) return undefined;
    return {
      message:
        `${role} does not match its checksum, stored ${stored}, actual ${actual.digest}: ${path}`,
      path,
      role,
      facts: { stored, actual: actual.digest },
    };
  },
};
