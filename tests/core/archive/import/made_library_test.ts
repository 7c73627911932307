// A library that was made for an import which then ends early: it is taken back, and why the import ended is told
// first, whatever becomes of that.

import { strict as assert } from "node:assert";
import { importLibrary } from "../../../../core/archive/import/import_library.ts";
import { openFiles } from "../../../../core/library/deno_files.ts";
import { errorText } from "../../../../core/report/error_text.ts";
import { StopSignal } from "../../../../core/sandbox/stop_signal.ts";
import { createLibrary } from "../../../../migrations/create_library.ts";
import { serverLibraries } from "../../../../migrations/create_server_library.ts";
import { inlineTransferPool } from "../../../../wasm/checksum/transfer_pool.ts";
import { settingsFor } from "../../../_server_settings.ts";
import { SERVER_KINDS, testServer, withoutServer } from "../../../_servers.ts";
import { silentReport } from "../../../_silent_report.ts";
import { exportTo, homeIn, makeSample, tempBase } from "./_world.ts";

const SIGINT = 2;

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
