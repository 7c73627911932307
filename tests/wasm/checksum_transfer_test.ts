// Transfers in this thread: every file arrives as it was or not at all, and one bad file harms no other.
// Faults come from a twin of the file operations.

import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import {
  denoTransferIo,
  inlineTransferPool,
  type ReadHandle,
  transferFiles,
  type TransferIo,
  type TransferJob,
  type TransferOptions,
  type TransferResult,
  type WriteHandle,
} from "../../wasm/checksum/mod.ts";
import { openFiles } from "../../core/library/deno_files.ts";
import { tempFolder } from "../_fixtures.ts";

/** Whole chunks of every way: a lane holds 32 KB, and what needs no lane is read in 128 KB. */
const CHUNK = 128 * 1024;
const LENGTHS = [
  0,
  1,
  55,
  56,
  63,
  64,
  65,
  300,
  4096,
  CHUNK - 1,
  CHUNK,
  CHUNK + 1,
  2 * CHUNK,
  700_001,
];
const MTIME = Date.UTC(2024, 1, 29, 12, 34, 56, 789);

function bytesOf(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) * 17 + seed * 101) & 255);
}

/** A folder with sources `0` to `n - 1` and an empty folder for targets. */
function folders(temp: string, lengths: readonly number[]): { source: string; target: string } {
  const source = `${temp}/source`;
  const target = `${temp}/target`;
  Deno.mkdirSync(source);
  Deno.mkdirSync(target);
  lengths.forEach((length, i) => Deno.writeFileSync(`${source}/${i}`, bytesOf(length, i)));
  return { source, target };
}

function jobsOf(
  { source, target }: { source: string; target: string },
  count: number,
  algorithm: TransferJob["algorithm"] = "md5",
): TransferJob[] {
  return Array.from({ length: count }, (_, id) => ({
    id,
    source: `${source}/${id}`,
    algorithm,
    target: { path: `${target}/${id}`, mode: 0o640, mtime: MTIME + id },
  }));
}

function sorted(results: Iterable<TransferResult>): TransferResult[] {
  return [...results].sort((a, b) => a.id - b.id);
}

function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

/** What a twin may do in place of the real operation: throw, or answer for it. */
interface Faults {
  openRead?(path: string): void;
  /** @param at bytes that were read before */
  read?(path: string, at: number): number | undefined;
  openWriteNew?(path: string): void;
  /** @param at bytes that were written before */
  write?(path: string, at: number, bytes: Uint8Array): number | undefined;
  utime?(): void;
  chmod?(): void;
  close?(path: string): void;
  /** Before a target is brought to the disk. */
  sync?(path: string): void;
}

class OsError extends Error {
  constructor(readonly code: string, message: string) {
    super(message);
  }
}

/** The real file operations with faults, which counts what is open. */
function faulty(faults: Faults): TransferIo & { open: number } {
  const twin = {
    ...denoTransferIo,
    open: 0,
    openRead(path: string, toSync?: boolean): ReadHandle {
      faults.openRead?.(path);
      const file = denoTransferIo.openRead(path, toSync);
      twin.open++;
      let at = 0;
      return {
        stat: file.stat,
        read(buffer) {
          const read = faults.read?.(path, at) ?? file.read(buffer);
          at += read;
          return read;
        },
        async sync() {
          faults.sync?.(path);
          await file.sync();
        },
        close() {
          twin.open--;
          file.close();
        },
      };
    },
    openWriteNew(path: string, mode: number | null): WriteHandle {
      faults.openWriteNew?.(path);
      const file = denoTransferIo.openWriteNew(path, mode);
      twin.open++;
      let at = 0;
      return {
        write(bytes) {
          const written = faults.write?.(path, at, bytes) ?? file.write(bytes);
          at += written;
          return written;
        },
        utime(mtime) {
          faults.utime?.();
          file.utime(mtime);
        },
        async sync() {
          faults.sync?.(path);
          await file.sync();
        },
        close() {
          twin.open--;
          file.close();
          faults.close?.(path);
        },
      };
    },
    chmod(path: string, mode: number) {
      faults.chmod?.();
      denoTransferIo.chmod(path, mode);
    },
  };
  return twin;
}

