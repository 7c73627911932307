// document_exporter: writes the whole library, records and files, to a folder or a zip from which upstream
// and Paperward can restore it.

import { dirname, resolve } from "node:path";
import type { ExportOptions } from "../core/archive/export/export_options.ts";
import type { ExportSummary } from "../core/archive/export/export_summary.ts";
import type { ExitName } from "../core/exit_codes.ts";
import type { Flag, Options } from "../core/flags/flag.ts";
import { DRY_RUN, LOCK_TIMEOUT, NO_PROGRESS_BAR } from "../core/flags/global_flags.ts";
import { isInsideAny } from "../core/library/deno_files.ts";
import { formatBytes, formatCount, formatDuration } from "../core/report/format.ts";
import { realPath } from "../core/sandbox/real_paths.ts";
import { libraryAccess } from "../core/sandbox/library_access.ts";
import type { CommandContext } from "../core/sandbox/context.ts";
import type { Command } from "./_command.ts";

const flags: readonly Flag[] = [
  {
    long: "compare-checksums",
    short: "c",
    origin: "upstream",
    help: "Compare originals and archives with the database by checksum, not by size and time.",
  },
  {
    long: "compare-json",
    short: "cj",
    origin: "upstream",
    help:
      "Leave manifests and metadata alone where their content would not change; always so here.",
  },
  {
    long: "delete",
    short: "d",
    origin: "upstream",
    help:
      "When the new export is complete, remove what earlier exports wrote and this one does not. " +
      "Files that no export wrote are listed and kept.",
  },
  {
    long: "use-filename-format",
    short: "f",
    origin: "upstream",
    help: "Name files by storage path and PAPERLESS_FILENAME_FORMAT, as in the media folder.",
  },
  { long: "no-archive", short: "na", origin: "upstream", help: "Leave archive files out." },
  { long: "no-thumbnail", short: "nt", origin: "upstream", help: "Leave thumbnails out." },
  {
    long: "use-folder-prefix",
    short: "p",
    origin: "upstream",
    help: "Put originals, archives, thumbnails and split manifests in a folder each.",
  },
  {
    long: "split-manifest",
    short: "sm",
    origin: "upstream",
    help: "Write a manifest of its own for every document.",
  },
  { long: "zip", short: "z", origin: "upstream", help: "Write one zip file instead of a folder." },
  {
    long: "zip-name",
    short: "zn",
    origin: "upstream",
    value: { name: "NAME", kind: "string" },
    help: "Name of the zip without .zip; by default export- and the date of the day.",
  },
  { long: "data-only", origin: "upstream", help: "Write manifests and metadata, but no files." },
  {
    long: "passphrase",
    origin: "upstream",
    value: { name: "PASSPHRASE", kind: "string" },
    help: "Encrypt the secrets of mail and social accounts with it.",
  },
  {
    long: "batch-size",
    origin: "upstream",
    value: { name: "ROWS", kind: "integer", min: 1, default: 500 },
    help: "Rows read at once; changes the memory needed, never the export.",
  },
  NO_PROGRESS_BAR,
  {
    long: "delete-strangers",
    origin: "paperward",
    help: "With --delete: remove everything that is not part of the new export, as upstream does.",
  },
  DRY_RUN,
  LOCK_TIMEOUT,
];

/** `document_exporter` */
export const documentExporter: Command = {
  name: "document_exporter",
  summary: "Export the whole library to a folder or a zip.",
  details:
    "Writes every document with archive and thumbnail, and a manifest with all records, so that " +
    "document_importer (upstream's or Paperward's) restores the library from it. Run again on the same folder " +
    "only what changed is copied. The folder holds the old export or the new one, even if the run is killed.",
  arguments: [{
    name: "target",
    kind: "path",
    help: "The folder to export to; it has to exist (not with -z).",
  }],
  flags,
  access(settings, options) {
    const { read, write, ...rest } = libraryAccess(settings, { lock: true });
    const wanted = exportOptions(options);
    return { ...rest, read, write: [...write, wanted.target, ...zipFolder(wanted)] };
  },
  async run(context, options) {
    // Loaded here, so that help and completions start without the database and the archive code.
    const { exportLibrary } = await import("../core/archive/export/export_library.ts");
    const { exitOf } = await import("../core/archive/export/export_summary.ts");
    const { openTransferPool } = await import("../wasm/checksum/transfer_pool.ts");
    const summary = await exportLibrary(
      { ...context, openTransfers: openTransferPool, now: () => new Date() },
      exportOptions(options),
    );
    return tell(context, summary, exitOf(summary));
  },
};

/** The folder that `-zn` leads to, where that is not the target or below it: as written, and where it really is. */
function zipFolder({ target, zip, zipName }: ExportOptions): string[] {
  if (!zip || zipName === undefined) return [];
  const folder = dirname(resolve(target, `${zipName}.zip`));
  return isInsideAny(folder, [target]) ? [] : [folder, realPath(folder)];
}

function exportOptions(options: Options): ExportOptions {
  const text = (name: string) => typeof options[name] === "string" ? options[name] : undefined;
  const passphrase = text("passphrase");
  const zipName = text("zipName");
  const lockTimeout = options.lockTimeout;
  return {
    target: text("target") ?? "",
    compareChecksums: options.compareChecksums === true,
    delete: options.delete === true,
    deleteStrangers: options.deleteStrangers === true,
    useFilenameFormat: options.useFilenameFormat === true,
    noArchive: options.noArchive === true,
    noThumbnail: options.noThumbnail === true,
    useFolderPrefix: options.useFolderPrefix === true,
    splitManifest: options.splitManifest === true,
    zip: options.zip === true,
    dataOnly: options.dataOnly === true,
    dryRun: options.dryRun === true,
    batchSize: Number(options.batchSize ?? 500),
    ...(zipName === undefined ? {} : { zipName }),
    // Upstream takes an empty passphrase for none.
    ...(passphrase ? { passphrase } : {}),
    ...(typeof lockTimeout === "number" ? { lockTimeoutMs: lockTimeout * 1000 } : {}),
  };
}

function tell({ report }: CommandContext, summary: ExportSummary, exit: ExitName): ExitName {
  const { counts, problems, dryRun } = summary;
  const failed = Object.values(problems).reduce((sum, count) => sum + count, 0);
  const records = counts.reduce((sum, { records }) => sum + records, 0);
  const lines = [
    `${dryRun ? "Would export" : "Exported"} ${
      formatCount(summary.documents, "document")
    } to ${summary.target} ` +
    `in ${formatDuration(summary.duration)}`,
    `  files     ${summary.copied} copied (${
      formatBytes(summary.bytes)
    }), ${summary.kept} unchanged, ` +
    `${summary.deleted} deleted`,
    `  records   ${records} of ${
      counts.reduce((sum, { rows }) => sum + rows, 0)
    } rows in ${counts.length} tables`,
    ...(failed > 0 ? [`  problems  ${failed} (listed above)`] : []),
  ];
  report.summary({ exit, ...summary, counts: counts.map((count) => ({ ...count })) }, lines);
  return exit;
}
