// v2: files encrypted with GPG. The stored checksum is that of the plain file, so it can't be compared; upstream
// does so all the same and reports every one of them as damaged.

import type { Check } from "./check.ts";

/** `encrypted-file` */
export const encryptedFile: Check = {
  name: "encrypted-file",
  level: "info",
  origin: "paperward",
  summary: "A document is encrypted with GPG (v2): its checksums can't be verified.",
  document: ({ document }) =>
    document.encrypted
      ? { message: "its files are encrypted with GPG: their checksums can't be verified" }
      : undefined,
};