const WAYS: readonly (readonly [string, TransferJob["algorithm"], TransferOptions])[] = [
  ["md5", "md5", {}],
  ["sha256 by the host", "sha256", { sha256: "host" }],
  ["sha256 by the module", "sha256", { sha256: "module" }],
  ["sha256 as measured", "sha256", {}],
  ["no checksum", "none", {}],
];

for (const [name, algorithm, options] of WAYS) {
  Deno.test(`${name}: bytes, mode, times and digests are right for every size`, () => {
    using temp = tempFolder();
    const lengths = [...LENGTHS, ...LENGTHS];
    const place = folders(temp.path, lengths);
    const jobs = jobsOf(place, lengths.length, algorithm);
    const results = sorted(transferFiles(jobs, denoTransferIo, options));
    assert.equal(results.length, lengths.length);
    results.forEach((result, i) => {
      const bytes = bytesOf(lengths[i]!, i);
      assert.equal(result.error, undefined);
      assert.equal(result.bytes, lengths[i]);
      assert.equal(
        result.digest,
        algorithm === "none" ? null : createHash(algorithm).update(bytes).digest("hex"),
      );
      assert.deepEqual(Deno.readFileSync(`${place.target}/${i}`), bytes);
      const info = Deno.statSync(`${place.target}/${i}`);
      assert.equal(info.mode! & 0o7777, 0o640);
      assert.equal(info.mtime?.getTime(), MTIME + i);
      const from = Deno.statSync(`${place.source}/${i}`);
      assert.equal(result.sourceMtime, from.mtime?.getTime());
      assert.equal(result.sourceMode, from.mode! & 0o7777);
      assert.ok(result.modeSet && result.timesSet);
    });
  });
}

Deno.test("algorithms may be mixed, with and without targets", () => {
  using temp = tempFolder();
  const place = folders(temp.path, LENGTHS);
  const kinds = ["md5", "sha256", "none"] as const;
  // Each file once for each algorithm, and in an order in which lanes are busy when the host takes a turn.
  const jobs = LENGTHS.flatMap((_, i) =>
    kinds.map((algorithm, k): TransferJob => ({
      id: i * 3 + k,
      source: `${place.source}/${i}`,
      algorithm,
      ...(i % 2 ? { target: { path: `${place.target}/${i}.${k}`, mode: null, mtime: null } } : {}),
    }))
  );
  for (const result of sorted(transferFiles(jobs))) {
    const [i, algorithm] = [Math.floor(result.id / 3), kinds[result.id % 3]!];
    const bytes = bytesOf(LENGTHS[i]!, i);
    assert.equal(result.error, undefined);
    assert.equal(
      result.digest,
      algorithm === "none" ? null : createHash(algorithm).update(bytes).digest("hex"),
    );
    if (i % 2) assert.deepEqual(Deno.readFileSync(`${place.target}/${i}.${result.id % 3}`), bytes);
  }
});

Deno.test("jobs are pulled only as lanes become free", () => {
  using temp = tempFolder();
  const place = folders(temp.path, Array(40).fill(3 * CHUNK));
  let pulled = 0;
  let done = 0;
  let most = 0;
  function* jobs(): Generator<TransferJob> {
    for (const job of jobsOf(place, 40)) {
      most = Math.max(most, ++pulled - done);
      yield job;
    }
  }
  for (const _ of transferFiles(jobs())) done++;
  assert.equal(done, 40);
  assert.ok(most <= 17, `${most} at once`);
});

