// deno-lint-ignore-file no-console -- a benchmark speaks to whoever started it
// The rows of a library into a server, against what restores them fastest: pg_restore of a dump of the same
// database (PostgreSQL), the client fed with mariadb-dump's text (MariaDB). Measured are document_importer
// --data-only --create from an export (so no files), and copy_database --create from SQLite; all of them make
// the tables, the rows, the indexes and the foreign keys in an empty database, in one run on the same machine and
// the same server. pg_restore loads a custom-format dump of a database that document_importer has made before, in
// one transaction. Neither side waits for the disk: test servers run without fsync.
// With --into migrated (PostgreSQL) the tables are there already, as `migrate` or paperless-ngx makes them: then
// both bring in nothing but rows, pg_restore by --data-only, after what a new library holds was emptied.
// Usage: ./denow run -A bench/postgres_import.ts [--documents 20000] [--rounds 3] [--only postgres]
//   [--into empty|migrated]
// It starts servers of its own (tests/_servers.ts).

import { join } from "node:path";
import { tempFolder } from "../tests/_fixtures.ts";
import {
  PASSWORD,
  SERVER_KINDS,
  type ServerKind,
  startServer,
  type TestDatabase,
  type TestServer,
  USER,
} from "../tests/_servers.ts";
import { makeBenchLibrary } from "./make_library.ts";
import { readArguments } from "./_arguments.ts";
import { alternate, measure, median, type Run } from "./_measure.ts";

const { binary, rounds, values } = readArguments({
  documents: "20000",
  // Length of a document's text; real ones have about 2,700 characters.
  text: "3000",
  only: "",
  into: "empty",
}, 3);
const isMigrated = values.into === "migrated";

/** The server's own way out of a database and into one. */
interface Reference {
  dump(server: TestServer, database: TestDatabase, path: string): Promise<Run>;
  load(server: TestServer, database: TestDatabase, path: string): Promise<Run>;
  readonly name: string;
  readonly bound: string;
}

const REFERENCES: Readonly<Record<ServerKind, Reference>> = {
  postgres: {
    name: "pg_restore",
    bound: "2",
    dump: (server, { name }, path) =>
      measure([
        ...["pg_dump", "-Fc", "-Z0", "--no-owner", "-f", path, "-h", server.socket],
        ...["-p", `${server.port}`, "-U", USER, name],
      ], { PGPASSWORD: PASSWORD }),
    load: (server, { name }, path) =>
      measure([
        ...["pg_restore", "--no-owner", "--single-transaction", "-h", server.socket],
        ...(isMigrated ? ["--data-only"] : []),
        ...["-p", `${server.port}`, "-U", USER, "-d", name, path],
      ], { PGPASSWORD: PASSWORD }),
  },
  mariadb: {
    name: "mariadb < dump",
    bound: "none; stated",
    dump: (server, { name }, path) =>
      measure([
        ...["mariadb-dump", "--no-defaults", `--socket=${server.socket}`, `--user=${USER}`],
        ...["--single-transaction", `--result-file=${path}`, name],
      ], { MYSQL_PWD: PASSWORD }),
    load: (server, { name }, path) =>
      measure([
        "sh",
        "-c",
        `exec mariadb --no-defaults "--socket=$1" "--user=$2" "$3" < "$4"`,
        ...["sh", server.socket, USER, name, path],
      ], { MYSQL_PWD: PASSWORD }),
  },
};

const EMPTY_ALL_TABLES = `do $$ begin
  execute (select 'truncate ' || string_agg(quote_ident(tablename), ', ') from pg_tables
    where schemaname = 'public');
end $$`;

using temp = tempFolder();
const library = makeBenchLibrary(join(temp.path, "library"), {
  documents: Number(values.documents),
  generation: "v3",
  kbPerDocument: 1,
  textLength: Number(values.text),
});
const source = join(temp.path, "export");
Deno.mkdirSync(source);
await measure([binary, "document_exporter", source, "--data-only", "--quiet"], {
  PAPERLESS_DATA_DIR: library.dataDir,
  PAPERLESS_MEDIA_ROOT: library.mediaRoot,
});

