// Checksums what the target holds while rows are still read (`-c`): reading takes one processor, this the others.
// Invariant: what it finds counts only where the file is looked at later, and memory grows by a byte a file.

import { createQueue } from "../../../wasm/pool.ts";
import type { ReadBatch } from "../../../wasm/checksum/read_batch.ts";
import type { TransferAlgorithm } from "../../../wasm/checksum/transfer.ts";
import type { TransferPool } from "../../../wasm/checksum/transfer_pool.ts";

/** What checksumming ahead needs. */
export interface EarlyDigestOptions {
  readonly transfers: TransferPool;
  readonly algorithm: TransferAlgorithm;
  readonly stop: SharedArrayBuffer;
}

/** Checksums of the target's files, asked for in the order in which the export names them. */
export interface EarlyDigests {
  /** The next file of the export.
   * @param path where it is in the target: absolute; looked at there and nowhere else
   * @param checksum what it should be; null: nobody will ask */
  ask(path: string, checksum: string | null): void;
  /** Whether the n-th file has the checksum that it should have; undefined: nothing is known of it.
   * @throws what checksumming threw */
  isEqual(n: number): Promise<boolean | undefined> | boolean | undefined;
  /** Nothing more will be asked. */
  end(): void;
  /** Gives up; resolves when no file is read any more. */
  cancel(): Promise<void>;
}

/** Files that one message to a Worker asks about: with small ones the messages cost the most. */
export const GROUP = 8;

/** Groups that wait, at most; what comes on top is looked at later. */
const MOST_WAITING = 1024;

/** What is known of a file; 0: nothing. */
const [WAITS, EQUAL, DIFFERS] = [1, 2, 3];

interface Asked {
  readonly number: number;
  readonly path: string;
  readonly checksum: string;
}

/** Begins. */
export function openEarlyDigests(
  { transfers, algorithm, stop }: EarlyDigestOptions,
): EarlyDigests {
  const queue = createQueue<ReadBatch>();
  /** Groups that wait or that a Worker has. */
  const asked = new Map<number, readonly Asked[]>();
  const answers = openBytes();
  let [count, groups] = [0, 0];
  let group: Asked[] = [];
  let changed = Promise.withResolvers<void>();
  let isOver = false;
  const change = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const send = () => {
    if (group.length === 0) return;
    asked.set(++groups, group);
    queue.push([{ id: groups, algorithm, sources: group.map(({ path }) => path) }]);
    group = [];
  };
  async function* waiting(): AsyncGenerator<ReadBatch> {
    while (!queue.ended) {
      const batch = queue.take();
      if (batch) yield batch;
      else await queue.wait();
    }
  }
  const read = async (): Promise<void> => {
    try {
      for await (const { id, digests, errors } of transfers.read(waiting(), { stop })) {
        const failed = new Set(errors.map(({ index }) => index));
        asked.get(id)?.forEach(({ number, checksum }, index) => {
          const isEqual = digests[index] === checksum;
          answers.set(number, failed.has(index) ? 0 : isEqual ? EQUAL : DIFFERS);
        });
        asked.delete(id);
        change();
      }
    } finally {
      isOver = true;
      change();
    }
  };
  const done = read();
  // Told to whoever asks what was found.
  done.catch(() => {});

  async function answered(n: number): Promise<boolean | undefined> {
    while (answers.get(n) === WAITS && !isOver) await changed.promise;
    if (isOver) await done;
    return known(n);
  }

  function known(n: number): boolean | undefined {
    const answer = answers.get(n);
    return answer === EQUAL ? true : answer === DIFFERS ? false : undefined;
  }

  return {
    ask(path, checksum) {
      const number = count++;
      if (checksum === null || queue.length >= MOST_WAITING) return;
      answers.set(number, WAITS);
      group.push({ number, path, checksum });
      if (group.length === GROUP) send();
    },
    isEqual: (n) => answers.get(n) === WAITS ? answered(n) : known(n),
    end() {
      send();
      queue.end();
    },
    async cancel() {
      queue.end(true);
      await done.catch(() => {});
    },
  };
}

/** A list of small numbers that grows; what was not set is 0. */
function openBytes() {
  let bytes = new Uint8Array(1 << 16);
  return {
    get: (n: number) => bytes[n] ?? 0,
    set(n: number, value: number) {
      if (n >= bytes.length) {
        const grown = new Uint8Array(2 * Math.max(n, bytes.length));
        grown.set(bytes);
        bytes = grown;
      }
      bytes[n] = value;
    },
  };
}
