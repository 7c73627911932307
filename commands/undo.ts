// undo: takes back what the last command changed in the library, as its journal says; refused where anything
// of it was changed since.

import type { ExitName } from "../core/exit_codes.ts";
import type { Flag, Options } from "../core/flags/flag.ts";
import { DRY_RUN, LOCK_TIMEOUT, NO_PROGRESS_BAR } from "../core/flags/global_flags.ts";
import { libraryAccess } from "../core/sandbox/library_access.ts";
import type { CommandContext } from "../core/sandbox/context.ts";
import type { Command } from "./_command.ts";

const flags: readonly Flag[] = [
  DRY_RUN,
  {
    long: "abandon",
    origin: "paperward",
    help: "Leave an undo that was interrupted and can't go on as it is, and forget about it.",
  },
  LOCK_TIMEOUT,
  NO_PROGRESS_BAR,
];

/** `undo` */
export const undo: Command = {
  name: "undo",
  summary: "Take back what the last command changed in the library.",
  details:
    "Takes back the last entry of the journal that isn't undone: files go back to where they were, rows are as they " +
    "were. Nothing is taken back where any of it was changed since; what stands in the way is listed. An undo that " +
    "was interrupted goes on with the next one.",
  arguments: [],
  flags,
  access(settings) {
    const { read, write, ...rest } = libraryAccess(settings, { lock: true, changesDatabase: true });
    return {
      ...rest,
      read,
      write: [
        ...write,
        settings.mediaRoot,
        `${settings.dataDir}/paperward`,
      ],
    };
  },
  async run(context, options) {
    const { undoLast } = await import("../core/library/journal/undo_last.ts");
    const { openTransferPool } = await import("../wasm/checksum/transfer_pool.ts");
    const summary = await undoLast({ ...context, openTransfers: openTransferPool }, {
      dryRun: options.dryRun === true,
      abandon: options.abandon === true,
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
  }[outcome];
  report.summary(
    { exit, outcome, entry: { ...entry }, counts: { ...counts }, conflicts },
    [head, ...Object.entries(counts).map(([kind, count]) => `  ${kind.padEnd(14)} ${count}`)],
  );
  return exit;
}
