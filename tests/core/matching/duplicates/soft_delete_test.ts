// The trash as upstream fills it: the same rows, the same audit log, in one transaction that undo takes back.

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { registerRegexp } from "../../../../migrations/create_library.ts";
import { openDatabase } from "../../../../core/database/open_database.ts";
import { openFiles } from "../../../../core/library/deno_files.ts";
import { openJournal } from "../../../../core/library/journal/open_journal.ts";
import { planUndo, undoEntry } from "../../../../core/library/journal/undo_entry.ts";
import {
  type Deletion,
  softDelete,
  type SoftDeleted,
} from "../../../../core/matching/duplicates/soft_delete.ts";
import { contentMark } from "../../../../core/matching/duplicates/texts.ts";
import {
  fixturesRoot,
  type FixtureVersion,
  type Library,
  unpackLibrary,
  VERSIONS,
  withoutFixtures,
} from "../../../_fixtures.ts";
import { silentReport } from "../../../_silent_report.ts";
import { undoWorld } from "../../library/journal/_library.ts";

type Row = Readonly<Record<string, unknown>>;

function query(library: Library, sql: string): Row[] {
  using database = new DatabaseSync(library.database, { readOnly: true });
  return database.prepare(sql).all() as Row[];
}

function change(library: Library, sql: string): void {
  using database = new DatabaseSync(library.database);
  registerRegexp(database);
  database.exec(sql);
}

const TABLES = [
  "documents_document",
  "documents_note",
  "documents_customfieldinstance",
  "documents_sharelink",
  "documents_workflowrun",
  "auditlog_logentry",
];

function everything(library: Library): Record<string, Row[]> {
  return Object.fromEntries(
    TABLES.map((table) => [table, query(library, `select * from ${table} order by id`)]),
  );
}

function mark(library: Library, id: number): bigint {
  const [row] = query(library, `select content from documents_document where id = ${id}`);
  return contentMark(String(row!.content));
}

function deletion(library: Library, id: number, keeper: number): Deletion {
  return {
    id,
    content: mark(library, id),
    keeper: { id: keeper, content: mark(library, keeper) },
  };
}

interface Run {
  readonly auditLog?: boolean;
  /** Fails instead of giving the n-th transaction id. */
  readonly failAt?: number;
}

async function run(
  library: Library,
  deletions: readonly Deletion[],
  { auditLog = true, failAt = Infinity }: Run = {},
): Promise<SoftDeleted> {
  const files = openFiles({ read: [library.folder], write: [library.folder] });
  const database = await openDatabase(
    { kind: "sqlite", path: library.database, timeoutMs: 1000 },
    { files, scratch: library.folder, report: silentReport(), mode: "write" },
  );
  let ids = 0;
  try {
    return await softDelete({
      database,
      journal: openJournal(files, { dataDir: library.data, mediaRoot: library.media }),
      arguments: ["--delete"],
      auditLog,
      now: () => new Date("2026-11-23T05:21:10.300Z"),
      newId: () => {
        if (++ids === failAt) throw new Error("the disk is on fire");
        return `00000000-0000-4000-8000-${String(ids).padStart(12, "0")}`;
      },
    }, deletions);
  } finally {
    await database.close();
  }
}

/** Takes the last entry back, as `undo` does. */
async function undo(library: Library): Promise<void> {
  const files = openFiles({ read: [library.folder], write: [library.folder] });
  const database = await openDatabase(
    { kind: "sqlite", path: library.database, timeoutMs: 1000 },
    { files, scratch: library.folder, report: silentReport(), mode: "write" },
  );
  try {
    const world = undoWorld(files, { dataDir: library.data, mediaRoot: library.media }, database);
    const entry = world.journal.last()!;
    const plan = await planUndo(world, entry);
    assert.equal(plan.conflicts.length, 0);
    await undoEntry(world, entry);
  } finally {
    await database.close();
  }
}

