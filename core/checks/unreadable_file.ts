// A document's file that is there but can't be read: permissions, a bad disk, a link that leads out.

import type { Check } from "./check.ts";

/** `unreadable-file` */
export const unreadableFile: Check = {
  name: "unreadable-file",
  level: "error",
  origin: "upstream",
  summary:
    "A document's file is there but can't be read (permissions, disk errors, links that lead out).",
  needs: "content",
  unread: true,
  recheck: true,
  file({ role, place, path, readError }) {
    const reason = place.kind === "unreadable" ? place.reason : readError;
    return reason === undefined
      ? undefined
      : { message: `${role} can't be read (${reason}): ${path}`, path, role, facts: { reason } };
  },
};
