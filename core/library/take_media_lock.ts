// Takes paperless's lock for a command, and says what that means to the user. Invariant: a command that changes
// files never goes on without the lock.

import { PaperwardError } from "../errors.ts";
import type { Report } from "../report/report.ts";
import type { StopSignal } from "../sandbox/stop_signal.ts";
import type { Settings } from "../settings/settings.ts";
import type { Generation } from "../schema/model.ts";
import { type HeldLock, lockFile, mediaLockPath } from "./media_lock.ts";

/** What {@linkcode takeMediaLock} needs. */
export interface TakeLockOptions {
  readonly settings: Settings;
  readonly report: Report;
  readonly stop: StopSignal;
  /** 3.0 unlinks the lock on release and its waiters look for that; 2.20 does neither. */
  readonly generation: Generation;
  /** ms; absent: wait for ever, as upstream does */
  readonly timeoutMs?: number;
  /** The command only reads: where nobody can take the lock it warns and goes on. @default {false} */
  readonly readsOnly?: boolean;
}

/**
 * Takes media.lock.
 *
 * @returns undefined where it can't be written and the command only reads
 * @throws {PaperwardError} `locked` after the time limit; `failed` where it can't be written
 */
export async function takeMediaLock(options: TakeLockOptions): Promise<HeldLock | undefined> {
  const { settings, report, stop, generation, timeoutMs, readsOnly } = options;
  const path = mediaLockPath(settings.mediaRoot);
  const lock = await lockFile(path, {
    stop,
    unlink: generation === "v3",
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    onWaiting: () => report.info(`Waiting: another process holds ${path}`),
  });
  if (lock) return lock;
  if (!readsOnly) {
    throw new PaperwardError(`Cannot lock ${path}: it can't be written`, {
      hints: ["run as the user that paperless-ngx runs as, on a file system that is not read-only"],
    });
  }
  report.warn(
    `Cannot lock ${path}: it can't be written; going on without`,
    "make sure that paperless-ngx does not move files meanwhile",
  );
  return undefined;
}
