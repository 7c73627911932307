// Batches of files that are only read: the same digests as file by file, errors at their places, in this thread
// and in Workers.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { ReadBatch, ReadBatchResult } from "../../wasm/checksum/read_batch.ts";
import type { TransferAlgorithm } from "../../wasm/checksum/transfer.ts";
import {
  inlineTransferPool,
  openTransferPool,
  type TransferPool,
} from "../../wasm/checksum/transfer_pool.ts";
import { denoTransferIo } from "../../wasm/checksum/transfer_io.ts";
import { tempFolder } from "../_fixtures.ts";

const SIZES = [0, 1, 63, 64, 65, 1000, 32_767, 32_768, 32_769, 131_072, 300_000];

const POOLS: readonly (readonly [string, (folder: string) => TransferPool])[] = [
  ["inline", () => inlineTransferPool()],
  ["by Workers", (folder) => openTransferPool({ read: [folder], write: [] })],
];

async function all(results: AsyncIterable<ReadBatchResult>): Promise<ReadBatchResult[]> {
  return (await Array.fromAsync(results)).sort((a, b) => a.id - b.id);
}

for (const [name, open] of POOLS) {
  Deno.test(`${name}: every file of every batch, in its place`, async () => {
    using temp = tempFolder();
    const paths = SIZES.flatMap((size, i) =>
      [0, 1, 2, 3].map((copy) => {
        const path = `${temp.path}/${size}-${copy}`;
        Deno.writeFileSync(path, new Uint8Array(size).fill(i + copy));
        return path;
      })
    );
    Deno.mkdirSync(`${temp.path}/folder`);
    const odd = [`${temp.path}/missing`, `${temp.path}/folder`];
    const algorithms: readonly TransferAlgorithm[] = ["md5", "sha256", "none"];
    const batches = algorithms.flatMap((algorithm, k) =>
      [paths.slice(0, 1), paths, [odd[0]!, ...paths.slice(5, 9), ...odd.slice(1)]]
        .map((sources, i): ReadBatch => ({ id: k * 10 + i, algorithm, sources }))
    );
    const pool = open(temp.path);
    pool.start();
    try {
      const results = await all(pool.read(batches));
      assert.deepEqual(results.map(({ id }) => id), batches.map(({ id }) => id));
      for (const [i, { sources, algorithm }] of batches.entries()) {
        const { digests, sizes, errors } = results[i]!;
        const failed = new Map(errors.map((error) => [error.index, error]));
        assert.equal(digests.length, sources.length);
        for (const [index, source] of sources.entries()) {
          if (odd.includes(source)) {
            assert.equal(digests[index], null);
            assert.equal(failed.get(index)?.phase, "read");
            continue;
          }
          const bytes = Deno.readFileSync(source);
          assert.equal(failed.get(index), undefined);
          assert.equal(sizes[index], bytes.length);
          assert.equal(
            digests[index],
            algorithm === "none" ? null : createHash(algorithm).update(bytes).digest("hex"),
          );
        }
        const codes = errors.map(({ code, name }) => code ?? name).sort();
        if (i % 3 === 2) assert.deepEqual(codes, ["ENOENT", "NotAFile"]);
      }
    } finally {
      pool.close();
    }
  });

  Deno.test(`${name}: a stop fails what is left`, async () => {
    using temp = tempFolder();
    Deno.writeFileSync(`${temp.path}/a`, new Uint8Array(10));
    const stop = new SharedArrayBuffer(4);
    const pool = open(temp.path);
    let given = 0;
    function* batches(): Generator<ReadBatch> {
      for (; given < 1000; given++) {
        if (given === 100) Atomics.store(new Int32Array(stop), 0, 2);
        yield { id: given, algorithm: "md5", sources: [`${temp.path}/a`] };
      }
    }
    try {
      const results = await all(pool.read(batches(), { stop }));
      assert.ok(given < 1000);
      for (const { errors, digests } of results) {
        assert.ok(digests[0] !== null || errors[0]?.phase === "stop");
      }
    } finally {
      pool.close();
    }
  });
}

for (const algorithm of ["md5", "sha256", "none"] as const) {
  Deno.test(`${algorithm}: neither a device without end nor a file that grows is read for ever`, async () => {
    using temp = tempFolder();
    const path = `${temp.path}/grows`;
    Deno.writeFileSync(path, new Uint8Array(3 * 2 ** 20));
    let read = 0;
    const pool = inlineTransferPool({
      ...denoTransferIo,
      openRead(source) {
        const file = denoTransferIo.openRead(source);
        return {
          ...file,
          read(buffer) {
            read += buffer.length;
            if (source === path) Deno.writeFileSync(path, buffer, { append: true });
            return file.read(buffer);
          },
        };
      },
    });
    const sources = ["/dev/zero", path];
    const [result] = await all(pool.read([{ id: 1, algorithm, sources }]));
    const errors = result?.errors.map(({ index, name }) => [index, name]).sort();
    assert.deepEqual(errors, [[0, "NotAFile"], [1, "SizeChanged"]]);
    assert.ok(read < 12 * 2 ** 20, `${read} bytes`);
  });
}

Deno.test("an empty batch is a defect", async () => {
  const pool = inlineTransferPool();
  await assert.rejects(
    () => all(pool.read([{ id: 1, algorithm: "md5", sources: [] }])),
    /a batch of 0 files/,
  );
});
