// document_importer into PostgreSQL and MariaDB as a user runs it: what paperless-ngx exported is exported again
// as it was, and whatever is killed in the middle, the library holds all of an import or nothing.

import { strict as assert } from "node:assert";
import { assertEqualExports, readExport } from "../_compare_exports.ts";
import { fixturesRoot, type FixtureVersion, tempFolder, VERSIONS } from "../_fixtures.ts";
import { hangInTheMiddle } from "../_hanging_proxy.ts";
import { assertCode, runBinary, startBinary, withoutBinaryOrFixtures } from "../_run_binary.ts";
import { SERVER_KINDS, startServer, type TestDatabase, withoutServer } from "../_servers.ts";
import { lockTable } from "../_table_lock.ts";
import { inOneOrder } from "../_sorted_export.ts";
import { newPlace, type Place, runImport, summaryOf } from "./_import.ts";

/** The recorded export, with the one serial number changed for which PostgreSQL has no room. */
function fittingExport(version: FixtureVersion): Disposable & { readonly path: string } {
  const temp = tempFolder();
  const path = `${temp.path}/export`;
  const { success } = new Deno.Command("cp", {
    args: ["-r", `${fixturesRoot()}/${version}/exports/plain`, path],
  }).outputSync();
  assert.ok(success);
  const manifest = `${path}/manifest.json`;
  const text = Deno.readTextFileSync(manifest);
  assert.ok(text.includes("4294967295"));
  Deno.writeTextFileSync(manifest, text.replaceAll("4294967295", "2147483647"));
  return { path, [Symbol.dispose]: () => temp[Symbol.dispose]() };
}

function placeOn(place: Place, database: TestDatabase): Pick<Place, "env"> {
  return { env: { ...place.env, ...database.env } };
}

const COUNT = "select count(*) from documents_document;";

/** The files below the documents folder, staged ones included. */
function filesIn(folder: string): string[] {
  const found: string[] = [];
  const walk = (path: string): void => {
    for (const { name, isDirectory } of Deno.readDirSync(path)) {
      if (isDirectory) walk(`${path}/${name}`);
      else found.push(`${path}/${name}`);
    }
  };
  walk(folder);
  return found;
}

for (const kind of SERVER_KINDS) {
  const ignore = withoutBinaryOrFixtures() || withoutServer(kind);

  Deno.test({
    name: `${kind}: an export of paperless-ngx is imported and exported again: equal`,
    ignore,
    async fn(test) {
      await using server = await startServer(kind);
      for (const version of VERSIONS) {
        await test.step(version, async () => {
          using source = fittingExport(version);
          using place = newPlace();
          await using database = await server.createDatabase();
          const at = placeOn(place, database);
          assertCode(await runImport(at, source.path, ["--create"]), 0);
          const out = `${place.folder}/out`;
          Deno.mkdirSync(out);
          assertCode(await runBinary(["document_exporter", out], at), 0);
          assertEqualExports(inOneOrder(readExport(out)), inOneOrder(readExport(source.path)));
          assertCode(await runBinary(["verify", out, "--rehearse"], at), 0);
          // The database counts on behind what came with its numbers.
          await database.sql("insert into auth_group (name) values ('new');");
          // Once more, into the library that holds it: nothing is added.
          const again = await runImport(at, source.path, ["--into-non-empty", "--json"]);
          assertCode(again, 0);
          assert.equal(summaryOf(again).counts.reduce((sum, { added }) => sum + added, 0), 0);
          // The rows are as they were marked when they were written.
          assertCode(await runBinary(["undo", "--yes"], at), 0);
          assert.equal(await database.sql(COUNT), "0\n");
        });
      }
    },
  });

  Deno.test({
    name:
      `${kind}: whatever is killed in the middle, nothing is there, and the next run does it all`,
    ignore,
    async fn(test) {
      await using server = await startServer(kind);
      using source = fittingExport("v3.0.5");
      for (const victim of ["importer", "server"] as const) {
        await test.step(victim, async () => {
          using place = newPlace();
          await using database = await server.createDatabase();
          const at = placeOn(place, database);
          assertCode(await runBinary(["migrate"], at), 0);
          {
            // Documents come before their notes: they are written, but not committed.
            await using lock = await lockTable(server, database, "documents_note");
            const running = startBinary(["document_importer", source.path], at);
            await lock.isWaitedFor();
            if (victim === "importer") running.kill("SIGKILL");
            else await server.kill();
            const { code, stderr } = await running.ended;
            assert.equal(code, victim === "importer" ? 137 : 1, stderr);
            if (victim === "server") {
              assert.match(stderr, /error: Cannot change database/);
              assert.match(stderr, /hint: Nothing is half done/);
            }
          }
          if (victim === "server") {
            await server.restart();
            assert.deepEqual(filesIn(`${place.media}/documents`), []);
          }
          assert.equal(Number(await database.sql(COUNT)), 0);
          assertCode(await runImport(at, source.path), 0);
          assert.equal(Number(await database.sql(COUNT)), 42);
          assertCode(await runBinary(["document_sanity_checker"], at), 0);
        });
      }
    },
  });

  Deno.test({
    name: `${kind}: a network that hangs ends the import with a message, and nothing is half done`,
    ignore,
    async fn() {
      await using server = await startServer(kind);
      using source = fittingExport("v3.0.5");
      using place = newPlace();
      await using database = await server.createDatabase();
      const at = placeOn(place, database);
      assertCode(await runBinary(["migrate"], at), 0);
      const ended = await hangInTheMiddle(
        server,
        database,
        (port) =>
          startBinary(["document_importer", source.path], {
            env: { ...at.env, PAPERLESS_DBPORT: `${port}`, PAPERLESS_DB_TIMEOUT: "2" },
          }),
      );
      assert.equal(ended.code, 1, ended.stderr);
      assert.match(ended.stderr, /did not answer/);
      assert.deepEqual(filesIn(`${place.media}/documents`), []);
      assert.equal(Number(await database.sql(COUNT)), 0);
      assertCode(await runImport(at, source.path), 0);
    },
  });
}

Deno.test({
  name:
    "paperless-ng issue 146: postgres: a serial number without room is named, and left out on request",
  ignore: withoutBinaryOrFixtures() || withoutServer("postgres"),
  async fn(test) {
    await using server = await startServer("postgres");
    for (const version of VERSIONS) {
      await test.step(version, async () => {
        using place = newPlace();
        await using database = await server.createDatabase();
        const at = placeOn(place, database);
        const source = `${fixturesRoot()}/${version}/exports/plain`;
        const refused = await runImport(at, source, ["--create"]);
        assertCode(refused, 1);
        assert.match(
          refused.stderr,
          /bad value: documents\.document 18: archive_serial_number is 4294967295, PostgreSQL takes/,
        );
        const tables = "select count(*) from pg_tables where schemaname = 'public';";
        assert.equal(Number(await database.sql(tables)), 0);
        assertCode(await runImport(at, source, ["--create", "--accept-damaged"]), 3);
        const serial =
          "select archive_serial_number is null from documents_document where id = 18;";
        assert.equal((await database.sql(serial)).trim(), "t");
      });
    }
  },
});
