// Single steps on small records: what the fixtures don't hold, and hostile values.

import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { PaperwardError } from "../../../../core/errors.ts";
import { selectOptionId } from "../../../../core/archive/history/steps/select_options.ts";
import { slugify, tagSortKey } from "../../../../core/archive/history/steps/tag_tree.ts";
import type { RawRecord } from "../../../../core/archive/manifest/raw_record.ts";
import { convert, make, plain } from "./_history.ts";

function find(records: readonly RawRecord[], model: string, pk: number | string = 1) {
  return records.find((record) => record.model === model && record.pk === String(pk));
}

function raw(model: string, pk: string, fields: Readonly<Record<string, string>>): RawRecord {
  return { model, pk, fields: new Map(Object.entries(fields)), extras: new Map() };
}

Deno.test("select options: numbers become ids by place, other members and labels stay as text", async () => {
  const { records, lost } = await convert([
    raw("documents.customfield", "7", {
      data_type: '"select"',
      extra_data:
        '{"x": 1.50, "select_options": ["a \\ud800", "b", "c,]}"], "y": 9007199254740993}',
    }),
    raw("documents.customfieldinstance", "1", { field: "7", value_select: "2" }),
    raw("documents.customfieldinstance", "2", { field: "7", value_select: "0" }),
    raw("documents.customfieldinstance", "3", { field: "7", value_select: "3" }),
    raw("documents.customfieldinstance", "4", { field: "7", value_select: "null" }),
    raw("documents.customfieldinstance", "5", { field: "8", value_select: "0" }),
  ], { from: "2.13.5", to: "v2" });
  const ids = [0, 1, 2].map((index) => selectOptionId("7", index));
  for (const id of ids) match(id, /^[A-Za-z0-9]{16}$/);
  strictEqual(new Set(ids).size, 3);
  strictEqual(
    find(records, "documents.customfield", 7)?.fields.get("extra_data"),
    `{"x": 1.50, "select_options": [{"id": "${ids[0]}", "label": "a \\ud800"}, ` +
      `{"id": "${ids[1]}", "label": "b"}, {"id": "${
        ids[2]
      }", "label": "c,]}"}], "y": 9007199254740993}`,
  );
  const values = [1, 2, 3, 4, 5].map((pk) =>
    find(records, "documents.customfieldinstance", pk)?.fields.get("value_select")
  );
  deepStrictEqual(values, [`"${ids[2]}"`, `"${ids[0]}"`, "null", "null", "null"]);
  deepStrictEqual(lost.map(({ pk, field }) => `${pk} ${field}`), [
    "3 value_select",
    "5 value_select",
  ]);
});

Deno.test("consumption templates: one trigger, action and workflow each, with what later releases added", async () => {
  const { records } = await convert([
    make("documents.consumptiontemplate", 3, {
      name: "Post",
      order: 2,
      sources: "1,3",
      filter_path: "*/in/*",
      filter_filename: null,
      filter_mailrule: 4,
      assign_title: "{title}",
      assign_tags: [1, 2],
      assign_document_type: 5,
      assign_correspondent: null,
      assign_storage_path: null,
      assign_owner: 2,
      assign_view_users: [3],
      assign_view_groups: [],
      assign_change_users: [],
      assign_change_groups: [1],
      assign_custom_fields: [9],
    }),
    make("documents.consumptiontemplate", 8, { name: "Leer", order: 0, sources: "2" }),
  ], { from: "2.2.1", to: "v2" });
  deepStrictEqual(plain(find(records, "documents.workflow", 1)), {
    name: "Post",
    order: 2,
    enabled: true,
    triggers: [1],
    actions: [1],
  });
  deepStrictEqual(plain(find(records, "documents.workflow", 2))["actions"], [2]);
  const trigger = plain(find(records, "documents.workflowtrigger", 1));
  strictEqual(trigger["sources"], "1,3");
  strictEqual(trigger["filter_mailrule"], 4);
  strictEqual(trigger["schedule_date_field"], "added");
  const action = plain(find(records, "documents.workflowaction", 1));
  strictEqual(action["assign_title"], "{{ title }}");
  deepStrictEqual(action["assign_custom_fields"], [9]);
  deepStrictEqual(action["assign_view_users"], [3]);
  strictEqual(action["remove_all_tags"], false);
  strictEqual(action["order"], 1);
  strictEqual(find(records, "documents.consumptiontemplate", 3), undefined);
});

