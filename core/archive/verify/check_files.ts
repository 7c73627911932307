// Reads the files that the manifests name, each once: checksums by Workers while the manifest is still being
// read, zip entries with their CRC-32 on the way. Invariant: files that are read wait for nothing but each
// other, and no more of them are known at once than are read.

import { join } from "node:path";
import { createChecksum } from "../../../wasm/checksum/mod.ts";
import type { ReadBatch } from "../../../wasm/checksum/read_batch.ts";
import type { TransferAlgorithm } from "../../../wasm/checksum/transfer.ts";
import type { TransferPool } from "../../../wasm/checksum/transfer_pool.ts";
import type { DeepFile, DeepPool } from "../../checks/deep/deep_pool.ts";
import { PaperwardError, StopRequested } from "../../errors.ts";
import type { Files, OpenFile } from "../../library/files.ts";
import { staysInExport } from "../../library/relative_path.ts";
import type { StopSignal } from "../../sandbox/stop_signal.ts";
import type { ExportSource } from "../zip/export_source.ts";
import { checkPng } from "./check_png.ts";
import { checkFile, type VerifiedFile } from "./file_checks.ts";
import type { FindingSink } from "./finding.ts";
import { locateInExport } from "./locate_in_export.ts";
import type { NamedFile } from "./named_file.ts";

/** What checking needs. */
export interface CheckFilesOptions {
  readonly files: Files;
  /** Absolute path of an empty folder. */
  readonly scratch: string;
  readonly stop: StopSignal;
  readonly source: ExportSource;
  readonly transfers: TransferPool;
  /** Looks into thumbnails and PDFs; absent without `--deep`. */
  readonly deep: DeepPool | undefined;
  /** Whether the content is read. */
  readonly reads: (path: string) => boolean;
  readonly sink: FindingSink;
  readonly onFile: () => void;
}

/** What was looked at. */
export interface FileCounts {
  /** Files that the manifests name. */
  readonly files: number;
  /** Of these, those that are there. */
  readonly present: number;
  /** Of these, read from their first byte to the last. */
  readonly read: number;
  /** Bytes of content that were read. */
  readonly bytes: number;
}

/** Files that are looked into together. */
const DEEP_BATCH = 32;
/** Bytes of a picture that is read whole. */
const LARGEST_PNG = 32 << 20;

/** Checks files. */
export async function checkFiles(
  named: AsyncIterable<readonly NamedFile[]>,
  options: CheckFilesOptions,
): Promise<FileCounts> {
  const looker = openLooker(options);
  const counts = { files: 0, present: 0, read: 0, bytes: 0 };
  const counted = async function* (): AsyncGenerator<readonly NamedFile[]> {
    for await (const some of named) {
      options.stop.throwIfRequested();
      counts.files += some.length;
      yield some;
    }
  };
  const conclude = async (file: VerifiedFile, wasRead: boolean, bytes: number, copy?: string) => {
    if (file.place.kind === "file") counts.present++;
    if (wasRead) counts.read++;
    counts.bytes += bytes;
    options.onFile();
    await looker.conclude(file, wasRead, copy);
  };
  await (options.source.kind === "zip" ? readZip : readFolder)(counted(), options, conclude);
  await looker.end();
  options.stop.throwIfRequested();
  return counts;
}

type Conclude = (
  file: VerifiedFile,
  wasRead: boolean,
  bytes: number,
  copy?: string,
) => Promise<void>;

const ALGORITHMS: Readonly<Record<number, "md5" | "sha256">> = { 32: "md5", 64: "sha256" };

/** The checksum's length tells: exports of v2 have MD5, those of v3 SHA-256, or MD5 of before. */
function algorithmOf({ checksum }: NamedFile): TransferAlgorithm {
  return checksum === null ? "none" : ALGORITHMS[checksum.length] ?? "none";
}

/** Files of one message to a Worker. */
const READ_BATCH = 32;

/** Files that are read together. */
interface OpenBatch {
  readonly files: NamedFile[];
  readonly sources: string[];
}

/** Files of a folder go to the Workers as they are named, without a look of our own: each is opened once. Only
 * what fails there, or isn't read at all, is looked at here. */
