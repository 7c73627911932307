// Two of upstream's commands as tables, and a command and a few flags of our own beside them, for the tests of parsing,
// help and completions. Not the tables of commands/: these stay as they are.

import { DRY_RUN, NO_PROGRESS_BAR } from "../../../core/flags/global_flags.ts";
import type { Flag } from "../../../core/flags/flag.ts";
import type { CommandFlags } from "../../../core/flags/invocation.ts";

const flag = (long: string, short?: string, value?: Flag["value"]): Flag => ({
  long,
  origin: "upstream",
  help: `What ${long} is for.`,
  ...(short === undefined ? {} : { short }),
  ...(value === undefined ? {} : { value }),
});

/** Upstream's exporter (3.0.5), with flags of ours whose names begin like upstream's. */
export const EXPORTER: CommandFlags = {
  name: "document_exporter",
  summary: "Export all documents.",
  details: "A longer text.",
  arguments: [{ name: "target", kind: "path", help: "The folder." }],
  flags: [
    flag("compare-checksums", "c"),
    flag("compare-json", "cj"),
    flag("delete", "d"),
    flag("use-filename-format", "f"),
    flag("no-archive", "na"),
    flag("no-thumbnail", "nt"),
    flag("use-folder-prefix", "p"),
    flag("split-manifest", "sm"),
    flag("zip", "z"),
    flag("zip-name", "zn", { name: "NAME", kind: "string" }),
    flag("data-only"),
    NO_PROGRESS_BAR,
    flag("passphrase", undefined, { name: "PASSPHRASE", kind: "string" }),
    flag("batch-size", undefined, { name: "ROWS", kind: "integer", default: 500 }),
    { long: "delete-strangers", origin: "paperward", help: "Delete what is not ours too." },
    { ...DRY_RUN },
    {
      long: "report-to",
      origin: "paperward",
      help: "Where reports go.",
      value: { name: "FILE", kind: "path", repeatable: true },
    },
  ],
};

/** Upstream's retagger. */
export const RETAGGER: CommandFlags = {
  name: "document_retagger",
  summary: "Assign tags and more to documents again.",
  arguments: [],
  flags: [
    flag("correspondent", "c"),
    flag("tags", "T"),
    flag("document_type", "t"),
    flag("storage_path", "s"),
    flag("inbox-only", "i"),
    flag("overwrite", "f"),
    flag("use-first"),
    flag("suggest"),
    NO_PROGRESS_BAR,
    flag("base-url", undefined, { name: "URL", kind: "string" }),
    flag("id-range", undefined, { name: "ID", kind: "integer", count: 2 }),
  ],
};

/** A command of ours with words to choose from. */
export const DIARY: CommandFlags = {
  name: "diary",
  summary: "Show what was done.",
  arguments: [
    { name: "action", kind: "string", optional: true, choices: ["list", "show"], help: "What." },
    { name: "entry", kind: "string", optional: true, help: "Which." },
  ],
  flags: [],
};

/** All, in the order of help. */
export const COMMANDS: readonly CommandFlags[] = [EXPORTER, RETAGGER, DIARY];
