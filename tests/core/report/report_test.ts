import { deepStrictEqual, match, ok, strictEqual, throws } from "node:assert/strict";
import { PaperwardError } from "../../../core/errors.ts";
import { Screen } from "./_screen.ts";

// deno-lint-ignore no-control-regex
const ESCAPE = /\x1b/;

Deno.test("the result goes to stdout, everything else to stderr", () => {
  const screen = new Screen();
  const report = screen.open({ stderrIsTerminal: false, verbosity: 3 });
  report.verbose("v");
  report.info("i");
  report.warn("w", "do this");
  report.error("e");
  report.item("file", { path: "a" }, "a: missing");
  report.item("file", { path: "b" });
  report.summary({ files: 1 }, ["Done:", "  1 file"]);
  strictEqual(screen.out, "a: missing\nDone:\n  1 file\n");
  strictEqual(screen.err, "v\ni\nwarning: w\nhint: do this\nerror: e\n");
});

Deno.test("verbosity decides what is said, never whether an error is", () => {
  const said = (verbosity: 0 | 1 | 2 | 3) => {
    const screen = new Screen();
    const report = screen.open({ stderrIsTerminal: false, verbosity });
    report.verbose("v");
    report.info("i");
    report.warn("w");
    report.error("e", "one\ntwo");
    report.item("finding", {}, "f");
    report.summary({}, ["s"]);
    return [screen.err.split("\n").join(" ").trim(), screen.out];
  };
  deepStrictEqual(said(0), ["error: e hint: one hint: two", "f\n"]);
  deepStrictEqual(said(1), ["i warning: w error: e hint: one hint: two", "f\ns\n"]);
  deepStrictEqual(said(2)[0], "v i warning: w error: e hint: one hint: two");
});

Deno.test("with --json stdout holds one JSON object a line, type first, the summary last", () => {
  const screen = new Screen();
  const report = screen.open({ json: true, verbosity: 0 });
  report.info("i");
  report.error("e");
  report.item("file", { "1": "x", type: "not this", size: 2n ** 70n, gone: undefined }, "text");
  report.item("empty", {}, "text");
  report.summary({ files: 1, nested: { list: [1.5, null, true, -1n] } }, ["text"]);
  deepStrictEqual(screen.out.split("\n"), [
    '{"type":"file","1":"x","size":1180591620717411303424}',
    '{"type":"empty"}',
    '{"type":"summary","files":1,"nested":{"list":[1.5,null,true,-1]}}',
    "",
  ]);
  match(screen.err, /error: e/);
});

Deno.test("nothing from data acts on the terminal, on either stream, in either form", () => {
  const nasty =
    "\x1b]0;owned\x07\x1b[2J\r\n\t\b\x7f\x9b31m\u202eevil\u2066\u200b\u2028\u{e0041}\ud800";
  for (const json of [false, true]) {
    const screen = new Screen();
    const report = screen.open({ json, stderrIsTerminal: false, verbosity: 3, colour: false });
    report.info(nasty);
    report.verbose(nasty);
    report.warn(nasty, nasty);
    report.error(nasty);
    report.item(nasty, { [nasty]: nasty }, nasty);
    report.summary({ nasty }, [nasty]);
    // deno-lint-ignore no-control-regex
    const acting = /[\x00-\x1f\x7f-\x9f\u200b\u2028\u202e\u2066\u{e0041}\ud800]/u;
    strictEqual(acting.exec(screen.both.replaceAll("\n", "")), null);
    if (!json) continue;
    const [item, summary] = screen.out.trim().split("\n").map((line) => JSON.parse(line));
    // Escaped by JSON's own escapes: the value is the same.
    deepStrictEqual([item.type, item[nasty], summary.nasty], [nasty, nasty, nasty]);
  }
});

Deno.test("text of other scripts and emoji stay as they are", () => {
  const screen = new Screen();
  const text = "Überweisung 請求書 نص हिन्दी 👨‍👩‍👧 é";
  screen.open().item("x", {}, text);
  strictEqual(screen.out, `${text}\n`);
});

