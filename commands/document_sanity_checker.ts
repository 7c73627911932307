// document_sanity_checker: looks for everything that can be wrong with a library, says it with an exit code that
// a cron job can act on, and mends what can be mended.

import type { SanityRequest, SanitySummary } from "../core/checks/run_sanity.ts";
import { PaperwardError } from "../core/errors.ts";
import type { ExitName } from "../core/exit_codes.ts";
import type { Flag, Options } from "../core/flags/flag.ts";
import { DRY_RUN, LOCK_TIMEOUT, NO_PROGRESS_BAR } from "../core/flags/global_flags.ts";
import { formatBytes, formatCount, formatDuration } from "../core/report/format.ts";
import { libraryAccess } from "../core/sandbox/library_access.ts";
import type { CommandContext } from "../core/sandbox/context.ts";
import { DEEP, HTML, JUNIT, STRICT } from "./_check_flags.ts";
import type { Command } from "./_command.ts";

const flags: readonly Flag[] = [
  NO_PROGRESS_BAR,
  {
    long: "checks",
    origin: "paperward",
    value: { name: "A,B", kind: "string" },
    help: "Carry out these checks only; docs/document_sanity_checker.md lists them all.",
  },
  {
    long: "document",
    origin: "paperward",
    value: { name: "ID,ID", kind: "string" },
    help: "Check these documents only; orphans and rows are left out.",
  },
  DEEP,
  {
    long: "read-data-subset",
    origin: "paperward",
    value: { name: "PART", kind: "string" },
    help: "Read the content of some documents only: a part (1/7), a random percentage (5%) or " +
      "about so many bytes (20G). Whether files are there is checked for all.",
  },
  {
    long: "order",
    origin: "paperward",
    value: { name: "ORDER", kind: "string", choices: ["document", "inode"], default: "document" },
    help:
      "Read files as they are listed, or, for spinning disks, in the order in which they lie on the disk.",
  },
  {
    long: "readers",
    origin: "paperward",
    value: { name: "N", kind: "integer", min: 1, max: 4, default: 2 },
    help: "How many files are read at the same moment.",
  },
  {
    long: "bandwidth-limit",
    origin: "paperward",
    value: { name: "RATE", kind: "string" },
    help: "Read no more than this a second on average: 20M, 500k.",
  },
  STRICT,
  JUNIT,
  HTML,
  {
    long: "repair",
    origin: "paperward",
    help: "Mend what can be mended: show the plan, ask, then do it. `undo` takes it back.",
  },
  {
    long: "from",
    origin: "paperward",
    value: { name: "EXPORT", kind: "path" },
    help: "With --repair: restore missing and damaged files from this export (folder or zip).",
  },
  {
    long: "yes",
    origin: "paperward",
    help: "With --repair: don't ask.",
  },
  { ...DRY_RUN, help: "With --repair: show the plan and change nothing." },
  LOCK_TIMEOUT,
];

/** `document_sanity_checker` */
export const documentSanityChecker: Command = {
  name: "document_sanity_checker",
  summary: "Check the library for everything that can be wrong, and mend it.",
  details:
    "Reads every original, archive and thumbnail, compares checksums with the database, and looks for orphans, " +
    "shared files and rows that point nowhere. Exit code 4: errors were found; 3: something could not be read. " +
    "--repair puts lost files back that are still around under another name, restores others from an export, " +
    "rewrites checksums of the other generation, and moves orphans to quarantine; nothing is ever deleted.",
  arguments: [],
  flags,
  access(settings, options) {
    const repairs = options.repair === true && options.dryRun !== true;
    const { read, write, ...rest } = libraryAccess(settings, {
      lock: true,
      changesDatabase: repairs,
    });
    const texts = (...names: readonly string[]) =>
      names.flatMap((name) => typeof options[name] === "string" ? [options[name]] : []);
    return {
      ...rest,
      read: [...read, ...texts("from")],
      write: [
        ...write,
        ...texts("junit", "html"),
        ...(repairs ? [settings.mediaRoot, `${settings.dataDir}/paperward`] : []),
      ],
    };
  },
  async run(context, options) {
    const { runSanity } = await import("../core/checks/run_sanity.ts");
    const { openTransferPool } = await import("../wasm/checksum/transfer_pool.ts");
    const summary = await runSanity(
      { ...context, openTransfers: openTransferPool },
      await requestOf(options),
    );
    return tell(context, summary);
  },
};

