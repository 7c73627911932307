// The few file operations that a transfer needs, as an interface that fault tests replace, and their
// Deno implementation. Paths are absolute and used as they are.

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
  close(): void;
}

/** A target that is open. */
export interface WriteHandle {
  /** Bytes written of `bytes`; may be short, never 0. */
  write(bytes: Uint8Array): number;
  /** @param mtime ms since the epoch */
  utime(mtime: number): void;
  close(): void;
}

/** The file operations of a transfer; all synchronous, all throw as `Deno.errors` do. */
export interface TransferIo {
  openRead(path: string): ReadHandle;
  /** Fails where the path exists. */
  openWriteNew(path: string): WriteHandle;
  chmod(path: string, mode: number): void;
  remove(path: string): void;
  /** fdatasync(2) */
  sync(path: string): void;
}

const BITS = 0o7777;

function openRead(path: string): ReadHandle {
  const file = Deno.openSync(path, { read: true });
  return {
    stat() {
      const info = file.statSync();
      return {
        size: info.size,
        mtime: info.mtime?.getTime() ?? null,
        mode: info.mode === null ? null : info.mode & BITS,
        isFile: info.isFile,
      };
    },
    read: (buffer) => file.readSync(buffer) ?? 0,
    close: () => file.close(),
  };
}

function openWriteNew(path: string): WriteHandle {
  const file = Deno.openSync(path, { write: true, createNew: true });
  return {
    write: (bytes) => file.writeSync(bytes),
    utime: (mtime) => file.utimeSync(mtime / 1000, mtime / 1000),
    close: () => file.close(),
  };
}

/** Deno's own file operations. */
export const denoTransferIo: TransferIo = {
  openRead,
  openWriteNew,
  chmod: (path, mode) => Deno.chmodSync(path, mode),
  remove: (path) => Deno.removeSync(path),
  sync(path) {
    const file = Deno.openSync(path, { read: true, write: true });
    try {
      file.syncDataSync();
    } finally {
      file.close();
    }
  },
};