for (const kind of SERVER_KINDS) {
  if (values.only && values.only !== kind) continue;
  if (isMigrated && kind !== "postgres") continue;
  const reference = REFERENCES[kind];
  await using server = await startServer(kind);
  const dump = join(temp.path, `${kind}.dump`);
  let database: TestDatabase | undefined;
  const current = (): TestDatabase => {
    if (!database) throw new Error("no database");
    return database;
  };
  const prepare = async () => {
    await database?.[Symbol.asyncDispose]();
    database = await server.createDatabase();
  };
  await prepare();
  await runImport(current(), ["--create"]);
  await reference.dump(server, current(), dump);
  const prepareTables = async () => {
    await prepare();
    if (isMigrated) await runWithLibrary(current(), ["migrate", "--generation", "v3"]);
  };
  const contenders = [
    {
      name: "reference",
      prepare: async () => {
        await prepareTables();
        if (isMigrated) await current().sql(EMPTY_ALL_TABLES);
      },
      run: () => withServer(server, () => reference.load(server, current(), dump)),
    },
    {
      name: "document_importer",
      prepare: prepareTables,
      run: () => withServer(server, () => runImport(current(), isMigrated ? [] : ["--create"])),
    },
    { name: "copy_database", prepare, run: () => withServer(server, () => runCopy(current())) },
  ];
  const measured = isMigrated ? contenders.slice(0, 2) : contenders;
  const runs = await alternate(measured, rounds);
  await database?.[Symbol.asyncDispose]();
  const wall = (name: string) => median((runs.get(name) ?? []).map((run) => run.wall));
  const cpu = (name: string) => median((runs.get(name) ?? []).map((run) => run.cpu));
  for (const { name } of measured.slice(1)) {
    const peak = Math.max(...(runs.get(name) ?? []).map((run) => run.peak));
    console.log(
      `${kind} ${name}: ${(wall(name) / wall("reference")).toFixed(2)} × ${reference.name} (bound ${
        name === "document_importer" ? reference.bound : "none; stated"
      }; ${wall(name).toFixed(2)} s, reference ${wall("reference").toFixed(2)} s; ` +
        `processors, the server's too: ${(cpu(name) / cpu("reference")).toFixed(2)} ×, ${
          cpu(name).toFixed(2)
        } s, ${cpu("reference").toFixed(2)} s; ` +
        `${values.documents} documents, dump ${
          (Deno.statSync(dump).size / 1e6).toFixed(0)
        } MB); peak memory ${peak.toFixed(0)} MB; load ${Deno.loadavg()[0]?.toFixed(1)}`,
    );
  }
}

/** Adds the processor time that the server itself spent: on a busy machine it tells more than the clock. */
async function withServer(server: TestServer, work: () => Promise<Run>): Promise<Run> {
  const before = serverSeconds(server.pid);
  const run = await work();
  // PostgreSQL counts a connection's process when it has ended.
  await new Promise((resolve) => setTimeout(resolve, 500));
  return { ...run, cpu: run.cpu + serverSeconds(server.pid) - before };
}

/** Processor seconds of a process and of those of its children that have ended (proc(5), in 1/100 s). */
function serverSeconds(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
}

function runImport(database: TestDatabase, flags: readonly string[]): Promise<Run> {
  return runWithLibrary(database, ["document_importer", source, "--data-only", ...flags]);
}

/** Runs a command on a library without files whose rows are in `database`. */
async function runWithLibrary(database: TestDatabase, command: readonly string[]): Promise<Run> {
  using folder = tempFolder();
  for (const name of ["data", "media"]) Deno.mkdirSync(`${folder.path}/${name}`);
  return await measure([
    binary,
    ...command,
    "--quiet",
    "--database-url",
    database.url("socket"),
  ], {
    PAPERLESS_DATA_DIR: `${folder.path}/data`,
    PAPERLESS_MEDIA_ROOT: `${folder.path}/media`,
    PAPERLESS_SCRATCH_DIR: `${temp.path}/scratch`,
  });
}

function runCopy(database: TestDatabase): Promise<Run> {
  return measure([
    ...[binary, "copy_database", "--from", library.databasePath, "--to", database.url("socket")],
    ...["--create", "--quiet"],
  ], { PAPERLESS_SCRATCH_DIR: `${temp.path}/scratch` });
}
