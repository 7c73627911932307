// A real process: the report inside a Worker that may do nothing, its output in pipes and on a terminal.

import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { OpenReportOptions } from "../../../core/report/open_report.ts";
import { sayOnce } from "../../_fixtures.ts";

const PROJECT = new URL("../../../", import.meta.url).pathname;
const MAIN = new URL("./_main.ts", import.meta.url).pathname;

function command(options: Partial<OpenReportOptions>): string[] {
  const whole: OpenReportOptions = {
    json: false,
    verbosity: 1,
    progressBar: true,
    colour: true,
    stdoutIsTerminal: false,
    stderrIsTerminal: false,
    columns: 80,
    ...options,
  };
  return [Deno.execPath(), "run", "-A", "--no-check", MAIN, JSON.stringify(whole)];
}

function run(args: readonly string[]): { code: number; out: string; err: string } {
  const { code, stdout, stderr } = new Deno.Command(args[0]!, {
    args: args.slice(1),
    cwd: PROJECT,
  }).outputSync();
  return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
}

Deno.test("a Worker without permissions writes to both streams", () => {
  const { code, out, err } = run(command({}));
  deepStrictEqual([code, out, err], [
    0,
    "a result\nall done\n",
    "warning: a warning\nhint: a hint\n",
  ]);
  const { out: json } = run(command({ json: true }));
  deepStrictEqual(json.trim().split("\n"), [
    '{"type":"file","path":"a","size":1152921504606846976}',
    '{"type":"summary","files":1}',
  ]);
});

Deno.test("a reader that closes the pipe at once is no error", () => {
  const quoted = command({}).map((word) => `'${word}'`).join(" ");
  // The reader has gone before a byte is written: the writer waits for its marker.
  const script =
    `{ while [ ! -e "$mark" ]; do sleep 0.05; done; ${quoted}; echo "code $?" >&2; } ` +
    `| { exec 0<&-; : > "$mark"; }`;
  const mark = Deno.makeTempDirSync({ prefix: "paperward_test_" });
  try {
    const { stderr } = new Deno.Command("bash", {
      args: ["-c", `mark='${mark}/closed'; ${script}`],
      cwd: PROJECT,
    }).outputSync();
    // 9: the Worker says that its output was closed. It still said all it had to say on stderr.
    strictEqual(new TextDecoder().decode(stderr), "warning: a warning\nhint: a hint\ncode 9\n");
  } finally {
    Deno.removeSync(mark, { recursive: true });
  }
});

function withoutScript(): boolean {
  try {
    new Deno.Command("script", { args: ["--version"] }).outputSync();
    return false;
  } catch {
    return sayOnce(
      "skipped: script(1) is not installed, so no terminal can be made for the report",
    );
  }
}

Deno.test({
  name: "on a terminal: a bar, colours, and nothing left of the bar",
  ignore: withoutScript(),
  fn() {
    const words = command({ stdoutIsTerminal: true, stderrIsTerminal: true })
      .map((word) => `'${word}'`).join(" ");
    const { code, out } = run(["script", "-qec", `stty cols 60; ${words}`, "/dev/null"]);
    strictEqual(code, 0);
    match(out, /Copying {2}.*0\/2/);
    ok(out.includes("\x1b[1;33mwarning:\x1b[0m a warning"));
    ok(!out.includes("\x1b[?25l"));
    const seen = out.split("\r\n").map((line) => line.split("\r\x1b[K").at(-1)!);
    deepStrictEqual(seen.filter((line) => line.includes("Copying")), []);
    deepStrictEqual([seen[0], seen.at(-2)], ["a result", "all done"]);
  },
});
