// paperless's own lock: flock(2) on `MEDIA_ROOT/media.lock`. Invariant: while held, the file on the path
// is the one that is locked (v3 unlinks it on release, so a waiter may wake up holding a dead file).

import { join } from "node:path";
import { PaperwardError } from "../errors.ts";
import type { StopSignal } from "../sandbox/stop_signal.ts";

/** How to wait for a lock. */
export interface LockOptions {
  /** ms; absent: wait for ever, as upstream does */
  readonly timeoutMs?: number;
  readonly stop: StopSignal;
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
  while (true) {
    const file = openLockFile(path);
    if (!file) return undefined;
    const locked = file.lock(true).then(() => "locked" as const);
    while (await Promise.race([locked, pause(PATIENCE)]) !== "locked") {
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
    if (isSameFile(file, path)) return { release: () => file.close() };
    file.close();
  }
}

/** A file system on which nothing can be written. */
function isReadOnly(error: unknown): boolean {
  return error instanceof Error && /\(os error 30\)/.test(error.message);
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
    if (isReadOnly(error)) return undefined;
    if (error instanceof Deno.errors.PermissionDenied) return undefined;
    throw error;
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

function pause(ms: number): Promise<"paused"> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve("paused"), ms);
    Deno.unrefTimer(timer);
  });
}