Deno.test("permissions: numbers without a table are listed, groups that are not there too", async () => {
  const { records, lost } = await convert([
    make("auth.user", 2, { username: "a", groups: [1, 2], user_permissions: [24, 88, 89, 0] }),
  ], { from: "1.5.0", to: "v2" });
  deepStrictEqual(plain(find(records, "auth.user", 2)), {
    username: "a",
    groups: [],
    user_permissions: [24, 88],
  });
  const codenames = records.filter(({ model }) => model === "auth.permission")
    .map((record) => plain(record)["codename"]);
  deepStrictEqual(codenames, ["view_document", "view_ormq"]);
  deepStrictEqual(lost.map(({ kind, field }) => `${kind} ${field}`), [
    "assumed user_permissions",
    "lost user_permissions",
    "lost groups",
  ]);
  match(lost[1]?.reason ?? "", /89, 0/);
});

Deno.test("permissions: whoever may add documents is granted what upgrades grant, by 2.3 and by 3.0", async () => {
  const base = [
    make("contenttypes.contenttype", 5, { app_label: "documents", model: "document" }),
    make("contenttypes.contenttype", 9, { app_label: "documents", model: "consumptiontemplate" }),
    make("auth.permission", 17, { name: "x", content_type: 5, codename: "add_document" }),
    make("auth.permission", 33, {
      name: "x",
      content_type: 9,
      codename: "add_consumptiontemplate",
    }),
    make("auth.user", 1, { username: "a", groups: [], user_permissions: [33, 17] }),
    make("auth.user", 2, { username: "b", groups: [], user_permissions: [33] }),
  ];
  const { records, lost } = await convert(base, { from: "2.1.0", to: "v3" });
  const codenames = new Map(
    records.filter(({ model }) => model === "auth.permission")
      .map((record) => [Number(record.pk), String(plain(record)["codename"])]),
  );
  const held = (pk: number) =>
    (plain(find(records, "auth.user", pk))["user_permissions"] as number[])
      .map((key) => codenames.get(key)).sort();
  strictEqual(held(1).length, 1 + 4 * 4);
  ok(held(1).includes("delete_workflowtrigger") && held(1).includes("add_sharelinkbundle"));
  ok(!held(1).includes("add_customfield"), "2.1 had custom fields: nothing is granted again");
  deepStrictEqual(held(2), []);
  deepStrictEqual(
    lost.filter(({ field }) => field === "user_permissions").map(({ pk }) => pk),
    ["1", "2"],
  );
  ok(!records.some((record) => plain(record)["model"] === "consumptiontemplate"));
});

Deno.test("documents of paperless-ng: types, archive names, NUL in texts", async () => {
  const document = (pk: number, fields: Readonly<Record<string, unknown>>) =>
    make("documents.document", pk, { created: "2020-11-20T23:30:00Z", ...fields });
  const { records, lost } = await convert([
    document(1, { filename: "a/x.pdf", archive_checksum: "c", content: "a\0b", file_type: "pdf" }),
    document(2, {
      filename: "b/x.png",
      archive_checksum: "d",
      content: "\\u0000\\\0",
      file_type: "jpg",
    }),
    document(3, { filename: null, archive_checksum: "e", file_type: "exe" }),
    document(4, { filename: "y.pdf", archive_checksum: null }),
  ], { from: "0.9.1", to: "v2" });
  const of = (pk: number) => plain(find(records, "documents.document", pk));
  deepStrictEqual(
    [1, 2, 3, 4].map((pk) => of(pk)["archive_filename"]),
    ["x.pdf", "x_01.pdf", "0000003.pdf", null],
  );
  deepStrictEqual([1, 2].map((pk) => of(pk)["content"]), ["a b", "\\u0000\\ "]);
  deepStrictEqual(
    [1, 2, 3].map((pk) => of(pk)["mime_type"]),
    ["application/pdf", "image/jpeg", "application/octet-stream"],
  );
  strictEqual(of(1)["created"], "2020-11-21");
  deepStrictEqual(lost.map(({ kind, pk, field }) => `${kind} ${pk} ${field}`), [
    "changed 2 archive_filename",
    "lost 3 file_type",
  ]);
});

Deno.test("tag colours: every number of the palette, and one beyond it", async () => {
  const { records, lost } = await convert([
    make("documents.tag", 1, { name: "a", colour: 1 }),
    make("documents.tag", 2, { name: "b", colour: 13 }),
    make("documents.tag", 3, { name: "c", colour: 14 }),
  ], { from: "1.2.1", to: "v2" });
  const colours = [1, 2, 3].map((pk) => plain(find(records, "documents.tag", pk))["color"]);
  deepStrictEqual(colours, ["#a6cee3", "#cccccc", "#a6cee3"]);
  deepStrictEqual(lost.map(({ kind, pk }) => `${kind} ${pk}`), ["changed 3"]);
});

