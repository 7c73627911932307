// Every file operation of a command. Two promises: a path is used only as its real path, inside one of
// the granted roots (links that lead out are refused: Deno's own grants are lexical); and fault tests can
// replace the whole of it by a twin that fails, shortens, flips or kills.

/** What `stat` tells; times cut to milliseconds (Deno knows no finer). */
export interface FileFacts {
  /** What it is; `link` only from `lstat`. */
  readonly kind: "file" | "folder" | "link" | "other";
  /** bytes */
  readonly size: number;
  /** ms since the epoch, or null where the file system has none */
  readonly mtime: number | null;
  /** permission bits, or null */
  readonly mode: number | null;
  /** Device and number, the same for hard links; null where the file system has none. */
  readonly inode: string | null;
  /** Hard links, or null. */
  readonly links: number | null;
}

/** An open file for streaming. All calls are synchronous: they run inside a Worker. */
export interface OpenFile {
  /** Bytes read, 0 at the end. */
  read(buffer: Uint8Array): number;
  /** Writes all of it. */
  write(bytes: Uint8Array): void;
  /** Goes to an offset in bytes. */
  seek(offset: number): void;
  /** Cuts or grows the file, in bytes. */
  truncate(size: number): void;
  /** What is known of it now. */
  facts(): FileFacts;
  /** fsync(2) */
  sync(): Promise<void>;
  /** Lets go of it. */
  close(): void;
}

/** The file system as a command sees it. Paths are absolute.
 * @throws {Deno.errors.NotFound} and the other built-in errors, with the path in the message
 * @throws {PaperwardError} where a link leads out of the granted roots */
export interface Files {
  /** Follows links inside the roots. */
  stat(path: string): FileFacts;
  /** Does not follow. */
  lstat(path: string): FileFacts;
  /** The path behind all links, checked to be inside the roots for reading. */
  real(path: string): string;
  /** The path behind all links and what `stat` tells of it, in one go. */
  locate(path: string): { readonly path: string; readonly facts: FileFacts };
  /** Whether something is there, a dangling link included. */
  exists(path: string): boolean;
  /** Names in a folder, unsorted. */
  list(folder: string): { readonly name: string; readonly kind: FileFacts["kind"] }[];
  /** Opens a regular file; follows links inside the roots. */
  openRead(path: string): OpenFile;
  /** Creates or truncates; `exclusive` fails where it exists. */
  openWrite(
    path: string,
    options?: { readonly exclusive?: boolean; readonly mode?: number },
  ): OpenFile;
  /** A small file as text. */
  readText(path: string): string;
  /** A small file. */
  readBytes(path: string): Uint8Array;
  /** Writes a small file, text as UTF-8. */
  writeBytes(path: string, bytes: Uint8Array | string): void;
  /** Copies content and permission bits inside the kernel, where it can: much cheaper than reading and
   * writing. The target is made anew. */
  copy(from: string, to: string): void;
  /** Creates parents too, up to the granted folder; no error where it exists.
   * @param options `above`: those above the granted folder too, which can't be looked at */
  makeFolder(path: string, options?: { readonly above?: boolean }): void;
  /** rename(2): replaces what is there. */
  rename(from: string, to: string): void;
  /** Removes a file, a link (never what it points to) or an empty folder. */
  remove(path: string): void;
  /** utime(2) of both times. @param mtime ms since the epoch */
  setTimes(path: string, mtime: number): void;
  /** chmod(2) with permission bits. */
  setMode(path: string, mode: number): void;
  /** fsync(2) of a folder, so that renames in it last. */
  syncFolder(path: string): Promise<void>;
  /** fsync(2) of one file written earlier. */
  syncFile(path: string): Promise<void>;
  /** Bytes that may still be written on the file system of a folder, or null where it doesn't say. */
  freeSpace(folder: string): number | null;
}
