// Runs Python as the second opinion of the tests: its sqlite3, zipfile and fcntl know nothing of our code.

let present: boolean | undefined;

/** Whether there is a Python 3 with SQLite. */
export function hasPython(): boolean {
  if (present !== undefined) return present;
  try {
    present =
      new Deno.Command("python3", { args: ["-c", "import sqlite3, zipfile, fcntl"], cwd: "/" })
        .outputSync().success;
  } catch {
    present = false;
  }
  return present;
}

/** Runs a script to its end and gives what it printed.
 * @throws {Error} with its stderr where it fails */
export function python(script: string, ...args: readonly string[]): string {
  const output = new Deno.Command("python3", { args: ["-c", script, ...args], cwd: "/" })
    .outputSync();
  if (!output.success) throw new Error(`Python failed: ${new TextDecoder().decode(output.stderr)}`);
  return new TextDecoder().decode(output.stdout);
}

/** A script that runs beside the test: it prints a line when it is ready and stays until told to end. */
export interface PythonHelper extends AsyncDisposable {
  readonly pid: number;
  /** The next line that it prints, without the newline; undefined at its end. */
  line(): Promise<string | undefined>;
  /** Sends it a line. */
  tell(text: string): Promise<void>;
}

/** Starts a script beside the test; killed on disposal. */
export function startPython(script: string, ...args: readonly string[]): PythonHelper {
  const child = new Deno.Command("python3", {
    args: ["-u", "-c", script, ...args],
    cwd: "/",
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const writer = child.stdin.getWriter();
  let buffered = "";
  return {
    pid: child.pid,
    async line() {
      while (!buffered.includes("\n")) {
        const { value, done } = await reader.read();
        if (done) return undefined;
        buffered += value;
      }
      const at = buffered.indexOf("\n");
      const line = buffered.slice(0, at);
      buffered = buffered.slice(at + 1);
      return line;
    },
    tell: (text) => writer.write(new TextEncoder().encode(text + "\n")),
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGKILL");
      } catch { /* it had ended by itself */ }
      await child.status;
      await writer.close().catch(() => {});
      await reader.cancel().catch(() => {});
    },
  };
}

/** Runs SQL on a SQLite file, in a Python process, with the function REGEXP that paperless's tables ask for. */
export function sql(database: string, ...statements: readonly string[]): void {
  python(
    `import re, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.create_function("REGEXP", 2, lambda p, s: s is not None and bool(re.search(p, str(s))), deterministic=True)
for statement in sys.argv[2:]:
    db.execute(statement)
db.commit()
db.close()`,
    database,
    ...statements,
  );
}
