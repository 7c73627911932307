// The real file system behind `Files`. Invariant: nothing is opened, listed, written or removed but by a
// path whose real place lies inside the granted roots; Deno's grants look at the path as written only.

import { statfsSync } from "node:fs";
import { dirname, isAbsolute, join, normalize } from "node:path";
import { PaperwardError } from "../errors.ts";
import type { FileFacts, Files, OpenFile } from "./files.ts";

/** The roots inside which a command may read and write: absolute real paths of folders or files. */
export interface FileRoots {
  /** May be read. */
  readonly read: readonly string[];
  /** May be read and written. */
  readonly write: readonly string[];
}

/** Folders whose real place is remembered, at most; a library has few folders and many files. */
const REMEMBERED_FOLDERS = 4096;

/**
 * Opens the file system within some roots. What may be written may be read.
 *
 * @throws {PaperwardError} from every call whose path, or what a link on it points to, is outside
 */
export function openFiles(roots: FileRoots): Files {
  const readable = [...roots.read, ...roots.write];
  const writable = roots.write;
  const realFolders = new Map<string, string>();

  /** The real place of a folder, remembered: every file in it shares the answer. Below a root a folder that is no
   * link is where its parent is: that takes one look, not one for each part of the path. */
  function realFolder(folder: string): string {
    const known = realFolders.get(folder);
    if (known !== undefined) return known;
    const real = isFileSystemRoot(folder) ? folder : resolveFolder(folder);
    if (realFolders.size >= REMEMBERED_FOLDERS) realFolders.clear();
    realFolders.set(folder, real);
    return real;
  }

  function resolveFolder(folder: string): string {
    const parent = dirname(folder);
    if (readable.includes(folder) || !isInsideAny(parent, readable)) {
      return Deno.realPathSync(folder);
    }
    const above = realFolder(parent);
    if (!isInsideAny(above, readable)) return Deno.realPathSync(folder);
    const place = join(above, folder.slice(parent.length));
    return Deno.lstatSync(place).isSymlink ? Deno.realPathSync(place) : place;
  }

  /** The path with every link but the last component resolved, checked to lie inside. */
  function entry(path: string, within: readonly string[], verb: string): string {
    const clean = checked(path);
    // A root itself may be reached by a name whose parent is not readable.
    if (within.includes(clean)) return clean;
    const parent = dirname(clean);
    if (!isInsideAny(parent, within)) throw outside(path, verb);
    const folder = realFolder(parent);
    if (folder === parent) return clean;
    const real = join(folder, clean.slice(parent.length));
    if (!isInsideAny(real, within)) throw outside(path, verb);
    return real;
  }

  /** The path with all links resolved, checked to lie inside the readable roots. */
  function followed(path: string): string {
    const place = entry(path, readable, "read");
    if (!Deno.lstatSync(place).isSymlink) return place;
    const real = Deno.realPathSync(place);
    if (!isInsideAny(real, readable)) throw outside(path, "read");
    return real;
  }

  const files: Files = {
    stat: (path) => facts(Deno.statSync(followed(path))),
    lstat: (path) => facts(Deno.lstatSync(entry(path, readable, "read"))),
    real: followed,
    locate(path) {
      const place = entry(path, readable, "read");
      const info = Deno.lstatSync(place);
      if (!info.isSymlink) return { path: place, facts: facts(info) };
      const real = followed(path);
      return { path: real, facts: facts(Deno.lstatSync(real)) };
    },
    exists(path) {
      try {
        Deno.lstatSync(entry(path, readable, "read"));
        return true;
      } catch (error) {
        if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
          return false;
        }
        throw error;
      }
    },
    list(folder) {
      const real = followed(folder);
      return Array.from(
        Deno.readDirSync(real),
        (item) => ({ name: item.name, kind: kindOf(item) }),
      );
    },
    openRead(path) {
      const real = followed(path);
      if (!Deno.statSync(real).isFile) {
        throw new PaperwardError(`Cannot read ${path}: it is not a regular file`);
      }
      return openFile(path, Deno.openSync(real));
    },
    openWrite(path, options = {}) {
      const place = entry(path, writable, "write");
      refuseLink(place, path);
      return openFile(
        path,
        Deno.openSync(place, {
          read: true,
          write: true,
          ...(options.exclusive ? { createNew: true } : { create: true, truncate: true }),
          ...(options.mode === undefined ? {} : { mode: options.mode }),
        }),
      );
    },
    readText: (path) => Deno.readTextFileSync(followed(path)),
    readBytes: (path) => Deno.readFileSync(followed(path)),
    writeBytes(path, bytes) {
      using file = disposable(files.openWrite(path));
      file.write(typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes);
    },
    copy(from, to) {
      const target = entry(to, writable, "write");
      refuseLink(target, to);
      Deno.copyFileSync(followed(from), target);
    },
    makeFolder(path, options = {}) {
      const clean = checked(path);
      if (files.exists(clean)) {
        // A link to a folder inside is as good as the folder; `followed` refuses one that leads out.
        if (Deno.statSync(followed(clean)).isDirectory) return;
        throw new Deno.errors.NotADirectory(`${path} is in the way of a folder`);
      }
      const parent = dirname(clean);
      if (isInsideAny(parent, writable)) files.makeFolder(parent, options);
      const recursive = options.above === true && writable.includes(clean);
      Deno.mkdirSync(entry(clean, writable, "write"), { recursive });
    },
    rename(from, to) {
      Deno.renameSync(entry(from, writable, "rename"), entry(to, writable, "write"));
    },
    remove(path) {
      const place = entry(path, writable, "remove");
      Deno.removeSync(place);
      realFolders.delete(checked(path));
    },
    setTimes(path, mtime) {
      const place = entry(path, writable, "change");
      refuseLink(place, path);
      // Seconds as a number lose a millisecond now and then.
      const time = new Date(mtime);
      Deno.utimeSync(place, time, time);
    },
    setMode(path, mode) {
      const place = entry(path, writable, "change");
      refuseLink(place, path);
      Deno.chmodSync(place, mode);
    },
    async syncFolder(path) {
      using folder = await Deno.open(followed(path));
      // Some network file systems refuse to sync a folder; there is nothing better to do on them.
      await folder.sync().catch(() => {});
    },
    async syncFile(path) {
      using file = await Deno.open(followed(path));
      await file.syncData();
    },
    freeSpace(folder) {
      try {
        const { bavail, bsize } = statfsSync(followed(folder));
        return bavail * bsize;
      } catch {
        return null;
      }
    },
  };
  return files;
}

