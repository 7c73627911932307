// The kernel's arithmetic: published vectors, every length around the block borders, any way of cutting a
// stream, and lanes that hold streams of different lengths.

import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { ALGORITHMS, DIGEST_SIZES, hex, LANES, openKernel } from "../../wasm/checksum/_kernel.ts";
import {
  type ChecksumAlgorithm,
  createChecksum,
  nativeChecksum,
  wasmChecksum,
} from "../../wasm/checksum/mod.ts";

const IMPLEMENTATIONS = { createChecksum, nativeChecksum, wasmChecksum } as const;
const KINDS: readonly ChecksumAlgorithm[] = ["md5", "sha256"];

const DIGITS = "12345678901234567890123456789012345678901234567890123456789012345678901234567890";

/** RFC 1321 A.5; FIPS 180-4 (the examples of its predecessor's appendix B and of the NIST's page). */
const VECTORS: Readonly<Record<ChecksumAlgorithm, readonly (readonly [string, string])[]>> = {
  md5: [
    ["", "d41d8cd98f00b204e9800998ecf8427e"],
    ["a", "0cc175b9c0f1b6a831c399e269772661"],
    ["abc", "900150983cd24fb0d6963f7d28e17f72"],
    ["message digest", "f96b697d7cb7938d525a2f31aaf161d0"],
    ["abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"],
    [
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
      "d174ab98d277d9f5a5611c2c9f419d9f",
    ],
    [DIGITS, "57edf4a22be3c955ac49da2e2107b67a"],
  ],
  sha256: [
    ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    [
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    ],
    ["a".repeat(1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"],
  ],
};

function reference(algorithm: ChecksumAlgorithm, bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest("hex");
}

/** Bytes that differ everywhere, the same in each run. */
function sample(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed * 2654435761 >>> 0;
  for (let i = 0; i < length; i++) {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

for (const [name, create] of Object.entries(IMPLEMENTATIONS)) {
  Deno.test(`${name}: published vectors`, () => {
    for (const algorithm of KINDS) {
      for (const [text, digest] of VECTORS[algorithm]) {
        const checksum = create(algorithm);
        checksum.update(new TextEncoder().encode(text));
        assert.equal(checksum.digestHex(), digest);
      }
    }
  });

  Deno.test(`${name}: lengths 0 to 300, whole and cut into pieces`, () => {
    for (const algorithm of KINDS) {
      for (let length = 0; length <= 300; length++) {
        const bytes = sample(length, length);
        const expected = reference(algorithm, bytes);
        for (const piece of [Infinity, 1, 7, 63, 64, 65]) {
          const checksum = create(algorithm);
          for (let at = 0; at < length; at += piece) {
            checksum.update(bytes.subarray(at, Math.min(length, at + piece)));
          }
          assert.equal(checksum.digestHex(), expected, `${algorithm} ${length} by ${piece}`);
        }
      }
    }
  });

  Deno.test(`${name}: a stream longer than the kernel's buffer, at an odd offset`, () => {
    for (const algorithm of KINDS) {
      const bytes = sample(3 * 128 * 1024 + 77);
      const checksum = create(algorithm);
      checksum.update(bytes.subarray(0, 13));
      checksum.update(bytes.subarray(13, 300_000));
      checksum.update(bytes.subarray(300_000));
      assert.equal(checksum.digestHex(), reference(algorithm, bytes));
    }
  });

  Deno.test(`${name}: streams of one thread take turns`, () => {
    for (const algorithm of KINDS) {
      const parts = [sample(100, 1), sample(200_000, 2), sample(31, 3)];
      const [first, second] = [create(algorithm), create("md5")];
      for (const part of parts) {
        first.update(part);
        second.update(part);
        second.update(part);
      }
      const twice = createHash("md5");
      const once = createHash(algorithm);
      for (const part of parts) {
        once.update(part);
        twice.update(part).update(part);
      }
      assert.equal(first.digestHex(), once.digest("hex"));
      assert.equal(second.digestHex(), twice.digest("hex"));
    }
  });

  Deno.test(`${name}: an ended checksum refuses to go on`, () => {
    const checksum = create("md5");
    checksum.digestHex();
    assert.throws(() => checksum.update(new Uint8Array(1)), TypeError);
    assert.throws(() => checksum.digestHex(), TypeError);
  });
}

const kernel = openKernel();

/** Puts each of the streams through its own lane, as many chunks as it takes. */
function throughLanes(streams: readonly (readonly [ChecksumAlgorithm, Uint8Array])[]): string[] {
  const chunk = kernel.chunk();
  const memory = new Uint8Array(kernel.memory.buffer);
  const digests: string[] = [];
  const read = streams.map(() => 0);
  const whole = streams.map(() => false);
  streams.forEach(([algorithm], lane) => kernel.lane_begin(lane, ALGORITHMS[algorithm]));
  while (digests.filter(Boolean).length < streams.length) {
    streams.forEach(([algorithm, bytes], lane) => {
      if (digests[lane] || kernel.lane_left(lane) > 0) return;
      if (whole[lane]) {
        kernel.lane_digest(lane);
        digests[lane] = hex(
          memory.slice(kernel.digest(), kernel.digest() + DIGEST_SIZES[algorithm]),
        );
        kernel.lane_begin(lane, ALGORITHMS.none);
        return;
      }
      const part = bytes.subarray(read[lane], read[lane]! + chunk);
      memory.set(part, kernel.buffer(lane));
      read[lane]! += part.length;
      if (part.length === chunk) return kernel.lane_fill(lane, chunk);
      kernel.lane_finish(lane, part.length, bytes.length, 0);
      whole[lane] = true;
    });
    kernel.lanes_run();
  }
  return digests;
}

Deno.test("lanes: every number of lanes with streams of different lengths", () => {
  for (const algorithm of KINDS) {
    for (let lanes = 1; lanes <= LANES; lanes++) {
      for (let length = 0; length <= 300; length += 3) {
        const streams = Array.from(
          { length: lanes },
          (_, lane) => [algorithm, sample((length + lane * 37) % 301, lane + 1)] as const,
        );
        assert.deepEqual(
          throughLanes(streams),
          streams.map(([, bytes]) => reference(algorithm, bytes)),
          `${algorithm}, ${lanes} lanes, ${length}`,
        );
      }
    }
  }
});

Deno.test("lanes: many chunks beside few, both algorithms at once", () => {
  const chunk = kernel.chunk();
  const lengths = [0, 1, chunk - 1, chunk, chunk + 1, 3 * chunk, 5 * chunk + 17, 64];
  const streams = lengths.map((length, lane) =>
    [KINDS[lane % 2]!, sample(length, lane + 1)] as const
  );
  assert.deepEqual(
    throughLanes(streams),
    streams.map(([algorithm, bytes]) => reference(algorithm, bytes)),
  );
});

Deno.test("lanes: padding counts bits beyond 32", () => {
  // 2^29 bytes are 2^32 bits: the count reaches the upper word. Zeros need no filling.
  const size = 2 ** 29 + 64;
  const kernel = openKernel();
  const chunk = kernel.chunk();
  kernel.lane_begin(0, ALGORITHMS.md5);
  for (let at = 0; at + chunk <= size; at += chunk) {
    kernel.lane_fill(0, chunk);
    kernel.lanes_run();
  }
  kernel.lane_finish(0, size % chunk, size, 0);
  kernel.lanes_run();
  kernel.lane_digest(0);
  const digest = hex(new Uint8Array(kernel.memory.buffer, kernel.digest(), 16));
  // head -c 536870976 /dev/zero | md5sum
  assert.equal(digest, "86d6d3e2fba02caee5d80c9d0246acf5");
});

Deno.test("the kernel's memory is under 8 MB and cannot grow by its work", () => {
  const kernel = openKernel();
  const before = kernel.memory.buffer.byteLength;
  assert.ok(before < 8 * 2 ** 20, `${before} bytes`);
  const checksum = wasmChecksum("sha256");
  checksum.update(sample(5_000_000));
  checksum.digestHex();
  kernel.lane_begin(0, ALGORITHMS.md5);
  kernel.lane_fill(0, kernel.chunk());
  kernel.lanes_run();
  assert.equal(kernel.memory.buffer.byteLength, before);
});

function kernelModule(): WebAssembly.Module {
  return new WebAssembly.Module(
    Deno.readFileSync(new URL("../../wasm/checksum/checksum.wasm", import.meta.url)),
  );
}

Deno.test("the module imports nothing: it can reach no file and no clock", () => {
  assert.deepEqual(WebAssembly.Module.imports(kernelModule()), []);
});
