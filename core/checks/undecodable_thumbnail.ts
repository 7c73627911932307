// A thumbnail that is no picture (any more).

import type { Check } from "./check.ts";

/** `undecodable-thumbnail` */
export const undecodableThumbnail: Check = {
  name: "undecodable-thumbnail",
  level: "error",
  origin: "paperward",
  summary: "A thumbnail can't be decoded as WebP.",
  needs: "deep",
  file: ({ role, path, defect }) =>
    role === "thumbnail" && defect !== undefined
      ? { message: `thumbnail can't be decoded (${defect}): ${path}`, path, role }
      : undefined,
};
