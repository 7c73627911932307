// document_fuzzy_match: finds documents whose texts are nearly equal, shows them in groups, and moves duplicates
// to the trash where it is asked to and sure.

import type {
  DeleteOutcome,
  DuplicateSummary,
} from "../core/matching/duplicates/find_duplicates.ts";
import type { DuplicateOptions } from "../core/matching/duplicates/duplicate_options.ts";
import { PaperwardError } from "../core/errors.ts";
import type { ExitName } from "../core/exit_codes.ts";
import type { Flag, Options } from "../core/flags/flag.ts";
import { DRY_RUN, NO_PROGRESS_BAR } from "../core/flags/global_flags.ts";
import { formatCount, formatDuration, formatNumber } from "../core/report/format.ts";
import type { Json } from "../core/report/report.ts";
import { libraryAccess } from "../core/sandbox/library_access.ts";
import type { CommandContext } from "../core/sandbox/context.ts";
import type { Settings } from "../core/settings/settings.ts";
import type { Command } from "./_command.ts";

const flags: readonly Flag[] = [
  {
    long: "ratio",
    origin: "upstream",
    value: { name: "PERCENT", kind: "float", min: 0, max: 100, default: 85 },
    help: "How alike two texts must be: 0 to 100.",
  },
  {
    long: "delete",
    origin: "upstream",
    help:
      "Move duplicates to the trash: in each group one document stays, and only those go whose own text is " +
      "like its text and has the same numbers. `undo` takes it back.",
  },
  { long: "yes", origin: "upstream", help: "With --delete: don't ask." },
  {
    long: "processes",
    origin: "upstream",
    value: { name: "N", kind: "integer", min: 1, max: 64 },
    help: "How many Workers compare; by default one for each processor, at most four.",
  },
  NO_PROGRESS_BAR,
  {
    long: "since",
    origin: "paperward",
    value: { name: "ID|DATE", kind: "string" },
    help:
      "Compare only newer documents with all: those with an id above ID, or added on DATE (2024-05-31) or later.",
  },
  {
    long: "approximate",
    origin: "paperward",
    help:
      "For libraries beyond 50,000 documents: compare only likely pairs. Faster, and may miss some.",
  },
  {
    long: "checkpoint",
    origin: "paperward",
    value: { name: "FILE", kind: "path" },
    help: "Keep in FILE what was compared, and continue from it after an interruption.",
  },
  {
    long: "html",
    origin: "paperward",
    value: { name: "FILE", kind: "path" },
    help:
      "Also write the groups as a page that stands alone, with pictures and the words that differ.",
  },
  {
    long: "keep",
    origin: "paperward",
    value: {
      name: "RULE",
      kind: "string",
      choices: ["oldest", "newest", "lowest-id", "most-metadata"],
    },
    help:
      "Which document of a group stays. By default one with an archive serial number, then the one with most " +
      "metadata, then the one that was added first.",
  },
  {
    long: "include-numeric-differences",
    origin: "paperward",
    help:
      "With --delete: also delete documents whose numbers differ from those of the one that stays.",
  },
  { ...DRY_RUN, help: "With --delete: show the plan and change nothing." },
];

/** `document_fuzzy_match` */
export const documentFuzzyMatch: Command = {
  name: "document_fuzzy_match",
  summary: "Find documents whose texts are nearly equal.",
  details:
    "Compares the text of every document with that of every other one, exactly as paperless-ngx does, and lists " +
    "the pairs that match. With --delete duplicates go to the trash, after a question; pairs that differ in " +
    "numbers (two invoices of one company) are only listed.",
  arguments: [],
  flags,
  access(settings, options) {
    const deletes = options.delete === true && options.dryRun !== true;
    const { read, write, ...rest } = libraryAccess(settings, { changesDatabase: deletes });
    const text = (name: string) => typeof options[name] === "string" ? [options[name]] : [];
    return {
      ...rest,
      read,
      write: [
        ...write,
        ...text("html"),
        ...text("checkpoint").flatMap((path) => [path, `${path}.partial`]),
        ...(deletes ? [`${settings.dataDir}/paperward`] : []),
      ],
    };
  },
  async run(context, options) {
    const { findDuplicates } = await import("../core/matching/duplicates/find_duplicates.ts");
    const { openSimilarityPool } = await import("../wasm/similarity/mod.ts");
    const { ask } = await import("../core/report/ask.ts");
    const summary = await findDuplicates({
      ...context,
      openPool: openSimilarityPool,
      ask: (question) => ask(question, context.stop),
      now: () => new Date(),
      newId: () => crypto.randomUUID(),
      columns: context.report.options.columns ?? 80,
    }, await requestOf(options, context.settings));
    return tell(context, summary);
  },
};

