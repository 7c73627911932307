// The PAPERLESS_* variables as found, each with where it came from: environment over conf file, and in
// each of them `_FILE` variants over plain ones, as the container of paperless-ngx does it.

import { PaperwardError } from "../errors.ts";
import { expandVariables, parseDotenv } from "./parse_dotenv.ts";
import { resolvePath } from "./resolve_path.ts";
import type { SettingsFiles } from "./settings_files.ts";

/** One variable as found. */
export interface RawValue {
  readonly text: string;
  /** For messages: `the environment`, `/etc/paperless.conf, line 3`. */
  readonly source: string;
}

/** All variables as found. */
export interface RawSettings {
  readonly values: ReadonlyMap<string, RawValue>;
  /** The conf file that was read. */
  readonly configFile?: string;
  readonly warnings: readonly string[];
}

// Their names end like the variants, but they are settings of their own.
const NOT_VARIANTS = new Set(["PAPERLESS_OCR_SKIP_ARCHIVE_FILE", "PAPERLESS_MODEL_FILE"]);

/** Where to look, in upstream's order. Relative: to the folder the command is called in. */
const CONF_FILES = ["../paperless.conf", "/etc/paperless.conf", "/usr/local/etc/paperless.conf"];

/**
 * Reads environment and conf file.
 * @param config path given by `--config`; it must exist
 * @throws {PaperwardError} exit `usage`: a conf file that can't be read
 */
export async function readRawSettings(
  env: Readonly<Record<string, string>>,
  cwd: string,
  config: string | undefined,
  files: SettingsFiles,
): Promise<RawSettings> {
  const warnings: string[] = [];
  const configFile = await findConfFile(env, cwd, config, files, warnings);
  const fromFile = configFile === undefined
    ? new Map<string, RawValue>()
    : await readConfFile(configFile, env, files, warnings);
  const fromEnv = new Map<string, RawValue>();
  for (const [name, text] of Object.entries(env)) {
    if (name.startsWith("PAPERLESS_")) fromEnv.set(name, { text, source: "the environment" });
  }
  for (const layer of [fromFile, fromEnv]) await readVariants(layer, cwd, files, warnings);
  return {
    values: new Map([...fromFile, ...fromEnv]),
    ...(configFile === undefined ? {} : { configFile }),
    warnings,
  };
}

async function findConfFile(
  env: Readonly<Record<string, string>>,
  cwd: string,
  config: string | undefined,
  files: SettingsFiles,
  warnings: string[],
): Promise<string | undefined> {
  if (config !== undefined) {
    const path = await resolvePath(config, cwd, files);
    const kind = await files.kind(path);
    if (kind !== undefined && kind !== "folder") return path;
    throw new PaperwardError(
      `Cannot read ${path}: ${kind === "folder" ? "it is a folder" : "there is no such file"}`,
      { exit: "usage", hints: ["It was named by --config."] },
    );
  }
  const named = env.PAPERLESS_CONFIGURATION_PATH;
  for (const candidate of [...(named ? [named] : []), ...CONF_FILES]) {
    const path = await resolvePath(candidate, cwd, files);
    const kind = await files.kind(path);
    if (kind === "folder") {
      // What Docker makes of a missing bind mount. Upstream reads nothing then, nor looks further.
      warnings.push(`${path} is a folder, so no configuration file was read.`);
      return undefined;
    }
    if (kind !== undefined) return path;
    if (candidate === named) {
      warnings.push(
        `${path}, named by PAPERLESS_CONFIGURATION_PATH, does not exist or can't be seen.`,
      );
    }
  }
  return undefined;
}

async function readConfFile(
  path: string,
  env: Readonly<Record<string, string>>,
  files: SettingsFiles,
  warnings: string[],
): Promise<Map<string, RawValue>> {
  let text: string;
  try {
    text = await files.readText(path);
  } catch (error) {
    const reason = error instanceof Deno.errors.PermissionDenied
      ? "permission denied"
      : error instanceof TypeError
      ? "it is not UTF-8 text"
      : error instanceof Error
      ? error.message
      : String(error);
    throw new PaperwardError(`Cannot read ${path}: ${reason}`, {
      exit: "usage",
      cause: error,
      hints: ["Run as a user who may read it, or name another with --config."],
    });
  }
  const { bindings, badLines } = parseDotenv(text);
  for (const line of badLines) {
    warnings.push(`${path}, line ${line} can't be understood and is skipped.`);
  }
  const values = new Map<string, RawValue>();
  for (const { name, value, line } of expandVariables(bindings, env)) {
    if (!name.startsWith("PAPERLESS_")) continue;
    if (value === undefined) values.delete(name);
    else values.set(name, { text: value, source: `${path}, line ${line}` });
  }
  return values;
}

async function readVariants(
  layer: Map<string, RawValue>,
  cwd: string,
  files: SettingsFiles,
  warnings: string[],
): Promise<void> {
  for (const [name, { text, source }] of [...layer]) {
    if (!name.endsWith("_FILE") || NOT_VARIANTS.has(name) || text === "") continue;
    const path = await resolvePath(text, cwd, files);
    const target = name.slice(0, -"_FILE".length);
    if (await files.kind(path) !== "file") {
      warnings.push(`${name} (${source}) names ${path}, which is not a file that can be seen.`);
      continue;
    }
    try {
      const secret = await files.readText(path);
      // Editors end files with a newline; no password does.
      layer.set(target, {
        text: secret.replace(/\r?\n$/, ""),
        source: `${path}, named by ${name} in ${source}`,
      });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      warnings.push(`${name} (${source}) names ${path}, which can't be read: ${reason}`);
    }
  }
}
