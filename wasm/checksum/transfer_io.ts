// The few file operations that a transfer needs, as an interface that fault tests replace, and their
// Deno implementation. Paths are absolute and used as they are.

import { closeSync, constants, fdatasync, fstatSync, openSync, readSync } from "node:fs";
import { promisify } from "node:util";

/** What is known of an open source. */
export interface SourceFacts {
  /** bytes */
  readonly size: number;
  /** ms since the epoch, or null where the file system has none */
  readonly mtime: number | null;
  /** permission bits, or null */
  readonly mode: number | null;
  readonly isFile: boolean;
}

/** A source that is open. */
export interface ReadHandle {
  stat(): SourceFacts;
  /** Bytes read into `buffer`; 0 at the end. May be short. */
  read(buffer: Uint8Array): number;
  /** fdatasync(2) */
  sync(): Promise<void>;
  close(): void;
}

/** A target that is open. */
export interface WriteHandle {
  /** Bytes written of `bytes`; may be short, never 0. */
  write(bytes: Uint8Array): number;
  /** @param mtime ms since the epoch; Deno knows no time before it (it reads them mirrored) */
  utime(mtime: number): void;
  /** fdatasync(2) */
  sync(): Promise<void>;
  close(): void;
}

/** The file operations of a transfer. All throw as `Deno.errors` or `node:fs` do. */
export interface TransferIo {
  /** Neither follows a link nor waits for the writer of a pipe.
   * @param toSync opens for writing too where the file's mode allows it: SMB syncs nothing else */
  openRead(path: string, toSync?: boolean): ReadHandle;
  /** Fails where the path exists.
   * @param mode permission bits, less the umask; null for the usual ones */
  openWriteNew(path: string, mode: number | null): WriteHandle;
  chmod(path: string, mode: number): void;
  /** Copies bytes and permission bits inside the operating system, over what the target path holds. A quarter of
   * the work of reading and writing through a buffer. */
  copy(from: string, to: string): void;
  /** @param mtime ms since the epoch, set as mtime and atime */
  setTimes(path: string, mtime: number): void;
  remove(path: string): void;
  /** fdatasync(2) */
  sync(path: string): Promise<void>;
}

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = constants;
const BITS = 0o7777;

const syncData = promisify(fdatasync);

function open(path: string, toSync: boolean): number {
  if (toSync) {
    try {
      return openSync(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK);
    } catch {
      // Its mode forbids writing; what else may be wrong is told next.
    }
  }
  return openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
}

function openRead(path: string, toSync = false): ReadHandle {
  const file = open(path, toSync);
  return {
    stat() {
      const info = fstatSync(file);
      return {
        size: info.size,
        // Cut, as Deno.stat does; rounding would tell a time that has not been.
        mtime: Math.floor(info.mtimeMs),
        mode: info.mode & BITS,
        isFile: info.isFile(),
      };
    },
    read: (buffer) => readSync(file, buffer, 0, buffer.length, null),
    sync: () => syncData(file),
    close: () => closeSync(file),
  };
}

function openWriteNew(path: string, mode: number | null): WriteHandle {
  const file = Deno.openSync(path, {
    write: true,
    createNew: true,
    ...(mode === null ? {} : { mode }),
  });
  return {
    write: (bytes) => file.writeSync(bytes),
    utime(mtime) {
      const time = new Date(mtime);
      file.utimeSync(time, time);
    },
    sync: () => file.syncData(),
    close: () => file.close(),
  };
}

/** Opens for writing, or for reading where the file's mode forbids that: both can be synced. */
async function openToSync(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { write: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    return await Deno.open(path, { read: true });
  }
}

/** The operating system's file operations. Links are not followed when reading, since a link put in place of
 * a file after its path was checked could lead anywhere. */
export const denoTransferIo: TransferIo = {
  openRead,
  openWriteNew,
  chmod: (path, mode) => Deno.chmodSync(path, mode),
  copy: (from, to) => Deno.copyFileSync(from, to),
  setTimes(path, mtime) {
    // Seconds as a number lose a millisecond now and then.
    const time = new Date(mtime);
    Deno.utimeSync(path, time, time);
  },
  remove: (path) => Deno.removeSync(path),
  async sync(path) {
    using file = await openToSync(path);
    await file.syncData();
  },
};
