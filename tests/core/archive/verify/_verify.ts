// Verifies exports in this thread, and makes exports to damage: of our own sample library, and copies of what
// paperless-ngx wrote.

import { exportLibrary } from "../../../../core/archive/export/export_library.ts";
import type { ExportOptions } from "../../../../core/archive/export/export_options.ts";
import type { CheckName } from "../../../../core/archive/verify/checks.ts";
import type { Finding } from "../../../../core/archive/verify/finding.ts";
import {
  verifyExport,
  type VerifySummary,
  type VerifyWorld,
} from "../../../../core/archive/verify/verify_export.ts";
import type { VerifyOptions } from "../../../../core/archive/verify/verify_options.ts";
import { openFiles } from "../../../../core/library/deno_files.ts";
import type { Files } from "../../../../core/library/files.ts";
import type { Generation } from "../../../../core/schema/model.ts";
import { StopSignal } from "../../../../core/sandbox/stop_signal.ts";
import { denoSettingsFiles, loadSettings } from "../../../../core/settings/load_settings.ts";
import { createLibrary } from "../../../../migrations/create_library.ts";
import { inlineTransferPool, type TransferPool } from "../../../../wasm/checksum/transfer_pool.ts";
import { tempFolder } from "../../../_fixtures.ts";
import { makeSampleLibrary } from "../../../sample_library.ts";
import { type SilentReport, silentReport } from "../../../_silent_report.ts";

/** What a test replaces. */
export interface Twins {
  readonly files?: Files;
  readonly openTransfers?: () => TransferPool;
  readonly stdin?: () => AsyncIterable<Uint8Array>;
  /** Makes the library of a rehearsal. */
  readonly createLibrary?: typeof createLibrary;
}

/** What a verification found and said. */
export interface Verified {
  readonly summary: VerifySummary;
  readonly findings: readonly Finding[];
  readonly report: SilentReport;
  /** Findings by check, without infos. */
  readonly found: Readonly<Partial<Record<CheckName, number>>>;
}

async function worldOf(
  scratch: string,
  roots: readonly string[],
  env: Readonly<Record<string, string>>,
  twins: Twins,
): Promise<VerifyWorld & { readonly report: SilentReport }> {
  const { settings } = await loadSettings({ env, cwd: "/", flags: {}, files: denoSettingsFiles });
  return {
    settings,
    report: silentReport(),
    stop: new StopSignal(),
    files: twins.files ?? openFiles({ read: roots, write: [...roots, scratch] }),
    scratch,
    version: "0.0.0",
    openTransfers: twins.openTransfers ?? (() => inlineTransferPool()),
    stdin: twins.stdin ?? (() => new ReadableStream<Uint8Array>({ start: (to) => to.close() })),
    loadCreateLibrary: () => Promise.resolve(twins.createLibrary ?? createLibrary),
    now: () => new Date("2026-02-03T04:05:06Z"),
  };
}

/** Verifies an export. */
export async function verify(
  path: string,
  options: Partial<VerifyOptions> = {},
  twins: Twins = {},
): Promise<Verified> {
  using temp = tempFolder();
  const { against, junit, html } = options;
  const roots = [path, against, junit, html].filter((each) => each !== undefined);
  const world = await worldOf(temp.path, roots, {}, twins);
  const summary = await verifyExport(world, {
    path,
    dataOnly: false,
    deep: false,
    rehearse: false,
    mend: false,
    strict: false,
    ...options,
  });
  const findings = world.report.items.filter(({ type }) => type === "finding")
    .map(({ record }) => record as unknown as Finding);
  const found = Object.fromEntries(
    [...Map.groupBy(findings.filter(({ level }) => level !== "info"), ({ check }) => check)]
      .map(([check, some]) => [check, some.length]),
  );
  return { summary, findings, report: world.report, found };
}

/** An export to damage. */
export interface Export extends Disposable {
  /** The folder or the zip. */
  readonly path: string;
  readonly generation: Generation;
  /** Everything of this test. */
  readonly folder: string;
  /** Absolute path of a file in it. */
  at(name: string): string;
  /** The manifest, to be changed and written back. */
  edit(change: (records: ManifestRecord[]) => void): void;
  /** Copies it, for another round. */
  copy(): Export;
}

/** A record as JSON has it. */
export interface ManifestRecord {
  model: string;
  pk: unknown;
  readonly fields: Record<string, unknown>;
  __exported_file_name__?: unknown;
  __exported_archive_name__?: unknown;
  __exported_thumbnail_name__?: unknown;
}

/** Exports a sample library. */
export async function sampleExport(
  generation: Generation,
  options: Partial<ExportOptions> = {},
): Promise<Export> {
  const temp = tempFolder();
  const library = await makeSampleLibrary(`${temp.path}/library`, { generation });
  const target = `${temp.path}/export`;
  Deno.mkdirSync(target);
  Deno.mkdirSync(`${temp.path}/scratch`);
  const world = await worldOf(`${temp.path}/scratch`, [temp.path], library.env, {});
  await exportLibrary(world, { target, zipName: "export", ...options });
  return opened(temp, options.zip ? `${target}/export.zip` : target, generation);
}

/** A copy of an export that somebody else wrote. */
export function copyOf(source: string, generation: Generation): Export {
  const temp = tempFolder();
  const path = `${temp.path}/${source.endsWith(".zip") ? "export.zip" : "export"}`;
  copyTree(source, path);
  return opened(temp, path, generation);
}

function opened(
  temp: Disposable & { readonly path: string },
  path: string,
  generation: Generation,
): Export {
  const at = (name: string) => `${path}/${name}`;
  return {
    path,
    generation,
    folder: temp.path,
    at,
    edit(change) {
      const records = JSON.parse(Deno.readTextFileSync(at("manifest.json"))) as ManifestRecord[];
      change(records);
      Deno.writeTextFileSync(at("manifest.json"), JSON.stringify(records, null, 2));
    },
    copy: () => copyOf(path, generation),
    [Symbol.dispose]: () => temp[Symbol.dispose](),
  };
}

/** Copies a file, or a folder with all that is in it. */
export function copyTree(from: string, to: string): void {
  if (!Deno.statSync(from).isDirectory) return Deno.copyFileSync(from, to);
  Deno.mkdirSync(to);
  for (const { name } of Deno.readDirSync(from)) copyTree(`${from}/${name}`, `${to}/${name}`);
}

/** Changes one bit in the middle of a file. */
export function flipBit(path: string, at?: number): void {
  const bytes = Deno.readFileSync(path);
  const index = at ?? bytes.length >> 1;
  bytes[index] = bytes[index]! ^ 0x10;
  Deno.writeFileSync(path, bytes);
}

/** The documents of a manifest. */
export function documentsOf(records: readonly ManifestRecord[]): ManifestRecord[] {
  return records.filter(({ model }) => model === "documents.document");
}
