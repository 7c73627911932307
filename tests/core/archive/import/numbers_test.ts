// Numbers and fresh rows: in an empty library the export's numbers win, content types, permissions and users
// are found by what they are, and counting goes on behind what was imported.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { tagTree } from "../../../../core/archive/import/tag_tree.ts";
import { unpackLibrary, VERSIONS, withoutFixtures } from "../../../_fixtures.ts";
import {
  contentOf,
  execute,
  exportTo,
  importInto,
  makeEmpty,
  makeSample,
  query,
  tempBase,
  treeOf,
} from "./_world.ts";

for (const generation of ["v2", "v3"] as const) {
  Deno.test(`${generation}: other numbers of content types, permissions and users than a fresh library has`, async () => {
    using base = tempBase();
    const library = await makeSample(join(base.path, "library"), { generation, documents: 3 });
    // As an upgraded library: every number is another one, two content types changed places, a model is gone.
    execute(
      library,
      "PRAGMA foreign_keys = OFF",
      ...[
        "auth_permission",
        "auditlog_logentry",
        "guardian_userobjectpermission",
        "guardian_groupobjectpermission",
        "django_admin_log",
      ]
        .map((table) => `UPDATE ${table} SET content_type_id = 200 - content_type_id`),
      "UPDATE django_content_type SET id = 200 - id",
      ...[
        "auth_group_permissions",
        "auth_user_user_permissions",
        "guardian_userobjectpermission",
        "guardian_groupobjectpermission",
      ]
        .map((table) => `UPDATE ${table} SET permission_id = permission_id + 1000`),
      "UPDATE auth_permission SET id = id + 1000",
      "INSERT INTO django_content_type (id, app_label, model) VALUES (3, 'documents', 'gone')",
      "INSERT INTO auth_permission (id, content_type_id, codename, name) VALUES (1, 3, 'add_gone', 'Can add gone')",
    );
    // A person has the number that a service user has in a fresh library.
    const service = generation === "v2" ? 2 : 1;
    const [anna] = query(library, "SELECT id FROM auth_user WHERE username = 'anna'");
    const references = query(
      library,
      "SELECT m.name AS t, f.\"from\" AS c FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f ON f.\"table\" = 'auth_user' WHERE m.type = 'table'",
    );
    execute(
      library,
      "PRAGMA foreign_keys = OFF",
      `UPDATE auth_user SET id = 900 WHERE id = ${service}`,
      `UPDATE auth_user SET id = ${service} WHERE username = 'anna'`,
      ...references.map(({ t, c }) =>
        `UPDATE "${t}" SET "${c}" = ${service} WHERE "${c}" = ${anna?.["id"]}`
      ),
    );
    deepStrictEqual(query(library, "PRAGMA foreign_key_check"), []);

    const [first, second] = [join(base.path, "first"), join(base.path, "second")];
    await exportTo(library, first);
    const home = makeEmpty(join(base.path, "new"), generation);
    const fresh = query(home, "SELECT app_label, model FROM django_content_type");
    const { summary } = await importInto(home, { source: first });
    deepStrictEqual(summary.problems, {});
    await exportTo(home, second);
    // The export again, number by number: what the fresh library had beyond it comes on top.
    const [theirs, mine] = [first, second].map((folder) =>
      JSON.parse(Deno.readTextFileSync(join(folder, "manifest.json"))) as {
        model: string;
        pk: number;
      }[]
    );
    const text = (records: typeof theirs) =>
      new Set(records!.map((record) => JSON.stringify(record)));
    const found = text(mine);
    deepStrictEqual([...text(theirs)].filter((record) => !found.has(record)), []);
    strictEqual(mine!.length, theirs!.length);
    for (const { app_label: app, model } of fresh) {
      strictEqual(
        query(
          home,
          `SELECT 1 FROM django_content_type WHERE app_label = '${app}' AND model = '${model}'`,
        ).length,
        1,
      );
    }
    // Nobody lost a user: the service user made room.
    strictEqual(query(home, "SELECT id FROM auth_user WHERE username = 'AnonymousUser'").length, 1);
    deepStrictEqual(query(home, "PRAGMA foreign_key_check"), []);
    const { [second]: _, ...files } = treeOf(second);
    ok(Object.keys(files).length > 3);
  });

  Deno.test(`${generation}: counting goes on behind the highest number`, async () => {
    using base = tempBase();
    const library = await makeSample(join(base.path, "library"), { generation, documents: 3 });
    const source = join(base.path, "export");
    await exportTo(library, source);
    const home = makeEmpty(join(base.path, "new"), generation);
    await importInto(home, { source });
    const tables = query(home, "SELECT name, seq FROM sqlite_sequence");
    for (const { name, seq } of tables) {
      const [row] = query(home, `SELECT coalesce(max(id), 0) AS highest FROM "${name}"`);
      ok(Number(seq) >= Number(row?.["highest"]), String(name));
    }
    ok(tables.length > 20);
  });
}

