import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { PaperwardError, StopRequested } from "../../../core/errors.ts";
import { errorText, printError } from "../../../core/report/error_text.ts";
import { tempFolder } from "../../_fixtures.ts";
import { Screen } from "./_screen.ts";

Deno.test("what a user can mend: one line, hints, the exit code, no stack", () => {
  const screen = new Screen();
  const report = screen.open({ stderrIsTerminal: false });
  const error = new PaperwardError("Cannot read /x: it is gone", {
    exit: "noLibrary",
    hints: ["Mount it.", "Or name another."],
    cause: new Error("deep"),
  });
  strictEqual(printError(report, error), "noLibrary");
  strictEqual(
    screen.err,
    "error: Cannot read /x: it is gone\nhint: Mount it.\nhint: Or name another.\n",
  );
});

Deno.test("a defect says so, asks for a report, and shows its stack only when asked", () => {
  const told = (verbosity: 1 | 2, traceback = false) => {
    const screen = new Screen();
    const report = screen.open({ stderrIsTerminal: false, verbosity });
    strictEqual(printError(report, new TypeError("x is\nundefined"), { traceback }), "failed");
    return screen.err;
  };
  match(
    told(1),
    /^error: This is a defect of Paperward.*TypeError: x is\\nundefined\nhint: .*report/,
  );
  ok(!told(1).includes("error_text_test.ts"));
  match(told(2), /error_text_test\.ts/);
  match(told(1, true), /error_text_test\.ts/);
});

Deno.test("causes are part of the details, once", () => {
  const error = new PaperwardError("Cannot x: y", { cause: new Error("deep") });
  match(errorText(error).details.join("\n"), /caused by:\nError: deep/);
  const circle = new Error("round");
  circle.cause = circle;
  ok(errorText(circle).details.length < 100);
});

Deno.test("a stop is no defect", () => {
  for (const reason of ["hungUp", "interrupted", "terminated"] as const) {
    const { exit, message, hints } = errorText(new StopRequested(reason));
    deepStrictEqual([exit, hints], [reason, []]);
    match(message, /^Stopped by SIG[A-Z]+/);
  }
});

Deno.test("a path that Deno opens to nobody is no defect", () => {
  const denied = new Deno.errors.NotCapable(
    'Requires all access to "/dev/shm/db", specify the required permissions',
  );
  const { exit, message, hints } = errorText(denied);
  deepStrictEqual([exit, hints.length], ["usage", 1]);
  strictEqual(message, "Cannot use /dev/shm/db: below /dev, /proc and /sys files can only be read");
  // What was forgotten to be granted is one.
  const forgotten = new Deno.errors.NotCapable('Requires read access to "/x"');
  match(errorText(forgotten).message, /defect/);
});

/** What the system really says, and what is told. */
const REFUSED: readonly {
  readonly name: string;
  readonly says: RegExp;
  readonly hint: RegExp;
  act(folder: string): void;
}[] = [
  {
    name: "a full disk",
    says: /^Cannot use \/dev\/full: there is no space left$/,
    hint: /free some space/,
    act: () => Deno.writeTextFileSync("/dev/full", "x"),
  },
  {
    name: "a full disk behind a file that is open",
    says: /^Cannot go on: No space left on device/,
    hint: /free some space/,
    act() {
      using file = Deno.openSync("/dev/full", { write: true });
      file.writeSync(new Uint8Array(1));
    },
  },
  {
    name: "a file where a folder should be",
    says: /^Cannot use .+\/file\/below: a file is where a folder should be$/,
    hint: /move it away/,
    act: (folder) => Deno.openSync(`${folder}/file/below`),
  },
  {
    name: "a folder where a file should be",
    says: /^Cannot use .+\/folder: a folder is where a file should be$/,
    hint: /move it away/,
    act: (folder) => void Deno.readTextFileSync(`${folder}/folder`),
  },
  {
    name: "links in a circle",
    says: /^Cannot use .+\/loop: symbolic links lead in a circle$/,
    hint: /remove the link/,
    act: (folder) => void Deno.readTextFileSync(`${folder}/loop`),
  },
];

for (const { name, says, hint, act } of REFUSED) {
  Deno.test(`${name} is no defect`, () => {
    using temp = tempFolder();
    Deno.writeTextFileSync(`${temp.path}/file`, "");
    Deno.mkdirSync(`${temp.path}/folder`);
    Deno.symlinkSync(`${temp.path}/loop`, `${temp.path}/loop`);
    let thrown: unknown;
    try {
      act(temp.path);
    } catch (error) {
      thrown = error;
    }
    const { exit, message, hints, details } = errorText(thrown);
    strictEqual(exit, "failed");
    match(message, says);
    match(hints.join("\n"), hint);
    // Where it happened is part of the details.
    match(details.join("\n"), /caused by/);
  });
}

Deno.test("a file that is missing without anybody having looked is a defect", () => {
  let thrown: unknown;
  try {
    Deno.openSync("/no/such/file");
  } catch (error) {
    thrown = error;
  }
  match(errorText(thrown).message, /defect/);
});

Deno.test("anything can be thrown", () => {
  for (const thrown of ["text", undefined, null, 5n, Symbol("s"), {}, Object.create(null)]) {
    const { exit, message } = errorText(thrown);
    strictEqual(exit, "failed");
    match(message, /defect/);
  }
});

Deno.test("what went wrong first is told, what failed while cleaning up after it as a hint", () => {
  const { exit, message, hints, details } = errorText(
    new SuppressedError(new Error("the server is gone"), new StopRequested("terminated")),
  );
  deepStrictEqual([exit, message], ["terminated", "Stopped by SIGTERM"]);
  strictEqual(hints.length, 1);
  match(hints[0]!, /^Cleaning up after it failed too: .*the server is gone/);
  match(details.join("\n"), /the server is gone/);
});
