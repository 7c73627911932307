// Checks real libraries in this thread, and damages them as recorded recipes say.

import { dirname } from "node:path";
import type { Finding } from "../../../core/checks/check.ts";
import { checkLibrary, type SanityWorld } from "../../../core/checks/check_library.ts";
import type { Need } from "../../../core/checks/repair/need.ts";
import {
  runSanity,
  type SanityRequest,
  type SanitySummary,
} from "../../../core/checks/run_sanity.ts";
import { parseChecks, type SanityOptions } from "../../../core/checks/sanity_options.ts";
import { openFiles } from "../../../core/library/deno_files.ts";
import type { Files } from "../../../core/library/files.ts";
import { StopSignal } from "../../../core/sandbox/stop_signal.ts";
import { denoSettingsFiles, loadSettings } from "../../../core/settings/load_settings.ts";
import { inlineTransferPool, type TransferPool } from "../../../wasm/checksum/transfer_pool.ts";
import {
  fixturesRoot,
  type FixtureVersion,
  type Library,
  listFiles,
  sha256,
} from "../../_fixtures.ts";
import { python, sql } from "../../_python.ts";
import { type SilentReport, silentReport } from "../../_silent_report.ts";

/** What a check found. */
export interface Checked {
  readonly findings: readonly Finding[];
  readonly needs: readonly Need[];
  readonly filesRead: number;
}

/** All checks that need no `--deep`. */
export const USUAL: SanityOptions = {
  checks: parseChecks(undefined, false),
  deep: false,
  order: "document",
  readers: 2,
};

/** Everything. */
export const DEEP: SanityOptions = { ...USUAL, checks: parseChecks(undefined, true), deep: true };

/** What a test replaces. */
export interface Twins {
  readonly files?: Files;
  readonly openTransfers?: () => TransferPool;
  /** Hears what is said while it is said. */
  readonly onInfo?: (text: string) => void;
}

/** The world of a check on a library. */
export async function sanityWorld(
  library: Library,
  twins: Twins = {},
): Promise<SanityWorld & { readonly report: SilentReport }> {
  const scratch = Deno.makeTempDirSync({ dir: library.folder, prefix: "scratch-" });
  const { settings } = await loadSettings({
    env: library.env,
    cwd: "/",
    flags: {},
    files: denoSettingsFiles,
  });
  const report = silentReport();
  const { info } = report;
  const { onInfo } = twins;
  return {
    settings,
    report: onInfo ? { ...report, info: (text) => (info(text), onInfo(text)) } : report,
    stop: new StopSignal(),
    files: twins.files ?? openFiles({ read: [library.folder], write: [library.folder] }),
    scratch,
    version: "0.0.0",
    openTransfers: twins.openTransfers ?? (() => inlineTransferPool()),
  };
}

/** Checks a library. */
export async function check(
  library: Library,
  options: Partial<SanityOptions> = {},
  twins: Twins = {},
): Promise<Checked> {
  const findings: Finding[] = [];
  const needs: Need[] = [];
  const world = await sanityWorld(library, twins);
  try {
    const { filesRead } = await checkLibrary(world, { ...USUAL, ...options }, {
      finding: (finding) => void findings.push(finding),
      need: (need) => void needs.push(need),
    });
    return { findings, needs, filesRead };
  } finally {
    Deno.removeSync(world.scratch, { recursive: true });
  }
}

/** Runs the whole command, reports and repairs included. */
export async function run(
  library: Library,
  request: Partial<SanityRequest> = {},
  twins: Twins = {},
): Promise<SanitySummary & { readonly report: SilentReport }> {
  const world = await sanityWorld(library, twins);
  try {
    const summary = await runSanity(world, { ...USUAL, strict: false, ...request });
    return { ...summary, report: world.report };
  } finally {
    Deno.removeSync(world.scratch, { recursive: true });
  }
}

/** `missing-file 12 original`, or `orphan-file documents/…` for what belongs to no document. */
export function brief(library: Library, { check, document, role, path }: Finding): string {
  const place = path?.replace(`${library.media}/`, "");
  return [check, document?.id, role ?? (document ? undefined : place)]
    .filter((part) => part !== undefined).join(" ");
}

/** What was found, without what every fixture library has: two documents without text. */
export function briefly(library: Library, { findings }: Checked): string[] {
  return findings.filter(({ check, document }) =>
    check !== "no-content" || ![37, 38].includes(document?.id ?? 0)
  ).map((finding) => brief(library, finding));
}

/** Every file of the library by its path with content and mtime, and the database's content; what Paperward
 * keeps for itself is left out. */
export function state(library: Library): Record<string, string> {
  const found: Record<string, string> = {};
  for (const path of listFiles(library.folder)) {
    if (/^scratch-|^data\/paperward\/|^data\/db\.sqlite3/.test(path)) continue;
    const full = `${library.folder}/${path}`;
    const { mtime, isSymlink, isFile } = Deno.lstatSync(full);
    found[path] = isSymlink
      ? `→ ${Deno.readLinkSync(full)}`
      : !isFile
      ? "neither a file nor a link"
      : `${sha256(Deno.readFileSync(full))} ${mtime?.getTime()}`;
  }
  found.database = python(
    `import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.create_function("regexp", 2, lambda p, v: 0, deterministic=True)
print("\\n".join(db.iterdump()))`,
    library.database,
  );
  return found;
}

/** One step of a recipe. */
export interface Operation {
  readonly op: string;
  readonly path?: string;
  readonly with?: string;
  readonly offset?: number;
  readonly hex?: string;
  readonly text?: string;
  readonly size?: number;
  readonly statement?: string;
}

/** A recipe: how a library was damaged before upstream's checker looked at it. */
export interface Recipe {
  readonly name: string;
  readonly operations: readonly Operation[];
}

/** The recorded recipes. */
export function recipes(version: FixtureVersion): readonly Recipe[] {
  const root = fixturesRoot();
  if (root === null) return [];
  return JSON.parse(Deno.readTextFileSync(`${root}/${version}/damaged/recipes.json`));
}

/** Damages a library. */
export function damage(library: Library, operations: readonly Operation[]): void {
  for (const operation of operations) {
    const path = `${library.folder}/${operation.path ?? ""}`;
    switch (operation.op) {
      case "overwrite": {
        using file = Deno.openSync(path, { write: true });
        file.seekSync(operation.offset ?? 0, Deno.SeekMode.Start);
        file.writeSync(Uint8Array.fromHex(operation.hex ?? ""));
        break;
      }
      case "delete":
        Deno.removeSync(path);
        break;
      case "delete_tree":
        Deno.removeSync(path, { recursive: true });
        break;
      case "create":
        Deno.mkdirSync(dirname(path), { recursive: true });
        Deno.writeTextFileSync(path, operation.text ?? "");
        break;
      case "truncate":
        Deno.truncateSync(path, operation.size ?? 0);
        break;
      case "mkdir":
        Deno.mkdirSync(path);
        break;
      case "swap": {
        const other = `${library.folder}/${operation.with ?? ""}`;
        Deno.renameSync(path, `${path}.swap`);
        Deno.renameSync(other, path);
        Deno.renameSync(`${path}.swap`, other);
        break;
      }
      case "sql":
        sql(library.database, operation.statement ?? "");
        break;
      default:
        throw new Error(`No recipe has an operation ${operation.op}`);
    }
  }
}
