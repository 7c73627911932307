// Looks into thumbnails and PDFs in Workers that hold no permission: the command reads the files for them.
// A file that kills a Worker, or takes it too long also when it is looked at alone, is damaged; the Worker is
// replaced.

import type { Files, OpenFile } from "../../library/files.ts";
import { answer } from "./_remote_file.ts";
import { type DeepAnswer, type DeepJob, type DeepReply, HEADER, PIECE } from "./deep_protocol.ts";
import { openPatience, type Patience } from "./_patience.ts";

/** A file and what is asked about it. */
export interface AskedFile {
  readonly kind: DeepJob["kind"];
  /** Its real path. */
  readonly path: string;
  /** bytes */
  readonly size: number;
}

/** A file to look into. */
export interface DeepFile extends AskedFile {
  readonly kind: (typeof KINDS)[number];
}

/** What came of it: a defect, or undefined. */
export type Verdict = string | undefined;

/** Looks into files. */
export interface DeepPool {
  /** One verdict for each file, in their order. Calls that overlap take turns. */
  look(files: readonly DeepFile[], stop: Stop): Promise<Verdict[]>;
  close(): void;
}

/** Options of {@linkcode openDeepPool}. */
export interface DeepPoolOptions {
  readonly size: number;
  /** ms of the processor's time that one file may take. @default {30_000} */
  readonly patience?: number;
  /** Starts a Worker; tests start one that hangs. @default the real one */
  readonly start?: () => Worker;
}

/** ms of the processor's time. */
const LIMIT = 30_000;

/** Starts the Workers. */
export function openDeepPool(files: Files, options: DeepPoolOptions): DeepPool {
  const { size, patience = LIMIT, start = startWorker } = options;
  const shared = openPatience(patience);
  // A Worker for one kind loads one reader: the other would take its memory for nothing.
  const lookers = kindsOf(size).map((kinds) => ({
    kinds,
    ...openDeepReader(files, shared, start),
  }));
  let before: Promise<unknown> = Promise.resolve();

  async function lookAtAll(wanted: readonly DeepFile[], stop: Stop): Promise<Verdict[]> {
    const verdicts = new Array<Verdict>(wanted.length).fill(undefined);
    const slow: number[] = [];
    const queues = new Map<DeepFile["kind"], Iterator<number>>(
      KINDS.map((kind) => [kind, indicesOf(wanted, kind)]),
    );
    await Promise.all(lookers.map(async ({ kinds, ask }) => {
      for (const kind of kinds) {
        const queue = queues.get(kind);
        for (let next = queue?.next(); next && !next.done; next = queue?.next()) {
          stop.throwIfRequested();
          const file = wanted[next.value];
          if (!file) continue;
          const { defect, gaveUp } = await ask(file);
          if (gaveUp) slow.push(next.value);
          else verdicts[next.value] = defect;
        }
      }
    }));
    // Whoever else was at work then may have been to blame: judged is only what is slow alone.
    for (const index of slow) {
      stop.throwIfRequested();
      const file = wanted[index];
      const looker = lookers.find(({ kinds }) => file && kinds.includes(file.kind));
      verdicts[index] = file && (await looker?.ask(file))?.defect;
    }
    return verdicts;
  }

  return {
    look(wanted, stop) {
      // A Worker looks at one file at a time: callers take turns.
      const result = before.then(() => lookAtAll(wanted, stop));
      before = result.catch(() => {});
      return result;
    },
    close: () => lookers.forEach(({ close }) => close()),
  };
}

const KINDS = ["webp", "pdf"] as const;

/** What each of so many Workers looks into. */
function kindsOf(size: number): readonly (readonly DeepFile["kind"][])[] {
  if (size === 1) return [KINDS];
  return Array.from({ length: size }, (_, i) => [i < size >> 1 ? "webp" : "pdf"]);
}

function* indicesOf(wanted: readonly DeepFile[], kind: DeepFile["kind"]): Generator<number> {
  for (const [index, file] of wanted.entries()) if (file.kind === kind) yield index;
}

interface Stop {
  throwIfRequested(): void;
}

/** One Worker, which answers about one file at a time. */
export interface DeepReader {
  /** Call it again when it has answered. An unreadable file has no answer: that is another check's finding. */
  ask(file: AskedFile): Promise<DeepAnswer & { readonly gaveUp?: true }>;
  close(): void;
}

function startWorker(): Worker {
  return new Worker(new URL("./deep_worker.ts", import.meta.url), {
    type: "module",
    deno: { permissions: "none" },
  });
}

/** Starts a Worker when the first file comes. */
export function openDeepReader(
  files: Files,
  patience: Patience = openPatience(LIMIT),
  startOne: () => Worker = startWorker,
): DeepReader {
  const memory = new SharedArrayBuffer(HEADER + PIECE);
  // A view of shared memory can't be read into.
  const buffer = new Uint8Array(PIECE);
  let worker: Worker | undefined;
  let numbers = 0;

  const start = (): Worker => {
    const started = startOne();
    started.postMessage({ memory });
    return started;
  };
  const close = () => {
    worker?.terminate();
    worker = undefined;
  };

  return {
    close,
    async ask({ kind, path, size }) {
      let file: OpenFile;
      try {
        file = files.openRead(path);
      } catch {
        return {};
      }
      const { promise, resolve } = Promise.withResolvers<DeepAnswer & { readonly gaveUp?: true }>();
      const id = ++numbers;
      const busy = worker ??= start();
      const end = (answer: DeepAnswer & { readonly gaveUp?: true }) => {
        close();
        resolve(answer);
      };
      const calm = patience.wait(() => end({ defect: "it takes far too long", gaveUp: true }));
      busy.onerror = (event) => {
        event.preventDefault();
        end({ defect: "it makes the reader fail" });
      };
      busy.onmessage = ({ data }: MessageEvent<DeepReply>) => {
        if (data.kind === "read") {
          answer(memory, (into) => readPiece(file, data, buffer, into));
        } else if (data.kind === "done" && data.id === id) resolve(data.answer);
      };
      busy.postMessage({ id, kind, size } satisfies DeepJob);
      try {
        return await promise;
      } finally {
        calm();
        file.close();
      }
    },
  };
}

/** @returns bytes read, or −1 */
function readPiece(
  file: OpenFile,
  { position, size }: { readonly position: number; readonly size: number },
  buffer: Uint8Array,
  into: Uint8Array,
): number {
  const room = buffer.subarray(0, size);
  let done = 0;
  try {
    file.seek(position);
    for (let got = -1; got !== 0 && done < size; done += got) got = file.read(room.subarray(done));
  } catch {
    return -1;
  }
  into.set(room.subarray(0, done));
  return done;
}
