// Importing into a library that holds something: what is new comes in with everything that belongs to it,
// nothing that was there changes, and what is there already does not come twice.

import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { undoLast } from "../../../../core/library/journal/undo_last.ts";
import { openFiles } from "../../../../core/library/deno_files.ts";
import { StopSignal } from "../../../../core/sandbox/stop_signal.ts";
import { inlineTransferPool } from "../../../../wasm/checksum/transfer_pool.ts";
import { silentReport } from "../../../_silent_report.ts";
import {
  contentOf,
  execute,
  exportTo,
  type Home,
  importInto,
  makeEmpty,
  makeSample,
  query,
  tempBase,
  treeOf,
} from "./_world.ts";

const GENERATIONS = ["v2", "v3"] as const;

/** Two libraries and an export of the second one. */
async function makePair(base: string, generation: "v2" | "v3") {
  const ours = await makeSample(join(base, "ours"), { generation, documents: 4 });
  const theirs = await makeSample(join(base, "theirs"), { generation, documents: 6, seed: 5 });
  // The samples' documents are the same: but for the first one they become others.
  const isOther = generation === "v3" ? "coalesce(root_document_id, id) > 1" : "id > 1";
  execute(
    ours,
    `UPDATE documents_document SET checksum = 'x' || substr(checksum, 2) WHERE ${isOther}`,
  );
  // Both have a user anna and a tag of one name; theirs has documents of its own, and nested tags.
  const source = join(base, "export");
  await exportTo(theirs, source);
  return { ours, theirs, source };
}

/** What a person sees of a document: nothing by numbers. */
function seen(home: Home, where = "1"): readonly string[] {
  const rows = query(
    home,
    `SELECT d.id, d.checksum, d.title, d.content, d.created, d.added, d.modified, d.original_filename,
      (SELECT name FROM documents_correspondent WHERE id = d.correspondent_id) AS correspondent,
      (SELECT name FROM documents_documenttype WHERE id = d.document_type_id) AS type,
      (SELECT name FROM documents_storagepath WHERE id = d.storage_path_id) AS path,
      (SELECT username FROM auth_user WHERE id = d.owner_id) AS owner,
      (SELECT group_concat(name, '|') FROM (SELECT name FROM documents_tag t JOIN documents_document_tags l ON l.tag_id = t.id WHERE l.document_id = d.id ORDER BY name)) AS tags,
      (SELECT group_concat(n.note || coalesce((SELECT username FROM auth_user WHERE id = n.user_id), ''), '|') FROM documents_note n WHERE n.document_id = d.id AND n.deleted_at IS NULL) AS notes,
      (SELECT group_concat(name || value, '|') FROM (SELECT f.name, coalesce(i.value_text, i.value_bool, i.value_url, i.value_date, i.value_int, i.value_float, i.value_monetary, i.value_select, i.value_long_text, '') AS value FROM documents_customfieldinstance i JOIN documents_customfield f ON f.id = i.field_id WHERE i.document_id = d.id AND i.deleted_at IS NULL ORDER BY f.name)) AS fields,
      (SELECT group_concat(who, '|') FROM (SELECT u.username || p.codename AS who FROM guardian_userobjectpermission g JOIN auth_user u ON u.id = g.user_id JOIN auth_permission p ON p.id = g.permission_id JOIN django_content_type c ON c.id = g.content_type_id WHERE c.model = 'document' AND g.object_pk = CAST(d.id AS TEXT) ORDER BY 1)) AS permissions,
      (SELECT count(*) FROM auditlog_logentry a JOIN django_content_type c ON c.id = a.content_type_id WHERE c.model = 'document' AND a.object_id = d.id AND a.object_pk = CAST(d.id AS TEXT)) AS audits
    FROM documents_document d WHERE d.deleted_at IS NULL AND ${where}`,
  );
  return rows.map(({ id: _, ...row }) => JSON.stringify(row)).sort();
}

