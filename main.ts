// The launcher: arguments → settings → grants → command Worker. The one place that ends the process, and the
// only code with more permissions than the command needs.

import { basename } from "node:path";
import process from "node:process";
import { commands } from "./commands/mod.ts";
import { EXIT, type ExitName } from "./core/exit_codes.ts";
import { GLOBAL_FLAGS, readGlobalOptions } from "./core/flags/global_flags.ts";
import { parseCommandLine } from "./core/flags/parse_command_line.ts";
import { printError } from "./core/report/error_text.ts";
import { printPage } from "./core/report/print_page.ts";
import { openReport, type OpenReportOptions } from "./core/report/open_report.ts";
import type { Command } from "./commands/_command.ts";
import type { Options } from "./core/flags/flag.ts";
import project from "./deno.json" with { type: "json" };

/** Runs what the command line asks for. @returns how it ended */
async function main(argv: readonly string[]): Promise<ExitName> {
  const columns = terminalColumns();
  const { stdoutIsTerminal, colour } = reportOptions({}, columns);
  const layout = { columns, colour: stdoutIsTerminal && colour };
  const invocation = parseCommandLine(argv, basename(process.argv0), commands, layout);
  switch (invocation.kind) {
    case "help":
    case "completions":
      return print(invocation.text);
    case "version":
      return print(`paperward ${project.version}`);
    case "usage": {
      const report = openReport(reportOptions({}, columns));
      report.error(invocation.message, invocation.hints.join("\n") || undefined);
      return "usage";
    }
    case "run":
      return await run(invocation.command, invocation.options, columns);
  }
}

function print(text: string): ExitName {
  try {
    printPage(text);
    return "done";
  } catch (error) {
    return printError(openReport(reportOptions({}, 80)), error);
  }
}

/** The databases that the command's own flags name. */
function databaseUrls({ databases = [] }: Command, options: Options): Record<string, string> {
  return Object.fromEntries(
    databases.flatMap((name) => typeof options[name] === "string" ? [[name, options[name]]] : []),
  );
}

async function run(command: Command, given: Options, columns: number): Promise<ExitName> {
  const { loadSettings, denoSettingsFiles } = await import("./core/settings/load_settings.ts");
  const { launchCommand } = await import("./core/sandbox/launch.ts");
  const { warningOfRoot } = await import("./core/sandbox/foreign_library.ts");
  const { withRealPaths } = await import("./core/sandbox/real_paths.ts");
  const global = readGlobalOptions(given);
  const reporting = reportOptions(given, columns);
  const report = openReport(reporting);
  try {
    const cwd = Deno.cwd();
    const options = withRealPaths(
      given,
      [...command.flags, ...GLOBAL_FLAGS],
      command.arguments,
      cwd,
    );
    const { settings, warnings } = await loadSettings({
      env: Deno.env.toObject(),
      cwd,
      flags: { ...readGlobalOptions(options), databases: databaseUrls(command, options) },
      files: denoSettingsFiles,
    });
    for (const warning of warnings) report.warn(warning);
    const access = command.access(settings, options);
    const foreign = warningOfRoot(access, settings);
    if (foreign) report.warn(...foreign);
    const { exit, crash } = await launchCommand({
      entry: new URL("./commands/worker.ts", import.meta.url),
      command: command.name,
      options,
      settings,
      access,
      report: reporting,
      version: project.version,
      traceback: global.traceback,
    });
    if (crash !== undefined) printError(report, crash, global);
    return exit;
  } catch (error) {
    return printError(report, error, global);
  } finally {
    report.close();
  }
}

function reportOptions(options: Options, columns: number): OpenReportOptions {
  const { json, verbosity, progressBar, colour } = readGlobalOptions(options);
  const stderrIsTerminal = Deno.stderr.isTerminal();
  return {
    json,
    verbosity,
    progressBar,
    colour: colour === "always" || (colour === "auto" && !Deno.env.get("NO_COLOR")),
    forceColour: colour === "always",
    stdoutIsTerminal: Deno.stdout.isTerminal(),
    stderrIsTerminal,
    columns,
  };
}

function terminalColumns(): number {
  const set = Number(Deno.env.get("COLUMNS"));
  if (Number.isInteger(set) && set > 0) return set;
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80;
  }
}

if (import.meta.main) Deno.exit(EXIT[await main(Deno.args)].code);
