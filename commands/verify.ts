// verify: proves, in cron or CI, that an export can be restored. Needs no library and changes nothing.

import type { VerifySummary } from "../core/archive/verify/verify_export.ts";
import type { VerifyOptions } from "../core/archive/verify/verify_options.ts";
import { PaperwardError } from "../core/errors.ts";
import type { ExitName } from "../core/exit_codes.ts";
import type { Argument, Flag, Options } from "../core/flags/flag.ts";
import { NO_PROGRESS_BAR } from "../core/flags/global_flags.ts";
import type { Files } from "../core/library/files.ts";
import { formatBytes, formatCount, formatDuration } from "../core/report/format.ts";
import type { CommandContext } from "../core/sandbox/context.ts";
import type {
  openTransferPool,
  TransferPool,
  TransferPoolOptions,
} from "../wasm/checksum/transfer_pool.ts";
import { DEEP, HTML, JUNIT, STRICT } from "./_check_flags.ts";
import type { Command } from "./_command.ts";

const args: readonly Argument[] = [{
  name: "export",
  kind: "path",
  help: "The folder or zip that document_exporter wrote, whatever the release; - for a zip on " +
    "standard input.",
}];

const flags: readonly Flag[] = [
  {
    long: "passphrase",
    origin: "paperward",
    value: { name: "PASSPHRASE", kind: "string" },
    help: "Decrypt the secrets with it, to see that it is the right one.",
  },
  {
    long: "data-only",
    origin: "paperward",
    help: "The export was written with --data-only: no files are expected.",
  },
  DEEP,
  {
    long: "read-data-subset",
    origin: "paperward",
    value: { name: "PART", kind: "string" },
    help: "Read the content of some files only: a part (1/7, always the same files), a random " +
      "percentage (10%) or about so many bytes (500M). Whether files are there is checked for all.",
  },
  {
    long: "subset-seed",
    origin: "paperward",
    value: { name: "N", kind: "integer", min: 0, max: 4294967295 },
    help: "Take the random subset that another run printed.",
  },
  {
    long: "rehearse",
    origin: "paperward",
    help: "Restore it into a throw-away library in the scratch folder (PAPERLESS_SCRATCH_DIR; it " +
      "needs room for all of the export and a database), check that library as --deep does, and " +
      "compare its records.",
  },
  {
    long: "against",
    origin: "paperward",
    value: { name: "EXPORT", kind: "path" },
    help: "Tell what changed since another export: documents added, removed and changed.",
  },
  {
    long: "mend",
    origin: "paperward",
    help: "If the last export was killed while it was put in place, bring it to its end first. " +
      "The only thing that this command ever changes.",
  },
  STRICT,
  JUNIT,
  HTML,
  NO_PROGRESS_BAR,
];

/** `verify` */
export const verify: Command = {
  name: "verify",
  summary: "Verify that an export can be restored; needs no library.",
  details:
    "Checks the container, manifests and metadata, every reference between records, every file that " +
    "the manifest names with its checksum, and that nothing else is there. Exports of every release " +
    "since ng-0.9 are read. Exit code 4: something is damaged; 3: something could not be read, or " +
    "the rehearsal found no room; 12: the passphrase is missing or wrong; 13: the export is newer than " +
    "this program.",
  arguments: args,
  flags,
  access(_settings, options) {
    const { path, against, junit, html, mend } = verifyOptions(options);
    const given = (...paths: readonly (string | undefined)[]) =>
      paths.filter((each) => each !== undefined);
    return {
      read: given(path === "-" ? undefined : path, against),
      write: given(junit, html, mend ? path : undefined),
    };
  },
  async run(context, options) {
    const { path, dataOnly, against } = verifyOptions(options);
    if (against === "-") {
      throw new PaperwardError("Cannot compare with standard input: --against needs a path", {
        exit: "usage",
      });
    }
    const { openTransferPool } = await import("../wasm/checksum/transfer_pool.ts");
    // The Workers that read start while the rest of the code is loaded.
    using early = dataOnly || !isFolder(context.files, path)
      ? undefined
      : startReaders(openTransferPool, path);
    const { verifyExport } = await import("../core/archive/verify/verify_export.ts");
    const subset = typeof options.readDataSubset === "string"
      ? (await import("../core/checks/sanity_options.ts")).parseSubset(options.readDataSubset)
      : undefined;
    if (options.subsetSeed !== undefined && (!subset || subset.kind === "part")) {
      throw new PaperwardError("Cannot use --subset-seed: it needs a random --read-data-subset", {
        exit: "usage",
      });
    }
    const summary = await verifyExport(
      {
        ...context,
        openTransfers: (given) => early?.take(given) ?? openTransferPool(given),
        loadCreateLibrary: async () =>
          (await import("../migrations/create_library.ts")).createLibrary,
        stdin: () => Deno.stdin.readable,
        now: () => new Date(),
      },
      { ...verifyOptions(options), ...(subset ? { subset } : {}) },
    );
    return tell(context, summary);
  },
};

