// Rows on their way to a server when the transaction fails: none of them arrives after its end, where each
// statement would be committed by itself.

import { strict as assert } from "node:assert";
import { PaperwardError } from "../../../core/errors.ts";
import { openRowWriter, type RowTable } from "../../../core/database/row_writer.ts";
import { connectTo } from "../../_server_settings.ts";
import {
  SERVER_KINDS,
  startServer,
  type TestServer,
  testServer,
  withoutServer,
} from "../../_servers.ts";

const TABLE: RowTable = { name: "paperward_rows", columns: ["id", "text"] };
const TEXT = "x".repeat(2000);
/** Many times as many as one batch takes. */
const ROWS = 8000;

for (const kind of SERVER_KINDS) {
  const ignore = withoutServer(kind);
  if (!ignore) await testServer(kind);

  Deno.test({
    name: `${kind}: rows that wait when the transaction fails are never written`,
    ignore,
    async fn() {
      const server = await testServer(kind);
      await using database = await server.createDatabase();
      await using connection = await connectTo(database);
      await connection.script("CREATE TABLE paperward_rows (id integer PRIMARY KEY, text text)");
      const count = async () =>
        Number((await connection.query("SELECT count(*) FROM paperward_rows")).rows[0]?.[0]);
      let noted = 0;
      const write = (fails: boolean) =>
        connection.kysely.transaction().execute(async (kysely) => {
          await using writer = openRowWriter(kysely, {
            batchSize: 100,
            verb: "import",
            server: connection,
            noteOf: () => undefined,
            onWritten: (_, notes) => {
              noted += notes.length;
              return Promise.resolve();
            },
          });
          for (let id = 1; id <= ROWS; id++) await writer.add(TABLE, [BigInt(id), TEXT]);
          if (fails) throw new Error("no");
          await writer.flush();
        });

      await assert.rejects(write(true), /^Error: no$/);
      assert.ok(noted < ROWS, "none was waiting: the test tests nothing");
      // What was sent before is answered before.
      assert.equal(await count(), 0);
      noted = 0;
      await write(false);
      assert.equal(await count(), ROWS);
      assert.equal(noted, ROWS);
    },
  });

  /** What kills the session that writes. */
  const VICTIMS = {
    "the server": (server: TestServer) => server.kill(),
    // Where each session is a process of its own.
    ...(kind === "postgres"
      ? {
        "the session": (_: TestServer, pid: number) => Promise.resolve(Deno.kill(pid, "SIGKILL")),
      }
      : {}),
  };
  for (const [victim, kill] of Object.entries(VICTIMS)) {
    Deno.test({
      name: `${kind}: ${victim} is killed while rows flow: told in one line, and by nothing else`,
      ignore,
      // The server that is killed began here.
      sanitizeResources: false,
      sanitizeOps: false,
      async fn() {
        await using server = await startServer(kind);
        const database = await server.createDatabase();
        // Through the socket, where errors come later than by TCP; whoever waits for an answer waits for ever.
        await using connection = await connectTo(database, "write", {
          host: server.socket,
          timeoutMs: 0,
        });
        await connection.script("CREATE TABLE paperward_rows (id integer PRIMARY KEY, text text)");
        const pid = kind === "postgres"
          ? Number((await connection.query("SELECT pg_backend_pid()")).rows[0]?.[0])
          : 0;
        const writing = connection.kysely.transaction().execute(async (kysely) => {
          await using writer = openRowWriter(kysely, {
            batchSize: 100,
            verb: "import",
            server: connection,
            noteOf: () => undefined,
          });
          for (let id = 1; id <= ROWS; id++) await writer.add(TABLE, [BigInt(id), TEXT]);
          await kill(server, pid);
          for (let id = ROWS; id <= 10 * ROWS; id++) await writer.add(TABLE, [BigInt(id), TEXT]);
          await writer.flush();
        });
        await assert.rejects(
          writing,
          (error) => error instanceof PaperwardError && /broke|is stopping/.test(error.message),
        );
      },
    });
  }
}