Deno.test("the source's mtime is cut to milliseconds, not rounded", async () => {
  using temp = tempFolder();
  const place = folders(temp.path, [1]);
  const path = `${place.source}/0`;
  const touched = await new Deno.Command("touch", { args: ["-d", "@1700000000.123999999", path] })
    .output();
  assert.ok(touched.success);
  const [result] = [...transferFiles(jobsOf(place, 1))];
  assert.equal(result?.sourceMtime, 1_700_000_000_123);
  assert.equal(result?.sourceMtime, Deno.statSync(path).mtime?.getTime());
});

Deno.test("times are set to the very millisecond, on every way", () => {
  using temp = tempFolder();
  const path = `${temp.path}/file`;
  const opened = denoTransferIo.openWriteNew(path, null);
  const files = openFiles({ read: [], write: [temp.path] });
  try {
    for (const time of [0, 999, 1_001, 1_700_000_000_123, 8_589_934_592_123]) {
      for (
        const set of [opened.utime, (to: number) => denoTransferIo.setTimes(path, to), (
          to: number,
        ) => files.setTimes(path, to)]
      ) {
        set(time + 86_400_000);
        set(time);
        assert.equal(Deno.statSync(path).mtime?.getTime(), time);
      }
    }
  } finally {
    opened.close();
  }
});

Deno.test("modes are set whatever the umask takes, and a mode without write permission works", async () => {
  using temp = tempFolder();
  const place = folders(temp.path, [10, 20, 30]);
  const modes = [0o666, 0o444, 0o600];
  const jobs = jobsOf(place, 3).map((job, i) => ({
    ...job,
    target: { ...job.target!, mode: modes[i]! },
  }));
  for (const result of transferFiles(jobs)) {
    assert.ok(result.modeSet);
    assert.equal(Deno.statSync(`${place.target}/${result.id}`).mode! & 0o7777, modes[result.id]);
  }
  const failures = await Array.fromAsync(
    inlineTransferPool().sync(jobs.map(({ target }) => target.path)),
  );
  assert.deepEqual(failures, []);
});

/** Jobs whose files are to be copied inside the operating system. */
function copies(jobs: readonly TransferJob[], lengths: readonly number[]): TransferJob[] {
  return jobs.map((job) => ({
    ...job,
    ...(job.target && { target: { ...job.target, size: lengths[job.id] ?? 0 } }),
  }));
}

for (const algorithm of ["md5", "sha256", "none"] as const) {
  Deno.test(`${algorithm}: copies inside the operating system are the same and are what is checksummed`, () => {
    using temp = tempFolder();
    const place = folders(temp.path, LENGTHS);
    let sourcesRead = 0;
    const io: TransferIo = {
      ...denoTransferIo,
      openRead(path) {
        if (path.startsWith(place.source)) sourcesRead++;
        return denoTransferIo.openRead(path);
      },
    };
    const jobs = copies(jobsOf(place, LENGTHS.length, algorithm), LENGTHS);
    for (const result of sorted(transferFiles(jobs, io))) {
      const bytes = bytesOf(LENGTHS[result.id] ?? 0, result.id);
      assert.equal(result.error, undefined);
      assert.equal(result.bytes, bytes.length);
      const wanted = algorithm === "none"
        ? null
        : createHash(algorithm).update(bytes).digest("hex");
      assert.equal(result.digest, wanted);
      const path = `${place.target}/${result.id}`;
      assert.deepEqual(Deno.readFileSync(path), bytes);
      const { mode, mtime } = Deno.statSync(path);
      assert.equal((mode ?? 0) & 0o777, 0o640);
      assert.equal(mtime?.getTime(), MTIME + result.id);
    }
    assert.equal(sourcesRead, 0);
  });
}

