// Flags that commands which look for what is wrong have in common, so that they mean the same in all of them.

import type { Flag } from "../core/flags/flag.ts";

/** Look inside pictures and PDFs too. */
export const DEEP: Flag = {
  long: "deep",
  origin: "paperward",
  help: "Also decode every thumbnail and open every PDF. Takes several times as long.",
};

/** For cron jobs. */
export const STRICT: Flag = {
  long: "strict",
  origin: "paperward",
  help: "Warnings count as errors (exit code 4).",
};

/** For CI. */
export const JUNIT: Flag = {
  long: "junit",
  origin: "paperward",
  value: { name: "FILE", kind: "path" },
  help: "Also write the result as JUnit XML.",
};

/** For people. */
export const HTML: Flag = {
  long: "html",
  origin: "paperward",
  value: { name: "FILE", kind: "path" },
  help: "Also write the result as a page that stands alone, with pictures of the documents.",
};