async function requestOf(options: Options): Promise<SanityRequest> {
  const { parseBandwidth, parseChecks, parseDocuments, parseSubset } = await import(
    "../core/checks/sanity_options.ts"
  );
  const { journalArguments } = await import("../core/library/journal/journal_arguments.ts");
  const text = (name: string) => typeof options[name] === "string" ? options[name] : undefined;
  const given = <Name extends string, Value>(name: Name, value: Value | undefined) =>
    value === undefined ? {} : { [name]: value } as { readonly [key in Name]: Value };
  const parsed = <Value>(name: string, parse: (value: string) => Value) => {
    const value = text(name);
    return value === undefined ? undefined : parse(value);
  };
  const repair = options.repair === true;
  for (const name of ["from", "yes", "dryRun"]) {
    if (repair || !options[name]) continue;
    throw new PaperwardError(
      `Cannot use --${name === "dryRun" ? "dry-run" : name}: it needs --repair`,
      {
        exit: "usage",
      },
    );
  }
  const deep = options.deep === true;
  const { lockTimeout } = options;
  const yes = options.yes === true;
  const dryRun = options.dryRun === true;
  if (repair && !yes && !dryRun && !Deno.stdin.isTerminal()) {
    throw new PaperwardError("Cannot repair: there is nobody to ask", {
      exit: "usage",
      hints: ["--dry-run shows the plan, --yes carries it out without asking"],
    });
  }
  return {
    checks: parseChecks(text("checks"), deep),
    ...given("documents", parsed("document", parseDocuments)),
    deep,
    ...given("subset", parsed("readDataSubset", parseSubset)),
    order: options.order === "inode" ? "inode" : "document",
    readers: Number(options.readers ?? 2),
    ...given("bandwidth", parsed("bandwidthLimit", parseBandwidth)),
    ...given("lockTimeoutMs", typeof lockTimeout === "number" ? lockTimeout * 1000 : undefined),
    strict: options.strict === true,
    ...given("junit", text("junit")),
    ...given("html", text("html")),
    ...(repair
      ? {
        repair: {
          ...given("from", text("from")),
          dryRun,
          yes,
          arguments: journalArguments(options, flags),
        },
      }
      : {}),
  };
}

async function tell({ report }: CommandContext, summary: SanitySummary): Promise<ExitName> {
  const { describeTally, LEVELS } = await import("../core/checks/tally.ts");
  const { exit, tally, documents, filesRead, bytesRead, duration, generation, repairs } = summary;
  const counts = Object.fromEntries(LEVELS.map((level) => [`${level}s`, tally.count(level)]));
  const found = tally.total === 0 ? "No issues found" : `Found ${describeTally(tally)}`;
  const lines = [
    `${found}.`,
    `  checked   ${formatCount(documents, "document")}, ${formatCount(filesRead, "file")} read (${
      formatBytes(bytesRead)
    }) in ${formatDuration(duration)}`,
    ...[...tally.byCheck].map(([check, count]) => `  ${String(count).padStart(8)}  ${check}`),
    ...(repairs
      ? [
        {
          done: `Repaired ${repairs.repaired} of ${repairs.planned}; ` +
            (repairs.left.total === 0
              ? "nothing is left"
              : `left: ${describeTally(repairs.left)}`) +
            ". `paperward undo` takes it back.",
          planned: `${formatCount(repairs.planned, "repair")} planned, nothing was changed.`,
          declined: "Nothing was repaired.",
          "nothing to do": "There is nothing that could be repaired.",
        }[repairs.outcome],
      ]
      : []),
  ];
  report.summary({
    exit,
    generation,
    documents,
    filesRead,
    bytesRead,
    duration,
    findings: tally.total,
    ...counts,
    unreadable: tally.unread,
    checks: Object.fromEntries(tally.byCheck),
    ...(repairs
      ? {
        repairs: {
          outcome: repairs.outcome,
          planned: repairs.planned,
          repaired: repairs.repaired,
          failed: repairs.failed,
          left: repairs.outcome === "done" ? repairs.left.total : tally.total,
        },
      }
      : {}),
  }, lines);
  return exit;
}