Deno.test("a copy of another size, or one that fails, passes again byte by byte", () => {
  using temp = tempFolder();
  const lengths = [1000, 1000, 1000, 1000];
  const place = folders(temp.path, lengths);
  const io: TransferIo = {
    ...denoTransferIo,
    copy(from, to) {
      if (from.endsWith("/1")) Deno.writeFileSync(to, new Uint8Array(999));
      else if (from.endsWith("/2")) {
        Deno.writeFileSync(to, new Uint8Array(10));
        throw new OsError("ENOSPC", "No space left on device");
      } else denoTransferIo.copy(from, to);
    },
  };
  const jobs = copies(jobsOf(place, 4), lengths);
  Deno.removeSync(`${place.source}/3`);
  const results = sorted(transferFiles(jobs, io));
  for (const { id, digest } of results.slice(0, 3)) {
    assert.equal(digest, createHash("md5").update(bytesOf(1000, id)).digest("hex"));
    assert.deepEqual(Deno.readFileSync(`${place.target}/${id}`), bytesOf(1000, id));
  }
  assert.deepEqual([results[3]?.error?.phase, results[3]?.error?.code], ["read", "ENOENT"]);
  assert.deepEqual(names(place.target), ["0", "1", "2"]);
});

Deno.test("a copy whose checksum can't be read leaves nothing", () => {
  using temp = tempFolder();
  const place = folders(temp.path, [CHUNK * 3]);
  const io: TransferIo = {
    ...denoTransferIo,
    openRead(path) {
      const handle = denoTransferIo.openRead(path);
      return {
        ...handle,
        read() {
          throw new OsError("EIO", "Input/output error");
        },
      };
    },
  };
  const [result] = transferFiles(copies(jobsOf(place, 1), [CHUNK * 3]), io);
  assert.deepEqual([result?.error?.phase, result?.error?.code], ["read", "EIO"]);
  assert.deepEqual(names(place.target), []);
});

Deno.test("a missing source, a folder and a link fail alone and leave no target", () => {
  using temp = tempFolder();
  const place = folders(temp.path, [5, 5, 5, 5]);
  Deno.removeSync(`${place.source}/0`);
  Deno.removeSync(`${place.source}/1`);
  Deno.mkdirSync(`${place.source}/1`);
  Deno.renameSync(`${place.source}/2`, `${temp.path}/secret`);
  Deno.symlinkSync(`${temp.path}/secret`, `${place.source}/2`);
  const results = sorted(transferFiles(jobsOf(place, 4)));
  assert.deepEqual(results.map(({ error }) => error?.phase), ["read", "read", "read", undefined]);
  assert.equal(results[0]!.error?.code, "ENOENT");
  assert.equal(results[1]!.error?.name, "NotAFile");
  assert.equal(results[2]!.error?.code, "ELOOP");
  assert.deepEqual(names(place.target), ["3"]);
});

Deno.test("a pipe without a writer is refused instead of waited for", async () => {
  using temp = tempFolder();
  const place = folders(temp.path, []);
  const made = await new Deno.Command("mkfifo", { args: [`${place.source}/0`] }).output();
  assert.ok(made.success);
  const [result] = [...transferFiles(jobsOf(place, 1))];
  assert.equal(result?.error?.name, "NotAFile");
});

Deno.test("an existing target is a write error and stays as it is", () => {
  using temp = tempFolder();
  const place = folders(temp.path, [5, 5]);
  Deno.writeTextFileSync(`${place.target}/0`, "mine");
  Deno.symlinkSync(`${temp.path}/elsewhere`, `${place.target}/1`);
  const results = sorted(transferFiles(jobsOf(place, 2)));
  for (const { error } of results) {
    assert.equal(error?.phase, "write");
    assert.equal(error?.code, "EEXIST");
  }
  assert.equal(Deno.readTextFileSync(`${place.target}/0`), "mine");
  assert.ok(Deno.lstatSync(`${place.target}/1`).isSymlink);
  assert.throws(() => Deno.lstatSync(`${temp.path}/elsewhere`), Deno.errors.NotFound);
});