function isFolder(files: Files, path: string): boolean {
  try {
    return files.stat(path).kind === "folder";
  } catch {
    // What is wrong with it is told where it is opened.
    return false;
  }
}

/** Starts the Workers that will read an export; whoever asks first for just these gets them. */
function startReaders(open: typeof openTransferPool, path: string) {
  const pool = open({ read: [path], write: [] });
  pool.start();
  let waiting: TransferPool | undefined = pool;
  return {
    take({ read, write }: TransferPoolOptions): TransferPool | undefined {
      if (write.length > 0 || read.length !== 1 || read[0] !== path) return undefined;
      const taken = waiting;
      waiting = undefined;
      return taken;
    },
    [Symbol.dispose]: () => pool.close(),
  };
}

function verifyOptions(options: Options): VerifyOptions {
  const text = <Key extends string>(key: Key, name: string = key) => {
    const value = options[name];
    return (typeof value === "string" && value !== "" ? { [key]: value } : {}) as {
      readonly [key in Key]?: string;
    };
  };
  return {
    path: typeof options.export === "string" ? options.export : "",
    dataOnly: options.dataOnly === true,
    deep: options.deep === true,
    rehearse: options.rehearse === true,
    mend: options.mend === true,
    strict: options.strict === true,
    ...(typeof options.subsetSeed === "number" ? { seed: options.subsetSeed } : {}),
    ...text("passphrase"),
    ...text("against"),
    ...text("junit"),
    ...text("html"),
  };
}

function tell({ report }: CommandContext, summary: VerifySummary): ExitName {
  const { exit, tally, kind, release, documents, records, files, read, bytes } = summary;
  const counts = {
    errors: tally.count("error"),
    warnings: tally.count("warning"),
    infos: tally.count("info"),
  };
  const said = Object.entries(counts).filter(([, count]) => count > 0)
    .map(([name, count]) => formatCount(count, name.slice(0, -1)));
  const lines = [
    said.length === 0
      ? `Nothing is wrong with ${summary.path}.`
      : `Found ${said.join(", ")} in ${summary.path}.`,
    ...(kind === null ? [] : [
      `  checked   ${formatCount(documents, "document")}, ${formatCount(records, "record")}, ${
        formatCount(files, "file")
      }${read < files ? ` (${read} read)` : ""}, ${formatBytes(bytes)} in ${
        formatDuration(summary.duration)
      }`,
    ]),
    ...(summary.rehearsal
      ? [
        `  rehearsal ${formatCount(summary.rehearsal.documents, "document")} with ${
          formatCount(summary.rehearsal.files, "file")
        } restored, ${formatCount(summary.rehearsal.records, "record")} compared`,
      ]
      : []),
    ...(summary.changes
      ? [
        `  changes   ${summary.changes.added} added, ${summary.changes.removed} removed, ${summary.changes.changed} changed`,
      ]
      : []),
    ...[...tally.byCheck].map(([check, count]) => `  ${String(count).padStart(8)}  ${check}`),
  ];
  report.summary({
    exit,
    path: summary.path,
    kind,
    release,
    documents,
    records,
    files,
    filesRead: read,
    bytesRead: bytes,
    secrets: summary.secrets,
    ...(summary.seed === undefined ? {} : { subsetSeed: summary.seed }),
    ...(summary.rehearsal ? { rehearsal: { ...summary.rehearsal } } : {}),
    ...(summary.changes ? { changes: { ...summary.changes } } : {}),
    findings: tally.total,
    ...counts,
    checks: Object.fromEntries(tally.byCheck),
    duration: summary.duration,
  }, lines);
  return exit;
}