/** What upstream left after `--ratio 95 --delete`: times and transaction ids are of that run. */
function recorded(version: FixtureVersion): { readonly documents: Row[]; readonly audit: Row[] } {
  const name = version === "v2.20.15" ? "delete" : "delete_yes";
  const after = JSON.parse(
    Deno.readTextFileSync(`${fixturesRoot()}/${version}/after/document_fuzzy_match-${name}.json`),
  );
  return { documents: after.documents, audit: after.audit_log_added };
}

const DELETED: Readonly<Record<FixtureVersion, readonly number[]>> = {
  "v2.20.15": [20, 21, 23],
  "v3.0.5": [20, 21, 23, 41, 40],
};

for (const version of VERSIONS) {
  Deno.test({
    name: `rows and audit log are upstream's (${version})`,
    ignore: withoutFixtures(),
    async fn() {
      using library = unpackLibrary(version);
      const before = everything(library);
      const ids = DELETED[version];
      const result = await run(library, ids.map((id) => deletion(library, id, 3)));
      assert.deepEqual(result.deleted, ids);
      const after = everything(library);
      const expected = recorded(version);
      // Documents, column by column; what only that run knows is compared by its form.
      const form = (value: unknown) => String(value).replaceAll(/[0-9a-f]/g, "0");
      for (const row of expected.documents) {
        const ours = after.documents_document!.find(({ id }) => id === row.id)!;
        const theirs = Object.fromEntries(
          Object.entries(row).filter(([column]) => column in ours),
        );
        if (ids.includes(Number(row.id))) {
          for (const column of ["deleted_at", "transaction_id"]) {
            assert.equal(form(ours[column]), form(theirs[column]), `${column} of ${row.id}`);
            theirs[column] = ours[column];
          }
        }
        for (const [column, value] of Object.entries(theirs)) {
          assert.deepEqual(ours[column], value, `${column} of document ${row.id}`);
        }
      }
      const added = after.auditlog_logentry!.slice(before.auditlog_logentry!.length);
      const audited = added.filter(({ content_type_id }) =>
        content_type_id === expected.audit[0]!.content_type_id
      );
      assert.equal(audited.length, expected.audit.length);
      audited.forEach((ours, i) => {
        const theirs = expected.audit[i]!;
        for (const column of Object.keys(theirs)) {
          if (column === "id") continue;
          const alike = ["timestamp", "changes"].includes(column)
            ? form(ours[column]) === form(theirs[column])
            : ours[column] === theirs[column];
          assert.ok(alike, `${column}: ${ours[column]} instead of ${theirs[column]}`);
        }
      });
    },
  });

  Deno.test({
    name:
      `notes, custom fields, share links and workflow runs go too, and undo brings all back (${version})`,
    ignore: withoutFixtures(),
    async fn() {
      using library = unpackLibrary(version);
      const before = everything(library);
      // Document 1 has notes, custom fields and a share link; 6 a workflow run; 5 a note in the trash already.
      await run(library, [1, 5, 6].map((id) => deletion(library, id, 3)));
      const after = everything(library);
      for (const table of TABLES.slice(1, 5)) {
        for (const [i, row] of after[table]!.entries()) {
          const old = before[table]![i]!;
          const goes = [1, 5, 6].includes(Number(row.document_id)) && old.deleted_at === null;
          if (!goes) assert.deepEqual(row, old);
          else {
            const root = after.documents_document!.find(({ id }) => id === row.document_id)!;
            assert.equal(row.transaction_id, root.transaction_id);
            assert.notEqual(row.deleted_at, null);
            assert.equal(row.restored_at, null);
          }
        }
      }
      const changed = (table: string) =>
        after[table]!.filter(({ deleted_at }, i) => deleted_at !== before[table]![i]!.deleted_at);
      assert.ok(changed("documents_note").length === 2);
      assert.ok(changed("documents_customfieldinstance").length >= 10);
      assert.ok(changed("documents_sharelink").length === 1);
      assert.ok(changed("documents_workflowrun").length >= 1);
      // The three documents have a transaction each.
      const transactions = new Set(
        changed("documents_document").map(({ transaction_id }) => transaction_id),
      );
      assert.equal(transactions.size, 3);
      await undo(library);
      assert.deepEqual(everything(library), before);
    },
  });
}

