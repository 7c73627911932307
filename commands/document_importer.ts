// document_importer: restores a library, or adds to one, from any export that paperless-ngx or Paperward
// wrote: all of it or nothing.

import type { ImportOptions } from "../core/archive/import/import_options.ts";
import type { ImportSummary } from "../core/archive/import/import_summary.ts";
import type { ExitName } from "../core/exit_codes.ts";
import type { Argument, Flag, Options } from "../core/flags/flag.ts";
import { DRY_RUN, LOCK_TIMEOUT, NO_PROGRESS_BAR } from "../core/flags/global_flags.ts";
import { journalArguments } from "../core/library/journal/journal_arguments.ts";
import { journalFolder } from "../core/library/journal/open_journal.ts";
import { formatBytes, formatCount, formatDuration } from "../core/report/format.ts";
import { libraryAccess } from "../core/sandbox/library_access.ts";
import type { CommandContext } from "../core/sandbox/context.ts";
import type { Command } from "./_command.ts";

const args: readonly Argument[] = [{
  name: "source",
  kind: "path",
  help: "The folder or zip that document_exporter wrote; - for a zip on standard input.",
}];

const flags: readonly Flag[] = [
  {
    long: "data-only",
    origin: "upstream",
    help: "Import records only, no files: for exports written with --data-only.",
  },
  {
    long: "passphrase",
    origin: "upstream",
    value: { name: "PASSPHRASE", kind: "string" },
    help: "Decrypt the secrets of mail and social accounts with it.",
  },
  {
    long: "batch-size",
    origin: "upstream",
    value: { name: "ROWS", kind: "integer", min: 1, default: 500 },
    help: "Rows written at once; changes the memory needed, never the result.",
  },
  NO_PROGRESS_BAR,
  {
    long: "create",
    origin: "paperward",
    help: "Make the library where there is none yet: database, data and media folders.",
  },
  {
    long: "generation",
    origin: "paperward",
    value: { name: "GENERATION", kind: "string", choices: ["v2", "v3"] },
    help: "Generation of the library that --create makes; by default that of the export.",
  },
  {
    long: "into-non-empty",
    origin: "paperward",
    help: "Add to a library that holds something already. Nothing in it is changed; rows that it " +
      "has already are not imported again.",
  },
  {
    long: "accept-damaged",
    origin: "paperward",
    help: "Import what is good and list the rest (exit code 3). Without it one problem stops the " +
      "import before anything is changed.",
  },
  DRY_RUN,
  LOCK_TIMEOUT,
];

/** `document_importer` */
export const documentImporter: Command = {
  name: "document_importer",
  summary: "Import an export of any release into an empty or new library.",
  details:
    "Reads a folder or a zip (in place, without unpacking it), checks every record and the checksum of " +
    "every file, and only then changes the library: in one transaction, the files renamed into place. " +
    "Exports of older releases are brought up to date on the way. A run that was killed left nothing, or " +
    "is brought to its end by the next one. `undo` takes an import back.",
  arguments: args,
  flags,
  access(settings, options) {
    const { source, create } = importOptions(options);
    const { read, write, ...rest } = libraryAccess(settings, {
      lock: true,
      changesDatabase: true,
    });
    return {
      ...rest,
      read: [...read, ...(source === "-" ? [] : [source])],
      write: [
        ...write,
        `${settings.mediaRoot}/documents`,
        journalFolder(settings.dataDir),
        // A library that is made needs its folders made.
        ...(create ? [settings.dataDir, settings.mediaRoot] : []),
      ],
    };
  },
  async run(context, options) {
    // Loaded here, so that help and completions start without the database and the archive code.
    const { importLibrary } = await import("../core/archive/import/import_library.ts");
    const { exitOf } = await import("../core/archive/import/import_summary.ts");
    const { openTransferPool } = await import("../wasm/checksum/transfer_pool.ts");
    const { createLibrary } = await import("../migrations/create_library.ts");
    const { serverLibraries } = await import("../migrations/create_server_library.ts");
    const summary = await importLibrary({
      ...context,
      commandLine: journalArguments(options, flags, args.map(({ name }) => name)),
      openTransfers: openTransferPool,
      createLibrary,
      serverLibraries,
      stdin: () => Deno.stdin.readable,
      now: () => new Date(),
    }, importOptions(options));
    return tell(context, summary, exitOf(summary));
  },
};

function importOptions(options: Options): ImportOptions {
  const text = (name: string) => typeof options[name] === "string" ? options[name] : undefined;
  const passphrase = text("passphrase");
  const generation = text("generation");
  const lockTimeout = options.lockTimeout;
  return {
    source: text("source") ?? "",
    dataOnly: options.dataOnly === true,
    create: options.create === true,
    intoNonEmpty: options.intoNonEmpty === true,
    acceptDamaged: options.acceptDamaged === true,
    dryRun: options.dryRun === true,
    batchSize: Number(options.batchSize ?? 500),
    ...(generation === "v2" || generation === "v3" ? { generation } : {}),
    // Upstream takes an empty passphrase for none.
    ...(passphrase ? { passphrase } : {}),
    ...(typeof lockTimeout === "number" ? { lockTimeoutMs: lockTimeout * 1000 } : {}),
  };
}

function tell({ report }: CommandContext, summary: ImportSummary, exit: ExitName): ExitName {
  const { counts, problems, dryRun, resumed } = summary;
  const sum = (field: "records" | "added" | "merged" | "leftOut") =>
    counts.reduce((total, count) => total + count[field], 0);
  const failed = Object.values(problems).reduce((total, count) => total + count, 0);
  const lines = resumed
    ? [
      `Brought the interrupted import of ${summary.source} to its end: ${
        formatCount(summary.files, "file")
      } in place`,
    ]
    : [
      `${dryRun ? "Would import" : "Imported"} ${
        formatCount(summary.documents, "document")
      } from ${summary.source} in ${formatDuration(summary.duration)}`,
      `  files     ${summary.files} (${formatBytes(summary.bytes)})`,
      `  records   ${sum("added")} of ${sum("records")} added` +
      (sum("merged") > 0 ? `, ${sum("merged")} there already` : "") +
      (sum("leftOut") > 0 ? `, ${sum("leftOut")} left out` : ""),
      ...(failed > 0 ? [`  problems  ${failed} (listed above)`] : []),
    ];
  if (!dryRun && summary.documents > 0) {
    report.info(
      "The search index is not part of an export: let paperless-ngx make it with `document_index reindex`",
    );
  }
  report.summary({ exit, ...summary, counts: counts.map((count) => ({ ...count })) }, lines);
  return exit;
}
