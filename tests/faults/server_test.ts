// Issue 7, faults: the database server is killed, or the network stops, in the middle of an export. The export
// before it stays whole, nothing is left beside it, and one clear line says what happened.

import { strict as assert } from "node:assert";
import { differences, readExport, readTree, treeChanges } from "../_compare_exports.ts";
import { recordedExport, unpackLibrary } from "../_fixtures.ts";
import { openProxy } from "../_proxy.ts";
import { assertCode, runBinary, startBinary, withoutBinaryOrFixtures } from "../_run_binary.ts";
import { SERVER_KINDS, startServer, type TestServer, withoutServer } from "../_servers.ts";
import { inOneOrder } from "../_sorted_export.ts";
import { environment, errorLines, tempTarget } from "../e2e/_export.ts";

/** Bytes of answers after which the rows are under way. */
const UNDER_WAY = 1 << 20;

for (const kind of SERVER_KINDS) {
  const ignore = withoutServer(kind) || withoutBinaryOrFixtures();

  const faults: Readonly<
    Record<string, {
      readonly strike: (server: TestServer, proxy: ReturnType<typeof openProxy>) => unknown;
      readonly says: RegExp;
      readonly timeout: string;
    }>
  > = {
    "the server is killed": {
      strike: (server) => server.kill(),
      says: /the connection to the server broke|the server is stopping/,
      timeout: "10",
    },
    "the network is cut": {
      strike: (_, proxy) => proxy.cut(),
      says: /the connection to the server broke/,
      timeout: "10",
    },
    "the network hangs": {
      strike: (_, proxy) => proxy.stall(),
      says: /the server did not answer for 6 s/,
      timeout: "1",
    },
  };

  for (const [name, { strike, says, timeout }] of Object.entries(faults)) {
    Deno.test({
      name: `${kind}: ${name} in the middle of an export: the old one stays whole`,
      ignore,
      // The server that is killed began here.
      sanitizeResources: false,
      sanitizeOps: false,
      async fn() {
        await using server = await startServer(kind);
        await using proxy = openProxy(server.port);
        const database = await server.loadLibrary("v3.0.5");
        using library = unpackLibrary("v3.0.5");
        using target = tempTarget();
        const env = { ...environment(library), ...database.env };
        assertCode(await runBinary(["document_exporter", target.path], { env }), 0);
        const wanted = inOneOrder(recordedExport("v3.0.5", `from-${kind}`));
        assert.deepEqual(differences(inOneOrder(readExport(target.path)), wanted), []);
        const before = readTree(target.folder);

        // Rows enough that the strike comes in the middle of them.
        await database.sql("update documents_document set content = repeat('long ', 200000);");
        const run = startBinary(["document_exporter", target.path, "-d"], {
          env: { ...env, PAPERLESS_DBPORT: `${proxy.port}`, PAPERLESS_DB_TIMEOUT: timeout },
        });
        await Promise.race([proxy.forwarded(UNDER_WAY), run.ended]);
        await strike(server, proxy);
        const result = await run.ended;
        assertCode(result, 1);
        assert.equal(errorLines(result).length, 1, result.stderr);
        assert.match(result.stderr, says);
        assert.match(result.stderr, /hint: /);
        assert.deepEqual(treeChanges(before, readTree(target.folder)), [], "the old export");
        if (name === "the server is killed") {
          // The next run waits for it while it is started again.
          const again = startBinary(["document_exporter", target.path, "-d"], {
            env: { ...env, PAPERLESS_DB_TIMEOUT: "60" },
          });
          assert.ok(await again.says(/takes no connection now: asking again/));
          await server.restart();
          assertCode(await again.ended, 0);
        }
        assert.deepEqual(
          [...Deno.readDirSync(`${library.folder}/scratch`)].map((entry) => entry.name),
          [],
        );
      },
    });
  }
}
