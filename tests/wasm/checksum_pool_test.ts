// The pool of Workers: one result for each job, bounded look-ahead, failures that surface; and transfers
// through it, in Workers that can touch nothing but the folders they were given.

import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { openTransferPool, type TransferJob, type TransferPool } from "../../wasm/checksum/mod.ts";
import { createPool, createQueue, type Pool, PoolError } from "../../wasm/pool.ts";
import { tempFolder } from "../_fixtures.ts";
import type { EchoJob } from "./checksum_echo_worker.ts";

type EchoPool = Pool<EchoJob, unknown> & Disposable;

function echoPool(options: { readonly init?: unknown; readonly batch?: number } = {}): EchoPool {
  const pool = createPool<EchoJob, unknown>({
    entry: new URL("./checksum_echo_worker.ts", import.meta.url),
    size: 2,
    permissions: "none",
    ...options,
  });
  return { ...pool, [Symbol.dispose]: pool.close };
}

function transferPool(options: Parameters<typeof openTransferPool>[0]): TransferPool & Disposable {
  const pool = openTransferPool(options);
  return { ...pool, [Symbol.dispose]: pool.close };
}

function* numbers(count: number): Generator<EchoJob> {
  for (let echo = 0; echo < count; echo++) yield { echo };
}

const ascending = (a: unknown, b: unknown): number => Number(a) - Number(b);

Deno.test("a queue gives in order what it got, however much at once, and ends when it is told and empty", async () => {
  const queue = createQueue<number>();
  const many = 300_000;
  queue.push(Array.from({ length: many }, (_, i) => i));
  for (let i = 0; i < many; i++) assert.equal(queue.take(), i);
  assert.deepEqual([queue.take(), queue.length, queue.ended], [undefined, 0, false]);
  const waited = queue.wait();
  queue.push([7, 8]);
  await waited;
  assert.deepEqual([queue.take(), queue.length], [7, 1]);
  queue.end();
  assert.equal(queue.ended, false);
  assert.deepEqual([queue.take(), queue.ended], [8, true]);
  const dropped = createQueue<number>();
  dropped.push([1, 2]);
  dropped.end(true);
  await dropped.wait();
  assert.deepEqual([dropped.take(), dropped.length, dropped.ended], [undefined, 0, true]);
});

Deno.test("whoever leaves early can clean up: nothing is written afterwards", async () => {
  using temp = tempFolder();
  const [source, target] = [`${temp.path}/source`, `${temp.path}/target`];
  Deno.mkdirSync(target);
  Deno.writeFileSync(source, new Uint8Array(3_000_000));
  function* jobs(): Generator<TransferJob> {
    for (let id = 1; id <= 400; id++) {
      const place = { path: `${target}/${id}`, mode: null, mtime: null, size: 3_000_000 };
      yield { id, source, algorithm: "sha256", target: place };
    }
  }
  using pool = transferPool({ read: [source], write: [target] });
  for await (const { error } of pool.run(jobs())) {
    assert.equal(error, undefined);
    break;
  }
  const names = () => [...Deno.readDirSync(target)].map(({ name }) => name).sort();
  const left = names();
  assert.ok(left.length < 400);
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.deepEqual(names(), left);
  // The pool goes on being of use.
  const again = { path: `${target}/again`, mode: null, mtime: null };
  const results = await Array.fromAsync(
    pool.run([{ id: 1, source, algorithm: "none", target: again }]),
  );
  assert.deepEqual(results.map(({ bytes }) => bytes), [3_000_000]);
});

Deno.test("one result for each job, from both kinds of sources", async () => {
  using pool = echoPool();
  const expected = Array.from({ length: 1000 }, (_, i) => i);
  assert.deepEqual((await Array.fromAsync(pool.run(numbers(1000)))).sort(ascending), expected);
  async function* slow(): AsyncGenerator<EchoJob> {
    for (const job of numbers(1000)) {
      await Promise.resolve();
      yield job;
    }
  }
  assert.deepEqual((await Array.fromAsync(pool.run(slow()))).sort(ascending), expected);
  assert.deepEqual(await Array.fromAsync(pool.run([])), []);
});

Deno.test("runs overlap without mixing their results", async () => {
  using pool = echoPool();
  const [first, second] = await Promise.all([
    Array.fromAsync(pool.run(numbers(500))),
    Array.fromAsync(pool.run(Array.from({ length: 300 }, (_, i) => ({ echo: 10_000 + i })))),
  ]);
  assert.deepEqual(first.sort(ascending), Array.from({ length: 500 }, (_, i) => i));
  assert.deepEqual(second.sort(ascending), Array.from({ length: 300 }, (_, i) => 10_000 + i));
});

