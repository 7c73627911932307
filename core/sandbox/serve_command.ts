// The inside of the command Worker: waits for the start message, runs the command, says how it ended.
// Invariant: whatever is thrown becomes a message and an exit code; the Worker itself never crashes.

import type { ExitName } from "../exit_codes.ts";
import { openFiles } from "../library/deno_files.ts";
import { openReport } from "../report/open_report.ts";
import { printError } from "../report/error_text.ts";
import type { Options } from "../flags/flag.ts";
import type { CommandContext } from "./context.ts";
import type { EndMessage, StartMessage } from "./protocol.ts";
import { StopSignal } from "./stop_signal.ts";

/** How the Worker entry finds and runs a command by its name. */
export type RunCommand = (
  name: string,
  context: CommandContext,
  options: Options,
) => Promise<ExitName>;

/** Serves one command in this Worker. */
export function serveCommand(run: RunCommand): void {
  addEventListener("message", async (event: Event) => {
    const start = (event as MessageEvent<StartMessage>).data;
    const end: EndMessage = { exit: await runToEnd(run, start) };
    postMessage(end);
  }, { once: true });
}

async function runToEnd(run: RunCommand, start: StartMessage): Promise<ExitName> {
  const report = openReport(start.report);
  const context: CommandContext = Object.freeze({
    settings: start.settings,
    report,
    stop: new StopSignal(start.stop),
    files: openFiles(start.roots),
    scratch: start.scratch,
    version: start.version,
  });
  try {
    return await run(start.command, context, start.options);
  } catch (error) {
    return printError(report, error, { traceback: start.traceback });
  } finally {
    report.close();
  }
}
