// argv → what is asked for. The grammar is argparse's (normalise_arguments.ts), the parser commander, the
// truth the tables; nothing is printed and nothing ends the process here.

import {
  Argument as CommanderArgument,
  Command as Commander,
  CommanderError,
  Option,
} from "commander";
import { PaperwardError } from "../errors.ts";
import { nearest } from "./nearest.ts";
import { BUILT_IN_COMMANDS } from "./built_in_commands.ts";
import { completionScript } from "./completions.ts";
import type { Flag, Options } from "./flag.ts";
import { GLOBAL_FLAGS } from "./global_flags.ts";
import { commandHelp, programHelp, usageLine } from "./help.ts";
import type { CommandFlags, HelpLayout, Invocation } from "./invocation.ts";
import { normaliseArguments } from "./normalise_arguments.ts";
import { optionKey } from "./option_key.ts";
import type { Shell } from "./shells.ts";
import { UPSTREAM_COMMANDS } from "./upstream_commands.ts";
import { argumentValue, flagValue } from "./validate.ts";

/**
 * What a command line asks for.
 * @param argv arguments without the program's name
 * @param invokedAs the name by which the program was called; a link named like a command, ours or upstream's, is that
 * command
 * @param commands in the order of help
 */
export function parseCommandLine<C extends CommandFlags>(
  argv: readonly string[],
  invokedAs: string,
  commands: readonly C[],
  layout: HelpLayout = {},
): Invocation<C> {
  try {
    const link = invokedAs.slice(invokedAs.lastIndexOf("/") + 1);
    const linked = parseNamed(link, argv, commands, layout, link);
    if (!linked && UPSTREAM_COMMANDS.has(link)) throw unknownCommand(link, commands);
    return linked ?? parseProgram(argv, commands, layout);
  } catch (error) {
    if (!(error instanceof PaperwardError)) throw error;
    return { kind: "usage", message: error.message, hints: error.hints };
  }
}

function parseProgram<C extends CommandFlags>(
  argv: readonly string[],
  commands: readonly C[],
  layout: HelpLayout,
): Invocation<C> {
  const { flags, rest: [name, ...rest], request } = beforeCommand(argv, commands);
  if (request === "version") return { kind: "version" };
  if (request === "help" || name === undefined) {
    return { kind: "help", text: programHelp(commands, layout) };
  }
  const named = parseNamed(name, [...flags, ...rest], commands, layout);
  if (named) return named;
  throw unknownCommand(name, commands);
}

/** The arguments of the command of that name, or undefined where there is none. */
function parseNamed<C extends CommandFlags>(
  name: string,
  argv: readonly string[],
  commands: readonly C[],
  layout: HelpLayout,
  program?: string,
): Invocation<C> | undefined {
  const command = commands.find((each) => each.name === name);
  if (command) return parseCommand(command, argv, layout, program);
  const builtIn = BUILT_IN_COMMANDS.find((each) => each.name === name);
  return builtIn && parseBuiltIn(builtIn, argv, commands, layout, program);
}

function beforeCommand(
  argv: readonly string[],
  commands: readonly CommandFlags[],
): ReturnType<typeof normaliseArguments> {
  try {
    return normaliseArguments(argv, GLOBAL_FLAGS, { stopAtOperand: true });
  } catch (error) {
    // A flag of the command in front of the command: say where it goes, not that it does not exist.
    const later = argv.slice(1).find((token) => commands.some(({ name }) => name === token));
    if (!(error instanceof PaperwardError)) throw error;
    throw new PaperwardError(error.message, {
      exit: "usage",
      hints: later === undefined
        ? [...error.hints, "paperward --help lists the commands."]
        : [`Flags of a command go behind its name: paperward ${later} …`],
    });
  }
}

function unknownCommand(name: string, commands: readonly CommandFlags[]): PaperwardError {
  const names = [...commands, ...BUILT_IN_COMMANDS].map((each) => each.name);
  const meant = nearest(name, names);
  return new PaperwardError(`Cannot run ${JSON.stringify(name)}: there is no such command`, {
    exit: "usage",
    hints: [
      ...(meant === undefined ? [] : [`Did you mean ${meant}?`]),
      "paperward --help lists the commands.",
    ],
  });
}

