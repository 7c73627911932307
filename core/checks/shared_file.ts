// Two documents that claim one file: deleting or renaming one takes the other's away.

import type { Check } from "./check.ts";

/** `shared-file` */
export const sharedFile: Check = {
  name: "shared-file",
  level: "error",
  origin: "paperward",
  summary:
    "Two documents claim the same file, by the same name, another spelling of it, or a link.",
  file({ role, path, place, document }, { claimedBy }) {
    const other = claimedBy(place.kind === "file" ? place.real : path);
    if (other === undefined || other === document.id) return undefined;
    return {
      message: `the file of the ${role} belongs to document ${other} too: ${path}`,
      path,
      role,
      facts: { other },
    };
  },
};