Deno.test({
  name: "versions go with their document (v3)",
  ignore: withoutFixtures(),
  async fn() {
    using library = unpackLibrary("v3.0.5");
    const before = everything(library);
    await run(library, [deletion(library, 14, 3)]);
    const [root, version] = query(
      library,
      "select id, deleted_at, transaction_id from documents_document where id in (14, 42) order by id",
    );
    assert.notEqual(version!.deleted_at, null);
    assert.equal(version!.transaction_id, root!.transaction_id);
    await undo(library);
    assert.deepEqual(everything(library), before);
  },
});

Deno.test({
  name:
    "what was changed or deleted since it was compared is left alone, and so is what its keeper is gone for",
  ignore: withoutFixtures(),
  async fn() {
    using library = unpackLibrary("v2.20.15");
    const deletions = [20, 21, 22, 23].map((id) => deletion(library, id, id === 23 ? 4 : 3));
    change(library, "update documents_document set content = content || ' more' where id = 20");
    change(library, "update documents_document set deleted_at = '2026-01-01' where id in (21, 4)");
    const before = everything(library);
    const { deleted, left } = await run(library, deletions);
    assert.deepEqual(deleted, [22]);
    assert.deepEqual(left.map(({ id }) => id), [20, 21, 23]);
    assert.match(left[2]!.reason, /document 4/);
    const after = everything(library);
    for (const id of [4, 20, 21, 23]) {
      const of = (rows: Record<string, Row[]>) =>
        rows.documents_document!.find((row) => row.id === id);
      assert.deepEqual(of(after), of(before));
    }
  },
});

Deno.test({
  name: "where nothing is left to delete, nothing is journalled",
  ignore: withoutFixtures(),
  async fn() {
    using library = unpackLibrary("v2.20.15");
    const deletions = [deletion(library, 20, 3)];
    change(library, "update documents_document set content = 'x' where id = 3");
    const result = await run(library, deletions);
    assert.equal(result.entry, undefined);
    assert.deepEqual([...Deno.readDirSync(`${library.data}/paperward/journal`)], []);
  },
});

Deno.test({
  name: "a failure in the middle changes nothing and leaves no entry",
  ignore: withoutFixtures(),
  async fn() {
    using library = unpackLibrary("v2.20.15");
    const before = everything(library);
    const deletions = [20, 21, 23].map((id) => deletion(library, id, 3));
    await assert.rejects(run(library, deletions, { failAt: 3 }), /on fire/);
    assert.deepEqual(everything(library), before);
    assert.deepEqual([...Deno.readDirSync(`${library.data}/paperward/journal`)], []);
  },
});

Deno.test({
  name: "with the audit log switched off none is written",
  ignore: withoutFixtures(),
  async fn() {
    using library = unpackLibrary("v2.20.15");
    const before = everything(library);
    await run(library, [deletion(library, 1, 3)], { auditLog: false });
    assert.deepEqual(everything(library).auditlog_logentry, before.auditlog_logentry);
  },
});

Deno.test({
  name: "a content with a NUL or bytes that are no UTF-8 is the same when looked at again",
  ignore: withoutFixtures(),
  async fn() {
    using library = unpackLibrary("v2.20.15");
    change(
      library,
      "update documents_document set content = cast(x'6100622063ff64' as text) where id in (3, 20)",
    );
    const content = contentMark("a\0b c\udcffd");
    const result = await run(library, [{ id: 20, content, keeper: { id: 3, content } }]);
    assert.deepEqual(result.deleted, [20]);
  },
});