Deno.test("tag tree: roots in the order of their slugs, the caches as upstream's", async () => {
  strictEqual(slugify("  Größe – 100 % (Ä_b) "), "groe-100-a_b");
  ok(tagSortKey("any", 1n) > tagSortKey("any-more", 2n), "short slugs are filled with z");
  const { records } = await convert(
    ["Zwei", "any", "any more", "Äh"].map((name, at) => make("documents.tag", at + 1, { name })),
    { from: "2.18.4", to: "v2" },
  );
  const of = (pk: number) => plain(find(records, "documents.tag", pk));
  deepStrictEqual([1, 2, 3, 4].map((pk) => of(pk)["tn_order"]), [3, 2, 1, 0]);
  strictEqual(of(1)["tn_siblings_pks"], "4,3,2");
  strictEqual(of(1)["tn_siblings_count"], 3);
});

Deno.test("tags that have a tree keep it", async () => {
  const tag = make("documents.tag", 2, { name: "a", tn_parent: 1, tn_order: 77 });
  const { records } = await convert([tag], { from: "2.18.0", to: "v2" });
  strictEqual(plain(find(records, "documents.tag", 2))["tn_order"], 77);
});

Deno.test("interface settings get the visible views spliced in; numbers and chosen lists stay", async () => {
  const settings =
    '{"ratio": 0.750, "big": 12345678901234567890, "saved_views": {"dashboard_views_visible_ids": [9], "a": {}}}';
  const { records, lost } = await convert([
    make("documents.savedview", 1, { owner: 2, show_on_dashboard: true, show_in_sidebar: true }),
    make("documents.savedview", 2, {
      owner: null,
      show_on_dashboard: true,
      show_in_sidebar: false,
    }),
    make("documents.savedview", 3, { owner: 2, show_on_dashboard: false, show_in_sidebar: true }),
    make("auth.user", 2, { username: "a" }),
    make("auth.user", 3, { username: "b" }),
    make("auth.user", 4, { username: "c" }),
    make("auth.user", 5, { username: "consumer" }),
    raw("documents.uisettings", "6", { user: "2", settings }),
    raw("documents.uisettings", "7", { user: "4", settings: "[1]" }),
  ], { from: "2.20.15", to: "v3" });
  strictEqual(
    find(records, "documents.uisettings", 6)?.fields.get("settings"),
    '{"ratio": 0.750, "big": 12345678901234567890, "saved_views": ' +
      '{"dashboard_views_visible_ids": [9], "a": {}, "sidebar_views_visible_ids": [1, 3]}}',
  );
  const empty = { saved_views: { dashboard_views_visible_ids: [], sidebar_views_visible_ids: [] } };
  deepStrictEqual(plain(find(records, "documents.uisettings", 7)), { user: 4, settings: empty });
  deepStrictEqual(plain(find(records, "documents.uisettings", 8)), { user: 3, settings: empty });
  strictEqual(records.filter(({ model }) => model === "documents.uisettings").length, 3);
  ok(!find(records, "documents.savedview", 1)?.fields.has("show_on_dashboard"));
  deepStrictEqual(lost.map(({ pk, field }) => `${pk} ${field}`), ["2 show_on_dashboard"]);
});

Deno.test("filter rules: types and query fields of version 3", async () => {
  const rule = (pk: number, rule_type: number, value: string | null) =>
    make("documents.savedviewfilterrule", pk, { saved_view: 1, rule_type, value });
  const { records } = await convert([
    rule(1, 0, "note:x"),
    rule(2, 19, null),
    rule(3, 20, "note:a denote:b (custom_field:c) notes.note:d änote:e +note:f"),
    rule(4, 20, null),
  ], { from: "2.20.15", to: "v3" });
  const of = (pk: number) => plain(find(records, "documents.savedviewfilterrule", pk));
  deepStrictEqual(of(1), { saved_view: 1, rule_type: 48, value: "note:x" });
  strictEqual(of(2)["rule_type"], 49);
  strictEqual(
    of(3)["value"],
    "notes.note:a denote:b (custom_fields.value:c) notes.note:d änote:e +notes.note:f",
  );
  strictEqual(of(4)["value"], null);
});

