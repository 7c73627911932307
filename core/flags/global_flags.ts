// The flags that every command has, and the constants that several commands share. Upstream's generic
// flags keep their names and meaning here, so that no script has to be changed.

import type { Flag, Options } from "./flag.ts";

/** Accepted by every command, before or after its name. */
export const GLOBAL_FLAGS: readonly Flag[] = [
  { long: "help", short: "h", origin: "upstream", help: "Show this help and exit." },
  { long: "version", origin: "upstream", help: "Show the version and exit." },
  {
    long: "verbosity",
    short: "v",
    origin: "upstream",
    value: { name: "LEVEL", kind: "integer", choices: ["0", "1", "2", "3"], default: 1 },
    help: "How much is said on stderr: 0 errors only, 1 normal, 2 verbose, 3 everything.",
  },
  { long: "no-color", origin: "upstream", help: "Never colour the output." },
  {
    long: "force-color",
    origin: "upstream",
    help: "Colour the output even where it is no terminal.",
  },
  {
    long: "settings",
    origin: "upstream",
    hidden: true,
    value: { name: "MODULE", kind: "string" },
    help: "Accepted for compatibility; there is no Python here.",
  },
  {
    long: "pythonpath",
    origin: "upstream",
    hidden: true,
    value: { name: "FOLDER", kind: "string" },
    help: "Accepted for compatibility; there is no Python here.",
  },
  {
    long: "traceback",
    origin: "upstream",
    hidden: true,
    help: "Show where in Paperward an unexpected error came from.",
  },
  {
    long: "skip-checks",
    origin: "upstream",
    hidden: true,
    help: "Accepted for compatibility; nothing is checked that a command does not need.",
  },
  {
    long: "data-dir",
    origin: "paperward",
    value: { name: "FOLDER", kind: "path" },
    help: "The data folder. Wins over PAPERLESS_DATA_DIR.",
  },
  {
    long: "media-root",
    origin: "paperward",
    value: { name: "FOLDER", kind: "path" },
    help: "The media folder. Wins over PAPERLESS_MEDIA_ROOT.",
  },
  {
    long: "database-url",
    origin: "paperward",
    value: { name: "URL", kind: "string" },
    help: "The database: a path to an SQLite file, sqlite:///path, postgres://user@host/name " +
      "or mariadb://user@host/name. Wins over the PAPERLESS_DB* variables.",
  },
  {
    long: "config",
    origin: "paperward",
    value: { name: "FILE", kind: "path" },
    help: "Read this paperless.conf and no other.",
  },
  {
    long: "json",
    origin: "paperward",
    help: "Print the result as JSON lines on stdout, the summary last.",
  },
  { long: "quiet", short: "q", origin: "paperward", help: "Say nothing but errors; as -v 0." },
  { long: "verbose", origin: "paperward", help: "Say more; as -v 2." },
];

/** For commands that iterate (upstream has it on those only). */
export const NO_PROGRESS_BAR: Flag = {
  long: "no-progress-bar",
  origin: "upstream",
  help: "Show no progress.",
};

/** For commands that change something. */
export const DRY_RUN: Flag = {
  long: "dry-run",
  origin: "paperward",
  help: "Show what would be done, and why; change nothing.",
};

/** For commands that take the lock of the media folder. */
export const LOCK_TIMEOUT: Flag = {
  long: "lock-timeout",
  origin: "paperward",
  value: { name: "SECONDS", kind: "float", min: 0 },
  help: "Give up when media.lock is still held after this time (exit code 11). " +
    "Without it: wait for as long as it takes.",
};

/** The global flags, read out of the parsed options. */
export interface GlobalOptions {
  /** 0 errors only, 1 normal, 2 verbose, 3 everything. */
  readonly verbosity: 0 | 1 | 2 | 3;
  readonly json: boolean;
  /** `auto`: where it is a terminal and `NO_COLOR` is not set. */
  readonly colour: "auto" | "always" | "never";
  readonly progressBar: boolean;
  readonly traceback: boolean;
  readonly dataDir?: string;
  readonly mediaRoot?: string;
  readonly databaseUrl?: string;
  readonly config?: string;
}

const LEVELS = [0, 1, 2, 3] as const;

/** Reads what {@linkcode GLOBAL_FLAGS} mean out of parsed options: one place where they are resolved. */
export function readGlobalOptions(options: Options): GlobalOptions {
  const text = (name: string) => {
    const value = options[name];
    return typeof value === "string" ? value : undefined;
  };
  const level = options.quiet
    ? 0
    : Math.max(Number(options.verbosity ?? 1), options.verbose ? 2 : 0);
  const [dataDir, mediaRoot] = [text("dataDir"), text("mediaRoot")];
  const [databaseUrl, config] = [text("databaseUrl"), text("config")];
  return {
    verbosity: LEVELS[level as 0] ?? 1,
    json: options.json === true,
    colour: options.noColor ? "never" : options.forceColor ? "always" : "auto",
    progressBar: options.noProgressBar !== true,
    traceback: options.traceback === true,
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(mediaRoot === undefined ? {} : { mediaRoot }),
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    ...(config === undefined ? {} : { config }),
  };
}
