// The order in which files pass: sixteen at once through the lanes of the module, or one after the other where
// the host does the checksum. No file waits for another, and all of it needs one instance of the module.

import { createHash } from "node:crypto";
import { stopAsked } from "../pool.ts";
import { ALGORITHMS, DIGEST_SIZES, hex, LANES, openKernel } from "./_kernel.ts";
import {
  abandon,
  arrive,
  depart,
  isDone,
  type Passage,
  type PassageJob,
  pull,
  refused,
  type Unsynced,
} from "./_passage.ts";
import type { TransferJob, TransferOptions, TransferResult } from "./transfer.ts";
import type { TransferIo } from "./transfer_io.ts";

/** Where the engine gets its jobs. */
export interface JobSource {
  /** The next job, or undefined where there is none now. */
  take(): PassageJob | undefined;
  /** True once no more jobs will come. */
  readonly ended: boolean;
}

/** `"working"`: some lanes are empty and no job has come, but others go on; `"idle"`: all lanes are empty. */
export type EngineStep = TransferResult | Unsynced | "working" | "idle";

/** Options of {@linkcode runEngine}. */
export interface EngineOptions extends TransferOptions {
  /** Targets that are to be synced are handed over open. @default {false}: they are not synced */
  readonly handsOver?: boolean;
}

let hostWins: boolean | undefined;

/** Bytes a millisecond that the lanes of the module don't reach on any processor known. */
const BEYOND_LANES = 1_000_000;

/** Measures once a thread, in less than a millisecond, whether the host's SHA-256 beats the lanes of the
 * module. With SHA instructions it does (1.85 against 0.60 GB/s), and then the module isn't even compiled;
 * without them the lanes do. */
function hostSha256Wins(): boolean {
  if (hostWins !== undefined) return hostWins;
  const size = 16 * 1024;
  const bytes = new Uint8Array(size);
  const best = (act: () => void): number => {
    let least = Infinity;
    for (let round = 0; round < 3; round++) {
      const start = performance.now();
      act();
      least = Math.min(least, performance.now() - start);
    }
    return least;
  };
  const host = best(() => {
    for (let lane = 0; lane < LANES; lane++) createHash("sha256").update(bytes).digest();
  });
  if (LANES * size > host * BEYOND_LANES) return hostWins = true;
  // An instance of its own: the caller's lanes may be in use.
  const kernel = openKernel();
  const module = best(() => {
    for (let lane = 0; lane < LANES; lane++) {
      kernel.lane_begin(lane, ALGORITHMS.sha256);
      kernel.lane_fill(lane, size);
    }
    kernel.lanes_run();
  });
  return hostWins = host < module;
}

/** Bytes of a file that needs no lane and are read at once: with 32 KB the same files took a tenth longer. */
const ALONE = 128 * 1024;

/** Runs jobs until the source has ended and all are done. Where it yields a word in place of a result, the
 * caller fetches jobs, waiting for them if idle. Leaving early removes the unfinished targets. */
export function* runEngine(
  jobs: JobSource,
  io: TransferIo,
  options: EngineOptions,
): Generator<EngineStep, void, undefined> {
  const { stop, handsOver = false } = options;
  const kernel = openKernel();
  const chunk = kernel.chunk();
  const memory = kernel.memory.buffer;
  const buffers = Array.from(
    { length: LANES },
    (_, lane) => new Uint8Array(memory, kernel.buffer(lane), chunk),
  );
  const digest = new Uint8Array(memory, kernel.digest(), DIGEST_SIZES.sha256);
  const lanes: (Passage | undefined)[] = new Array(LANES).fill(undefined);
  /** Lanes whose file is read to its end. */
  const whole: boolean[] = new Array(LANES).fill(false);
  let busy = 0;
  /** For files that need no lane. */
  let alone: Uint8Array<ArrayBuffer> | undefined;

  const throughModule = (job: TransferJob): boolean => {
    if (job.algorithm === "md5") return true;
    if (job.algorithm === "none") return false;
    return options.sha256 === undefined ? !hostSha256Wins() : options.sha256 === "module";
  };

  /** Passes one file alone. */
  const straight = (passage: Passage): TransferResult | Unsynced => {
    const hash = passage.job.algorithm === "none" ? undefined : createHash(passage.job.algorithm);
    const buffer = alone ??= new Uint8Array(ALONE);
    try {
      let length: number;
      do {
        length = pull(passage, buffer, stop);
        hash?.update(buffer.subarray(0, length));
      } while (length === buffer.length);
    } catch (error) {
      return abandon(passage, io, error);
    }
    return arrive(passage, io, hash?.digest("hex") ?? null, handsOver);
  };

  /** Reads the next chunk into a lane, or frees the lane where that fails. */
  const refill = (lane: number, passage: Passage): TransferResult | undefined => {
    try {
      const length = pull(passage, buffers[lane]!, stop);
      if (length === chunk) {
        kernel.lane_fill(lane, length);
      } else {
        whole[lane] = true;
        const { bytes } = passage;
        kernel.lane_finish(lane, length, bytes % 2 ** 32, Math.floor(bytes / 2 ** 32));
      }
      return undefined;
    } catch (error) {
      release(lane);
      return abandon(passage, io, error);
    }
  };

  const release = (lane: number): void => {
    kernel.lane_begin(lane, ALGORITHMS.none);
    lanes[lane] = undefined;
    busy--;
  };

  /** What comes of a lane that is empty. */
  const serve = (lane: number, passage: Passage): TransferResult | Unsynced | undefined => {
    if (!whole[lane]) return refill(lane, passage);
    const { algorithm } = passage.job;
    kernel.lane_digest(lane);
    const text = hex(digest.subarray(0, DIGEST_SIZES[algorithm]));
    release(lane);
    return arrive(passage, io, text, handsOver);
  };

  /** Starts a job; a result where it is done already. */
  const start = (job: PassageJob): TransferResult | Unsynced | undefined => {
    const passage = depart(job, io, stop);
    if (refused(passage)) return passage;
    if (isDone(passage)) return arrive(passage, io, null, handsOver);
    if (!throughModule(job)) return straight(passage);
    const lane = lanes.indexOf(undefined);
    lanes[lane] = passage;
    whole[lane] = false;
    busy++;
    kernel.lane_begin(lane, ALGORITHMS[job.algorithm]);
    return refill(lane, passage);
  };

  try {
    for (;;) {
      while (busy < LANES) {
        const job = jobs.take();
        if (job === undefined) break;
        const result = start(job);
        if (result) yield result;
      }
      if (busy < LANES && !jobs.ended) {
        yield busy > 0 ? "working" : "idle";
        if (busy === 0) continue;
      }
      if (busy === 0) return;
      // A stop frees the lanes at once: the chunks that they hold are of no more use.
      const stopped = stopAsked(stop);
      if (!stopped) kernel.lanes_run();
      for (let lane = 0; lane < LANES; lane++) {
        const passage = lanes[lane];
        if (!passage || (!stopped && kernel.lane_left(lane) > 0)) continue;
        const result = stopped ? refill(lane, passage) : serve(lane, passage);
        if (result) yield result;
      }
    }
  } finally {
    for (const passage of lanes) if (passage) abandon(passage, io, undefined);
  }
}