function parseBuiltIn<C extends CommandFlags>(
  builtIn: CommandFlags,
  argv: readonly string[],
  commands: readonly C[],
  layout: HelpLayout,
  program?: string,
): Invocation<C> {
  const parsed = parseCommand(builtIn, argv, layout, program);
  if (parsed.kind !== "run") return parsed as Invocation<C>;
  const { command: name, shell } = parsed.options;
  if (builtIn.name === "help") {
    if (typeof name !== "string") return { kind: "help", text: programHelp(commands, layout) };
    const command = [...commands, ...BUILT_IN_COMMANDS].find((each) => each.name === name);
    if (!command) throw unknownCommand(name, commands);
    return { kind: "help", text: commandHelp(command, layout) };
  }
  // Nothing else passes the choices of its table.
  const known = shell as Shell;
  return { kind: "completions", shell: known, text: completionScript(known, commands) };
}

function parseCommand<C extends CommandFlags>(
  command: C,
  argv: readonly string[],
  layout: HelpLayout,
  program = "paperward",
): Invocation<C> {
  const table = [...command.flags, ...GLOBAL_FLAGS];
  try {
    const { flags, operands, request } = normaliseArguments(argv, table);
    if (request === "version") return { kind: "version" };
    if (request === "help") return { kind: "help", text: commandHelp(command, layout, program) };
    return { kind: "run", command, options: runCommander(command, table, flags, operands) };
  } catch (error) {
    if (!(error instanceof PaperwardError) && !(error instanceof CommanderError)) throw error;
    const message = error instanceof PaperwardError
      ? error.message
      : `Cannot run ${command.name}: ${error.message.replace(/^error: /, "")}`;
    const hints = error instanceof PaperwardError
      ? error.hints
      : [`Usage: ${usageLine(command, program)}`];
    const all = program === command.name
      ? `${program} --help`
      : `${program} ${command.name} --help`;
    return { kind: "usage", message, hints: [...hints, `${all} shows all flags.`] };
  }
}

function runCommander(
  command: CommandFlags,
  table: readonly Flag[],
  flags: readonly string[],
  operands: readonly string[],
): Options {
  const commander = new Commander(command.name)
    .exitOverride()
    .configureOutput({ writeOut: () => {}, writeErr: () => {} })
    .helpOption(false);
  const options: Record<string, Options[string]> = {};
  for (const flag of table) {
    if (flag.long === "help" || flag.long === "version") continue;
    commander.addOption(commanderOption(flag));
    if (!flag.value) options[optionKey(flag.long)] = false;
    else if (flag.value.default !== undefined) options[optionKey(flag.long)] = flag.value.default;
  }
  for (const argument of command.arguments) {
    const { help, optional } = argument;
    const name = argument.name.toUpperCase();
    commander.addArgument(
      new CommanderArgument(optional ? `[${name}]` : `<${name}>`, help)
        .argParser((text) => argumentValue(argument, text)),
    );
  }
  commander.parse([...flags, "--", ...operands], { from: "user" });
  Object.assign(options, commander.opts());
  for (const [index, { name }] of command.arguments.entries()) {
    const value: string | undefined = commander.processedArgs[index];
    if (value !== undefined) options[optionKey(name)] = value;
  }
  return Object.freeze(options);
}

function commanderOption(flag: Flag): Option {
  const { long, value } = flag;
  const option = new Option(value ? `--${long} <${value.name}>` : `--${long}`);
  // `--no-archive` is a flag of its own here, not the opposite of an `--archive`.
  option.negate = false;
  option.attributeName = () => optionKey(long);
  if (!value) return option;
  const { count = 1, repeatable = false } = value;
  let values: (string | number)[] = [];
  return option.argParser((text: string) => {
    const read = flagValue(flag, text);
    if (count === 1 && !repeatable) return read;
    // Without `repeatable` the last use counts, as with argparse.
    if (!repeatable && values.length === count) values = [];
    values.push(read);
    return Object.freeze([...values]);
  });
}