for (const [name, algorithm, options] of WAYS) {
  Deno.test(`${name}: a short read, a growing file, EIO and ENOSPC fail only their job`, () => {
    using temp = tempFolder();
    const lengths = [50, CHUNK + 50, 3 * CHUNK, CHUNK, 2 * CHUNK + 9, 77, 3 * CHUNK];
    const place = folders(temp.path, lengths);
    const is = (path: string, id: number): boolean => path.endsWith(`/${id}`);
    const io = faulty({
      read(path, at) {
        if (is(path, 0)) return 0;
        if (is(path, 1) && at === CHUNK) return 0;
        // More bytes out of nowhere.
        if (is(path, 3) && at === CHUNK) return 64;
        if (is(path, 2) && at === 2 * CHUNK) {
          throw new OsError("EIO", "Input/output error (os error 5)");
        }
        return undefined;
      },
      write(path, at) {
        if (is(path, 4) && at === 2 * CHUNK) throw new OsError("ENOSPC", "No space left on device");
        return undefined;
      },
    });
    const results = sorted(transferFiles(jobsOf(place, lengths.length, algorithm), io, options));
    assert.deepEqual(
      results.map(({ error }) => error && [error.phase, error.code ?? error.name]),
      [
        ["read", "SizeChanged"],
        ["read", "SizeChanged"],
        ["read", "EIO"],
        ["read", "SizeChanged"],
        ["write", "ENOSPC"],
        undefined,
        undefined,
      ],
    );
    for (const result of results) if (result.error) assert.equal(result.digest, null);
    assert.deepEqual(names(place.target), ["5", "6"]);
    assert.equal(io.open, 0, "every file is closed");
    if (algorithm !== "none") {
      const bytes = bytesOf(3 * CHUNK, 6);
      assert.equal(results[6]!.digest, createHash(algorithm).update(bytes).digest("hex"));
    }
  });
}

Deno.test("short reads and short writes of the file system are continued", () => {
  using temp = tempFolder();
  const place = folders(temp.path, [CHUNK + 777]);
  const io: TransferIo = {
    ...denoTransferIo,
    openRead(path) {
      const file = denoTransferIo.openRead(path);
      return { ...file, read: (buffer) => file.read(buffer.subarray(0, 1000)) };
    },
    openWriteNew(path, mode) {
      const file = denoTransferIo.openWriteNew(path, mode);
      return { ...file, write: (bytes) => file.write(bytes.subarray(0, 700)) };
    },
  };
  const [result] = [...transferFiles(jobsOf(place, 1), io)];
  const bytes = bytesOf(CHUNK + 777, 0);
  assert.equal(result?.digest, createHash("md5").update(bytes).digest("hex"));
  assert.deepEqual(Deno.readFileSync(`${place.target}/0`), bytes);
});

Deno.test("a write that writes nothing is an error, not a loop", () => {
  using temp = tempFolder();
  const place = folders(temp.path, [10]);
  const [result] = [...transferFiles(jobsOf(place, 1), faulty({ write: () => 0 }))];
  assert.equal(result?.error?.phase, "write");
  assert.deepEqual(names(place.target), []);
});

Deno.test("a file system without modes and times is told, not failed", () => {
  using temp = tempFolder();
  const place = folders(temp.path, [10]);
  const refuse = (): never => {
    throw new OsError("EPERM", "Operation not permitted");
  };
  const [result] = [...transferFiles(jobsOf(place, 1), faulty({ utime: refuse, chmod: refuse }))];
  assert.equal(result?.error, undefined);
  assert.equal(result?.modeSet, false);
  assert.equal(result?.timesSet, false);
  assert.deepEqual(names(place.target), ["0"]);
});

Deno.test("an error that only close reports is a write error", () => {
  using temp = tempFolder();
  const place = folders(temp.path, [10]);
  const io = faulty({
    close() {
      throw new OsError("EDQUOT", "Disk quota exceeded");
    },
  });
  const [result] = [...transferFiles(jobsOf(place, 1), io)];
  assert.deepEqual([result?.error?.phase, result?.error?.code], ["write", "EDQUOT"]);
  assert.deepEqual(names(place.target), []);
});

