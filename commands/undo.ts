// undo: takes back what the last command changed in the library, as its journal says; refused where anything
// of it was changed since.

import { PaperwardError } from "../core/errors.ts";
import type { ExitName } from "../core/exit_codes.ts";
import type { Flag, Options } from "../core/flags/flag.ts";
import { DRY_RUN, LOCK_TIMEOUT, NO_PROGRESS_BAR } from "../core/flags/global_flags.ts";
import { libraryAccess } from "../core/sandbox/library_access.ts";
import type { CommandContext } from "../core/sandbox/context.ts";
import type { Command } from "./_command.ts";

const flags: readonly Flag[] = [
  { ...DRY_RUN, help: "Show what would be taken back and change nothing." },
  { long: "yes", origin: "paperward", help: "Don't ask." },
  {
    long: "abandon",
    origin: "paperward",
    help:
      "Leave an undo that was interrupted and can't go on, or an entry that is damaged, as it is, and forget it.",
  },
  LOCK_TIMEOUT,
  NO_PROGRESS_BAR,
];

/** `undo` */
export const undo: Command = {
  name: "undo",
  summary: "Take back what the last command changed in the library.",
  details:
    "Shows the last entry of the journal that isn't undone, asks, and takes it back: files go back to where they were, rows are as they " +
    "were. Nothing is taken back where any of it was changed since; what stands in the way is listed. An undo that " +
    "was interrupted goes on with the next one.",
  arguments: [],
  flags,
  access(settings, options) {
    const changes = options.dryRun !== true;
    const { read, write, ...rest } = libraryAccess(settings, {
      lock: true,
      changesDatabase: changes,
    });
    return {
      ...rest,
      read,
      write: [
        ...write,
        ...(changes ? [settings.mediaRoot, `${settings.dataDir}/paperward`] : []),
      ],
    };
  },
  async run(context, options) {
    const { undoLast } = await import("../core/library/journal/undo_last.ts");
    const { openTransferPool } = await import("../wasm/checksum/transfer_pool.ts");
    const { checkData } = await import("../core/library/check_data.ts");
    checkData(context.files, context.settings);
    const changes = options.dryRun !== true && options.abandon !== true;
    if (changes && options.yes !== true && !Deno.stdin.isTerminal()) {
      throw new PaperwardError("Cannot undo: there is nobody to ask", {
        exit: "usage",
        hints: ["--dry-run shows what would be taken back, --yes takes it back without asking"],
      });
    }
    const summary = await undoLast({ ...context, openTransfers: openTransferPool }, {
      dryRun: options.dryRun === true,
      abandon: options.abandon === true,
      asks: options.yes !== true,
      ...lockTimeout(options),
    });
    return tell(context, summary);
  },
};

function lockTimeout({ lockTimeout }: Options): { readonly lockTimeoutMs?: number } {
  return typeof lockTimeout === "number" ? { lockTimeoutMs: lockTimeout * 1000 } : {};
}

type Summary = Awaited<
  ReturnType<typeof import("../core/library/journal/undo_last.ts").undoLast>
>;

function tell({ report }: CommandContext, summary: Summary): ExitName {
  const { outcome, entry, counts, conflicts } = summary;
  const exit: ExitName = outcome === "refused" ? "failed" : "done";
  const what = `${entry.command} (entry ${entry.id}, ${entry.started})`;
  const head = {
    undone: `Took back ${what}`,
    "would undo": `Would take back ${what}`,
    refused: `Nothing was taken back of ${what}: it was changed since`,
    abandoned: `Left as it is: ${what}`,
    declined: `Nothing was taken back of ${what}`,
  }[outcome];
  report.summary(
    { exit, outcome, entry: { ...entry }, counts: { ...counts }, conflicts },
    [head, ...Object.entries(counts).map(([kind, count]) => `  ${kind.padEnd(14)} ${count}`)],
  );
  return exit;
}
