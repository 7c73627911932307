// Starts a command in its Worker, passes signals on and cleans up after it. Invariant: the scratch folder
// is gone when this returns, and a stop never takes longer than the grace period.

import type { ExitName } from "../exit_codes.ts";
import type { Options } from "../flags/flag.ts";
import type { OpenReportOptions } from "../report/open_report.ts";
import type { Settings } from "../settings/settings.ts";
import type { Access } from "./access.ts";
import { grantsFor } from "./grants.ts";
import { makeScratch } from "./make_scratch.ts";
import type { EndMessage, StartMessage } from "./protocol.ts";
import { STOP_SIGNALS, type StopNumber, StopSignal } from "./stop_signal.ts";

/** What the launcher needs to start a command. */
export interface LaunchOptions {
  readonly entry: URL;
  readonly command: string;
  readonly options: Options;
  readonly settings: Settings;
  readonly access: Access;
  readonly report: OpenReportOptions;
  readonly version: string;
  readonly traceback: boolean;
}

/** How a launched command ended. */
export interface LaunchResult {
  readonly exit: ExitName;
  /** What made the Worker itself crash: a defect. */
  readonly crash?: unknown;
}

/** ms that a command gets to stop gracefully before the process ends anyway. */
const GRACE = 10_000;

/** ms in which further signals belong to the first: `timeout` signals the process and then its whole group. */
const SAME_STOP = 1000;

/** Runs a command in a Worker that is granted what its access names and nothing else. */
export async function launchCommand(launch: LaunchOptions): Promise<LaunchResult> {
  const stop = new StopSignal();
  const { promise, resolve } = Promise.withResolvers<LaunchResult>();
  using cleanup = new DisposableStack();
  // Signals are heard before there is anything to clean up.
  // nohup ignores SIGHUP, but as soon as Deno listens for any signal it ends by that one all the same. That it
  // was ignored can't be seen from here; but nohup takes every terminal away, and where there is none, none is closed.
  const hasTerminal = [Deno.stdin, Deno.stdout, Deno.stderr].some((each) => each.isTerminal());
  let firstAt: number | undefined;
  for (const [number, { name, exit }] of Object.entries(STOP_SIGNALS)) {
    const listener = () => {
      if (name === "SIGHUP" && !hasTerminal) return;
      if (firstAt !== undefined) {
        // Who asks again, and not just twice at once, means now.
        if (performance.now() - firstAt > SAME_STOP) resolve({ exit });
        return;
      }
      firstAt = performance.now();
      stop.request(Number(number) as StopNumber);
      const timer = setTimeout(() => resolve({ exit }), GRACE);
      cleanup.defer(() => clearTimeout(timer));
    };
    Deno.addSignalListener(name, listener);
    cleanup.defer(() => Deno.removeSignalListener(name, listener));
  }
  const scratch = makeScratch(launch.settings, cleanup);
  const grants = grantsFor(launch.access, scratch);
  const worker = new Worker(launch.entry, {
    type: "module",
    name: launch.command,
    deno: { permissions: grants },
  });
  cleanup.defer(() => worker.terminate());
  worker.addEventListener(
    "message",
    (event: MessageEvent<EndMessage>) => resolve({ exit: event.data.exit }),
  );
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    resolve({ exit: "failed", crash: event.error ?? event.message });
  });
  const start: StartMessage = {
    command: launch.command,
    options: launch.options,
    settings: launch.settings,
    report: launch.report,
    roots: { read: grants.read, write: grants.write },
    scratch,
    stop: stop.memory,
    version: launch.version,
    traceback: launch.traceback,
  };
  worker.postMessage(start);
  return await promise;
}
