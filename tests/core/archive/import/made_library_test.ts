// A library that was made for an import which then ends early: it is taken back, and why the import ended is told
// first, whatever becomes of that.

import { strict as assert } from "node:assert";
import { dirname } from "node:path";
import { createEmptyLibrary } from "../../../../core/archive/import/create_empty_library.ts";
import { importLibrary } from "../../../../core/archive/import/import_library.ts";
import { openFiles } from "../../../../core/library/deno_files.ts";
import { lockFile, mediaLockPath } from "../../../../core/library/media_lock.ts";
import { errorText } from "../../../../core/report/error_text.ts";
import { StopSignal } from "../../../../core/sandbox/stop_signal.ts";
import { createLibrary } from "../../../../migrations/create_library.ts";
import { serverLibraries } from "../../../../migrations/create_server_library.ts";
import { inlineTransferPool } from "../../../../wasm/checksum/transfer_pool.ts";
import { settingsFor } from "../../../_server_settings.ts";
import { SERVER_KINDS, testServer, withoutServer } from "../../../_servers.ts";
import { silentReport } from "../../../_silent_report.ts";
import { exportTo, homeIn, importInto, makeEmpty, makeSample, tempBase } from "./_world.ts";

const SIGINT = 2;

Deno.test("sqlite: what somebody else makes while the lock is waited for is left alone", async () => {
  using base = tempBase();
  const { settings } = homeIn(base.path);
  const { mediaRoot, database } = settings;
  if (database.kind !== "sqlite") throw new Error("not on SQLite");
  Deno.mkdirSync(mediaRoot, { recursive: true });
  const stop = new StopSignal();
  const held = await lockFile(mediaLockPath(mediaRoot), { stop });
  const waiting = Promise.withResolvers<void>();
  const report = silentReport();
  const world = {
    settings,
    report: { ...report, info: () => waiting.resolve() },
    stop,
    files: openFiles({ read: [base.path], write: [base.path] }),
    createLibrary,
  };
  const making = createEmptyLibrary(world, { generation: "v3" });
  await waiting.promise;
  Deno.mkdirSync(dirname(database.path), { recursive: true });
  Deno.writeTextFileSync(database.path, "of somebody else");
  held?.release();
  await assert.rejects(making, /there is a database at .* already/);
  assert.equal(Deno.readTextFileSync(database.path), "of somebody else");
});

Deno.test("sqlite: whoever made a library holds its lock until it is given back", async () => {
  using base = tempBase();
  const { settings } = homeIn(base.path);
  Deno.mkdirSync(settings.dataDir, { recursive: true });
  const stop = new StopSignal();
  const files = openFiles({ read: [base.path], write: [base.path] });
  const made = await createEmptyLibrary(
    { settings, report: silentReport(), stop, files, createLibrary },
    { generation: "v3" },
  );
  const waiting = Promise.withResolvers<void>();
  const next = lockFile(mediaLockPath(settings.mediaRoot), { stop, onWaiting: waiting.resolve });
  await waiting.promise;
  made.release();
  (await next)?.release();
});

Deno.test("sqlite: a library that is taken back by its maker while the lock is waited for gets no import", async () => {
  for (const made of [undefined, "v3"] as const) {
    using base = tempBase();
    const from = await makeSample(`${base.path}/from`, { generation: "v3", documents: 2 });
    await exportTo(from, `${base.path}/export`);
    const home = makeEmpty(`${base.path}/to`, "v3");
    const { database, mediaRoot } = home.settings;
    if (database.kind !== "sqlite") throw new Error("not on SQLite");
    const held = await lockFile(mediaLockPath(mediaRoot), { stop: new StopSignal() });
    const waiting = Promise.withResolvers<void>();
    const silent = silentReport();
    const report = {
      ...silent,
      info: (text: string) => text.startsWith("Waiting") ? waiting.resolve() : silent.info(text),
    };
    const importing = importInto(home, { source: `${base.path}/export` }, { report });
    await waiting.promise;
    Deno.removeSync(database.path);
    if (made) createLibrary({ path: database.path, generation: made });
    held?.release();
    await assert.rejects(importing, /was removed or replaced while the lock was waited for/);
  }
});

for (const kind of SERVER_KINDS) {
  const ignore = withoutServer(kind);
  if (!ignore) await testServer(kind);

  Deno.test({
    name: `${kind}: stopped while the library is made, and it can't be taken back: both are told`,
    ignore,
    async fn() {
      const server = await testServer(kind);
      await using database = await server.createDatabase();
      using base = tempBase();
      using scratch = tempBase();
      const from = await makeSample(`${base.path}/from`, { generation: "v3", documents: 3 });
      await exportTo(from, `${base.path}/export`);
      const home = homeIn(`${base.path}/to`);
      Deno.mkdirSync(home.folder);
      const stop = new StopSignal();
      const world = {
        settings: { ...home.settings, database: settingsFor(database) },
        report: silentReport(),
        stop,
        files: openFiles({ read: [base.path], write: [base.path, scratch.path] }),
        scratch: scratch.path,
        commandLine: [],
        openTransfers: () => inlineTransferPool(),
        createLibrary,
        serverLibraries: {
          ...serverLibraries,
          async create(...args: Parameters<typeof serverLibraries.create>) {
            await serverLibraries.create(...args);
            stop.request(SIGINT);
          },
          drop() {
            throw new Error("a lock is held");
          },
        },
        stdin: async function* () {},
        now: () => new Date(),
      };
      await assert.rejects(
        importLibrary(world, { source: `${base.path}/export`, create: true }),
        (error) => {
          const { exit, hints } = errorText(error);
          assert.equal(exit, "interrupted");
          assert.match(hints.join("\n"), /the empty library that was made is still in .*a lock/);
          return true;
        },
      );
    },
  });
}