Deno.test("an unfinished target that can't be removed is named", () => {
  using temp = tempFolder();
  const place = folders(temp.path, [10]);
  const io: TransferIo = {
    ...faulty({
      write() {
        throw new OsError("EIO", "Input/output error");
      },
    }),
    remove() {
      throw new OsError("EIO", "Input/output error");
    },
  };
  const [result] = [...transferFiles(jobsOf(place, 1), io)];
  assert.ok(result?.error?.message.includes(`${place.target}/0`));
});

Deno.test("a stop ends files under way and leaves no part of them", () => {
  using temp = tempFolder();
  const lengths = [100, 4 * CHUNK, 4 * CHUNK];
  const place = folders(temp.path, lengths);
  const stop = new SharedArrayBuffer(4);
  const io = faulty({
    read(path, at) {
      if (path.endsWith("/2") && at === CHUNK) Atomics.store(new Int32Array(stop), 0, 15);
      return undefined;
    },
  });
  const results = sorted(transferFiles(jobsOf(place, 3), io, { stop }));
  assert.equal(results.length, 3);
  assert.equal(results[1]!.error?.phase, "stop");
  assert.equal(results[2]!.error?.phase, "stop");
  assert.deepEqual(names(place.target), results[0]!.error ? [] : ["0"]);
  assert.equal(io.open, 0);
});

Deno.test("leaving the loop early closes and removes what is under way", () => {
  using temp = tempFolder();
  const lengths = Array(20).fill(2 * CHUNK).with(0, 1);
  const place = folders(temp.path, lengths);
  const io = faulty({});
  let ended = false;
  function* jobs(): Generator<TransferJob> {
    try {
      yield* jobsOf(place, 20);
    } finally {
      ended = true;
    }
  }
  for (const result of transferFiles(jobs(), io)) {
    assert.equal(result.id, 0);
    break;
  }
  assert.equal(io.open, 0);
  assert.ok(ended);
  assert.deepEqual(names(place.target), ["0"]);
});

Deno.test("inline pool: jobs from a slow asynchronous source, and syncs that fail", async () => {
  using temp = tempFolder();
  const place = folders(temp.path, LENGTHS);
  const synced: string[] = [];
  const io: TransferIo = {
    ...denoTransferIo,
    async sync(path) {
      if (path.endsWith("/3")) throw new OsError("EIO", "Input/output error");
      synced.push(path);
      await denoTransferIo.sync(path);
    },
  };
  const pool = inlineTransferPool(io);
  async function* slow(): AsyncGenerator<TransferJob> {
    for (const job of jobsOf(place, LENGTHS.length)) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      yield job;
    }
  }
  const results = sorted(await Array.fromAsync(pool.run(slow())));
  assert.deepEqual(
    results.map(({ digest }) => digest),
    LENGTHS.map((length, i) => createHash("md5").update(bytesOf(length, i)).digest("hex")),
  );
  const paths = LENGTHS.map((_, i) => `${place.target}/${i}`);
  const failures = await Array.fromAsync(pool.sync(paths));
  assert.deepEqual(failures, [{
    path: `${place.target}/3`,
    name: "Error",
    message: "Input/output error",
    code: "EIO",
  }]);
  assert.deepEqual(synced.sort(), paths.filter((path) => !path.endsWith("/3")).sort());
  pool.close();
});

