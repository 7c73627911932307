// document_retagger on PostgreSQL and MariaDB: the decisions that upstream took on SQLite, and undo.

import { deepStrictEqual, match, notDeepStrictEqual } from "node:assert/strict";
import { unpackLibrary, VERSIONS } from "../_fixtures.ts";
import { recordedState, type StateRow } from "../_recorded_after.ts";
import { assertCode, runBinary, withoutBinaryOrFixtures } from "../_run_binary.ts";
import { SERVER_KINDS, type TestDatabase, testServer, withoutServer } from "../_servers.ts";
import { environment } from "./_export.ts";

const COLUMNS = ["correspondent_id", "document_type_id", "storage_path_id"] as const;

/** What documents are assigned to: one line each, and one for each tag. */
async function assignments(database: TestDatabase): Promise<string[]> {
  const fields = COLUMNS.map((column) => `coalesce(${column}, 0)`).join(", ");
  const documents = await database.sql(
    `select id, ${fields} from documents_document where deleted_at is null;`,
  );
  const tags = await database.sql(
    `select 'tag', l.document_id, l.tag_id from documents_document_tags l
       join documents_document d on d.id = l.document_id where d.deleted_at is null;`,
  );
  return [...documents.trim().split("\n"), ...tags.trim().split("\n")].sort();
}

function expected(rows: Readonly<Record<string, StateRow>>, tags: readonly string[]): string[] {
  const there = Object.values(rows).filter((row) => row.deleted_at === null);
  const ids = new Set(there.map(({ id }) => String(id)));
  return [
    ...there.map((row) => [row.id, ...COLUMNS.map((column) => row[column] ?? 0)].join("\t")),
    ...tags.filter((pair) => ids.has(pair.split(" ")[0]!))
      .map((pair) => `tag\t${pair.replace(" ", "\t")}`),
  ].sort();
}

for (const kind of SERVER_KINDS) {
  const ignore = withoutServer(kind) || withoutBinaryOrFixtures();
  const server = ignore ? undefined : await testServer(kind);
  for (const version of VERSIONS) {
    Deno.test({
      name: `${kind} ${version}: overwriting decides as upstream did, and undo takes it back`,
      ignore,
      async fn() {
        using library = unpackLibrary(version);
        // Nothing may fall back to it.
        Deno.removeSync(library.database);
        await using database = await server!.loadLibrary(version);
        const run = (...args: readonly string[]) =>
          runBinary(args, { env: { ...environment(library), ...database.env } });
        const before = await assignments(database);
        const audit = "select count(*) from auditlog_logentry;";
        const entries = Number(await database.sql(audit));
        const result = await run("document_retagger", "-c", "-T", "-t", "-s", "-f", "--yes");
        assertCode(result, 0);
        const { documents, tags, audit: added } = recordedState(
          version,
          "document_retagger-cTts_f",
        );
        deepStrictEqual(await assignments(database), expected(documents, tags));
        deepStrictEqual(Number(await database.sql(audit)) - entries, added.length);
        match(
          await database.sql("select changes from auditlog_logentry order by id desc limit 1;"),
          /^\{"tags": ?\{.*"warranty"/,
        );
        notDeepStrictEqual(await assignments(database), before);
        assertCode(await run("undo", "--yes"), 0);
        deepStrictEqual(await assignments(database), before);
        deepStrictEqual(Number(await database.sql(audit)), entries);
      },
    });
  }
}