async function readFolder(
  named: AsyncIterable<readonly NamedFile[]>,
  options: CheckFilesOptions,
  conclude: Conclude,
): Promise<void> {
  const { files, source, stop } = options;
  const underWay = new Map<number, NamedFile[]>();
  const unread: NamedFile[] = [];
  const folderOf = openFolders(options);
  let next = 0;

  const concludeUnread = async () => {
    for (const file of unread.splice(0)) {
      await conclude({ ...file, place: locateInExport(files, source, file.path) }, false, 0);
    }
  };
  const batches = async function* (): AsyncGenerator<ReadBatch> {
    const open = new Map<TransferAlgorithm, OpenBatch>();
    const send = (algorithm: TransferAlgorithm, batch: OpenBatch): ReadBatch => {
      open.delete(algorithm);
      const id = next++;
      underWay.set(id, batch.files);
      return { id, algorithm, sources: batch.sources };
    };
    for await (const some of named) {
      for (const file of some) {
        const folder = options.reads(file.path) ? folderOf(file.path) : undefined;
        if (folder === undefined) {
          unread.push(file);
          // Nobody else would ask for them before the next file has been read.
          if (unread.length >= READ_BATCH) await concludeUnread();
          continue;
        }
        const algorithm = algorithmOf(file);
        let batch = open.get(algorithm);
        if (!batch) open.set(algorithm, batch = { files: [], sources: [] });
        batch.files.push(file);
        batch.sources.push(folder + file.path.slice(file.path.lastIndexOf("/") + 1));
        if (batch.files.length === READ_BATCH) yield send(algorithm, batch);
      }
    }
    for (const [algorithm, batch] of [...open]) yield send(algorithm, batch);
  };

  for await (const result of options.transfers.read(batches(), { stop: stop.memory })) {
    const batch = underWay.get(result.id) ?? [];
    underWay.delete(result.id);
    const errors = new Map(result.errors.map((error) => [error.index, error]));
    for (const [index, file] of batch.entries()) {
      const error = errors.get(index);
      if (error?.phase === "stop") continue;
      if (error) {
        await readAgain(file, error.message, options, conclude);
        continue;
      }
      const size = result.sizes[index] ?? 0;
      const digest = result.digests[index];
      const real = folderOf(file.path) + file.path.slice(file.path.lastIndexOf("/") + 1);
      await conclude(
        { ...file, place: { kind: "file", size, real }, ...(digest ? { digest } : {}) },
        true,
        size,
      );
    }
    await concludeUnread();
  }
  await concludeUnread();
}

/** Real paths of folders inside the export, with `/` at the end; undefined: look closer. */
function openFolders({ files, source }: CheckFilesOptions): (path: string) => string | undefined {
  const known = new Map<string, string | undefined>();
  const root = source.path === "/" ? "/" : `${source.path}/`;
  return (path) => {
    if (!staysInExport(path)) return undefined;
    const slash = path.lastIndexOf("/");
    if (slash < 0) return root;
    const folder = path.slice(0, slash);
    if (known.has(folder)) return known.get(folder);
    let real: string | undefined;
    try {
      real = `${files.real(join(source.path, folder))}/`;
      if (!real.startsWith(root)) real = undefined;
    } catch {
      // What is in the way is said of each file.
    }
    if (known.size > 4096) known.clear();
    known.set(folder, real);
    return real;
  };
}

/** A file that a Worker could not read: it may be missing, a link inside the export, or really unreadable. */
async function readAgain(
  file: NamedFile,
  readError: string,
  options: CheckFilesOptions,
  conclude: Conclude,
): Promise<void> {
  const { files, source, stop } = options;
  const place = locateInExport(files, source, file.path);
  if (place.kind !== "file" || place.real === join(source.path, file.path)) {
    return await conclude(
      { ...file, place, ...(place.kind === "file" ? { readError } : {}) },
      false,
      0,
    );
  }
  const algorithm = algorithmOf(file);
  const checksum = algorithm === "none" ? undefined : createChecksum(algorithm);
  let bytes = 0;
  try {
    for await (const piece of source.open(file.path)) {
      stop.throwIfRequested();
      checksum?.update(piece);
      bytes += piece.length;
    }
    const digest = checksum?.digestHex();
    await conclude({ ...file, place, ...(digest ? { digest } : {}) }, true, bytes);
  } catch (error) {
    if (!(error instanceof Error) || error instanceof StopRequested) throw error;
    await conclude({ ...file, place, readError: error.message }, false, bytes);
  }
}

