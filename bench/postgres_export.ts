// deno-lint-ignore-file no-console -- a benchmark speaks to whoever started it
// The rows of a library out of a server against psql's \copy of the same tables (PostgreSQL) or mariadb-dump
// of them (MariaDB), in the same run on the same machine: read as storage values (`rows`), and by
// `document_exporter --data-only` with its manifest written and its counts proven (`export`).
// Usage: ./denow run -A bench/postgres_export.ts [--documents 20000] [--rounds 3] [--binary dist/paperward]
// It starts servers of its own (tests/_servers.ts) and needs ../shared/fixtures for the schema.

import { join } from "node:path";
import { connectServer } from "../core/database/connect_server.ts";
import type { ServerSettings } from "../core/database/server_connection.ts";
import type { StorageValue } from "../core/database/storage_value.ts";
import { tempFolder } from "../tests/_fixtures.ts";
import { random } from "../tests/_random.ts";
import {
  PASSWORD,
  SERVER_KINDS,
  type ServerKind,
  startServer,
  type TestDatabase,
  type TestServer,
  USER,
} from "../tests/_servers.ts";
import { readArguments } from "./_arguments.ts";
import { alternate, measure, median, type Run } from "./_measure.ts";

const { root, binary, rounds, values } = readArguments({
  documents: "20000",
  // Length of a document's text; real ones have about 2,700 characters.
  text: "3000",
  only: "",
}, 3);
const documents = Number(values.documents);

/** Tables that hold more than a handful of rows, as an export does. */
const TABLES = [
  "documents_document",
  "documents_document_tags",
  "documents_note",
  "documents_customfieldinstance",
  "auditlog_logentry",
  "documents_tag",
  "documents_correspondent",
] as const;

const REFERENCE: Readonly<
  Record<ServerKind, (server: TestServer, database: TestDatabase, target: string) => Promise<Run>>
> = {
  postgres: (server, { name }, target) =>
    measure([
      ...["psql", "-X", "-q", "-h", server.socket, "-p", `${server.port}`, "-U", USER, "-d", name],
      ...TABLES.flatMap((table) => [
        "-c",
        `\\copy (select * from ${table}) to '${target}/${table}.copy'`,
      ]),
    ], { PGPASSWORD: PASSWORD }),
  mariadb: (server, { name }, target) =>
    measure([
      ...["mariadb-dump", "--no-defaults", `--socket=${server.socket}`, `--user=${USER}`],
      ...["--single-transaction", `--result-file=${target}/dump.sql`, name, ...TABLES],
    ], { MYSQL_PWD: PASSWORD }),
};

const BOUND: Readonly<Record<ServerKind, string>> = {
  postgres: "1.5 × \\copy",
  mariadb: "none; stated",
};

for (const kind of SERVER_KINDS) {
  if (values.only && values.only !== kind) continue;
  await using server = await startServer(kind);
  await using database = await server.loadLibrary("v3.0.5");
  const few = await exporter(database);
  const begun = performance.now();
  const rows = await fill(database);
  const filled = (performance.now() - begun) / 1000;
  await server.admin(kind === "postgres" ? "vacuum analyze;" : "select 1;", database.name);
  using target = tempFolder();
  const runs = await alternate([
    { name: "reference", run: () => REFERENCE[kind](server, database, target.path) },
    { name: "rows", run: () => readRows(database) },
    { name: "export", run: () => exporter(database) },
  ], rounds);
  const wall = (name: string) => median((runs.get(name) ?? []).map((run) => run.wall));
  const peak = Math.max(...(runs.get("export") ?? []).map((run) => run.peak));
  for (const [name, bound] of [["rows", BOUND[kind]], ["export", "none; stated"]] as const) {
    console.log(
      `${kind} ${name}: ${(wall(name) / wall("reference")).toFixed(2)} × (bound ${bound}; ${
        wall(name).toFixed(2)
      } s, reference ${wall("reference").toFixed(2)} s, ${documents} documents, ${rows} rows)`,
    );
  }
  console.log(
    `${kind}: peak ${peak.toFixed(0)} MB, ${(peak - few.peak).toFixed(0)} MB above 42 documents; ` +
      `rows put in by bulkInsert in ${filled.toFixed(1)} s; load ${Deno.loadavg()[0]!.toFixed(1)}`,
  );
}

