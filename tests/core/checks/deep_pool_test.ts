// Looking into files in Workers without permissions: verdicts keep their places, callers take turns, and a file
// that hangs its reader costs itself only.

import assert from "node:assert/strict";
import { openDeepPool } from "../../../core/checks/deep/deep_pool.ts";
import { openFiles } from "../../../core/library/deno_files.ts";
import { StopSignal } from "../../../core/sandbox/stop_signal.ts";
import { tempFolder } from "../../_fixtures.ts";
import { concat, pdfPieces, webpPieces } from "../../_tiny_files.ts";

Deno.test("calls that overlap get their own verdicts", async () => {
  using temp = tempFolder();
  const noise = crypto.getRandomValues(new Uint8Array(60_000));
  // Larger than a piece, so that it is read in several.
  const padding = concat(Array.from({ length: 15 }, () => noise));
  Deno.writeFileSync(
    `${temp.path}/good.pdf`,
    concat(pdfPieces({ pages: [["one"], ["two"]], padding })),
  );
  Deno.writeTextFileSync(`${temp.path}/bad.pdf`, "%PDF-1.7\n".repeat(100));
  Deno.writeFileSync(
    `${temp.path}/good.webp`,
    concat(webpPieces({ width: 40, height: 30, colour: [1, 2, 3] })),
  );
  Deno.writeFileSync(`${temp.path}/bad.webp`, noise.subarray(0, 500));
  const file = (name: string) => ({
    kind: name.endsWith("pdf") ? "pdf" as const : "webp" as const,
    path: `${temp.path}/${name}`,
    size: Deno.statSync(`${temp.path}/${name}`).size,
  });
  const names = ["good.pdf", "bad.pdf", "good.webp", "bad.webp"];
  const wanted = Array.from({ length: 60 }, (_, i) => names[(i * 7) % 4]!);
  const pool = openDeepPool(openFiles({ read: [temp.path], write: [] }), {
    size: 2,
    patience: 20_000,
  });
  try {
    const stop = new StopSignal();
    const calls = await Promise.all([
      pool.look(wanted.map(file), stop),
      pool.look(wanted.toReversed().map(file), stop),
      pool.look([], stop),
    ]);
    const damaged = (verdicts: readonly (string | undefined)[]) =>
      verdicts.map((verdict) => verdict !== undefined);
    const isBad = wanted.map((name) => name.startsWith("bad"));
    assert.deepEqual(damaged(calls[0]), isBad);
    assert.deepEqual(damaged(calls[1]), isBad.toReversed());
    assert.deepEqual(calls[2], []);
    assert.ok(calls[0].every((verdict) => !verdict?.includes("too long")));
  } finally {
    pool.close();
  }
});

Deno.test("a file that hangs its reader costs itself only; one that was slow once is looked at again", async () => {
  using temp = tempFolder();
  const sizes = [10, 666, 20, 667, 30, 668, 40];
  for (const size of sizes) {
    Deno.writeFileSync(`${temp.path}/${size}.pdf`, new Uint8Array(size));
  }
  const times = new SharedArrayBuffer(4);
  let started = 0;
  const pool = openDeepPool(openFiles({ read: [temp.path], write: [] }), {
    size: 2,
    patience: 300,
    start() {
      started++;
      const worker = new Worker(new URL("./_hanging_worker.ts", import.meta.url), {
        type: "module",
        deno: { permissions: "none" },
      });
      worker.postMessage({ times });
      return worker;
    },
  });
  try {
    const verdicts = await pool.look(
      sizes.map((size) => ({ kind: "pdf", path: `${temp.path}/${size}.pdf`, size })),
      new StopSignal(),
    );
    assert.deepEqual(verdicts, [
      undefined,
      "it takes far too long",
      undefined,
      undefined,
      undefined,
      "it makes the reader fail",
      undefined,
    ]);
    assert.equal(new Int32Array(times)[0], 2, "the file that was slow once was looked at twice");
    assert.ok(started >= 4, "a Worker that hung was used again");
  } finally {
    pool.close();
  }
});
