// Rows of real libraries are taken back as they were, and left alone where somebody changed them since.

import assert from "node:assert/strict";
import { sql } from "kysely";
import type { LibraryDatabase } from "../../../../core/database/database.ts";
import { openDatabase } from "../../../../core/database/open_database.ts";
import { openFiles } from "../../../../core/library/deno_files.ts";
import { journalArguments } from "../../../../core/library/journal/journal_arguments.ts";
import {
  formatStep,
  type JournalStep,
  parseStep,
} from "../../../../core/library/journal/journal_step.ts";
import { markRows } from "../../../../core/library/journal/mark_rows.ts";
import { openJournal } from "../../../../core/library/journal/open_journal.ts";
import { planUndo, undoEntry } from "../../../../core/library/journal/undo_entry.ts";
import { type Library, unpackLibrary, VERSIONS, withoutFixtures } from "../../../_fixtures.ts";
import { python } from "../../../_python.ts";
import { silentReport } from "../../../_silent_report.ts";
import { undoWorld } from "./_library.ts";

const ignore = withoutFixtures();

async function open(library: Library): Promise<LibraryDatabase> {
  const scratch = `${library.folder}/scratch`;
  Deno.mkdirSync(scratch, { recursive: true });
  return await openDatabase({ kind: "sqlite", path: library.database, timeoutMs: 1000 }, {
    files: openFiles({ read: [library.folder], write: [library.folder] }),
    scratch,
    report: silentReport(),
    mode: "write",
  });
}

/** Everything in the database, as SQLite's own dump says it. */
function dump(library: Library): string {
  return python(
    `import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.create_function("regexp", 2, lambda p, v: 0, deterministic=True)
print("\\n".join(l for l in db.iterdump() if "sqlite_sequence" not in l))`,
    library.database,
  );
}

/** A tag, a document that has it, a changed title and a note that goes. */
async function change(library: Library, database: LibraryDatabase): Promise<void> {
  const files = openFiles({ read: [library.folder], write: [library.folder] });
  const journal = openJournal(files, { dataDir: library.data, mediaRoot: library.media });
  using entry = await journal.begin({ command: "test", arguments: [] });
  await database.kysely.transaction().execute(async (transaction) => {
    const copied = await sql<Record<string, number>>`select * from documents_tag limit 1`.execute(
      transaction,
    );
    const tag = { ...copied.rows[0], id: 900, name: "new tag" };
    await sql`insert into documents_tag (${sql.join(Object.keys(tag).map((c) => sql.ref(c)))})
      values (${sql.join(Object.values(tag))})`.execute(transaction);
    await sql`insert into documents_document_tags (id, document_id, tag_id) values (9000, 1, 900)`
      .execute(transaction);
    for (
      const [table, pk] of [["documents_tag", 900], ["documents_document_tags", 9000]] as const
    ) {
      entry.record({
        kind: "rows inserted",
        table,
        pks: [pk],
        marks: await markRows({ ...database, kysely: transaction }, table, [pk]),
      });
    }
    const { rows: [document] } = await sql<{ title: string; archive_serial_number: number | null }>`
      select title, archive_serial_number from documents_document where id = 1`
      .execute(transaction);
    const after = { title: "naïve \ud83d\ude00 title", archive_serial_number: 77777 };
    await sql`update documents_document set title = ${after.title},
      archive_serial_number = ${after.archive_serial_number} where id = 1`.execute(transaction);
    entry.record({
      kind: "row changed",
      table: "documents_document",
      pk: 1,
      before: { ...document! },
      after,
    });
    const { rows: [note] } = await sql<Record<string, number | string | null>>`
      select * from documents_note order by id limit 1`.execute(transaction);
    await sql`delete from documents_note where id = ${note!.id}`.execute(transaction);
    entry.record({ kind: "row deleted", table: "documents_note", row: note! });
    await entry.flush();
  });
  await entry.commit();
}

