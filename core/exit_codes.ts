// The exit codes of every command: one table, from which `--help`, the docs and the one switch in
// main.ts are made. Unknown codes mean failure.

/** One row of the table of exit codes. */
export interface ExitCode {
  /** What the process ends with. */
  readonly code: number;
  /** What it means, as help says it. */
  readonly meaning: string;
}

/** Every exit code, by the name that code uses for it. */
export const EXIT = {
  done: { code: 0, meaning: "done, nothing wrong" },
  failed: { code: 1, meaning: "failed; nothing, or only what the journal lists, was changed" },
  usage: { code: 2, meaning: "wrong usage or configuration" },
  partial: { code: 3, meaning: "done, but some items failed (listed)" },
  findings: { code: 4, meaning: "a check found problems (listed)" },
  noLibrary: { code: 10, meaning: "no library there: empty, unmigrated or wrong database" },
  locked: { code: 11, meaning: "locked by another process" },
  passphrase: { code: 12, meaning: "wrong or missing passphrase" },
  version: { code: 13, meaning: "schema or export version not supported" },
  hungUp: { code: 129, meaning: "terminal closed (SIGHUP), after a graceful stop" },
  interrupted: { code: 130, meaning: "interrupted (SIGINT), after a graceful stop" },
  terminated: { code: 143, meaning: "terminated (SIGTERM), after a graceful stop" },
} as const satisfies Record<string, ExitCode>;

/** The name of an exit code: a key of {@linkcode EXIT}. */
export type ExitName = keyof typeof EXIT;
