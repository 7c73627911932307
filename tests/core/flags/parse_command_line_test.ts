import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { Options } from "../../../core/flags/flag.ts";
import { readGlobalOptions } from "../../../core/flags/global_flags.ts";
import type { Invocation } from "../../../core/flags/invocation.ts";
import { parseCommandLine } from "../../../core/flags/parse_command_line.ts";
import { COMMANDS, EXPORTER } from "./_upstream_commands.ts";

function parse(...argv: string[]): Invocation {
  return parseCommandLine(argv, "/usr/bin/paperward", COMMANDS);
}

function options(...argv: string[]): Options {
  const invocation = parse("document_exporter", ...argv);
  if (invocation.kind !== "run") throw new Error(JSON.stringify(invocation));
  return invocation.options;
}

function usage(invocation: Invocation, message: RegExp, hint?: RegExp): void {
  if (invocation.kind !== "usage") throw new Error(`accepted: ${JSON.stringify(invocation)}`);
  match(invocation.message, message);
  ok(!invocation.message.includes("\n"));
  if (hint) match(invocation.hints.join("\n"), hint);
}

Deno.test("options stand under camel-cased names, switches always, values where given or defaulted", () => {
  const parsed = options("../export", "-cd", "-zn", "x");
  strictEqual(parsed.target, "../export");
  strictEqual(parsed.compareChecksums, true);
  strictEqual(parsed.noArchive, false);
  strictEqual(parsed.zipName, "x");
  strictEqual(parsed.batchSize, 500);
  ok(!("passphrase" in parsed));
  ok(Object.isFrozen(parsed));
});

Deno.test("a flag named --no-… is true where given, not the opposite of something", () => {
  const parsed = options("out", "--no-archive");
  strictEqual(parsed.noArchive, true);
  ok(!("archive" in parsed));
});

Deno.test("counts and repeatable flags are arrays; of a count the last use holds", () => {
  const range = parse("document_retagger", "--id-range", "1", "2", "--id-range", "3", "4");
  deepStrictEqual(range.kind === "run" && range.options.idRange, [3, 4]);
  deepStrictEqual(options("out", "--report-to", "a", "--report-to=b").reportTo, ["a", "b"]);
});

Deno.test("parsing twice gives the same: nothing is left over from the first time", () => {
  options("out", "--report-to", "a");
  deepStrictEqual(options("out", "--report-to", "b").reportTo, ["b"]);
});

Deno.test("global flags may stand before the command", () => {
  const invocation = parse("--data-dir", "/d", "--json", "document_exporter", "out", "-c");
  strictEqual(invocation.kind, "run");
  ok(invocation.kind === "run" && invocation.command === EXPORTER);
  const read = readGlobalOptions(invocation.kind === "run" ? invocation.options : {});
  strictEqual(read.dataDir, "/d");
  strictEqual(read.json, true);
});

Deno.test("flags of a command before its name are sent behind it", () => {
  usage(parse("-c", "document_exporter", "out"), /no such flag/, /behind its name/);
});

Deno.test("verbosity comes from -v, --verbose and --quiet", () => {
  const level = (...argv: string[]) => readGlobalOptions(options("out", ...argv)).verbosity;
  deepStrictEqual(
    [level(), level("-v0"), level("-v", "3"), level("--verbose"), level("-q"), level("-q", "-v3")],
    [1, 0, 3, 2, 0, 0],
  );
});

Deno.test("a link named like a command is that command", () => {
  const invocation = parseCommandLine(["out", "-sm"], "/opt/bin/document_exporter", COMMANDS);
  ok(invocation.kind === "run" && invocation.command === EXPORTER);
  ok(invocation.kind === "run" && invocation.options.splitManifest === true);
  // A folder of that name does not count, nor does an argument named like another command.
  strictEqual(parseCommandLine([], "/document_exporter/paperward", COMMANDS).kind, "help");
  const other = parseCommandLine(["document_retagger"], "document_exporter", COMMANDS);
  ok(other.kind === "run" && other.options.target === "document_retagger");
});

Deno.test("links named like a built-in command, or one of upstream's that isn't here", () => {
  const link = (name: string, ...argv: string[]) =>
    parseCommandLine(argv, `/bin/${name}`, COMMANDS);
  deepStrictEqual(link("completions", "bash"), parse("completions", "bash"));
  deepStrictEqual(link("help", "document_exporter"), parse("help", "document_exporter"));
  usage(link("completions", "tcsh"), /tcsh/, /^completions --help shows all flags/m);
  for (const argv of [[], ["--help"], ["document_exporter", "out"]]) {
    deepStrictEqual(link("mail_fetcher", ...argv), parse("mail_fetcher"));
  }
  // Any other name is the program under another one.
  for (const name of ["pw", "paperward-1.2", "paperward_new"]) {
    strictEqual(link(name).kind, "help");
    strictEqual(link(name, "document_exporter", "out").kind, "run");
  }
});

Deno.test("wrong arguments are one clear line with a hint", () => {
  usage(
    parse("document_exprter"),
    /"document_exprter": there is no such command/,
    /document_exporter\?/,
  );
  usage(
    parse("document_exporter"),
    /missing required argument 'TARGET'/,
    /Usage: paperward document_exporter/,
  );
  usage(parse("document_exporter", "a", "b"), /too many arguments/, /--help/);
  usage(parse("document_exporter", ""), /TARGET "": a path cannot be empty/);
  usage(
    parse("document_exporter", "out", "-v", "7"),
    /--verbosity "7": it must be one of 0, 1, 2, 3/,
  );
  usage(
    parse("document_exporter", "out", "--batch-size", "x"),
    /--batch-size "x": .* whole number/,
  );
  usage(parse("document_retagger", "--id-range", "1", "1e3"), /whole number/);
  usage(parse("--data-dir"), /--data-dir: it needs a value/);
});

Deno.test("names that objects have by themselves are no commands and no flags", () => {
  for (const word of ["constructor", "__proto__", "toString"]) {
    usage(parse(word), /no such command/);
    usage(parse("document_exporter", `--${word}`, "out"), /no such flag/);
  }
});

Deno.test("help, version and completions need no command to be valid", () => {
  strictEqual(parse().kind, "help");
  strictEqual(parse("--help").kind, "help");
  strictEqual(parse("--version").kind, "version");
  strictEqual(parse("document_exporter", "--version").kind, "version");
  const page = parse("help", "document_exporter");
  ok(page.kind === "help" && page.text.includes("--compare-checksums"));
  deepStrictEqual(parse("document_exporter", "--help"), page);
  usage(parse("help", "document_exprter"), /no such command/, /document_exporter\?/);
  const script = parse("completions", "bash");
  ok(
    script.kind === "completions" && script.shell === "bash" && script.text.includes("_paperward"),
  );
  usage(parse("completions", "tcsh"), /SHELL "tcsh": it must be one of bash, zsh, fish/);
  usage(parse("completions"), /missing required argument/);
});