Deno.test("a source that waits for results is not waited for", async () => {
  using pool = echoPool();
  let release = Promise.withResolvers<void>();
  async function* oneByOne(): AsyncGenerator<EchoJob> {
    for (const job of numbers(5)) {
      yield job;
      await release.promise;
      release = Promise.withResolvers<void>();
    }
  }
  const seen: unknown[] = [];
  for await (const result of pool.run(oneByOne())) {
    seen.push(result);
    release.resolve();
  }
  assert.deepEqual(seen, [0, 1, 2, 3, 4]);
});

Deno.test("jobs are pulled only as results are taken", async () => {
  using pool = echoPool({ batch: 4 });
  let pulled = 0;
  function* endless(): Generator<EchoJob> {
    for (;;) yield { echo: pulled++ };
  }
  let taken = 0;
  let most = 0;
  for await (const _ of pool.run(endless())) {
    taken++;
    // Long enough for all messages to go back and forth.
    if (taken % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    most = Math.max(most, pulled - taken);
    if (taken === 200) break;
  }
  // Two Workers with 12 jobs each, as many results that wait, and those that the consumer was handed.
  assert.ok(most <= 72, `${most} ahead`);
  const before = pulled;
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(pulled, before, "a run that was left pulls no more");
});

Deno.test("leaving a run early ends its source, and the pool stays usable", async () => {
  using pool = echoPool();
  let ended = false;
  function* jobs(): Generator<EchoJob> {
    try {
      yield* numbers(100_000);
    } finally {
      ended = true;
    }
  }
  for await (const _ of pool.run(jobs())) break;
  assert.ok(ended);
  assert.deepEqual(await Array.fromAsync(pool.run([{ echo: 7 }])), [7]);
});

Deno.test("what a source throws comes out of the run", async () => {
  using pool = echoPool();
  function* jobs(): Generator<EchoJob> {
    yield { echo: 1 };
    throw new RangeError("no more rows");
  }
  await assert.rejects(() => Array.fromAsync(pool.run(jobs())), RangeError);
});

Deno.test("init reaches every Worker before its first job", async () => {
  using pool = echoPool({ init: { table: [1, 2, 3] }, batch: 1 });
  const jobs = Array.from({ length: 20 }, (): EchoJob => ({ init: true }));
  for await (const init of pool.run(jobs)) assert.deepEqual(init, { table: [1, 2, 3] });
});

Deno.test("a Worker with permission none reads nothing", async () => {
  using pool = echoPool();
  assert.deepEqual(await Array.fromAsync(pool.run([{ read: "/etc/hostname" }])), ["NotCapable"]);
});

Deno.test("a kernel that throws and a Worker that dies fail the run", async () => {
  for (const job of [{ fail: "out of range" }, { die: true }] satisfies EchoJob[]) {
    using pool = echoPool();
    const run = (): Promise<unknown> => Array.fromAsync(pool.run([{ echo: 1 }, job, { echo: 2 }]));
    await assert.rejects(
      run,
      (error) => error instanceof PoolError && /out of range|died on demand/.test(error.message),
    );
    await assert.rejects(() => Array.fromAsync(pool.run([{ echo: 1 }])), PoolError);
  }
});

Deno.test("closing the pool fails what is under way", async () => {
  const pool = echoPool();
  await assert.rejects(async () => {
    for await (const _ of pool.run(numbers(100_000))) pool.close();
  }, PoolError);
});

function makeFiles(
  folder: string,
  sizes: readonly number[],
): { path: string; bytes: Uint8Array }[] {
  Deno.mkdirSync(folder);
  return sizes.map((size, i) => {
    const path = `${folder}/${i}`;
    const bytes = Uint8Array.from({ length: size }, (_, at) => (at * 7 + (at >> 8) + i) & 255);
    Deno.writeFileSync(path, bytes);
    return { path, bytes };
  });
}

Deno.test("transfers by Workers: bytes, digests and durability of many files", async () => {
  using temp = tempFolder();
  const sizes = Array.from(
    { length: 150 },
    (_, i) => (i * 7919) % 5000 + (i % 50 === 0 ? 400_000 : 0),
  );
  const files = makeFiles(`${temp.path}/in`, sizes);
  Deno.mkdirSync(`${temp.path}/out`);
  using pool = transferPool({ read: [`${temp.path}/in`], write: [`${temp.path}/out`] });
  for (const algorithm of ["md5", "sha256"] as const) {
    const target = (id: number): string => `${temp.path}/out/${algorithm}.${id}`;
    const jobs = files.map(({ path }, id): TransferJob => ({
      id,
      source: path,
      algorithm,
      target: { path: target(id), mode: 0o600, mtime: 1e12 + id },
    }));
    const results = await Array.fromAsync(pool.run(jobs));
    assert.deepEqual(results.map(({ id }) => id).sort(ascending), files.map((_, id) => id));
    for (const { id, digest, error, bytes, modeSet, timesSet } of results) {
      assert.equal(error, undefined);
      assert.ok(modeSet && timesSet);
      assert.equal(bytes, sizes[id]);
      assert.equal(digest, createHash(algorithm).update(files[id]!.bytes).digest("hex"));
      assert.deepEqual(Deno.readFileSync(target(id)), files[id]!.bytes);
    }
    assert.deepEqual(await Array.fromAsync(pool.sync(files.map((_, id) => target(id)))), []);
  }
  const missing = await Array.fromAsync(pool.sync([`${temp.path}/out/none`]));
  assert.deepEqual(missing.map(({ path, code }) => [path, code]), [[
    `${temp.path}/out/none`,
    "ENOENT",
  ]]);
});

Deno.test("a fresh Worker's first SHA-256 comes while its lanes hold MD5", async () => {
  using temp = tempFolder();
  const files = makeFiles(`${temp.path}/in`, [300_000, 200_000, 100, 50]);
  const kinds = ["md5", "md5", "md5", "sha256"] as const;
  using pool = transferPool({ read: [`${temp.path}/in`], write: [], size: 1 });
  const jobs = files.map(({ path }, id): TransferJob => ({
    id,
    source: path,
    algorithm: kinds[id]!,
  }));
  for await (const { id, digest } of pool.run(jobs)) {
    const { bytes } = files[id]!;
    assert.equal(digest, createHash(kinds[id]!).update(bytes).digest("hex"), `file ${id}`);
  }
});

Deno.test("transfer Workers touch nothing outside their folders, links included", async () => {
  using temp = tempFolder();
  const [inside] = makeFiles(`${temp.path}/in`, [10]);
  const [secret] = makeFiles(`${temp.path}/secret`, [10]);
  Deno.mkdirSync(`${temp.path}/out`);
  Deno.symlinkSync(secret!.path, `${temp.path}/in/link`);
  using pool = transferPool({ read: [`${temp.path}/in`], write: [`${temp.path}/out`] });
  const to = (path: string): Pick<TransferJob, "target"> => ({
    target: { path, mode: null, mtime: null },
  });
  const jobs: TransferJob[] = [
    { id: 0, source: secret!.path, algorithm: "md5" },
    { id: 1, source: "/etc/passwd", algorithm: "sha256", ...to(`${temp.path}/out/1`) },
    { id: 2, source: `${temp.path}/in/link`, algorithm: "none", ...to(`${temp.path}/out/2`) },
    { id: 3, source: inside!.path, algorithm: "md5", ...to(`${temp.path}/secret/3`) },
    { id: 4, source: inside!.path, algorithm: "md5", ...to(`${temp.path}/in/4`) },
    { id: 5, source: inside!.path, algorithm: "md5", ...to(`${temp.path}/out/5`) },
  ];
  const results = (await Array.fromAsync(pool.run(jobs))).sort((a, b) => a.id - b.id);
  assert.deepEqual(results.map(({ error }) => error?.phase), [
    "read",
    "read",
    "read",
    "write",
    "write",
    undefined,
  ]);
  assert.deepEqual([...Deno.readDirSync(`${temp.path}/out`)].map(({ name }) => name), ["5"]);
  assert.deepEqual([...Deno.readDirSync(`${temp.path}/secret`)].map(({ name }) => name), ["0"]);
  const failures = await Array.fromAsync(pool.sync([secret!.path]));
  assert.equal(failures[0]?.name, "NotCapable");
});

Deno.test("a stop that was asked for ends the run: nothing more is pulled, nothing partial stays", async () => {
  using temp = tempFolder();
  const files = makeFiles(`${temp.path}/in`, Array(60).fill(300_000));
  Deno.mkdirSync(`${temp.path}/out`);
  using pool = transferPool({ read: [`${temp.path}/in`], write: [`${temp.path}/out`] });
  const stop = new SharedArrayBuffer(4);
  let pulled = 0;
  function* jobs(): Generator<TransferJob> {
    for (;;) {
      const id = pulled++;
      const target = { path: `${temp.path}/out/${id}`, mode: null, mtime: null };
      yield { id, source: files[id % files.length]!.path, algorithm: "md5", target };
    }
  }
  let finished = 0;
  let results = 0;
  for await (const { error } of pool.run(jobs(), { stop })) {
    results++;
    if (error) assert.equal(error.phase, "stop");
    else finished++;
    Atomics.store(new Int32Array(stop), 0, 2);
  }
  assert.equal(results, pulled, "every job that was pulled has a result");
  const left = [...Deno.readDirSync(`${temp.path}/out`)];
  assert.equal(left.length, finished);
  for (const { name } of left) {
    assert.equal(Deno.statSync(`${temp.path}/out/${name}`).size, 300_000);
  }
});
