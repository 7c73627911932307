// A checksum that is right, but of the other generation's algorithm: the upgrade to 3.0 left it behind because
// the file was missing then (upstream issue 12778 took that for corruption).

import type { Check } from "./check.ts";

const NAMES = { md5: "MD5", sha256: "SHA-256" } as const;

/** `stale-checksum` */
export const staleChecksum: Check = {
  name: "stale-checksum",
  level: "warning",
  origin: "paperward",
  summary: "A checksum is right, but stored in the other generation's algorithm.",
  needs: "content",
  file({ role, path, stored, actual }, { algorithm }) {
    if (!actual || actual.algorithm === algorithm || actual.digest !== stored) return undefined;
    return {
      message: `the checksum of the ${role} is right, but still ${NAMES[actual.algorithm]} ` +
        `where ${NAMES[algorithm]} belongs: ${path}`,
      path,
      role,
      facts: { stored, algorithm: actual.algorithm },
    };
  },
};