Deno.test("application configuration: modes in the words of version 3, numbers that fit", async () => {
  const cases: readonly (readonly [string | null, string | null, string | null, string | null])[] =
    [
      ["skip", null, "auto", null],
      ["skip_noarchive", null, "auto", "never"],
      ["skip_noarchive", "never", "auto", "always"],
      ["redo", "with_text", "redo", "auto"],
      ["force", "always", "force", "never"],
      [null, null, null, null],
    ];
  for (const [mode, skip_archive_file, wantMode, wantGeneration] of cases) {
    const { records, lost } = await convert([
      make("paperless.applicationconfiguration", 1, { mode, skip_archive_file, pages: 40000 }),
    ], { from: "2.20.15", to: "v3" });
    const is = plain(find(records, "paperless.applicationconfiguration"));
    deepStrictEqual(
      [is["mode"], is["archive_file_generation"], is["pages"]],
      [wantMode, wantGeneration, 32767],
    );
    ok(!("skip_archive_file" in is));
    deepStrictEqual(lost.map(({ kind, field }) => `${kind} ${field}`), ["changed pages"]);
  }
});

Deno.test("mail rules: all are counted anew where one order doesn't fit 16 bits, none otherwise", async () => {
  const rules = (orders: readonly number[]) =>
    orders.map((order, at) =>
      make("paperless_mail.mailrule", at + 1, { order, maximum_age: at === 0 ? 99999 : 30 })
    );
  const ordersOf = async (orders: readonly number[]) => {
    const { records, lost } = await convert(rules(orders), { from: "2.20.15", to: "v3" });
    strictEqual(plain(find(records, "paperless_mail.mailrule"))["maximum_age"], 32767);
    return {
      orders: records.filter(({ model }) => model.endsWith("mailrule")).map((record) =>
        plain(record)["order"]
      ),
      changed: lost.filter(({ field }) => field === "order").length,
    };
  };
  deepStrictEqual(await ordersOf([5, -3, 32767]), { orders: [5, -3, 32767], changed: 0 });
  deepStrictEqual(await ordersOf([70000, 5, 70000, -40000]), { orders: [2, 1, 3, 0], changed: 4 });
});

Deno.test("audit log: changes out of their text, a text that is no JSON is kept as text", async () => {
  const { records, lost } = await convert([
    make("auditlog.logentry", 1, { changes: '{"n": [1.0, 12345678901234567890]}' }),
    make("auditlog.logentry", 2, { changes: "{broken" }),
    make("auditlog.logentry", 3, { changes: "" }),
    raw("auditlog.logentry", "4", { changes: '"[\\"\\ud800 \\ud83d\\ude00\\"]"' }),
  ], { from: "2.7.2", to: "v2" });
  const of = (pk: number) => find(records, "auditlog.logentry", pk)?.fields;
  strictEqual(of(1)?.get("changes"), '{"n": [1.0, 12345678901234567890]}');
  strictEqual(of(1)?.get("changes_text"), '""');
  strictEqual(of(2)?.get("changes"), "null");
  strictEqual(of(2)?.get("changes_text"), '"{broken"');
  strictEqual(of(3)?.get("changes"), "null");
  strictEqual(of(4)?.get("changes"), '["\\ud800 😀"]');
  deepStrictEqual(lost.map(({ kind, pk }) => `${kind} ${pk}`), ["changed 2"]);
});

Deno.test("workflow actions of 2.14.0 to 2.14.3 lose the e-mails that were not exported", async () => {
  const { records, lost } = await convert([
    make("documents.workflowaction", 1, { type: 3, email: 4, webhook: null }),
  ], { from: "2.14.2", to: "v2" });
  strictEqual(plain(find(records, "documents.workflowaction"))["email"], null);
  deepStrictEqual(lost.map(({ pk, field }) => `${pk} ${field}`), ["1 email"]);
});

Deno.test("a value that is not what its field holds names the record", async () => {
  const bad: readonly RawRecord[] = [
    make("documents.document", 5, { created: 17 }),
    make("documents.document", 5, { created: "yesterday" }),
    make("documents.document", 5, { created: "2020-02-30T10:00:00Z" }),
    make("documents.customfieldinstance", 5, { field: 1, value_select: 1.5 }),
    make("documents.storagepath", 5, { path: ["x"] }),
  ];
  for (const record of bad) {
    await rejects(convert([record], { from: "2.12.0", to: "v2" }), (error: unknown) => {
      ok(error instanceof PaperwardError);
      match(error.message, new RegExp(`^Cannot bring ${record.model} 5 up to date: `));
      ok(error.hints.length > 0);
      return true;
    });
  }
  await rejects(
    convert([make("auth.user", 1, { username: "a", groups: "x" })], { from: "1.5.0", to: "v2" }),
    PaperwardError,
  );
});