/** Runs the exporter without documents' files. */
async function exporter(database: TestDatabase): Promise<Run> {
  using folder = tempFolder();
  for (const name of ["data", "media", "target"]) Deno.mkdirSync(`${folder.path}/${name}`);
  return await measure([
    ...[binary, "document_exporter", `${folder.path}/target`, "--data-only", "--quiet"],
    ...["--no-progress-bar", "--database-url", database.url("socket")],
  ], {
    PAPERLESS_DATA_DIR: `${folder.path}/data`,
    PAPERLESS_MEDIA_ROOT: `${folder.path}/media`,
    PAPERLESS_SCRATCH_DIR: `${folder.path}/scratch`,
  });
}

/** Reads the rows in a process of its own. Its time begins with connecting: the start of an uncompiled Deno is
 * no part of reading. */
async function readRows(database: TestDatabase): Promise<Run> {
  const script = join(root, "bench", "_read_rows.ts");
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--allow-all", "--no-check", "--quiet", script],
      JSON.stringify(settingsOf(database)),
    ],
  }).output();
  const text = new TextDecoder();
  if (!success) throw new Error(text.decode(stderr));
  return { wall: Number(text.decode(stdout)), cpu: NaN, user: NaN, peak: NaN };
}

function settingsOf({ kind, env, name }: TestDatabase): ServerSettings {
  return {
    kind,
    host: env.PAPERLESS_DBHOST!,
    port: Number(env.PAPERLESS_DBPORT),
    name,
    user: USER,
    password: PASSWORD,
    sslMode: kind === "postgres" ? "disable" : "DISABLED",
    timeoutMs: 60_000,
  };
}

/** Fills a library's tables. @returns how many rows */
async function fill(database: TestDatabase): Promise<number> {
  const nothing = {} as Parameters<typeof connectServer>[1];
  const connection = await connectServer(settingsOf(database), { ...nothing, mode: "write" });
  const dice = random(7);
  const words = "rechnung invoice über für the total betrag Straße contract Müller number date 2024"
    .split(" ");
  const textOf = (length: number): string => {
    let text = "";
    while (text.length < length) {
      text += `${words[dice.below(words.length)]}${dice.below(100_000)} `;
    }
    return text;
  };
  const moment = "2026-05-06 07:08:09.123456";
  const first = 1000n;
  const ids = (count: number) => Array.from({ length: count }, (_, i) => first + BigInt(i));
  function* batched(rows: Iterable<StorageValue[]>): Generator<StorageValue[][]> {
    let batch: StorageValue[][] = [];
    for (const row of rows) {
      batch.push(row);
      if (batch.length < 200) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }
  let rows = 0;
  const put = async (
    table: string,
    columns: readonly string[],
    row: (id: bigint) => StorageValue[],
    count: number,
  ): Promise<void> => {
    rows += await connection.bulkInsert(table, columns, batched(ids(count).map(row)));
  };
  const [tag, field, type] = (await connection.query(
    "select (select min(id) from documents_tag), (select min(id) from documents_customfield), " +
      "(select min(id) from django_content_type where model = 'document')",
  )).rows[0]!;
  try {
    await put(
      "documents_document",
      [
        ...["id", "title", "content", "mime_type", "checksum", "created", "modified", "added"],
        ...["filename", "original_filename", "page_count"],
      ],
      (id) => [
        ...[id, `Document ${id}`, textOf(Number(values.text)), "application/pdf"],
        ...[id.toString(16).padStart(64, "0"), "2026-05-06", moment, moment],
        ...[`2026/document ${id}.pdf`, `scan ${id}.pdf`, 2n],
      ],
      documents,
    );
    await put(
      "documents_document_tags",
      ["id", "document_id", "tag_id"],
      (id) => [id, id, tag!],
      documents,
    );
    await put(
      "documents_note",
      ["id", "note", "created", "document_id"],
      (id) => [id, textOf(60), moment, id],
      Math.floor(documents / 4),
    );
    await put(
      "documents_customfieldinstance",
      ["id", "created", "value_text", "field_id", "document_id"],
      (id) => [id, moment, textOf(20), field!, id],
      Math.floor(documents / 2),
    );
    await put(
      "auditlog_logentry",
      [
        ...["id", "object_pk", "object_id", "object_repr", "action", "changes", "timestamp"],
        ...["content_type_id", "changes_text"],
      ],
      (id) => [
        ...[id, String(id), id, `Document ${id}`, 0n, `{"title": ["None", "Document ${id}"]}`],
        ...[moment, type!, ""],
      ],
      documents,
    );
    return rows;
  } finally {
    await connection.close();
  }
}
