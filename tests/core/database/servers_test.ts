// The servers that other tests build on: they run, hold the fixtures' libraries, and end without a trace.

import { strict as assert } from "node:assert";
import { withoutFixtures } from "../../_fixtures.ts";
import { SERVER_KINDS, startServer, withoutServer } from "../../_servers.ts";

const DOCUMENTS = { "v2.20.15": 37, "v3.0.5": 42 } as const;

for (const kind of SERVER_KINDS) {
  Deno.test({
    name: `${kind}: a server of its own, gone afterwards`,
    ignore: withoutServer(kind) || withoutFixtures(),
    async fn() {
      const server = await startServer(kind);
      try {
        for (const version of ["v2.20.15", "v3.0.5"] as const) {
          await using database = await server.loadLibrary(version);
          const count = await database.sql(
            "select count(*) from documents_document;",
          );
          assert.equal(Number(count), DOCUMENTS[version], version);
        }
      } finally {
        await server[Symbol.asyncDispose]();
      }
      assert.throws(() => Deno.statSync(server.folder), Deno.errors.NotFound);
      await assert.rejects(
        Deno.connect({ hostname: server.host, port: server.port }),
        Deno.errors.ConnectionRefused,
      );
    },
  });
}