Deno.test("users that exports leave out are found by their names", async () => {
  using base = tempBase();
  const library = await makeSample(join(base.path, "library"), { generation: "v2", documents: 2 });
  // 2.20 exports what belongs to AnonymousUser, but not the user.
  execute(library, "INSERT INTO documents_uisettings (user_id, settings) VALUES (2, '{}')");
  const source = join(base.path, "export");
  await exportTo(library, source);
  const home = makeEmpty(join(base.path, "new"), "v2");
  execute(home, "UPDATE auth_user SET id = 77 WHERE username = 'AnonymousUser'");
  const { summary } = await importInto(home, { source });
  deepStrictEqual(summary.problems, {});
  strictEqual(query(home, "SELECT id FROM documents_uisettings WHERE user_id = 77").length, 1);
});

Deno.test("an import twice as fast as its batches: --batch-size changes nothing", async () => {
  using base = tempBase();
  const library = await makeSample(join(base.path, "library"), { generation: "v3", documents: 5 });
  const source = join(base.path, "export");
  await exportTo(library, source);
  const [a, b] = ["a", "b"].map((name) => makeEmpty(join(base.path, name), "v3"));
  await importInto(a!, { source, batchSize: 1 });
  await importInto(b!, { source, batchSize: 100_000 });
  const strip = (home: typeof a) =>
    Object.fromEntries(
      Object.entries(contentOf(home!)).map(([table, rows]) => [
        table,
        // Passwords that nobody can enter are random.
        rows.map((row) => row.replace(/"![A-Za-z0-9]{40}"/, '"!"')),
      ]),
    );
  deepStrictEqual(strip(a), strip(b));
});

for (const version of VERSIONS) {
  Deno.test({
    name: `${version}: the tree of tags is the one that paperless-ngx keeps`,
    ignore: withoutFixtures(),
    fn: () => {
      using library = unpackLibrary(version);
      const rows = query(library, "SELECT * FROM documents_tag");
      const tree = tagTree(rows.map((row) => ({
        pk: Number(row["id"]),
        name: String(row["name"]),
        parent: row["tn_parent_id"] === null ? null : Number(row["tn_parent_id"]),
        priority: Number(row["tn_priority"]),
      })));
      ok(rows.some((row) => row["tn_parent_id"] !== null), "no nested tags");
      for (const row of rows) {
        const columns = tree.get(Number(row["id"])) ?? {};
        deepStrictEqual(
          columns,
          Object.fromEntries(Object.keys(columns).map((column) => [column, row[column]])),
          String(row["name"]),
        );
      }
    },
  });
}

Deno.test("a circle of tags ends where it closes", () => {
  const tree = tagTree([
    { pk: 1, name: "a", parent: 2, priority: 0 },
    { pk: 2, name: "b", parent: 1, priority: 0 },
    { pk: 3, name: "c", parent: 3, priority: 0 },
  ]);
  strictEqual(tree.get(1)?.tn_level, 2);
  strictEqual(tree.get(3)?.tn_level, 1);
});
