// Reads the files that the manifests name, each once: checksums by Workers while the manifest is still being
// read, zip entries with their CRC-32 on the way. Invariant: files that are read wait for nothing but each
// other, and no more of them are known at once than are read.

import { join } from "node:path";
import { createChecksum } from "../../../wasm/checksum/mod.ts";
import type { TransferAlgorithm, TransferJob } from "../../../wasm/checksum/transfer.ts";
import type { TransferPool } from "../../../wasm/checksum/transfer_pool.ts";
import type { DeepFile, DeepPool } from "../../checks/deep/deep_pool.ts";
import { PaperwardError } from "../../errors.ts";
import type { Files, OpenFile } from "../../library/files.ts";
import type { StopSignal } from "../../sandbox/stop_signal.ts";
import type { ExportSource } from "../zip/export_source.ts";
import { checkPng } from "./check_png.ts";
import { checkFile, type VerifiedFile } from "./file_checks.ts";
import type { FindingSink } from "./finding.ts";
import { type ExportPlace, locateInExport } from "./locate_in_export.ts";
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
  readonly bytes: number;
}

/** Files that are looked into together. */
const DEEP_BATCH = 32;
/** Bytes of a picture that is read whole. */
const LARGEST_PNG = 32 << 20;

/** A file on its way. */
interface Pending {
  readonly file: NamedFile;
  readonly place: ExportPlace;
}

/** Checks files. */
export async function checkFiles(
  named: AsyncIterable<NamedFile>,
  options: CheckFilesOptions,
): Promise<FileCounts> {
  const looker = openLooker(options);
  const counts = { files: 0, present: 0, read: 0, bytes: 0 };
  const placed = async function* (): AsyncGenerator<Pending> {
    for await (const file of named) {
      options.stop.throwIfRequested();
      counts.files++;
      yield { file, place: locateInExport(options.files, options.source, file.path) };
    }
  };
  const conclude = async (file: VerifiedFile, wasRead: boolean, bytes: number, copy?: string) => {
    if (file.place.kind === "file") counts.present++;
    if (wasRead) counts.read++;
    counts.bytes += bytes;
    options.onFile();
    await looker.conclude(file, wasRead, copy);
  };
  await (options.source.kind === "zip" ? readZip : readFolder)(placed(), options, conclude);
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

async function readFolder(
  placed: AsyncIterable<Pending>,
  options: CheckFilesOptions,
  conclude: Conclude,
): Promise<void> {
  const pending = new Map<number, Pending>();
  const unread: Pending[] = [];
  let next = 0;
  const jobs = async function* (): AsyncGenerator<TransferJob> {
    for await (const each of placed) {
      const { file, place } = each;
      if (place.kind !== "file" || place.real === undefined || !options.reads(file.path)) {
        unread.push(each);
        // Nobody else would ask for them before the next file has been read.
        if (unread.length >= DEEP_BATCH) await concludeUnread();
        continue;
      }
      const id = next++;
      pending.set(id, each);
      yield { id, source: place.real, algorithm: algorithmOf(file) };
    }
  };
  const concludeUnread = async () => {
    for (const { file, place } of unread.splice(0)) {
      await conclude({ ...file, place }, false, 0);
    }
  };
  for await (const result of options.transfers.run(jobs(), { stop: options.stop.memory })) {
    const { id, digest, error, bytes } = result;
    const each = pending.get(id);
    pending.delete(id);
    if (!each || error?.phase === "stop") continue;
    const { file } = each;
    const isGone = error?.name === "NotFound" || error?.code === "ENOENT";
    const place: ExportPlace = isGone ? { kind: "missing" } : each.place;
    await conclude(
      {
        ...file,
        place,
        ...(digest === null ? {} : { digest }),
        ...(error && !isGone ? { readError: error.message } : {}),
      },
      error === undefined,
      bytes,
    );
    await concludeUnread();
  }
  await concludeUnread();
}

async function readZip(
  placed: AsyncIterable<Pending>,
  options: CheckFilesOptions,
  conclude: Conclude,
): Promise<void> {
  let copies = 0;
  for await (const { file, place } of placed) {
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
