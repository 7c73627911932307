// journal: shows what commands changed in the library, oldest first.

import { PaperwardError } from "../core/errors.ts";
import type { Options } from "../core/flags/flag.ts";
import { formatTable } from "../core/report/format.ts";
import type { CommandContext } from "../core/sandbox/context.ts";
import type { Command } from "./_command.ts";

/** `journal` */
export const journal: Command = {
  name: "journal",
  summary: "Show what commands changed in the library.",
  details:
    "`journal list` lists the entries, oldest first; `journal show NUMBER` lists what one of them did. " +
    "`undo` takes the last one back.",
  arguments: [
    {
      name: "action",
      kind: "string",
      optional: true,
      choices: ["list", "show"],
      help: "list (the default) or show.",
    },
    { name: "entry", kind: "string", optional: true, help: "With show: the number of an entry." },
  ],
  flags: [],
  access: (settings) => ({ read: [settings.dataDir], write: [] }),
  async run(context, options) {
    const { openJournal } = await import("../core/library/journal/open_journal.ts");
    const { checkData } = await import("../core/library/check_data.ts");
    checkData(context.files, context.settings);
    const opened = openJournal(context.files, {
      dataDir: context.settings.dataDir,
      mediaRoot: context.settings.mediaRoot,
    });
    if (options.action === "show") await show(context, opened, options);
    else list(context, opened);
    return "done";
  },
};

type Journal = ReturnType<
  typeof import("../core/library/journal/open_journal.ts").openJournal
>;

function list({ report, settings }: CommandContext, journal: Journal): void {
  const entries = journal.list();
  const lines = formatTable(
    entries.map(({ id, started, state, command, arguments: given }) => [
      id,
      started.replace("T", " ").replace(/\.\d+Z$/, ""),
      state,
      [command, ...given].join(" "),
    ]),
    { header: ["entry", "started (UTC)", "state", "command"] },
  );
  const [header, ...rows] = lines;
  for (const [i, entry] of entries.entries()) {
    if (i === 0 && !report.options.json) report.item("header", {}, header);
    report.item("entry", { ...entry, arguments: [...entry.arguments] }, rows[i]);
  }
  report.summary(
    { exit: "done", entries: entries.length },
    entries.length === 0 ? [`The journal of ${settings.dataDir} is empty`] : [],
  );
}

async function show(
  { report }: CommandContext,
  journal: Journal,
  { entry }: Options,
): Promise<void> {
  const { describeDone, describeStep } = await import("../core/library/journal/undo_last.ts");
  const found = journal.list().find(({ id }) =>
    typeof entry === "string" && Number(id) === Number(entry)
  );
  if (!found) {
    throw new PaperwardError(
      entry === undefined
        ? "Cannot show an entry: its number is missing"
        : `Cannot show entry ${entry}: the journal has none of this number`,
      {
        exit: "usage",
        hints: ["`paperward journal list` shows what there is"],
      },
    );
  }
  let steps = 0;
  for (const { step } of journal.read(found.id).forwards()) {
    steps++;
    report.item("step", describeStep(step), describeDone(step));
  }
  report.summary(
    { exit: "done", ...found, arguments: [...found.arguments], steps },
    [`Entry ${found.id}: ${
      [found.command, ...found.arguments].join(" ")
    }, ${found.state}, ${steps} steps`],
  );
}