Deno.test("colour only where it is a terminal, or where it is forced", () => {
  const coloured = (options: Parameters<Screen["open"]>[0]) => {
    const screen = new Screen();
    screen.open(options).error("e", "h");
    // deno-lint-ignore no-control-regex
    return /\x1b\[[\d;]+m/.test(screen.err);
  };
  strictEqual(coloured({ colour: true }), true);
  strictEqual(coloured({ colour: false }), false);
  strictEqual(coloured({ colour: true, stderrIsTerminal: false }), false);
  strictEqual(coloured({ colour: true, stderrIsTerminal: false, forceColour: true }), true);
});

Deno.test("the level of a finding is in front of its text, in colour only where stdout is a terminal", () => {
  const printed = (options: Parameters<Screen["open"]>[0]) => {
    const screen = new Screen();
    const report = screen.open(options);
    report.item("finding", {}, "e\x1b[0m", "error");
    report.item("finding", {}, "w", "warning");
    report.item("finding", {}, "i", "info");
    return screen.out;
  };
  const plain = "ERROR  e\\x1b[0m\nWARN   w\nINFO   i\n";
  const colours =
    "\x1b[31mERROR\x1b[0m  e\\x1b[0m\n\x1b[33mWARN \x1b[0m  w\n\x1b[2mINFO \x1b[0m  i\n";
  strictEqual(printed({ colour: true }), colours);
  strictEqual(printed({ colour: false }), plain);
  strictEqual(printed({ colour: true, stdoutIsTerminal: false }), plain);
  strictEqual(printed({ colour: true, stdoutIsTerminal: false, forceColour: true }), colours);
  strictEqual(printed({ colour: true, json: true }), '{"type":"finding"}\n'.repeat(3));
});

Deno.test("a reader that goes away stops the output, not the work", () => {
  const screen = new Screen();
  const report = screen.open();
  report.item("x", {}, "first");
  strictEqual(report.outputClosed, false);
  screen.breaks = new Deno.errors.BrokenPipe("gone");
  report.item("x", {}, "second");
  strictEqual(report.outputClosed, true);
  screen.breaks = undefined;
  report.item("x", {}, "third");
  report.summary({}, ["sum"]);
  strictEqual(screen.out, "first\n");
  report.info("still here");
  match(screen.err, /still here/);
});

Deno.test("a result that can't be written is an error, once", () => {
  const screen = new Screen();
  const report = screen.open();
  screen.breaks = new Error("No space left on device (os error 28)");
  throws(
    () => report.item("x", {}, "y"),
    (error) =>
      error instanceof PaperwardError && /standard output: No space left/.test(error.message),
  );
  report.item("x", {}, "z");
  strictEqual(screen.out, "");
});

Deno.test("a terminal that was closed stops the output, not the work; a file with that error doesn't", () => {
  for (const stdoutIsTerminal of [true, false]) {
    const screen = new Screen();
    const report = screen.open({ stdoutIsTerminal });
    screen.breaks = new Error("Input/output error (os error 5)");
    if (stdoutIsTerminal) report.item("x", {}, "y");
    else throws(() => report.item("x", {}, "y"), PaperwardError);
    strictEqual(report.outputClosed, true);
  }
});

Deno.test("short writes lose nothing", () => {
  const screen = new Screen();
  screen.most = 3;
  const report = screen.open({ stderrIsTerminal: false });
  report.item("x", {}, "größer als ein Stück");
  report.info("auch das hier");
  strictEqual(screen.out, "größer als ein Stück\n");
  strictEqual(screen.err, "auch das hier\n");
});

Deno.test("a full pipe is waited for", () => {
  const screen = new Screen();
  screen.full = 3;
  screen.open({ stderrIsTerminal: false }).info("kept");
  strictEqual(screen.err, "kept\n");
});

Deno.test("lines printed while a bar is shown leave no rubbish, and the bar comes back", () => {
  const screen = new Screen();
  const report = screen.open();
  const progress = report.progress("Copying documents", 10);
  progress.advance(4, "Rechnung.pdf");
  report.item("x", {}, "a result");
  report.warn("a warning");
  const shown = screen.lines;
  deepStrictEqual(shown.slice(0, 2), ["a result", "warning: a warning"]);
  match(shown[2]!, /^Copying documents {2}░+ {2}0\/10/);
  progress.end();
  deepStrictEqual(screen.lines, ["a result", "warning: a warning", ""]);
});

Deno.test("a bar shows share, count, time left and what is being done", () => {
  const screen = new Screen();
  const progress = screen.open({ columns: 100 }).progress("Copying", 1000);
  screen.columns = 100;
  screen.time = 30_000;
  progress.advance(250, "Rechnung.pdf");
  match(
    screen.lines.at(-1)!,
    /^Copying {2}█{7}░{23} {2}250\/1,000 {2}25 % {2}1:30 left {2}Rechnung\.pdf$/,
  );
  progress.advance(750);
  screen.time += 100;
  progress.advance(0);
  match(screen.lines.at(-1)!, /█{30} {2}1,000\/1,000 {2}100 % {2}30 s/);
});

Deno.test("a bar is drawn at most ten times a second", () => {
  const screen = new Screen();
  const progress = screen.open().progress("Copying", 100_000);
  for (let step = 0; step < 1000; step++) {
    screen.time += 1;
    progress.advance();
  }
  strictEqual(screen.err.split("\r").length - 1, 11);
});

Deno.test("a bar never is as wide as the terminal, whatever it shows", () => {
  for (const columns of [10, 20, 40, 79, 200]) {
    const screen = new Screen();
    screen.columns = columns;
    const progress = screen.open().progress("請求書をコピーしています", 1000);
    screen.time = 5000;
    progress.advance(500, "請求書".repeat(100) + "\n\x1b[2J👨‍👩‍👧");
    const line = screen.lines.at(-1)!;
    // Wide characters and the ellipsis: two columns and one.
    const width = [...line].reduce((sum, each) => sum + (/[\u3000-\u9fff]/.test(each) ? 2 : 1), 0);
    ok(width < columns, `${width} in ${columns}: ${line}`);
    ok(!line.includes("\n"));
  }
});

Deno.test("without a terminal: no bar, one line per ten seconds", () => {
  const screen = new Screen();
  const progress = screen.open({ stderrIsTerminal: false }).progress("Copying", 100);
  for (let second = 1; second <= 25; second++) {
    screen.time = second * 1000;
    progress.advance(2);
  }
  progress.end();
  deepStrictEqual(screen.err.split("\n"), [
    "Copying: 20/100 (20 %), 40 s left",
    "Copying: 40/100 (40 %), 30 s left",
    "Copying: 50/100 (50 %), 25 s left",
    "",
  ]);
});

Deno.test("short work leaves no line where there is no terminal", () => {
  const screen = new Screen();
  const progress = screen.open({ stderrIsTerminal: false }).progress("Copying", 3);
  progress.advance(3);
  progress.end();
  strictEqual(screen.err, "");
});

Deno.test("unknown totals, empty totals and sources that grow", () => {
  const screen = new Screen();
  const report = screen.open();
  const unknown = report.progress("Reading");
  screen.time = 2000;
  unknown.advance(12);
  strictEqual(screen.lines.at(-1), "Reading  12  2.0 s");
  unknown.end();
  const empty = report.progress("Copying", 0);
  match(screen.lines.at(-1)!, /0\/0 {2}100 %/);
  screen.time = 4000;
  empty.advance(2);
  match(screen.lines.at(-1)!, /2\/0 {2}100 %/);
  empty.end();
  empty.end();
  empty.advance();
  strictEqual(screen.lines.at(-1), "");
});

Deno.test("no progress when quiet or not wanted", () => {
  for (const options of [{ verbosity: 0 }, { progressBar: false }] as const) {
    for (const stderrIsTerminal of [true, false]) {
      const screen = new Screen();
      const progress = screen.open({ ...options, stderrIsTerminal }).progress("Copying", 10);
      screen.time = 60_000;
      progress.advance(5);
      progress.end();
      strictEqual(screen.err, "");
    }
  }
});

Deno.test("with --json progress stays on stderr", () => {
  const screen = new Screen();
  const report = screen.open({ json: true });
  const progress = report.progress("Copying", 10);
  report.item("file", {});
  progress.end();
  strictEqual(screen.out, '{"type":"file"}\n');
});

Deno.test("closing takes an unfinished bar away; the cursor is never hidden", () => {
  const screen = new Screen();
  const report = screen.open();
  report.progress("Copying", 10).advance(1);
  report.close();
  report.error("stopped");
  deepStrictEqual(screen.lines, ["error: stopped", ""]);
  ok(!screen.both.includes("\x1b[?25l"));
});

Deno.test("where stderr is no terminal, no escape is written at all", () => {
  const screen = new Screen();
  const report = screen.open({ stderrIsTerminal: false, stdoutIsTerminal: false, colour: true });
  report.progress("Copying", 10).advance(1);
  report.item("x", {}, "y");
  report.error("e", "h");
  report.close();
  ok(!ESCAPE.test(screen.both) && !screen.both.includes("\r"));
});
