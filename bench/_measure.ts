// Measuring commands against each other: alternating runs, medians, user time and peak memory from wait4(2).

/** One run of a command. */
export interface Run {
  /** seconds */
  readonly wall: number;
  /** seconds of user and system time, children included */
  readonly cpu: number;
  /** seconds of user time */
  readonly user: number;
  /** Peak resident memory in MB (VmHWM of the process itself). */
  readonly peak: number;
}

/** Python is the one tool at hand that reports a child's own peak memory. */
const WRAPPER = `
import json, os, sys, time
start = time.monotonic()
pid = os.spawnvp(os.P_NOWAIT, sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(pid, 0)
wall = time.monotonic() - start
with open(sys.argv[1], "w") as out:
    json.dump({"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "user": usage.ru_utime, "peak": usage.ru_maxrss / 1024}, out)
sys.exit(os.waitstatus_to_exitcode(status))
`;

/** Runs a command and measures it. @throws {Error} if it fails */
export async function measure(
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Run> {
  const facts = await Deno.makeTempFile();
  try {
    const { success, stderr } = await new Deno.Command("python3", {
      args: ["-c", WRAPPER, facts, ...command],
      env,
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) {
      throw new Error(`${command.join(" ")} failed: ${new TextDecoder().decode(stderr)}`);
    }
    return JSON.parse(await Deno.readTextFile(facts));
  } finally {
    await Deno.remove(facts);
  }
}

/** The middle one. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/** A contender: made ready before each run, then measured. */
export interface Contender {
  readonly name: string;
  readonly prepare?: () => Promise<void>;
  readonly run: () => Promise<Run>;
}

/** Runs contenders in turn, so that what else the machine does hits them alike. @returns runs by name */
export async function alternate(
  contenders: readonly Contender[],
  rounds: number,
): Promise<Map<string, Run[]>> {
  const runs = new Map<string, Run[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) {
      await contender.prepare?.();
      runs.get(contender.name)?.push(await contender.run());
    }
  }
  return runs;
}
