// Runs the compiled binary as a user would: its own process, nothing in the environment but what a test
// gives. Where there is no binary the tests skip and say so.

import { fixturesRoot, sayOnce, withoutFixtures } from "./_fixtures.ts";

const PROJECT = new URL("../", import.meta.url).pathname;

/** The compiled binary: `PAPERWARD_BINARY`, else `dist/paperward`, else null. */
export function binary(): string | null {
  const path = Deno.env.get("PAPERWARD_BINARY") ?? `${PROJECT}dist/paperward`;
  try {
    return Deno.statSync(path).isFile ? Deno.realPathSync(path) : null;
  } catch {
    return null;
  }
}

/** Whether tests of the binary must be skipped; says so once. */
export function withoutBinary(): boolean {
  return binary() === null &&
    sayOnce("skipped: no compiled binary (run ./compile.sh, or set PAPERWARD_BINARY)");
}

/** Whether tests of the binary on the fixtures must be skipped; says so once. */
export function withoutBinaryOrFixtures(): boolean {
  return withoutFixtures() || withoutBinary();
}

/** Whether tests that need root must be skipped; says so once. */
export function withoutRoot(): boolean {
  return Deno.uid() !== 0 && sayOnce("skipped: mounts and other users' files need root");
}

/** How a program is run. */
export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** @default {"/"} */
  readonly cwd?: string;
  /** A program and its arguments before the binary: `["setpriv", "--reuid=65534"]`. */
  readonly wrapper?: readonly string[];
  /** The path of another link to the binary. */
  readonly program?: string;
}

/** How a program ended. */
export interface RunResult {
  /** Exit code; 128 + n when killed by signal n, as shells say. */
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A run that is under way. */
export interface Running {
  readonly pid: number;
  readonly ended: Promise<RunResult>;
  kill(signal: Deno.Signal): void;
  /** Resolves when stderr holds the text; false if the program ended without it. */
  says(text: string | RegExp): Promise<boolean>;
}

// A hang is a failure, not a reason to wait for the whole suite's limit.
const LONGEST_MS = 120_000;

/** Starts the binary. */
export function startBinary(args: readonly string[], options: RunOptions = {}): Running {
  const program = options.program ?? binary();
  if (program === null) throw new Error("Cannot run the binary: there is none");
  const [first, ...rest] = [...(options.wrapper ?? []), program, ...args];
  const child = new Deno.Command(first!, {
    args: rest,
    cwd: options.cwd ?? "/",
    clearEnv: true,
    env: { PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin", HOME: "/nonexistent", ...options.env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const heard = { stdout: "", stderr: "" };
  let ended = false;
  const waiting = new Set<() => void>();
  const listen = async (from: "stdout" | "stderr"): Promise<void> => {
    for await (const chunk of child[from].pipeThrough(new TextDecoderStream())) {
      heard[from] += chunk;
      for (const wake of waiting) wake();
    }
  };
  const kill = (signal: Deno.Signal): void => {
    try {
      child.kill(signal);
    } catch { /* it had ended by itself */ }
  };
  const limit = setTimeout(() => kill("SIGKILL"), LONGEST_MS);
  const finish = async (): Promise<RunResult> => {
    const [status] = await Promise.all([child.status, listen("stdout"), listen("stderr")]);
    clearTimeout(limit);
    ended = true;
    for (const wake of waiting) wake();
    return { code: status.code, signal: status.signal, ...heard };
  };
  return {
    pid: child.pid,
    ended: finish(),
    kill,
    async says(text) {
      const found = (): boolean =>
        typeof text === "string" ? heard.stderr.includes(text) : text.test(heard.stderr);
      while (!found() && !ended) {
        const { promise, resolve } = Promise.withResolvers<void>();
        waiting.add(resolve);
        await promise;
        waiting.delete(resolve);
      }
      return found();
    },
  };
}

/** Runs the binary to its end. */
export function runBinary(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return startBinary(args, options).ended;
}

/** One argument, safe inside single quotes of a POSIX shell. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Runs a shell line with the binary's path in `$PAPERWARD`, without terminal. */
export async function runShell(line: string, options: RunOptions = {}): Promise<RunResult> {
  return await startBinary(["-c", line], {
    ...options,
    program: "/bin/bash",
    env: { PAPERWARD: options.program ?? binary() ?? "", ...options.env },
  }).ended;
}

/** Runs the binary on a terminal of its own (util-linux's script): stdout holds both streams. */
export async function runOnTerminal(
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const program = options.program ?? binary();
  const command = [program ?? "", ...args].map(shellQuote).join(" ");
  return await startBinary(["-qefc", `stty cols 120 rows 40; ${command}`, "/dev/null"], {
    ...options,
    program: "/usr/bin/script",
    env: { TERM: "xterm-256color", SHELL: "/bin/sh", ...options.env },
  }).ended;
}

/** Whether there is util-linux's script; says so once where not. */
export function withoutTerminal(): boolean {
  try {
    return !Deno.statSync("/usr/bin/script").isFile;
  } catch {
    return sayOnce("skipped: no /usr/bin/script to make a terminal with");
  }
}

/** Throws with everything the program said, unless it ended with this code. */
export function assertCode(result: RunResult, ...codes: readonly number[]): void {
  if (codes.includes(result.code) && !/Uncaught|panicked|\n\s+at .+:\d+:\d+/.test(result.stderr)) {
    return;
  }
  throw new Error(
    `Exit code ${result.code} (${result.signal ?? "no signal"}) instead of ${
      codes.join(" or ")
    }\n` +
      `stdout: ${result.stdout.slice(-2000)}\nstderr: ${result.stderr.slice(-4000)}`,
  );
}

/** The JSON lines of stdout. @throws {Error} where a line is no JSON object */
export function jsonLines(stdout: string): readonly Readonly<Record<string, unknown>>[] {
  return stdout.split("\n").filter((line) => line !== "").map((line) => {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new Error(`Not a JSON object: ${line}`);
    }
    return value as Record<string, unknown>;
  });
}

/** Whether the fixtures are there: for tables that are made from them when the file loads. */
export const FIXTURES_THERE = fixturesRoot() !== null;
