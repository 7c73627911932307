// document_importer into PostgreSQL and MariaDB as a user runs it: what paperless-ngx exported is exported again
// as it was, and whatever is killed in the middle, the library holds all of an import or nothing.

import { strict as assert } from "node:assert";
import { assertEqualExports, readExport } from "../_compare_exports.ts";
import { fixturesRoot, type FixtureVersion, tempFolder, VERSIONS } from "../_fixtures.ts";
import { hangInTheMiddle } from "../_hanging_proxy.ts";
import { afterMs } from "../_moments.ts";
import { assertCode, runBinary, startBinary, withoutBinaryOrFixtures } from "../_run_binary.ts";
import {
  SERVER_KINDS,
  startServer,
  type TestDatabase,
  type TestServer,
  testServer,
  withoutServer,
} from "../_servers.ts";
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

/** A place whose library is, or will be, in a new database of a server. */
interface PlaceOn extends Pick<Place, "folder" | "media" | "env">, AsyncDisposable {
  readonly database: TestDatabase;
}

async function placeOn(server: TestServer): Promise<PlaceOn> {
  await using cleanup = new AsyncDisposableStack();
  const { folder, media, env } = cleanup.use(newPlace());
  const database = cleanup.use(await server.createDatabase());
  const made = cleanup.move();
  return {
    folder,
    media,
    env: { ...env, ...database.env },
    database,
    [Symbol.asyncDispose]: () => made.disposeAsync(),
  };
}

const COUNT = "select count(*) from documents_document;";
const TABLES = "select count(*) from information_schema.tables " +
  "where table_schema not in ('information_schema', 'pg_catalog', 'mysql', 'performance_schema', 'sys');";

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
  if (!ignore) await testServer(kind);

  Deno.test({
    name: `${kind}: an export of paperless-ngx is imported and exported again: equal`,
    ignore,
    async fn(test) {
      const server = await testServer(kind);
      for (const version of VERSIONS) {
        await test.step(version, async () => {
          using source = fittingExport(version);
          await using at = await placeOn(server);
          assertCode(await runImport(at, source.path, ["--create"]), 0);
          const out = `${at.folder}/out`;
          Deno.mkdirSync(out);
          assertCode(await runBinary(["document_exporter", out], at), 0);
          assertEqualExports(inOneOrder(readExport(out)), inOneOrder(readExport(source.path)));
          assertCode(await runBinary(["verify", out, "--rehearse"], at), 0);
          // The database counts on behind what came with its numbers.
          await at.database.sql("insert into auth_group (name) values ('new');");
          // Once more, into the library that holds it: nothing is added, so that its number for which PostgreSQL
          // has no room is in nobody's way.
          const recorded = `${fixturesRoot()}/${version}/exports/plain`;
          const again = await runImport(at, recorded, ["--into-non-empty", "--json"]);
          assertCode(again, 0);
          assert.equal(summaryOf(again).counts.reduce((sum, { added }) => sum + added, 0), 0);
          // The rows are as they were marked when they were written.
          assertCode(await runBinary(["undo", "--yes"], at), 0);
          assert.equal(await at.database.sql(COUNT), "0\n");
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
          await using at = await placeOn(server);
          assertCode(await runBinary(["migrate"], at), 0);
          {
            // Documents come before their notes: they are written, but not committed.
            await using lock = await lockTable(server, at.database, "documents_note");
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
            assert.deepEqual(filesIn(`${at.media}/documents`), []);
          }
          assert.equal(Number(await at.database.sql(COUNT)), 0);
          assertCode(await runImport(at, source.path), 0);
          assert.equal(Number(await at.database.sql(COUNT)), 42);
          assertCode(await runBinary(["document_sanity_checker"], at), 0);
        });
      }
    },
  });

  Deno.test({
    name: `${kind}: a network that hangs ends the import with a message, and nothing is half done`,
    ignore,
    async fn() {
      const server = await testServer(kind);
      using source = fittingExport("v3.0.5");
      await using at = await placeOn(server);
      assertCode(await runBinary(["migrate"], at), 0);
      const ended = await hangInTheMiddle(
        server,
        at.database,
        (port) =>
          startBinary(["document_importer", source.path], {
            env: { ...at.env, PAPERLESS_DBPORT: `${port}`, PAPERLESS_DB_TIMEOUT: "2" },
          }),
      );
      assert.equal(ended.code, 1, ended.stderr);
      assert.match(ended.stderr, /did not answer/);
      assert.deepEqual(filesIn(`${at.media}/documents`), []);
      assert.equal(Number(await at.database.sql(COUNT)), 0);
      assertCode(await runImport(at, source.path), 0);
    },
  });

  Deno.test({
    name: `${kind}: an import that is stopped takes the library back that --create made`,
    ignore,
    async fn() {
      const server = await testServer(kind);
      using source = fittingExport("v3.0.5");
      let stopped = 0;
      for (const [delay, signal] of [[0, "SIGTERM"], [60, "SIGINT"], [120, "SIGTERM"]] as const) {
        await using at = await placeOn(server);
        const run = startBinary(["document_importer", source.path, "--create"], at);
        let isOver = false;
        run.ended.then(() => isOver = true);
        while (!isOver && Number(await at.database.sql(TABLES)) === 0);
        await afterMs(delay)(run);
        run.kill(signal);
        const { code, stderr } = await run.ended;
        if (code === 0) continue;
        stopped++;
        assert.equal(code, signal === "SIGINT" ? 130 : 143, stderr);
        assert.equal(stderr.match(/^(error|hint): .*/gm)?.length, 1, stderr);
        assert.equal(Number(await at.database.sql(TABLES)), 0, `${delay} ms later`);
        assertCode(await runImport(at, source.path, ["--create"]), 0);
      }
      assert.ok(stopped > 0, "all imports were done before they could be stopped");
    },
  });

  Deno.test({
    name: `${kind}: the export is read while --create makes the library: what fails leaves none`,
    ignore,
    async fn() {
      const server = await testServer(kind);
      using source = fittingExport("v3.0.5");
      await using at = await placeOn(server);
      const manifest = `${source.path}/manifest.json`;
      const text = Deno.readTextFileSync(manifest);

      Deno.writeTextFileSync(manifest, text.slice(0, -10));
      const broken = await runImport(at, source.path, ["--create"]);
      assertCode(broken, 1);
      assert.match(broken.stderr, /manifest\.json/);
      assert.equal(Number(await at.database.sql(TABLES)), 0);

      Deno.writeTextFileSync(manifest, text);
      const nowhere = { env: { ...at.env, PAPERLESS_MEDIA_ROOT: `${at.media}/not/there` } };
      const unmade = await runImport(nowhere, source.path, ["--create"]);
      assertCode(unmade, 1);
      assert.match(unmade.stderr, /Cannot create a library/);
      assert.equal(Number(await at.database.sql(TABLES)), 0);

      assertCode(await runImport(at, source.path, ["--create"]), 0);
    },
  });
}

