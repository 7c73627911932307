// The text of --help, from the tables. Upstream's flags and Paperward's stand apart, and the exit codes
// end every page; no line is wider than the terminal unless a single word is.

import { Help } from "commander";
import { EXIT } from "../exit_codes.ts";
import { BUILT_IN_COMMANDS } from "./built_in_commands.ts";
import type { Argument, Flag } from "./flag.ts";
import { GLOBAL_FLAGS } from "./global_flags.ts";
import type { CommandFlags, HelpLayout } from "./invocation.ts";

type Row = readonly [term: string, text: string];

const MOST_TERM = 26;

class Page {
  readonly #help = Object.assign(new Help(), { minWidthToWrap: 10 });
  readonly #width: number;
  readonly #bold: (text: string) => string;
  readonly #blocks: string[] = [];

  constructor({ columns = 80, colour = false }: HelpLayout) {
    this.#width = Math.max(40, columns);
    this.#bold = colour ? (text) => `\x1b[1m${text}\x1b[22m` : (text) => text;
  }

  usage(text: string): void {
    const label = "Usage: ";
    this.#blocks.push(this.#bold(label.trimEnd()) + " " + this.#wrap(text, label.length));
  }

  paragraphs(text: string | undefined): void {
    if (text) this.#blocks.push(this.#wrap(text, 0));
  }

  rows(title: string, rows: readonly Row[]): void {
    if (rows.length === 0) return;
    const widest = Math.max(...rows.map(([term]) => term.length));
    const indent = Math.min(widest, MOST_TERM, this.#width >> 1) + 4;
    const lines = rows.map(([term, text]) => {
      const body = this.#wrap(text, indent);
      if (text === "") return `  ${term}`;
      return term.length + 4 > indent
        ? `  ${term}\n${" ".repeat(indent)}${body}`
        : `  ${term}`.padEnd(indent) + body;
    });
    this.#blocks.push([this.#bold(`${title}:`), ...lines].join("\n"));
  }

  #wrap(text: string, indent: number): string {
    return this.#help.boxWrap(text, this.#width - indent).replaceAll(
      "\n",
      "\n" + " ".repeat(indent),
    );
  }

  toString(): string {
    return this.#blocks.join("\n\n") + "\n";
  }
}

/** `-zn, --zip-name NAME` */
export function flagTerm({ short, long, value }: Flag): string {
  const name = value ? " " + Array(value.count ?? 1).fill(value.name).join(" ") : "";
  return `${short === undefined ? "" : `-${short}, `}--${long}${name}`;
}

function flagText({ help, value }: Flag): string {
  const facts = [
    value?.choices && `one of ${value.choices.join(", ")}`,
    value?.repeatable && "may be given several times",
    value?.default !== undefined && `default: ${value.default}`,
  ].filter(Boolean);
  return facts.length > 0 ? `${help} (${facts.join("; ")})` : help;
}

/** `TARGET`, `[COMMAND]` */
export function argumentTerm({ name, optional }: Argument): string {
  return optional ? `[${name.toUpperCase()}]` : name.toUpperCase();
}

/** The usage line of a command, without `Usage:`. */
export function usageLine(command: CommandFlags, program = "paperward"): string {
  const name = program === command.name ? program : `${program} ${command.name}`;
  const flags = BUILT_IN_COMMANDS.includes(command) ? [] : ["[flags]"];
  return [name, ...flags, ...command.arguments.map(argumentTerm)].join(" ");
}

const exitCodes: readonly Row[] = Object.values(EXIT)
  .map(({ code, meaning }) => [String(code), meaning]);

function flagRows(page: Page, flags: readonly Flag[], what: string): void {
  for (
    const [origin, whose] of [["upstream", "as in paperless-ngx"], ["paperward", "new"]] as const
  ) {
    const shown = flags.filter((flag) => flag.origin === origin && !flag.hidden);
    page.rows(`${what}, ${whose}`, shown.map((flag) => [flagTerm(flag), flagText(flag)]));
  }
}

/** Help of the program: what it is, its commands, the flags of all of them, the exit codes. */
export function programHelp(commands: readonly CommandFlags[], layout: HelpLayout = {}): string {
  const page = new Page(layout);
  page.usage("paperward COMMAND [flags] [arguments]");
  page.paragraphs(
    "Administration of a paperless-ngx library, without Python, a container or the server. " +
      "The library is found as paperless-ngx finds it: PAPERLESS_* variables and paperless.conf.",
  );
  page.rows(
    "Commands",
    [...commands, ...BUILT_IN_COMMANDS].map(({ name, summary }) => [name, summary]),
  );
  flagRows(page, GLOBAL_FLAGS, "Flags of every command");
  page.paragraphs("paperward COMMAND --help shows the flags of a command.");
  page.rows("Exit codes", exitCodes);
  return page.toString();
}

/**
 * Help of one command.
 * @param program `paperward`, or the command's own name where a link of that name was called
 */
export function commandHelp(
  command: CommandFlags,
  layout: HelpLayout = {},
  program = "paperward",
): string {
  const page = new Page(layout);
  page.usage(usageLine(command, program));
  page.paragraphs(command.summary);
  page.paragraphs(command.details);
  page.rows("Arguments", command.arguments.map((each) => [argumentTerm(each), each.help]));
  if (!BUILT_IN_COMMANDS.includes(command)) {
    flagRows(page, command.flags, "Flags");
    flagRows(page, GLOBAL_FLAGS, "Flags of every command");
  }
  page.rows("Exit codes", exitCodes);
  return page.toString();
}
