// A twin of the file system that goes wrong at a chosen moment, for `Files` and for transfers alike.

import { inlineTransferPool, type TransferPool } from "../../wasm/checksum/transfer_pool.ts";
import { denoTransferIo, type TransferIo } from "../../wasm/checksum/transfer_io.ts";
import { type FileRoots, openFiles } from "../../core/library/deno_files.ts";
import type { Files, OpenFile } from "../../core/library/files.ts";

/** What goes wrong. */
export type Fault =
  /** From the n-th change of the disk on nothing works any more: the process is dead. */
  | { readonly kind: "kill"; readonly at: number }
  /** The n-th change fails, and all later ones that need space: the disk is full. */
  | { readonly kind: "no space"; readonly at: number }
  /** The n-th read of a library file fails. */
  | { readonly kind: "read error"; readonly at: number }
  /** The n-th read of a library file ends early. */
  | { readonly kind: "short read"; readonly at: number }
  /** A bit of the n-th read of a library file is wrong. */
  | { readonly kind: "bit flip"; readonly at: number }
  /** The n-th file that is brought to the disk does not get there. */
  | { readonly kind: "sync error"; readonly at: number }
  | { readonly kind: "none" };

/** A disk with a fault. */
export interface FaultyDisk {
  readonly files: Files;
  openTransfers(): TransferPool;
  /** Changes of the disk so far. */
  readonly changes: number;
  /** Reads of library files so far. */
  readonly reads: number;
  /** Files brought to the disk so far. */
  readonly syncs: number;
}

/** Thrown where the process would be dead. */
class Killed extends Error {}

function diskError(): Error {
  return Object.assign(new Error("Input/output error (os error 5)"), { code: "EIO" });
}

/** Opens the twin. */
export function openFaultyDisk(roots: FileRoots, fault: Fault): FaultyDisk {
  let changes = 0;
  let reads = 0;
  let syncs = 0;

  const change = (needsSpace: boolean): void => {
    changes++;
    if (fault.kind === "kill" && changes >= fault.at) {
      throw new Killed(`killed at change ${fault.at}`);
    }
    if (fault.kind === "no space" && needsSpace && changes >= fault.at) {
      throw Object.assign(new Error("No space left on device (os error 28)"), { code: "ENOSPC" });
    }
  };
  /** A bad sector stays bad: whoever reads that file again meets it again. */
  let badFile: string | undefined;
  const read = (path: string, buffer: Uint8Array, fill: (buffer: Uint8Array) => number): number => {
    reads++;
    const isNow = "at" in fault && reads === fault.at;
    if (isNow && fault.kind !== "bit flip") badFile = path;
    const isIt = isNow || path === badFile;
    if (isIt && fault.kind === "read error") {
      throw diskError();
    }
    if (isIt && fault.kind === "short read") return 0;
    const size = fill(buffer);
    if (isIt && fault.kind === "bit flip" && size > 0) buffer[size >> 1]! ^= 1;
    return size;
  };

  const real = openFiles(roots);
  const guard = <Arguments extends unknown[], Result>(
    act: (...args: Arguments) => Result,
    needsSpace: boolean,
  ) =>
  (...args: Arguments): Result => {
    change(needsSpace);
    return act(...args);
  };
  /** Folders are left out: some network file systems refuse them, and then it goes on. */
  const guardSync =
    <Arguments extends unknown[]>(act: (...args: Arguments) => Promise<void>) =>
    (...args: Arguments): Promise<void> => {
      syncs++;
      if (fault.kind === "sync error" && syncs === fault.at) return Promise.reject(diskError());
      return act(...args);
    };
  const guardFile = (file: OpenFile): OpenFile => ({
    ...file,
    write: guard(file.write, true),
    sync: guardSync(() => file.sync()),
  });

  /** A copy inside the operating system reads and writes too. */
  const copyWith = (source: Pick<OpenFile, "read" | "close">, to: string, from: string): void => {
    try {
      change(true);
      using target = Deno.openSync(to, { write: true, create: true, truncate: true });
      const write = guard((bytes: Uint8Array) => target.writeSync(bytes), true);
      const buffer = new Uint8Array(1 << 16);
      for (
        let size = read(from, buffer, (bytes) => source.read(bytes));
        size > 0;
        size = read(from, buffer, (bytes) => source.read(bytes))
      ) {
        write(buffer.subarray(0, size));
      }
    } finally {
      source.close();
    }
  };

  const io: TransferIo = {
    ...denoTransferIo,
    openRead(path, toSync) {
      const handle = denoTransferIo.openRead(path, toSync);
      return {
        ...handle,
        read: (buffer) => read(path, buffer, handle.read),
        sync: guardSync(handle.sync),
      };
    },
    openWriteNew(path, mode) {
      change(true);
      const handle = denoTransferIo.openWriteNew(path, mode);
      return { ...handle, write: guard(handle.write, true), sync: guardSync(handle.sync) };
    },
    copy: (from, to) => copyWith(denoTransferIo.openRead(from), to, from),
    remove: guard(denoTransferIo.remove, false),
    sync: guardSync(denoTransferIo.sync),
  };

  return {
    files: {
      ...real,
      openWrite: (path, options) => guardFile(guard(real.openWrite, true)(path, options)),
      writeBytes: guard(real.writeBytes, true),
      // The database is no document: what it reads wrong, SQLite finds.
      copy: (from, to) =>
        /\.sqlite3(-wal|-journal)?$/.test(from)
          ? guard(real.copy, true)(from, to)
          : copyWith(real.openRead(from), to, from),
      makeFolder: guard(real.makeFolder, true),
      rename: guard(real.rename, false),
      remove: guard(real.remove, false),
      syncFile: guardSync(real.syncFile),
    },
    openTransfers: () => inlineTransferPool(io),
    get changes() {
      return changes;
    },
    get reads() {
      return reads;
    },
    get syncs() {
      return syncs;
    },
  };
}
