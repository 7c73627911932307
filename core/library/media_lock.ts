// paperless's own lock: flock(2) on `MEDIA_ROOT/media.lock`. Invariant: while held, the file on the path
// is the one that is locked (v3 unlinks it on release, so a waiter may wake up holding a dead file).

import { join } from "node:path";
import { PaperwardError } from "../errors.ts";
import { osErrorCode } from "./os_error.ts";
import type { StopSignal } from "../sandbox/stop_signal.ts";

/** How to wait for a lock. */
export interface LockOptions {
  /** ms; absent: wait for ever, as upstream does */
  readonly timeoutMs?: number;
  readonly stop: StopSignal;
  /** Remove the file on release, while it is still held, if it was not there before. @default {false} */
  readonly unlink?: boolean;
  /** Called once, when somebody else holds the lock. */
  readonly onWaiting?: () => void;
}

/** A lock that is held. */
export interface HeldLock {
  /** Gives the lock back. */
  release(): void;
}

/** Path of the lock file of a media folder. */
export function mediaLockPath(mediaRoot: string): string {
  return join(mediaRoot, "media.lock");
}

/** How long to wait before saying so, and how often to look at the stop flag; ms. */
const PATIENCE = 250;

/**
 * Takes an exclusive flock(2) on a file, creating it where it is missing.
 *
 * @returns undefined where the file system is read-only, so that nobody can take the lock
 * @throws {PaperwardError} with exit code `locked` after the time limit
 */
export async function lockFile(path: string, options: LockOptions): Promise<HeldLock | undefined> {
  const deadline = options.timeoutMs === undefined
    ? Infinity
    : performance.now() + options.timeoutMs;
  let said = false;
  const isNew = !exists(path);
  while (true) {
    const file = openLockFile(path);
    if (!file) return undefined;
    const locked = file.lock(true);
    while (!await settlesWithin(locked, PATIENCE)) {
      if (!said) options.onWaiting?.();
      said = true;
      options.stop.throwIfRequested();
      if (performance.now() >= deadline) {
        throw new PaperwardError(`Cannot lock ${path}: another process holds it`, {
          exit: "locked",
          hints: [
            "wait until the other run or the server's task is done, or give a longer --lock-timeout",
          ],
        });
      }
    }
    if (isSameFile(file, path)) {
      return {
        release() {
          if (options.unlink && isNew) remove(path);
          file.close();
        },
      };
    }
    file.close();
  }
}

function openLockFile(path: string): Deno.FsFile | undefined {
  if (isLink(path)) {
    throw new PaperwardError(`Cannot lock ${path}: it is a symbolic link`, {
      hints: ["paperless-ngx keeps a plain file there; remove the link"],
    });
  }
  try {
    return Deno.openSync(path, { read: true, write: true, create: true });
  } catch (error) {
    // A read-only file system, or somebody else's library: nobody can take the lock from here.
    if (["EROFS", "EACCES", "EPERM"].includes(osErrorCode(error) ?? "")) return undefined;
    throw error;
  }
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

function remove(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It is the lock that counts, not the file.
  }
}

function isLink(path: string): boolean {
  try {
    return Deno.lstatSync(path).isSymlink;
  } catch {
    return false;
  }
}

function isSameFile(file: Deno.FsFile, path: string): boolean {
  try {
    const [held, found] = [file.statSync(), Deno.statSync(path)];
    return held.ino === found.ino && held.dev === found.dev;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Whether a promise settles within some ms. */
function settlesWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(false), ms);
    promise.then(() => resolve(true), reject).finally(() => clearTimeout(timer));
  });
}
