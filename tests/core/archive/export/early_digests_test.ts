// Checksums of the target that are asked for ahead: what is known of a file, what is not, and that comparing asks
// nobody a second time.

import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import { type Compared, compareFiles } from "../../../../core/archive/export/compare_files.ts";
import {
  type EarlyDigests,
  openEarlyDigests,
} from "../../../../core/archive/export/early_digests.ts";
import type { WantedFile } from "../../../../core/archive/export/planned_file.ts";
import { openFiles } from "../../../../core/library/deno_files.ts";
import { inlineTransferPool, type TransferPool } from "../../../../wasm/checksum/transfer_pool.ts";
import { tempFolder } from "../../../_fixtures.ts";

const md5 = (text: string) => createHash("md5").update(text).digest("hex");

/** A library and a target of files, every third of which differs although size and time are the same. */
function makePlace(folder: string, count: number) {
  const [library, target] = [`${folder}/library`, `${folder}/target`];
  Deno.mkdirSync(library);
  Deno.mkdirSync(target);
  const wanted = Array.from({ length: count }, (_, id): WantedFile => {
    const [source, name, text] = [`${library}/${id}`, `${id}.pdf`, `text ${id}`];
    Deno.writeTextFileSync(source, text);
    Deno.writeTextFileSync(`${target}/${name}`, id % 3 === 0 ? text.toUpperCase() : text);
    for (const path of [source, `${target}/${name}`]) Deno.utimeSync(path, 5, 5);
    return { role: "original", id, source, name, checksum: md5(text) };
  });
  return { library, target, wanted };
}

function open(transfers: TransferPool = inlineTransferPool()): EarlyDigests {
  return openEarlyDigests({ transfers, algorithm: "md5", stop: new SharedArrayBuffer(4) });
}

Deno.test("comparing takes what was asked for ahead, and asks nobody again", async () => {
  using temp = tempFolder();
  const { library, target, wanted } = makePlace(temp.path, 30);
  const early = open();
  for (const { name, checksum } of wanted) early.ask(`${target}/${name}`, checksum);
  early.end();
  const compared: Compared[] = [];
  await compareFiles(openFiles({ read: [library, target], write: [] }), wanted, {
    target,
    compareChecksums: true,
    timeGrain: 1,
    algorithm: "md5",
    transfers: {
      ...inlineTransferPool(),
      // deno-lint-ignore require-yield -- whoever pulls has asked
      async *read(batches) {
        for await (const { sources } of batches) throw new Error(`asked again: ${sources}`);
      },
    },
    stop: new SharedArrayBuffer(4),
    early,
  }, (result) => compared.push(result));
  deepStrictEqual(
    compared.map((each) => "planned" in each ? each.planned.reason : each.problem),
    wanted.map((_, id) => id % 3 === 0 ? "checksum differs" : "checksum equal"),
  );
  await early.cancel();
});

Deno.test("of what is not there, or no file, or has no checksum, nothing is known", async () => {
  using temp = tempFolder();
  const { target, wanted } = makePlace(temp.path, 2);
  Deno.symlinkSync(`${target}/1.pdf`, `${target}/link`);
  new Deno.Command("mkfifo", { args: [`${target}/pipe`] }).outputSync();
  const early = open();
  const known = wanted[1]!.checksum;
  for (const name of ["nowhere", "link", "pipe"]) early.ask(`${target}/${name}`, known);
  early.ask(`${target}/1.pdf`, null);
  early.ask(`${target}/1.pdf`, known);
  early.end();
  const answers: unknown[] = [];
  for (let n = 0; n < 6; n++) answers.push(await early.isEqual(n));
  deepStrictEqual(answers, [undefined, undefined, undefined, undefined, true, undefined]);
  await early.cancel();
});

Deno.test("memory does not grow with what waits: what comes on top is not asked for", async () => {
  const hangs: PromiseWithResolvers<void> = Promise.withResolvers();
  const early = open({
    ...inlineTransferPool(),
    // deno-lint-ignore require-yield -- it never answers
    async *read() {
      await hangs.promise;
    },
  });
  for (let n = 0; n < 20_000; n++) early.ask(`/nowhere/${n}`, md5(""));
  strictEqual(early.isEqual(19_999), undefined);
  hangs.resolve();
  // The first ones were asked for, and nobody has answered.
  strictEqual(await early.isEqual(0), undefined);
  await early.cancel();
});

Deno.test("what checksumming throws is told to whoever asks, and to nobody else", async () => {
  const early = open({
    ...inlineTransferPool(),
    // deno-lint-ignore require-yield -- it never answers
    async *read() {
      await Promise.reject(new Error("a Worker died"));
    },
  });
  early.ask("/nowhere", md5(""));
  await rejects(async () => await early.isEqual(0), /a Worker died/);
  await early.cancel();
});