for (const algorithm of ["md5", "sha256", "none"] as const) {
  for (const copied of [false, true]) {
    const how = copied ? "copied inside the operating system" : "passed byte by byte";
    Deno.test(`${algorithm}, ${how}: a target is complete when it is synced, and its result comes after that`, async () => {
      using temp = tempFolder();
      const lengths = [...LENGTHS, ...LENGTHS, ...LENGTHS, ...LENGTHS];
      const place = folders(temp.path, lengths);
      const synced: string[] = [];
      const io = faulty({
        sync(path) {
          const id = Number(path.slice(place.target.length + 1));
          assert.deepEqual(Deno.readFileSync(path), bytesOf(lengths[id]!, id));
          const info = Deno.statSync(path);
          assert.equal(info.mtime?.getTime(), MTIME + id);
          assert.equal(info.mode! & 0o7777, 0o640);
          if (id === 3) throw new OsError("EIO", "Input/output error");
          synced.push(path);
        },
      });
      const plain = jobsOf(place, lengths.length, algorithm);
      const jobs = (copied ? copies(plain, lengths) : plain).map((job): TransferJob => ({
        ...job,
        target: { ...job.target!, sync: true },
      }));
      const results: TransferResult[] = [];
      for await (const result of inlineTransferPool(io).run(jobs)) {
        results.push(result);
        if (result.id !== 3) assert.ok(synced.includes(`${place.target}/${result.id}`));
      }
      const failed = results.find(({ id }) => id === 3);
      assert.deepEqual([failed?.error?.phase, failed?.error?.code], ["write", "EIO"]);
      assert.equal(failed?.digest, null);
      const others = sorted(results).filter(({ id }) => id !== 3);
      assert.equal(others.length, lengths.length - 1);
      assert.ok(others.every(({ error }) => error === undefined));
      assert.equal(new Set(synced).size, synced.length);
      assert.equal(io.open, 0);
      // Nothing is left of the one that did not get there.
      assert.deepEqual(names(place.target), others.map(({ id }) => String(id)).sort());
    });
  }
}

Deno.test("targets that are synced while the caller looks at others are not lost", async () => {
  using temp = tempFolder();
  const lengths = Array.from({ length: 12 }, (_, i) => i);
  for (const algorithm of ["sha256", "none"] as const) {
    Deno.mkdirSync(`${temp.path}/${algorithm}`);
    const place = folders(`${temp.path}/${algorithm}`, lengths);
    const jobs = jobsOf(place, lengths.length, algorithm).map((job): TransferJob => ({
      ...job,
      target: { ...job.target!, sync: true },
    }));
    const seen: number[] = [];
    for await (const { id } of inlineTransferPool().run(jobs)) {
      seen.push(id);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.deepEqual(seen.sort((a, b) => a - b), lengths);
  }
});

Deno.test("a target that nobody wants on the disk is not synced", async () => {
  using temp = tempFolder();
  const place = folders(temp.path, LENGTHS);
  let syncs = 0;
  const io = faulty({ sync: () => void syncs++ });
  const results = await Array.fromAsync(inlineTransferPool(io).run(jobsOf(place, LENGTHS.length)));
  assert.equal(results.length, LENGTHS.length);
  assert.deepEqual([syncs, io.open], [0, 0]);
});

Deno.test("syncs that end while the caller looks at others are not lost", async () => {
  const io: TransferIo = {
    ...denoTransferIo,
    sync: (path) => Promise.reject(new OsError("EIO", path)),
  };
  const paths = Array.from({ length: 50 }, (_, i) => `/${i}`);
  const seen: string[] = [];
  for await (const { path } of inlineTransferPool(io).sync(paths)) {
    seen.push(path);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  assert.deepEqual(seen.sort(), paths.toSorted());
});

Deno.test("inline pool: nothing to do, and a source that throws", async () => {
  const pool = inlineTransferPool();
  assert.deepEqual(await Array.fromAsync(pool.run([])), []);
  assert.deepEqual(await Array.fromAsync(pool.sync([])), []);
  // deno-lint-ignore require-yield
  function* broken(): Generator<TransferJob> {
    throw new RangeError("no more rows");
  }
  await assert.rejects(() => Array.fromAsync(pool.run(broken())), RangeError);
});
