// Issue 4, section 2, through the compiled binary: real exports of nine old releases give what upstream makes of
// them when the old release imports its export and 2.20.15 and 3.0.5 upgrade that library, in one step.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readManifestSync } from "../../core/archive/manifest/manifest_reader.ts";
import { fixturesRoot, listFiles, parseListing, tempFolder } from "../_fixtures.ts";
import { hasPython, python } from "../_python.ts";
import { assertCode, jsonLines, runBinary, withoutBinaryOrFixtures } from "../_run_binary.ts";
import {
  comparable,
  differences,
  OLD_RELEASES,
  readFixture,
} from "../core/archive/history/_history.ts";
import { newPlace, type Place, runImport, summaryOf } from "./_import.ts";

const ignore = withoutBinaryOrFixtures() || !hasPython();

const UPSTREAM = { v2: "v2.20.15", v3: "v3.0.5" } as const;

const plainOf = (release: string) => `${fixturesRoot()}/history/${release}/exports/plain`;

/** An export of a library, made by the binary. */
async function exportOf(place: Place): Promise<Disposable & { readonly path: string }> {
  const temp = tempFolder();
  assertCode(await runBinary(["document_exporter", temp.path], { env: place.env }), 0);
  return temp;
}

/** SHA-256 of all originals and archives of an export, sorted. */
function documentsOf(listing: ReadonlyMap<string, { readonly sha256: string }>): readonly string[] {
  return [...listing].filter(([path]) => !/(-thumbnail\.webp|\.json)$/.test(path))
    .map(([, { sha256 }]) => sha256).sort();
}

for (const release of OLD_RELEASES) {
  for (const to of ["v2", "v3"] as const) {
    Deno.test({
      name: `${release} → ${to}: the library is that of upstream's import and upgrade`,
      ignore,
      async fn() {
        using place = newPlace();
        const upstream = `history/${release}/exports-after-import-and-upgrade/${UPSTREAM[to]}`;
        const result = await runImport(place, plainOf(release), [
          "--create",
          "--generation",
          to,
          "--json",
        ]);
        assertCode(result, 0);
        using exported = await exportOf(place);
        const found = differences(
          comparable([
            ...readManifestSync([Deno.readFileSync(`${exported.path}/manifest.json`)], {
              file: "manifest.json",
            }),
          ]),
          comparable(readFixture(`${upstream}/manifest.json`)),
        );
        assert.equal(found.join("\n"), "");

        const theirs = parseListing(
          Deno.readTextFileSync(`${fixturesRoot()}/${upstream}/files.txt`),
        );
        const ours = new Map(
          listFiles(exported.path).map((path) => [path, {
            sha256: createHash("sha256").update(Deno.readFileSync(`${exported.path}/${path}`))
              .digest("hex"),
          }]),
        );
        assert.deepEqual(documentsOf(ours), documentsOf(theirs));
        // Every thumbnail decodes, every PDF opens, every checksum is right.
        const checked = await runBinary(["document_sanity_checker", "--deep", "--json"], place);
        assertCode(checked, 0);
        assertSameGrants(place, `${fixturesRoot()}/${upstream}`, release);
      },
    });
  }
}

/** Who may do what, by names: those of upstream, but for permissions on models that are gone. */
function assertSameGrants({ database }: Place, upstream: string, release: string): void {
  const wrong = python(
    `import gzip, json, sqlite3, sys
database, upstream = sys.argv[1:]
records = json.load(gzip.open(upstream + "/manifest.json.gz"))
of = lambda model: [r for r in records if r["model"] == model]
types = {r["pk"]: (r["fields"]["app_label"], r["fields"]["model"]) for r in of("contenttypes.contenttype")}
names = {r["pk"]: (*types[r["fields"]["content_type"]], r["fields"]["codename"]) for r in of("auth.permission")}
gone = {"comment", "uisettings_old", "consumptiontemplate", "log", "frozenmailrule"}
def theirs(model, field, key):
    return {r["fields"][key]: {names[p] for p in r["fields"][field]} for r in of(model)}
db = sqlite3.connect(database)
def ours(table, column, owner, key):
    found = {name: set() for name, in db.execute(f"select {key} from {owner}")}
    for name, *permission in db.execute(f"""select o.{key}, c.app_label, c.model, p.codename from {table} t
        join {owner} o on o.id = t.{column} join auth_permission p on p.id = t.permission_id
        join django_content_type c on c.id = p.content_type_id"""):
        found[name].add(tuple(permission))
    return found
count = 0
for kind, a, b in (("user", ours("auth_user_user_permissions", "user_id", "auth_user", "username"), theirs("auth.user", "user_permissions", "username")),
                   ("group", ours("auth_group_permissions", "group_id", "auth_group", "name"), theirs("auth.group", "permissions", "name"))):
    for name in b:
        if name in ("consumer", "AnonymousUser"): continue
        count += len(b[name])
        less = {p for p in b[name] - a.get(name, set()) if p[1] not in gone}
        more = {p for p in a.get(name, set()) - b[name] if p[1] not in gone}
        if less or more: print(kind, name, "less", sorted(less), "more", sorted(more))
assert count > 0, "nothing to compare"`,
    database,
    upstream,
  );
  assert.equal(wrong, "", `${release}: grants differ`);
}

