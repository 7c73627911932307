// One frozen, validated Settings from environment, paperless.conf and flags: flags win over the
// environment, the environment over the file. Nothing is read but through `files`.

import { databaseFromUrl, databaseFromVariables } from "./database_settings.ts";
import { readRawSettings } from "./raw_settings.ts";
import { badValue, VariableReader } from "./_read_variable.ts";
import { resolvePath } from "./resolve_path.ts";
import type { DatabaseSettings, Settings } from "./settings.ts";
import type { SettingsFiles } from "./settings_files.ts";

export { denoSettingsFiles } from "./settings_files.ts";

/** Where settings come from. */
export interface SettingsSources {
  /** The environment, as `Deno.env.toObject()`. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute; relative paths begin here. */
  readonly cwd: string;
  /** The flags that win; `GlobalOptions` of core/flags has them. */
  readonly flags: {
    readonly dataDir?: string;
    readonly mediaRoot?: string;
    readonly databaseUrl?: string;
    readonly config?: string;
    /** Further databases, by the long name of the flag that holds the URL. */
    readonly databases?: Readonly<Record<string, string>>;
  };
  /** What is read of the disk; {@linkcode denoSettingsFiles} is the real one. */
  readonly files: SettingsFiles;
}

/** Settings and what is odd about them. */
export interface LoadedSettings {
  /** All of them, checked and frozen. */
  readonly settings: Settings;
  /** What is odd, a sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Loads the settings.
 * @throws {PaperwardError} exit `usage`, naming the variable, where it came from and what it may be
 */
export async function loadSettings(
  { env, cwd, flags, files }: SettingsSources,
): Promise<LoadedSettings> {
  const { values, configFile, warnings: found } = await readRawSettings(
    env,
    cwd,
    flags.config,
    files,
  );
  const warnings = [...found];
  const read = new VariableReader(values, warnings);
  const resolve = (path: string) => resolvePath(path, cwd, files);

  const base = await findBase(resolve, files);
  const dataDir = await resolve(flags.dataDir ?? read.text("PAPERLESS_DATA_DIR") ?? `${base}/data`);
  const mediaRoot = await resolve(
    flags.mediaRoot ?? read.text("PAPERLESS_MEDIA_ROOT") ?? `${base}/media`,
  );
  const scratchDir = await resolve(
    read.text("PAPERLESS_SCRATCH_DIR") ?? `${env.TMPDIR || "/tmp"}/paperless`,
  );
  const database = flags.databaseUrl === undefined
    ? await databaseFromVariables(read, dataDir, resolve, warnings)
    : await databaseFromUrl(flags.databaseUrl, read, resolve);

  const databases: Record<string, DatabaseSettings> = {};
  for (const [name, url] of Object.entries(flags.databases ?? {})) {
    databases[name] = Object.freeze(await databaseFromUrl(url, read, resolve, `--${name}`));
  }

  const filenameFormat = read.raw("PAPERLESS_FILENAME_FORMAT")?.text;
  const appLogo = read.text("PAPERLESS_APP_LOGO");
  const passphrase = read.raw("PAPERLESS_PASSPHRASE")?.text;
  const raw: Record<string, string> = {};
  for (const [name, { text }] of values) raw[name] = text;

  const settings: Settings = {
    dataDir,
    mediaRoot,
    scratchDir,
    database: Object.freeze(database),
    databases: Object.freeze(databases),
    timeZone: timeZone(read),
    ...(filenameFormat === undefined ? {} : { filenameFormat }),
    filenameFormatRemoveNone: read.boolean("PAPERLESS_FILENAME_FORMAT_REMOVE_NONE", false),
    auditLogEnabled: read.boolean("PAPERLESS_AUDIT_LOG_ENABLED", true),
    ...(appLogo === undefined ? {} : { appLogo }),
    ...(passphrase === undefined ? {} : { passphrase }),
    raw: Object.freeze(raw),
    ...(configFile === undefined ? {} : { configFile }),
  };
  return { settings: Object.freeze(settings), warnings };
}

/** Upstream runs in `src`, beside `data` and `media`; people stand above them as well. */
async function findBase(
  resolve: (path: string) => Promise<string>,
  files: SettingsFiles,
): Promise<string> {
  const [beside, here] = [await resolve(".."), await resolve(".")];
  const folders = async (base: string) => {
    const kinds = [await files.kind(`${base}/data`), await files.kind(`${base}/media`)];
    return kinds.filter((kind) => kind === "folder").length;
  };
  return await folders(here) > await folders(beside) ? here : beside;
}

/** IANA names only, as Python's zoneinfo knows them; JavaScript would take offsets too. */
function timeZone(read: VariableReader): string {
  const name = "PAPERLESS_TIME_ZONE";
  const raw = read.raw(name);
  if (!raw?.text) return "UTC";
  try {
    if (/^[+-]/.test(raw.text)) throw new RangeError();
    new Intl.DateTimeFormat("en", { timeZone: raw.text });
    return raw.text;
  } catch (cause) {
    const hint = "Names of time zones look like Europe/Berlin or UTC.";
    throw badValue(name, raw, "is not a time zone", { hint, cause });
  }
}
