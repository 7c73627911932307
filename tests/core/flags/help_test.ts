import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { EXIT } from "../../../core/exit_codes.ts";
import { commandHelp, programHelp } from "../../../core/flags/help.ts";
import { COMMANDS, EXPORTER, RETAGGER } from "./_upstream_commands.ts";

Deno.test("every page ends with the exit codes, all of them", () => {
  for (const page of [programHelp(COMMANDS), commandHelp(EXPORTER), commandHelp(RETAGGER)]) {
    const last = page.slice(page.lastIndexOf("\n\n") + 2).split("\n");
    strictEqual(last[0], "Exit codes:");
    const codes = last.slice(1).filter((line) => /^ {2}\d/.test(line)).map((line) =>
      parseInt(line)
    );
    deepStrictEqual(codes, Object.values(EXIT).map(({ code }) => code));
  }
});

Deno.test("upstream's flags and ours stand apart, hidden ones nowhere", () => {
  const page = commandHelp(EXPORTER);
  const block = (title: string) =>
    page.split("\n\n").find((each) => each.startsWith(`${title}:`)) ?? "";
  const upstream = block("Flags, as in paperless-ngx");
  const ours = block("Flags, new");
  match(upstream, /-c, --compare-checksums/);
  match(upstream, /-zn, --zip-name NAME/);
  match(upstream, /--batch-size ROWS +What batch-size is for\. \(default: 500\)/);
  match(ours, /--delete-strangers/);
  ok(!upstream.includes("--delete-strangers") && !ours.includes("--compare-checksums"));
  match(block("Flags of every command, as in paperless-ngx"), /one of 0, 1, 2, 3; default: 1/);
  for (const hidden of ["--pythonpath", "--settings", "--skip-checks", "--traceback"]) {
    ok(!page.includes(hidden), hidden);
  }
});

Deno.test("the usage line names the arguments", () => {
  match(commandHelp(EXPORTER), /^Usage: paperward document_exporter \[flags\] TARGET\n/);
  match(commandHelp(EXPORTER, {}, EXPORTER.name), /^Usage: document_exporter \[flags\] TARGET\n/);
  match(commandHelp(RETAGGER), /--id-range ID ID/);
});

Deno.test("no line is wider than the terminal", () => {
  for (const columns of [60, 80, 132]) {
    for (const page of [programHelp(COMMANDS, { columns }), commandHelp(EXPORTER, { columns })]) {
      const widest = Math.max(...page.split("\n").map((line) => line.length));
      ok(widest <= columns, `${widest} in ${columns}`);
    }
  }
  // A wider terminal is used, not only not overrun.
  ok(
    commandHelp(EXPORTER, { columns: 200 }).length < commandHelp(EXPORTER, { columns: 50 }).length,
  );
});

Deno.test("colour only where asked for, and then only colour", () => {
  const plain = commandHelp(EXPORTER);
  ok(!plain.includes("\x1b"));
  const coloured = commandHelp(EXPORTER, { colour: true });
  ok(coloured.includes("\x1b[1m"));
  // deno-lint-ignore no-control-regex
  strictEqual(coloured.replace(/\x1b\[\d+m/g, ""), plain);
});