for (const generation of GENERATIONS) {
  Deno.test(`${generation}: merging brings every new document with all that belongs to it, and changes nothing`, async () => {
    using base = tempBase();
    const { ours, theirs, source } = await makePair(base.path, generation);
    const before = contentOf(ours);
    const filesBefore = treeOf(ours.documents);
    const had = new Set(
      query(ours, "SELECT checksum FROM documents_document").map(({ checksum }) => checksum),
    );
    const wanted = seen(theirs).filter((row) => !had.has(JSON.parse(row).checksum));
    ok(wanted.length >= 3, "the two libraries share too much");

    const { summary } = await importInto(ours, { source, intoNonEmpty: true, acceptDamaged: true });
    strictEqual(summary.documents >= wanted.length, true);
    const found = seen(ours).filter((row) => !had.has(JSON.parse(row).checksum));
    deepStrictEqual(cut(found), cut(wanted));

    // Every row that was there is there, unchanged; only what tags cache of their tree may have grown.
    const after = contentOf(ours);
    for (const [table, rows] of Object.entries(before)) {
      const now = new Set(after[table]);
      const gone = rows.filter((row) => !now.has(row));
      if (table !== "documents_tag") deepStrictEqual(gone, [], table);
    }
    const names = (home: Home) =>
      query(
        home,
        "SELECT id, name, match, color, owner_id, tn_parent_id FROM documents_tag ORDER BY id",
      );
    ok(names(ours).length > 0);
    const files = treeOf(ours.documents);
    for (const [path, content] of Object.entries(filesBefore)) {
      strictEqual(files[path], content, path);
    }
    deepStrictEqual(query(ours, "PRAGMA foreign_key_check"), []);

    // Each new document's files are its own.
    for (
      const { id, filename, archive_filename: archive, title } of query(
        ours,
        "SELECT * FROM documents_document",
      )
    ) {
      if (filename !== null) ok(`originals/${filename}` in files, `original of ${title}`);
      if (archive !== null) ok(`archive/${archive}` in files, `archive of ${title}`);
      ok(`thumbnails/${String(id).padStart(7, "0")}.webp` in files, `thumbnail of ${title}`);
    }
  });

  Deno.test(`${generation}: what is there already does not come twice`, async () => {
    using base = tempBase();
    const library = await makeSample(join(base.path, "library"), { generation, documents: 5 });
    const source = join(base.path, "export");
    await exportTo(library, source);
    const [before, files] = [contentOf(library), treeOf(library.documents)];
    const { summary } = await importInto(library, { source, intoNonEmpty: true });
    deepStrictEqual(summary.counts.filter(({ added }) => added > 0), []);
    strictEqual(summary.files, 0);
    strictEqual(summary.journal, undefined);
    deepStrictEqual(contentOf(library), before);
    deepStrictEqual(treeOf(library.documents), files);
  });

  for (const merging of [false, true]) {
    Deno.test(`${generation}: undo takes an import back (${merging ? "merged" : "into an empty library"})`, async () => {
      using base = tempBase();
      const { ours, source } = await makePair(base.path, generation);
      const home = merging ? ours : makeEmpty(join(base.path, "empty"), generation);
      const [before, files] = [contentOf(home), treeOf(home.documents)];
      const { summary } = await importInto(home, { source, intoNonEmpty: merging });
      ok(summary.documents > 0);
      const scratch = join(base.path, "scratch");
      Deno.mkdirSync(scratch);
      const undone = await undoLast({
        settings: home.settings,
        report: silentReport(),
        stop: new StopSignal(),
        files: openFiles({ read: [], write: [home.folder, scratch] }),
        scratch,
        version: "0",
        openTransfers: () => inlineTransferPool(),
      }, { dryRun: false, abandon: false });
      strictEqual(undone.outcome, "undone");
      deepStrictEqual(contentOf(home), before);
      deepStrictEqual(treeOf(home.documents), files);
    });
  }
}