/** Whether a path is one of the roots or below one. Both absolute and normal. */
export function isInsideAny(path: string, roots: readonly string[]): boolean {
  return roots.some((root) =>
    path === root || path.startsWith(root.endsWith("/") ? root : root + "/")
  );
}

/** An absolute path that has parts which are empty, `.` or `..`. */
const UNTIDY = /\/(?:\.{0,2}\/|\.{0,2}$)/;

function checked(path: string): string {
  if (!isAbsolute(path)) throw new PaperwardError(`Cannot use path ${path}: it is not absolute`);
  if (path.includes("\0")) throw new PaperwardError(`Cannot use path ${path}: it contains a NUL`);
  if (!UNTIDY.test(path)) return path;
  const clean = normalize(path);
  return clean.length > 1 && clean.endsWith("/") ? clean.slice(0, -1) : clean;
}

function isFileSystemRoot(path: string): boolean {
  return dirname(path) === path;
}

/** Writing never follows a link: it would change what the link points to. */
function refuseLink(place: string, path: string): void {
  try {
    if (!Deno.lstatSync(place).isSymlink) return;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  throw new PaperwardError(`Cannot write ${path}: it is a symbolic link`, {
    hints: [
      "Paperward never writes through a link; remove it, or give the folder that it points to",
    ],
  });
}

function outside(path: string, verb: string): PaperwardError {
  return new PaperwardError(
    `Cannot ${verb} ${path}: it leads out of the folders that belong to this run`,
    {
      hints: ["a symbolic link or a path with .. points elsewhere; it is not followed"],
    },
  );
}

function kindOf(
  entry: { isFile: boolean; isDirectory: boolean; isSymlink: boolean },
): FileFacts["kind"] {
  if (entry.isSymlink) return "link";
  if (entry.isFile) return "file";
  return entry.isDirectory ? "folder" : "other";
}

function facts(info: Deno.FileInfo): FileFacts {
  return {
    kind: kindOf(info),
    size: info.size,
    mtime: info.mtime?.getTime() ?? null,
    mode: info.mode === null ? null : info.mode & 0o7777,
    inode: info.ino === null ? null : `${info.dev}:${info.ino}`,
    links: info.nlink,
  };
}

function openFile(path: string, file: Deno.FsFile): OpenFile {
  return {
    read(buffer) {
      try {
        return file.readSync(buffer) ?? 0;
      } catch (error) {
        throw withPath(error, "read", path);
      }
    },
    write(bytes) {
      try {
        for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
      } catch (error) {
        throw withPath(error, "write", path);
      }
    },
    seek: (offset) => void file.seekSync(offset, Deno.SeekMode.Start),
    truncate: (size) => file.truncateSync(size),
    facts: () => facts(file.statSync()),
    sync: () =>
      file.sync().catch((error: unknown) => {
        throw withPath(error, "sync", path);
      }),
    close: () => file.close(),
  };
}

/** Deno names the path of what it opens, not of what is open. */
function withPath(error: unknown, operation: string, path: string): unknown {
  if (error instanceof Error && error.message.endsWith(")")) {
    error.message += `: ${operation} '${path}'`;
  }
  return error;
}

function disposable(file: OpenFile): OpenFile & Disposable {
  return Object.assign(file, { [Symbol.dispose]: () => file.close() });
}
