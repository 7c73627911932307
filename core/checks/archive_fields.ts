// An archive that the database knows by half: its name without checksum, or the reverse.

import type { Check } from "./check.ts";

/** `archive-fields` */
export const archiveFields: Check = {
  name: "archive-fields",
  level: "error",
  origin: "upstream",
  summary: "A document has an archive checksum without archive file name, or the reverse.",
  document({ document, files }) {
    const { archiveChecksum, archiveFilename } = document;
    if ((archiveChecksum === null) === (archiveFilename === null)) return undefined;
    if (archiveFilename === null) {
      return {
        message: `an archive checksum is stored, but no archive file name`,
        role: "archive",
        facts: { stored: archiveChecksum },
      };
    }
    const path = files.find(({ role }) => role === "archive")?.path ?? archiveFilename;
    return {
      message: `the archive has no checksum: ${path}`,
      path,
      role: "archive",
    };
  },
};
