// A PDF that no reader opens. One that asks for a password is fine.

import type { Check } from "./check.ts";

/** `unopenable-pdf` */
export const unopenablePdf: Check = {
  name: "unopenable-pdf",
  level: "error",
  origin: "paperward",
  summary: "A PDF can't be opened.",
  needs: "deep",
  file: ({ role, path, defect }) =>
    role !== "thumbnail" && defect !== undefined
      ? { message: `PDF of the ${role} can't be opened (${defect}): ${path}`, path, role }
      : undefined,
};