async function readZip(
  named: AsyncIterable<readonly NamedFile[]>,
  options: CheckFilesOptions,
  conclude: Conclude,
): Promise<void> {
  let copies = 0;
  for await (const some of named) {
    for (const file of some) {
      const place = locateInExport(options.files, options.source, file.path);
      if (place.kind !== "file" || !options.reads(file.path)) {
        await conclude({ ...file, place }, false, 0);
        continue;
      }
      const algorithm = algorithmOf(file);
      const checksum = algorithm === "none" ? undefined : createChecksum(algorithm);
      const copy = options.deep && file.look && join(options.scratch, `look-${++copies}`);
      let out: OpenFile | undefined;
      let bytes = 0;
      try {
        out = copy === undefined ? undefined : options.files.openWrite(copy, { exclusive: true });
        for await (const piece of options.source.open(file.path)) {
          options.stop.throwIfRequested();
          checksum?.update(piece);
          out?.write(piece);
          bytes += piece.length;
        }
        out?.close();
        const digest = checksum?.digestHex();
        await conclude(
          { ...file, place, ...(digest === undefined ? {} : { digest }) },
          true,
          bytes,
          copy,
        );
      } catch (error) {
        if (!(error instanceof PaperwardError)) throw error;
        out?.close();
        if (copy !== undefined) options.files.remove(copy);
        await conclude({ ...file, place, entryDamage: reasonOf(error) }, false, bytes);
      }
    }
  }
}

/** `Cannot read "a.pdf" in /export.zip: its CRC-32 is wrong` → `its CRC-32 is wrong`. */
export function reasonOf(error: Error): string {
  return error.message.replace(/^Cannot [a-z]+ .*?: (?=[a-z])/s, "");
}

/** Tells what is wrong with files; with `--deep` after having looked into them, some together. */
function openLooker({ files, deep, sink, stop, source }: CheckFilesOptions) {
  let batch: { readonly file: VerifiedFile; readonly look: DeepFile; readonly copy?: string }[] =
    [];
  let underWay: Promise<void> = Promise.resolve();

  const tell = (file: VerifiedFile) => {
    for (const found of checkFile(file)) sink(found);
  };
  const flush = async () => {
    await underWay;
    const work = batch;
    batch = [];
    underWay = (async () => {
      const verdicts = await deep!.look(work.map(({ look }) => look), stop);
      work.forEach(({ file, copy }, index) => {
        const defect = verdicts[index];
        tell(defect === undefined ? file : { ...file, defect });
        if (copy !== undefined) files.remove(copy);
      });
    })();
    // Whoever awaits it next hears of it.
    underWay.catch(() => {});
  };
  return {
    async conclude(file: VerifiedFile, wasRead: boolean, copy?: string): Promise<void> {
      const { look, place } = file;
      const path = copy ?? (place.kind === "file" ? place.real : undefined);
      if (!deep || look === undefined || !wasRead || place.kind !== "file" || path === undefined) {
        return tell(file);
      }
      if (place.size === 0) return tell(file);
      if (look === "png") {
        const defect = place.size > LARGEST_PNG
          ? "it is far too large for a thumbnail"
          : checkPng(await source.readBytes(file.path, LARGEST_PNG));
        if (copy !== undefined) files.remove(copy);
        return tell(defect === undefined ? file : { ...file, defect });
      }
      batch.push({
        file,
        look: { kind: look, path, size: place.size },
        ...(copy === undefined ? {} : { copy }),
      });
      if (batch.length >= DEEP_BATCH) await flush();
    },
    async end(): Promise<void> {
      if (batch.length > 0) await flush();
      await underWay;
    },
  };
}
