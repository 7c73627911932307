// document_renamer: gives the files of documents the names that PAPERLESS_FILENAME_FORMAT and storage paths ask for.

import type { RenameOptions, RenameSummary } from "../core/library/rename/rename_documents.ts";
import type { ExitName } from "../core/exit_codes.ts";
import type { Flag, Options } from "../core/flags/flag.ts";
import { DRY_RUN, LOCK_TIMEOUT, NO_PROGRESS_BAR } from "../core/flags/global_flags.ts";
import { formatCount, formatDuration } from "../core/report/format.ts";
import { libraryAccess } from "../core/sandbox/library_access.ts";
import type { CommandContext } from "../core/sandbox/context.ts";
import type { Command } from "./_command.ts";

const flags: readonly Flag[] = [
  NO_PROGRESS_BAR,
  {
    long: "document",
    origin: "paperward",
    value: { name: "ID,ID", kind: "string" },
    help: "Rename the files of these documents only.",
  },
  { long: "yes", origin: "paperward", help: "Don't ask, also on a terminal." },
  {
    ...DRY_RUN,
    help: "Show every move, and for every document that stays why; change nothing.",
  },
  LOCK_TIMEOUT,
];

/** `document_renamer` */
export const documentRenamer: Command = {
  name: "document_renamer",
  summary: "Rename all files to match the file name format.",
  details:
    "Moves originals and archives to the names that PAPERLESS_FILENAME_FORMAT and storage paths give them now. " +
    "Nothing is ever overwritten or deleted; a run that was killed is brought to rest by the next one. " +
    "`undo` takes a run back.",
  arguments: [],
  flags,
  access(settings, options) {
    const changes = options.dryRun !== true;
    const { write, ...rest } = libraryAccess(settings, { lock: true, changesDatabase: changes });
    return {
      ...rest,
      write: [
        ...write,
        ...(changes ? [settings.mediaRoot, `${settings.dataDir}/paperward`] : []),
      ],
    };
  },
  async run(context, options) {
    const { renameDocuments } = await import("../core/library/rename/rename_documents.ts");
    const { openMover } = await import("../core/library/rename/open_mover.ts");
    const { ask } = await import("../core/report/ask.ts");
    const summary = await renameDocuments({
      ...context,
      canAsk: Deno.stdin.isTerminal() && Deno.stderr.isTerminal(),
      ask: (question) => ask(question, context.stop),
      now: () => new Date(),
      openMover,
    }, await requestOf(options));
    return tell(context, summary);
  },
};

async function requestOf(options: Options): Promise<RenameOptions> {
  const { journalArguments } = await import("../core/library/journal/journal_arguments.ts");
  const { parseDocuments } = await import("../core/checks/sanity_options.ts");
  const { document, lockTimeout } = options;
  return {
    ...(typeof document === "string" ? { documents: [...parseDocuments(document)] } : {}),
    dryRun: options.dryRun === true,
    yes: options.yes === true,
    ...(typeof lockTimeout === "number" ? { lockTimeoutMs: lockTimeout * 1000 } : {}),
    arguments: journalArguments(options, flags),
  };
}

function tell({ report }: CommandContext, summary: RenameSummary): ExitName {
  const { exit, outcome, documents, renamed, stayed, failed, templateFailures } = summary;
  const first = {
    renamed: `Renamed the files of ${formatCount(renamed, "document")}; ${stayed} stay.`,
    "would rename": `Would rename the files of ${
      formatCount(renamed, "document")
    }; ${stayed} stay. Nothing was changed.`,
    declined: "Nothing was renamed.",
    "nothing to do": `${formatCount(documents, "document")}: nothing to rename.`,
  }[outcome];
  report.summary({ ...summary }, [
    `${first} (${formatDuration(summary.duration)})`,
    ...(failed > 0 ? [`  ${formatCount(failed, "document")} could not be renamed`] : []),
    ...(templateFailures > 0
      ? [`  ${formatCount(templateFailures, "document")} named without a template that fails`]
      : []),
    ...(summary.entry === undefined ? [] : ["  `paperward undo` takes it back."]),
  ]);
  return exit;
}