function world(library: Library, database: LibraryDatabase) {
  const files = openFiles({ read: [library.folder], write: [library.folder] });
  return undoWorld(files, { dataDir: library.data, mediaRoot: library.media }, database);
}

for (const version of VERSIONS) {
  Deno.test({
    name: `${version}: rows are taken back to the last value`,
    ignore,
    async fn() {
      using library = unpackLibrary(version);
      const before = dump(library);
      const database = await open(library);
      try {
        await change(library, database);
        assert.notEqual(dump(library), before);
        const undo = world(library, database);
        const entry = undo.journal.last()!;
        const plan = await planUndo(undo, entry);
        assert.deepEqual(plan.conflicts, []);
        assert.deepEqual(plan.counts, { "rows inserted": 2, "row changed": 1, "row deleted": 1 });
        await undoEntry(undo, entry);
        assert.equal(undo.journal.list()[0]?.state, "undone");
      } finally {
        await database.close();
      }
      assert.equal(dump(library), before);
    },
  });
}

/** What somebody did since, and what the undo says. */
const MEDDLING: readonly { readonly change: string; readonly says: RegExp }[] = [
  {
    change: "update documents_tag set name = 'renamed' where id = 900",
    says: /^row 900 of documents_tag: it was changed since$/,
  },
  {
    change: "update documents_document set title = 'other' where id = 1",
    says: /^row 1 of documents_document: it was changed since$/,
  },
  {
    change: "insert into documents_document_tags (id, document_id, tag_id) values (9001, 2, 900)",
    says:
      /^row 9001 of documents_document_tags: it came since and belongs to row 900 of documents_tag$/,
  },
  {
    change: "update documents_tag set tn_parent_id = 900 where id = 1",
    says: /^row 1 of documents_tag: it came since and belongs to row 900 of documents_tag$/,
  },
  {
    change: "insert into documents_note (id, note, created, document_id) " +
      "values (1, 'other', '2024-01-01 00:00:00', 1)",
    says: /^row 1 of documents_note: another row has its number now$/,
  },
];

for (const { change: meddling, says } of MEDDLING) {
  Deno.test({
    name: `not taken back after: ${meddling}`,
    ignore,
    async fn() {
      using library = unpackLibrary("v3.0.5");
      const database = await open(library);
      try {
        await change(library, database);
        await sql.raw(meddling).execute(database.kysely);
        const undo = world(library, database);
        const plan = await planUndo(undo, undo.journal.last()!);
        assert.equal(plan.conflictCount, 1);
        assert.match(
          plan.conflicts.map(({ what, reason }) => `${what}: ${reason}`).join(),
          says,
        );
      } finally {
        await database.close();
      }
    },
  });
}

Deno.test("values that JSON can't hold come back unharmed", () => {
  const places = { dataDir: "/data", mediaRoot: "/data/media" };
  const row = {
    id: 2n ** 60n,
    text: "a\0b\ud800",
    real: -0,
    infinite: Infinity,
    bytes: new Uint8Array([0, 255]),
    truth: true,
    nothing: null,
    path: "/not/a/path/of/ours",
  };
  const step: JournalStep = { kind: "row deleted", table: "documents_tag", row };
  const read = parseStep(JSON.parse(formatStep(step, places)), places);
  assert.deepStrictEqual(read, step);
});

Deno.test("the command line in the journal has no secrets", () => {
  const flags = [
    { long: "repair", help: "", origin: "paperward" },
    { long: "passphrase", help: "", origin: "upstream", value: { name: "P", kind: "string" } },
    {
      long: "from",
      help: "",
      origin: "paperward",
      value: { name: "F", kind: "path" },
    },
  ] as const;
  assert.deepEqual(
    journalArguments({ repair: true, passphrase: "geheim", from: "/e", source: "/s" }, flags, [
      "source",
    ]),
    ["--repair", "--passphrase=…", "--from=/e", "/s"],
  );
});