Deno.test({
  name:
    "paperless-ng issue 146: postgres: a serial number without room is named, and left out on request",
  ignore: withoutBinaryOrFixtures() || withoutServer("postgres"),
  async fn(test) {
    const server = await testServer("postgres");
    for (const version of VERSIONS) {
      await test.step(version, async () => {
        await using at = await placeOn(server);
        const source = `${fixturesRoot()}/${version}/exports/plain`;
        const refused = await runImport(at, source, ["--create"]);
        assertCode(refused, 1);
        assert.match(
          refused.stderr,
          /bad value: documents\.document 18: archive_serial_number is 4294967295, PostgreSQL takes/,
        );
        assert.equal(Number(await at.database.sql(TABLES)), 0);
        assertCode(await runImport(at, source, ["--create", "--accept-damaged"]), 3);
        const serial =
          "select archive_serial_number is null from documents_document where id = 18;";
        assert.equal((await at.database.sql(serial)).trim(), "t");
      });
    }
  },
});

interface ExportRecord {
  readonly model: string;
  readonly pk: number;
  readonly fields: Record<string, unknown>;
}

/** A recorded export without serial numbers that don't fit, its manifest changed. */
function changedExport(
  version: FixtureVersion,
  change: (records: ExportRecord[]) => void,
): Disposable & { readonly path: string } {
  const source = fittingExport(version);
  const manifest = `${source.path}/manifest.json`;
  const records: ExportRecord[] = JSON.parse(Deno.readTextFileSync(manifest));
  change(records);
  Deno.writeTextFileSync(manifest, JSON.stringify(records));
  return source;
}

/** A record like the first one of its model, with another number and other values. */
function like(
  records: ExportRecord[],
  model: string,
  pk: number,
  fields: Record<string, unknown>,
): void {
  const first = records.find((record) => record.model === model);
  assert.ok(first, model);
  records.push({ model, pk, fields: { ...first.fields, ...fields } });
}

const problemsIn = (stderr: string) =>
  stderr.split("\n").filter((line) => /^error: [a-z ]+: [a-z]+\.[a-z]+ \d+: /.test(line))
    .map((line) => line.replace("error: ", ""));