for (const release of ["ng-1.5.0", "v1.7.1"]) {
  Deno.test({
    name: `${release}: PNG thumbnails are WebP images of the same picture, as old as they were`,
    ignore,
    async fn() {
      using place = newPlace();
      assertCode(await runImport(place, plainOf(release), ["--create", "--generation", "v2"]), 0);
      const { decodePng } = await import("../../core/documents/thumbnail/decode_png.ts");
      const { decodeWebp } = await import("../core/documents/_decode_webp.ts");
      const records = readFixture(`history/${release}/exports/plain/manifest.json`)
        .filter(({ model }) => model === "documents.document");
      for (const { pk, extras } of records) {
        const name = JSON.parse(extras.get("__exported_thumbnail_name__") ?? "null") as string;
        const path = `${place.media}/documents/thumbnails/${pk.padStart(7, "0")}.webp`;
        const before = decodePng(Deno.readFileSync(`${plainOf(release)}/${name}`));
        const after = await decodeWebp(Deno.readFileSync(path));
        assert.deepEqual([after.width, after.height], [before.width, before.height]);
        let sum = 0;
        before.data.forEach((value, at) => sum += Math.abs(value - after.data[at]!));
        const mean = sum / before.data.length;
        assert.ok(mean < 4, `${name} differs by ${mean} of 255 in the mean`);
        assert.equal(
          Deno.statSync(path).mtime?.getTime(),
          Deno.statSync(`${plainOf(release)}/${name}`).mtime?.getTime(),
        );
      }
      assert.ok(records.length > 10);
    },
  });

  Deno.test({
    name: `${release}: verify --rehearse proves the export`,
    ignore,
    async fn() {
      using place = newPlace();
      assertCode(await runBinary(["verify", "--rehearse", plainOf(release)], place), 0);
    },
  });

  Deno.test({
    name:
      `${release}: a damaged thumbnail is said, by a dry run too, and left out where damage is accepted`,
    ignore,
    async fn() {
      using place = newPlace();
      using temp = tempFolder();
      const source = `${temp.path}/export`;
      new Deno.Command("cp", { args: ["-a", plainOf(release), source] }).outputSync();
      const name = listFiles(source).find((path) => path.endsWith("Bild.png-thumbnail.png"))!;
      const bytes = Deno.readFileSync(`${source}/${name}`);
      Deno.writeFileSync(`${source}/${name}`, bytes.subarray(0, bytes.length >> 1));
      const says = /unreadable file: thumbnail of document \d+: .*can't be made a WebP image/;
      const flags = ["--create", "--generation", "v3"];
      const refused = await runImport(place, source, flags);
      assertCode(refused, 1);
      assert.match(refused.stderr, says);
      const dry = await runImport(place, source, [...flags, "--dry-run"]);
      assertCode(dry, 4);
      assert.match(dry.stderr, says);
      const accepted = await runImport(place, source, [...flags, "--accept-damaged", "--json"]);
      assertCode(accepted, 3);
      assert.equal(
        summaryOf(accepted).files,
        listFiles(`${place.media}/documents`).length,
      );
      assert.deepEqual(jsonLines(accepted.stdout).at(-1)?.["problems"], { "unreadable file": 1 });
    },
  });
}

Deno.test({
  name: "what an old export can't bring is listed: by lines, and each with --json",
  ignore,
  async fn() {
    using place = newPlace();
    const flags = ["--create", "--generation", "v3", "--dry-run"];
    const said = await runImport(place, plainOf("v1.13.0"), flags);
    assertCode(said, 0);
    assert.match(said.stderr, /assumed: auth\.user \d+ user_permissions: /);
    const told = await runImport(place, plainOf("v1.13.0"), [...flags, "--json"]);
    const items = jsonLines(told.stdout).filter(({ type }) => type === "conversion");
    assert.ok(items.some(({ model, kind }) => model === "auth.user" && kind === "assumed"));
    const { conversions } = jsonLines(told.stdout).at(-1) as {
      conversions: Record<string, number>;
    };
    assert.equal(Object.values(conversions).reduce((sum, count) => sum + count), items.length);

    const old = await runImport(place, plainOf("v2.0.1"), flags);
    assertCode(old, 0);
    assert.match(old.stderr, /Exports of paperless-ngx 2\.0\.1 never hold: .*custom fields/);
  },
});