async function requestOf(options: Options, settings: Settings): Promise<DuplicateOptions> {
  const { KEEP_RULES, parseSince } = await import(
    "../core/matching/duplicates/duplicate_options.ts"
  );
  const { journalArguments } = await import("../core/library/journal/journal_arguments.ts");
  const text = (name: string) => typeof options[name] === "string" ? options[name] : undefined;
  const deletes = options.delete === true;
  const needDelete = {
    yes: "yes",
    dryRun: "dry-run",
    includeNumericDifferences: "include-numeric-differences",
  };
  for (const [key, flag] of Object.entries(needDelete)) {
    if (deletes || !options[key]) continue;
    throw new PaperwardError(`Cannot use --${flag}: it needs --delete`, { exit: "usage" });
  }
  const [since, checkpoint, html] = [text("since"), text("checkpoint"), text("html")];
  return {
    ratio: Number(options.ratio ?? 85),
    processes: Number(options.processes ?? Math.min(4, navigator.hardwareConcurrency)),
    ...(since === undefined ? {} : { since: parseSince(since, settings.timeZone) }),
    approximate: options.approximate === true,
    ...(checkpoint === undefined ? {} : { checkpoint }),
    ...(html === undefined ? {} : { html }),
    keep: KEEP_RULES.find((rule) => rule === options.keep) ?? "default",
    includeNumericDifferences: options.includeNumericDifferences === true,
    ...(deletes
      ? {
        delete: {
          dryRun: options.dryRun === true,
          yes: options.yes === true,
          arguments: journalArguments(options, flags),
        },
      }
      : {}),
  };
}

const OUTCOMES: Readonly<Record<DeleteOutcome, string>> = {
  done: "",
  planned: "Nothing was changed: this was a dry run.",
  declined: "Nothing was deleted.",
  "nobody to ask": "Nothing was deleted: there is nobody to ask.",
  "nothing to do": "There is nothing to delete.",
};

function tell({ report }: CommandContext, summary: DuplicateSummary): ExitName {
  const { counters, deletion, duration, ...facts } = summary;
  const seconds = Math.max(1, duration) / 1000;
  const outcome = deletion?.outcome;
  const exit: ExitName = outcome === "nobody to ask"
    ? "failed"
    : (deletion?.left.length ?? 0) > 0
    ? "partial"
    : "done";
  if (outcome === "nobody to ask") {
    report.error(
      "Cannot delete the duplicates: there is nobody to ask",
      "--yes deletes without asking, --dry-run shows the plan only",
    );
  }
  if (facts.approximate) report.info("This was an approximate search: it may have missed pairs.");
  for (const line of filterLines(counters, seconds)) report.verbose(line);
  report.summary(
    { exit, ...facts, pairs: { ...counters }, duration, ...deletionRecord(deletion) },
    [
      ...(deletion
        ? [
          deletion.outcome === "done"
            ? `Moved ${formatCount(deletion.deleted, "document")} to the trash` +
              (deletion.entry === undefined ? "." : "; `paperward undo` takes it back.")
            : OUTCOMES[deletion.outcome],
        ]
        : []),
    ],
  );
  report.info(
    `Compared ${formatCount(facts.documents, "document")} (${
      formatCount(counters.documentPairs, "pair")
    }) in ${formatDuration(duration)}: ${formatCount(facts.matches, "match", "matches")} in ${
      formatCount(facts.groups, "group")
    }` + (facts.blank > 0 ? `; ${formatCount(facts.blank, "document")} without text` : ""),
  );
  return exit;
}

function deletionRecord(deletion: DuplicateSummary["deletion"]): Record<string, Json> {
  if (!deletion) return {};
  return { deletion: { ...deletion, left: deletion.left.map((each) => ({ ...each })) } };
}

/** What each filter did, as lines. */
function filterLines(counters: DuplicateSummary["counters"], seconds: number): string[] {
  const rows: readonly (readonly [string, number])[] = [
    ["equal texts", counters.equal],
    ["pairs of different texts", counters.pairs],
    ["  no candidates", counters.notCandidates],
    ["  kept out by length", counters.byLength],
    ["  kept out by histogram", counters.byHistogram],
    ["  kept out by classes", counters.byClasses],
    ["  distance too great", counters.byDistance],
    ["  matched", counters.matched],
    ["pairs a second", Math.round(counters.documentPairs / seconds)],
  ];
  return rows.map(([name, count]) => `${name.padEnd(28)} ${formatNumber(count).padStart(15)}`);
}