Deno.test({
  name: "mariadb: records that its collation takes for equal are named before anything is written",
  ignore: withoutBinaryOrFixtures() || withoutServer("mariadb"),
  async fn() {
    const server = await testServer("mariadb");
    using source = changedExport("v2.20.15", (records) => {
      const owner = { owner: null };
      like(records, "documents.tag", 900, { name: "Rechnung", owner: 3 });
      like(records, "documents.tag", 901, { name: "rechnung ", owner: 3 });
      like(records, "documents.correspondent", 902, { name: "Twice", ...owner });
      like(records, "documents.correspondent", 903, { name: "twice", ...owner });
      like(records, "documents.correspondent", 904, { name: "twice", ...owner });
      like(records, "documents.customfield", 905, { name: "Größe" });
      like(records, "documents.customfield", 906, { name: "GROSSE" });
      like(records, "documents.customfield", 907, { name: "grose" });
      const [one, two] = records.filter(({ model }) => model === "documents.document");
      assert.ok(one && two);
      two.fields.filename = String(one.fields.filename).toUpperCase();
    });
    await using at = await placeOn(server);
    for (const [flags, code] of [[["--create", "--dry-run"], 4], [["--create"], 1]] as const) {
      const refused = await runImport(at, source.path, flags);
      assertCode(refused, code);
      const lines = problemsIn(refused.stderr);
      assert.equal(lines.length, 3, refused.stderr);
      assert.deepEqual(
        lines.filter((line) => !line.includes("documents.document ")).toSorted(),
        [
          'row twice: documents.customfield 907: has the same name as row 905: "grose" and "Größe" (MariaDB\'s utf8mb4_general_ci)',
          'row twice: documents.tag 901: has the same name and owner_id as row 900: "rechnung " and "Rechnung" (MariaDB\'s utf8mb4_general_ci)',
        ],
      );
      assert.ok(
        lines.some((line) => /documents\.document \d+: has the same filename/.test(line)),
      );
      assert.equal(Number(await at.database.sql(TABLES)), 0);
    }
    assertCode(await runImport(at, source.path, ["--create", "--accept-damaged"]), 3);
    const ids = async (table: string, where: string) =>
      (await at.database.sql(`select id from ${table} where ${where} order by id;`)).trim().split(
        "\n",
      );
    assert.deepEqual(await ids("documents_tag", "id >= 900"), ["900"]);
    assert.deepEqual(await ids("documents_correspondent", "id >= 900"), ["902", "903", "904"]);
    assert.deepEqual(await ids("documents_customfield", "id >= 900"), ["905", "906"]);
    // The document whose file clashed is there, with its file under another name.
    assert.equal(Number(await at.database.sql(COUNT)), 37);
    assert.deepEqual(
      (await ids("documents_document", "filename like binary '%\\_01.PDF'")).length,
      1,
    );
    assertCode(await runBinary(["document_sanity_checker"], at), 0);
  },
});

Deno.test({
  name: "mariadb: names that its collation finds in the library are changed, users are refused",
  ignore: withoutBinaryOrFixtures() || withoutServer("mariadb"),
  async fn() {
    const server = await testServer("mariadb");
    await using at = await placeOn(server);
    using first = fittingExport("v3.0.5");
    assertCode(await runImport(at, first.path, ["--create"]), 0);
    await at.database.sql(
      "insert into documents_customfield (id, name, data_type, created, extra_data) select 500, 'SCHÄTZUNG', data_type, created, extra_data from documents_customfield limit 1;" +
        "insert into auth_group (id, name) values (500, 'Büro');",
    );
    using second = changedExport("v3.0.5", (records) => {
      like(records, "documents.customfield", 600, { name: "schatzung" });
      like(records, "auth.group", 600, { name: "BURO" });
      const tag = records.find(({ fields }) => fields.name === "inbox-anna");
      assert.ok(tag);
      tag.fields.name = "INBOX-ANNA";
    });
    assertCode(await runImport(at, second.path, ["--into-non-empty"]), 0);
    const names = (await at.database.sql(
      "select name from documents_customfield where name like 'schatz%' and id <> 500 union all " +
        "select name from auth_group where name like 'b_ro%' and id <> 500 union all " +
        "select name from documents_tag where name like '%(2)';",
    )).trim().split("\n");
    assert.deepEqual(names, ["schatzung (2)", "BURO (2)", "INBOX-ANNA (2)"]);
    assertCode(await runBinary(["undo", "--yes"], at), 0);

    const before = await at.database.sql("select count(*) from auth_user;");
    using third = changedExport("v3.0.5", (records) => {
      like(records, "auth.user", 600, { username: "ANONYMOUSUSER" });
    });
    const refused = await runImport(at, third.path, ["--into-non-empty", "--accept-damaged"]);
    assertCode(refused, 1);
    assert.match(
      refused.stderr,
      /row twice: auth\.user 600: has the same username as row \d+: "ANONYMOUSUSER" and "AnonymousUser" \(MariaDB's utf8mb4_general_ci\) of the library/,
    );
    assert.equal(await at.database.sql("select count(*) from auth_user;"), before);
  },
});