/** Exports cut moments to milliseconds. */
function cut(rows: readonly string[]): readonly unknown[] {
  return rows.map((row) => JSON.parse(row.replace(/(:\d\d\.\d{3})\d{3}"/g, '$1000"')));
}

Deno.test("names that are taken: files, serial numbers, custom fields, mail accounts", async () => {
  using base = tempBase();
  const { ours, theirs, source } = await makePair(base.path, "v3");
  // A document of ours has the stored name, the archive name and the serial number of one of theirs.
  const [first] = query(
    theirs,
    "SELECT * FROM documents_document WHERE archive_filename IS NOT NULL AND root_document_id IS NULL AND deleted_at IS NULL LIMIT 1",
  );
  ok(first);
  execute(
    theirs,
    `UPDATE documents_document SET archive_serial_number = 4711 WHERE id = ${first["id"]}`,
    "UPDATE documents_customfield SET data_type = 'string', extra_data = NULL WHERE data_type = 'select'",
    "UPDATE paperless_mail_mailaccount SET imap_server = 'elsewhere.example.org'",
  );
  const taken = join(ours.documents, "originals", String(first["filename"]));
  Deno.mkdirSync(join(taken, ".."), { recursive: true });
  if (!exists(taken)) Deno.writeTextFileSync(taken, "ours");
  const content = Deno.readTextFileSync(taken);
  execute(
    ours,
    "UPDATE documents_document SET archive_serial_number = NULL",
    "UPDATE documents_document SET archive_serial_number = 4711 WHERE id = 1",
    // No document of theirs is one of ours.
    "UPDATE documents_document SET checksum = 'x' || substr(checksum, 2)",
  );
  Deno.removeSync(source, { recursive: true });
  await exportTo(theirs, source);

  const { summary, report } = await importInto(ours, { source, intoNonEmpty: true });
  deepStrictEqual(summary.problems, { "number taken": 1 });
  match(report.lines.map(({ text }) => text).join("\n"), /serial number 4711/);
  strictEqual(Deno.readTextFileSync(taken), content);
  const [added] = query(
    ours,
    `SELECT filename, archive_serial_number AS serial FROM documents_document WHERE checksum = '${
      first["checksum"]
    }'`,
  );
  match(String(added?.["filename"]), /_01\.\w+$/);
  strictEqual(added?.["serial"], null);
  ok(exists(join(ours.documents, "originals", String(added?.["filename"]))));
  const fields = query(ours, "SELECT name FROM documents_customfield").map(({ name }) =>
    String(name)
  );
  ok(fields.some((name) => / \(2\)$/.test(name)), fields.join(", "));
  const accounts = query(ours, "SELECT name, imap_server FROM paperless_mail_mailaccount");
  ok(
    accounts.some(({ name, imap_server: server }) =>
      / \(2\)$/.test(String(name)) && server === "elsewhere.example.org"
    ),
  );
});

function exists(path: string): boolean {
  try {
    return Deno.lstatSync(path) !== null;
  } catch {
    return false;
  }
}

Deno.test("numbers inside texts and JSON follow the rows that they name", async () => {
  using base = tempBase();
  const { ours, theirs, source } = await makePair(base.path, "v3");
  execute(
    ours,
    "UPDATE documents_document SET checksum = 'x' || substr(checksum, 2)",
    "UPDATE documents_tag SET name = 'ours ' || name",
    "UPDATE documents_customfield SET name = 'ours ' || name",
    "UPDATE documents_savedview SET name = 'ours ' || name",
    "UPDATE documents_workflow SET name = 'ours ' || name",
    "UPDATE documents_correspondent SET name = 'ours ' || name",
  );
  const [tag] = query(theirs, "SELECT min(id) AS id FROM documents_tag");
  const [field] = query(theirs, "SELECT min(id) AS id FROM documents_customfield");
  const [view] = query(theirs, "SELECT min(id) AS id FROM documents_savedview");
  const [action] = query(
    theirs,
    "SELECT min(workflowaction_id) AS id FROM documents_workflow_actions",
  );
  const [trigger] = query(
    theirs,
    "SELECT min(workflowtrigger_id) AS id FROM documents_workflow_triggers",
  );
  const [link] = query(theirs, "SELECT min(id) AS id FROM documents_customfieldinstance");
  execute(
    theirs,
    `UPDATE documents_savedviewfilterrule SET rule_type = 22, value = '${tag?.["id"]}'`,
    `UPDATE documents_savedview SET sort_field = 'custom_field_${
      field?.["id"]
    }', display_fields = '["title", "custom_field_${field?.["id"]}"]' WHERE id = ${view?.["id"]}`,
    `UPDATE documents_workflowaction SET assign_custom_fields_values = '{"${
      field?.["id"]
    }": 1.50}' WHERE id = ${action?.["id"]}`,
    `UPDATE documents_workflowtrigger SET filter_custom_field_query = '["AND", [[${
      field?.["id"]
    }, "exists", true]]]' WHERE id = ${trigger?.["id"]}`,
    `UPDATE documents_customfieldinstance SET value_document_ids = '[2, 1, 2]' WHERE id = ${
      link?.["id"]
    }`,
  );
  Deno.removeSync(source, { recursive: true });
  await exportTo(theirs, source);
  await importInto(ours, { source, intoNonEmpty: true, acceptDamaged: true });

  const name = (home: Home, table: string, id: unknown) =>
    query(home, `SELECT * FROM ${table} WHERE id = ${Number(id)}`)[0];
  const theirTag = name(theirs, "documents_tag", tag?.["id"])?.["name"];
  const theirField = name(theirs, "documents_customfield", field?.["id"])?.["name"];
  const rules = query(
    ours,
    "SELECT r.value FROM documents_savedviewfilterrule r JOIN documents_savedview v ON v.id = r.saved_view_id WHERE v.name NOT LIKE 'ours %'",
  );
  ok(rules.length > 0);
  for (const { value } of rules) {
    strictEqual(name(ours, "documents_tag", value)?.["name"], theirTag);
  }
  const [mapped] = query(
    ours,
    "SELECT * FROM documents_savedview WHERE sort_field LIKE 'custom_field_%' AND name NOT LIKE 'ours %'",
  );
  const number = String(mapped?.["sort_field"]).replace("custom_field_", "");
  strictEqual(name(ours, "documents_customfield", number)?.["name"], theirField);
  strictEqual(mapped?.["display_fields"], `["title", "custom_field_${number}"]`);
  strictEqual(
    query(
      ours,
      `SELECT count(*) AS n FROM documents_workflowaction WHERE assign_custom_fields_values = '{"${number}": 1.50}'`,
    )[0]?.["n"],
    1,
    "the value of a field kept its digits",
  );
  strictEqual(
    query(
      ours,
      `SELECT count(*) AS n FROM documents_workflowtrigger WHERE filter_custom_field_query = '["AND", [[${number}, "exists", true]]]'`,
    )[0]?.["n"],
    1,
  );
  const [links] = query(
    ours,
    "SELECT value_document_ids AS ids FROM documents_customfieldinstance WHERE value_document_ids LIKE '[%,%,%' ORDER BY id DESC LIMIT 1",
  );
  const titles = (JSON.parse(String(links?.["ids"])) as number[])
    .map((id) => name(ours, "documents_document", id)?.["title"]);
  deepStrictEqual(titles, [2, 1, 2].map((id) => name(theirs, "documents_document", id)?.["title"]));
});
