// Writes an export as one zip, straight from the library. A source that fails leaves its entry out and is
// listed; the finished archive is read again before it may take the place of an older one.

import { dirname } from "node:path";
import { PaperwardError } from "../../errors.ts";
import { openZipWriter, type ZipItem } from "../zip/zip_writer.ts";
import { verifyZip } from "../zip/verify_zip.ts";
import type { ReadyFile } from "./collect_export.ts";
import type { ExportWorld } from "./export_world.ts";
import type { Outbox } from "./outbox.ts";
import type { ExportProblem, PlannedFile } from "./planned_file.ts";
import { readDecrypted } from "./read_decrypted.ts";

/** What goes into the zip. */
export interface ExportZip {
  readonly world: ExportWorld;
  /** Absolute path of the archive, in the staging folder. */
  readonly path: string;
  readonly files: Iterable<PlannedFile> & { readonly length: number };
  /** Called when it is known which files could not be read. */
  beforeManifests(): void;
  /** Manifests and metadata; last in the archive. */
  manifests(): Iterable<ReadyFile>;
  readonly outbox: Outbox;
  readonly algorithm: "md5" | "sha256";
  readonly onProblem: (problem: ExportProblem) => void;
}

interface DocumentItem extends ZipItem {
  readonly file: PlannedFile;
}

/** Writes the archive. @returns how many files of the library are in it, and their bytes */
export async function writeExportZip(zip: ExportZip): Promise<{ count: number; bytes: number }> {
  const { files, report, stop, now } = zip.world;
  const progress = report.progress("Zipping", zip.files.length);
  const copied = { count: 0, bytes: 0 };
  const out = files.openWrite(zip.path, { exclusive: true });
  const writer = openZipWriter(out);
  const mtime = now().getTime();
  try {
    for (const folder of foldersOf(zip)) await writer.addFolder(folder, { mtime, mode: 0o755 });
    for await (const outcome of writer.addAll(documents(zip))) {
      stop.throwIfRequested();
      const { file } = outcome.item;
      progress.advance(1, file.name);
      const problem = "error" in outcome
        ? unreadable(file, outcome.error)
        : mismatch(file, outcome.entry.digest);
      if (problem) zip.onProblem(problem);
      if ("error" in outcome) continue;
      copied.count++;
      copied.bytes += outcome.entry.size;
      report.item("file", {
        action: "copy",
        reason: file.reason,
        path: file.name,
        size: outcome.entry.size,
      });
    }
    zip.beforeManifests();
    const ready = Array.from(zip.manifests(), ({ name, staged }) => ({
      name,
      facts: { mtime },
      open: () => files.openRead(zip.outbox.path(staged)),
    }));
    for await (const outcome of writer.addAll(ready)) if ("error" in outcome) throw outcome.error;
    await writer.finish();
    await out.sync();
  } finally {
    writer.close();
    out.close();
    progress.end();
  }
  await verify(zip);
  return copied;
}

function* documents({ files, world, algorithm }: ExportZip): Generator<DocumentItem> {
  for (const file of files) {
    yield {
      file,
      name: file.name,
      facts: {
        mtime: file.gpg?.mtime ?? file.mtime ?? 0,
        ...(file.mode === null ? {} : { mode: file.mode }),
        ...(file.checksum === null ? {} : { digest: algorithm }),
      },
      open: () => file.gpg ? decrypted(world, file, algorithm) : world.files.openRead(file.path),
    };
  }
}

async function* decrypted(
  { files, settings }: ExportWorld,
  file: PlannedFile,
  algorithm: "md5" | "sha256",
): AsyncGenerator<Uint8Array> {
  const result = await readDecrypted(files, file, settings.passphrase, algorithm);
  if ("problem" in result) throw new PaperwardError(result.problem.message);
  yield result.bytes;
}

/** Upstream's archives have entries for folders. */
function foldersOf(zip: ExportZip): Set<string> {
  const folders = new Set<string>();
  const add = (folder: string): void => {
    if (folder === "." || folders.has(folder)) return;
    add(dirname(folder));
    folders.add(folder);
  };
  for (const { name } of zip.files) add(dirname(name));
  for (const { name } of zip.manifests()) add(dirname(name));
  return folders;
}

function mismatch(file: PlannedFile, digest: string | undefined): ExportProblem | undefined {
  if (file.checksum === null || digest === file.checksum) return undefined;
  const message = `its checksum is ${digest}, the database says ${file.checksum}`;
  return { kind: "checksum mismatch", role: file.role, id: file.id, path: file.source, message };
}

function unreadable(file: PlannedFile, error: unknown): ExportProblem {
  const message = error instanceof Error ? error.message : String(error);
  return {
    kind: "unreadable",
    role: file.role,
    id: file.id,
    path: file.source,
    missingName: file.name,
    message,
  };
}

async function verify({ world, path }: ExportZip): Promise<void> {
  const progress = world.report.progress("Reading the zip again");
  try {
    await verifyZip(world.files, path, () => {
      world.stop.throwIfRequested();
      progress.advance();
    });
  } catch (error) {
    if (!(error instanceof PaperwardError)) throw error;
    throw new PaperwardError(`Cannot finish the zip: it reads back wrong (${error.message})`, {
      hints: ["the target's disk or memory may be failing; what was there before is untouched"],
      cause: error,
    });
  } finally {
    progress.end();
  }
}
