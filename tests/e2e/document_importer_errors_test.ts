// Issue 4, section 2, through the compiled binary: whatever is wrong with an export is said before anything is
// changed, and hostile exports lead nowhere.

import assert from "node:assert/strict";
import { readTree, treeChanges } from "../_compare_exports.ts";
import {
  fixturesRoot,
  type FixtureVersion,
  recordedTree,
  tempFolder,
  VERSIONS,
} from "../_fixtures.ts";
import { giveToNobody, NOBODY } from "../_nobody.ts";
import { hasPython, python, sql } from "../_python.ts";
import {
  assertCode,
  jsonLines,
  runBinary,
  runShell,
  shellQuote,
  startBinary,
  withoutBinaryOrFixtures,
  withoutRoot,
} from "../_run_binary.ts";
import { smallDisk } from "../_small_disk.ts";
import { holdLock, lookAt } from "./_export.ts";
import { newPlace, type Place, runImport, summaryOf } from "./_import.ts";

const ignore = withoutBinaryOrFixtures() || !hasPython();

/** A fresh copy of a recorded export. */
function copyOf(
  version: FixtureVersion,
  variant = "plain",
): Disposable & { readonly path: string } {
  const temp = tempFolder();
  const path = `${temp.path}/export`;
  new Deno.Command("cp", { args: ["-a", recordedTree(version, variant), path] }).outputSync();
  return { path, [Symbol.dispose]: () => temp[Symbol.dispose]() };
}

/** Changes records of a manifest: `edit` is a Python statement about the list `records`. */
function edit(path: string, statement: string): void {
  python(
    `import json, sys
path = sys.argv[1] + "/manifest.json"
records = json.load(open(path))
def of(model): return [r for r in records if r["model"] == model]
documents = of("documents.document")
exec(sys.argv[2])
json.dump(records, open(path, "w"))`,
    path,
    statement,
  );
}

/** Something wrong with an export of 3.0.5. */
interface Damage {
  readonly name: string;
  readonly spoil: (path: string) => void;
  readonly says: RegExp;
  /** @default 1 */
  readonly code?: number;
  readonly flags?: readonly string[];
  readonly variant?: string;
  /** What --accept-damaged makes of it. Absent: nothing is accepted. */
  readonly accepted?: { readonly documents: number; readonly files: number };
}

const FIRST = "2024-01-03 ACME Corporation Ltd invoice_en_1";
const ALL = { documents: 42, files: 93 };

const DAMAGES: readonly Damage[] = [
  {
    name: "manifest.json is missing",
    spoil: (path) => Deno.removeSync(`${path}/manifest.json`),
    says: /manifest\.json/,
  },
  {
    name: "manifest.json is cut short",
    spoil: (path) => Deno.truncateSync(`${path}/manifest.json`, 20_000),
    says: /manifest\.json.*cut short.*line/,
  },
  {
    name: "manifest.json is no JSON",
    spoil: (path) => Deno.writeTextFileSync(`${path}/manifest.json`, "PK what?"),
    says: /manifest\.json.*line 1/,
  },
  {
    name: "metadata.json is damaged",
    spoil: (path) => Deno.writeTextFileSync(`${path}/metadata.json`, "{"),
    says: /metadata\.json/,
  },
  {
    name: "an original is missing",
    spoil: (path) => Deno.removeSync(`${path}/${FIRST}.pdf`),
    says: /missing file: original of documents\.document 1: .*invoice_en_1\.pdf/,
    accepted: { documents: 42, files: 92 },
  },
  {
    name: "a thumbnail is missing",
    spoil: (path) => Deno.removeSync(`${path}/${FIRST}-thumbnail.webp`),
    says: /missing file: thumbnail/,
    accepted: { documents: 42, files: 92 },
  },
  {
    name: "a bit of an original is wrong",
    spoil: (path) => {
      const bytes = Deno.readFileSync(`${path}/${FIRST}.pdf`);
      bytes[bytes.length >> 1]! ^= 1;
      Deno.writeFileSync(`${path}/${FIRST}.pdf`, bytes);
    },
    says: /checksum mismatch: original of document 1: .*invoice_en_1\.pdf/,
    accepted: ALL,
  },
  {
    name: "an original is cut short",
    spoil: (path) => Deno.truncateSync(`${path}/${FIRST}.pdf`, 100),
    says: /checksum mismatch/,
    accepted: ALL,
  },
  {
    name: "a record has an unknown field",
    spoil: (path) => edit(path, `documents[0]["fields"]["flavour"] = "sweet"`),
    says: /unknown field: documents\.document 1: flavour/,
    accepted: ALL,
  },
  {
    name: "a model is unknown",
    spoil: (path) =>
      edit(path, `records.append({"model": "bank.account", "pk": 1, "fields": {"iban": "x"}})`),
    says: /unknown model: bank\.account/,
    accepted: ALL,
  },
  {
    name: "two records have the same number",
    spoil: (path) => edit(path, `records.append(dict(documents[0]))`),
    says: /row twice: documents\.document 1/,
    accepted: ALL,
  },
  {
    name: "two tags have the same name",
    spoil: (path) => edit(path, `a, b = of("documents.tag")[:2]; b["fields"] = dict(a["fields"])`),
    says: /row twice: documents\.tag \d+: another record has the same name and owner/,
    accepted: ALL,
  },
  {
    name: "a required field is null",
    spoil: (path) => edit(path, `documents[3]["fields"]["title"] = None`),
    says: /bad value: documents\.document 4: title may not be empty/,
    accepted: { documents: 41, files: 91 },
  },
  {
    name: "a number is beyond 64 bits",
    spoil: (path) => edit(path, `documents[3]["fields"]["archive_serial_number"] = 2**64`),
    says: /bad value: documents\.document 4: archive_serial_number is beyond 64 bits/,
    accepted: ALL,
  },
  {
    name: "a text is an object",
    spoil: (path) => edit(path, `documents[3]["fields"]["content"] = {"a": 1}`),
    says: /bad value: documents\.document 4: content/,
    accepted: { documents: 41, files: 91 },
  },
  {
    name: "a number of a row is no number",
    spoil: (path) => edit(path, `of("documents.tag")[0]["pk"] = "1; drop table"`),
    says: /bad value: documents\.tag/,
    // The tag is gone from lists, and from what pointed to it.
    accepted: ALL,
  },
  {
    name: "a correspondent is missing",
    spoil: (path) => edit(path, `records.remove(of("documents.correspondent")[0])`),
    says:
      /dangling reference: documents\.\w+ \d+: \w*correspondent\w* is documents\.correspondent \d+/,
    accepted: ALL,
  },
  {
    name: "a mail account is missing, and with it what needs it",
    spoil: (path) =>
      edit(path, `records[:] = [r for r in records if r["model"] != "paperless_mail.mailaccount"]`),
    says: /dangling reference: paperless_mail\.mailrule \d+: account/,
    accepted: ALL,
  },
  {
    name: "a custom field is missing",
    spoil: (path) => edit(path, `records.remove(of("documents.customfield")[0])`),
    says: /dangling reference: documents\.customfieldinstance \d+: field/,
    accepted: ALL,
  },
  {
    name: "JSON holds what is no JSON",
    spoil: (path) =>
      edit(path, `of("documents.uisettings")[0]["fields"]["settings"] = {"a": float("nan")}`),
    says: /bad value: documents\.uisettings \d+: settings holds NaN/,
    accepted: ALL,
  },
  {
    name: "a passphrase is needed",
    variant: "passphrase",
    spoil: () => {},
    code: 12,
    says: /passphrase/,
  },
  {
    name: "the passphrase is wrong",
    variant: "passphrase",
    flags: ["--passphrase", "wrong"],
    spoil: () => {},
    code: 12,
    says: /wrong passphrase/,
  },
  {
    name: "the export is newer than anything known",
    spoil: (path) => Deno.writeTextFileSync(`${path}/metadata.json`, `{"version": "3.9.0"}`),
    code: 13,
    says: /3\.9\.0/,
  },
  {
    name: "the export is of 3.0, the library of 2.20",
    spoil: () => {},
    flags: ["--generation", "v2"],
    code: 13,
    says: /3\.0\.5/,
  },
  {
    name: "the key algorithm is unknown",
    variant: "passphrase",
    flags: ["--passphrase", "x"],
    spoil: (path) =>
      Deno.writeTextFileSync(
        `${path}/metadata.json`,
        `{"version": "3.0.5", "__crypto__": {"__key_algo__": "rot13"}}`,
      ),
    code: 13,
    says: /rot13/,
  },
  // Hostile ones.
  ...[
    "../secret.txt",
    "/etc/passwd",
    "a/../../secret.txt",
    "./x.pdf",
    "a\\0b",
    "",
  ].map((name): Damage => ({
    name: `an exported name is ${JSON.stringify(name)}`,
    spoil: (path) => edit(path, `documents[0]["__exported_file_name__"] = ${python_text(name)}`),
    says: /outside the export: original of documents\.document 1/,
    accepted: { documents: 42, files: 92 },
  })),
  ...[
    "../../../evil.pdf",
    "/etc/cron.d/evil",
    "a/../../../evil.pdf",
  ].map((name): Damage => ({
    name: `a stored name is ${JSON.stringify(name)}`,
    spoil: (path) => edit(path, `documents[0]["fields"]["filename"] = ${python_text(name)}`),
    says: /outside the library: original of documents\.document 1/,
    accepted: { documents: 42, files: 92 },
  })),
  {
    name: "a stored archive name climbs out",
    spoil: (path) =>
      edit(
        path,
        `[d for d in documents if d["fields"]["archive_filename"]][0]["fields"]["archive_filename"] = "../originals/x.pdf"`,
      ),
    says: /outside the library: archive/,
    accepted: { documents: 42, files: 92 },
  },
  {
    name: "a bundle's name climbs out",
    spoil: (path) =>
      edit(path, `of("documents.sharelinkbundle")[0]["fields"]["file_path"] = "../../../evil.zip"`),
    says: /outside the library: bundle/,
    accepted: { documents: 42, files: 92 },
  },
  {
    name: "an original is a link to a file outside",
    spoil: (path) => {
      Deno.removeSync(`${path}/${FIRST}.pdf`);
      Deno.symlinkSync("/etc/passwd", `${path}/${FIRST}.pdf`);
    },
    says: /outside the export: original of documents\.document 1/,
    accepted: { documents: 42, files: 92 },
  },
  {
    name: "an original is a pipe",
    spoil: (path) => {
      Deno.removeSync(`${path}/${FIRST}.pdf`);
      new Deno.Command("mkfifo", { args: [`${path}/${FIRST}.pdf`] }).outputSync();
    },
    says: /missing file: original of documents\.document 1/,
    accepted: { documents: 42, files: 92 },
  },
  {
    name: "an original is a device",
    spoil: (path) => {
      Deno.removeSync(`${path}/${FIRST}.pdf`);
      // Without root a socket stands for it: neither is a regular file.
      const { success } = new Deno.Command("mknod", {
        args: [`${path}/${FIRST}.pdf`, "c", "1", "5"],
      })
        .outputSync();
      if (!success) {
        python(
          `import os, socket, sys
os.chdir(os.path.dirname(sys.argv[1]))
socket.socket(socket.AF_UNIX).bind(os.path.basename(sys.argv[1]))`,
          `${path}/${FIRST}.pdf`,
        );
      }
    },
    says: /missing file: original of documents\.document 1/,
    accepted: { documents: 42, files: 92 },
  },
  {
    name: "two documents want one name in the library",
    spoil: (path) =>
      edit(path, `documents[0]["fields"]["filename"] = documents[1]["fields"]["filename"]`),
    says: /in the way: original of documents\.document 2/,
    accepted: { documents: 42, files: 93 },
  },
];

function python_text(text: string): string {
  return `'${text}'`;
}

for (const damage of DAMAGES) {
  Deno.test({
    name: `${damage.name}: said, and nothing is left`,
    ignore,
    fn: async () => {
      using source = copyOf("v3.0.5", damage.variant);
      using place = newPlace();
      damage.spoil(source.path);
      const look = lookAt(place.folder, source.path);
      const flags = ["--create", ...damage.flags ?? []];
      const result = await runImport(place, source.path, flags);
      assertCode(result, damage.code ?? 1);
      assert.match(result.stderr, damage.says);
      assert.match(result.stderr, /\bCannot [a-z]+ .+: ./);
      assert.deepEqual(look.changes(), [], "something was changed or left behind");

      const dry = await runImport(place, source.path, [...flags, "--dry-run"]);
      assert.notEqual(dry.code, 0, "a dry run found nothing");
      assert.deepEqual(look.changes(), []);
      if (!damage.accepted) return;
      assert.equal(dry.code, 4);
      assert.match(dry.stderr, damage.says);

      const accepted = await runImport(place, source.path, [
        ...flags,
        "--accept-damaged",
        "--json",
      ]);
      assertCode(accepted, 3);
      assert.match(accepted.stderr, damage.says);
      assert.match(accepted.stderr, /^error: .+; \S.+$/m, "it is not said what happens instead");
      const { documents, files, problems } = summaryOf(accepted);
      assert.deepEqual({ documents, files }, damage.accepted);
      assert.ok(Object.values(problems).some((count) => count > 0));
      assertSound(place);
    },
  });
}

/** No foreign key dangles, every stored name is inside. */
function assertSound({ database, folder }: Place): void {
  const wrong = python(
    `import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
for row in db.execute("pragma foreign_key_check"): print(row)
for row in db.execute("pragma integrity_check"):
    if row != ("ok",): print(row)`,
    database,
  );
  assert.equal(wrong, "");
  const strange = [...readTree(folder).keys()].filter((path) => /evil|secret|passwd/.test(path));
  assert.deepEqual(strange, []);
}

/** Something wrong with the place. */
const PLACES: readonly {
  readonly name: string;
  readonly flags: readonly string[];
  readonly code: number;
  readonly says: RegExp;
  /** How a dry run ends. @default {as the real one} */
  readonly dry?: number;
  readonly prepare?: (place: Place) => Promise<void> | void;
}[] = [
  {
    name: "there is no library",
    flags: [],
    code: 10,
    says: /db\.sqlite3.*\n.*\n.*--create/,
  },
  {
    name: "the library is not empty",
    flags: [],
    code: 1,
    says: /not empty.*\n.*--into-non-empty/,
    prepare: async (place) =>
      assertCode(await runImport(place, recordedTree("v3.0.5", "plain"), ["--create"]), 0),
  },
  {
    name: "--create finds a library that is not empty",
    flags: ["--create"],
    code: 1,
    says: /not empty/,
    prepare: async (place) =>
      assertCode(await runImport(place, recordedTree("v3.0.5", "plain"), ["--create"]), 0),
  },
  {
    name: "somebody has set something in an otherwise fresh library",
    flags: [],
    code: 1,
    says: /not empty.*paperless_applicationconfiguration/,
    prepare: async (place) => {
      assertCode(await runBinary(["migrate"], place), 0);
      sql(place.database, "update paperless_applicationconfiguration set app_title='Ours'");
    },
  },
  {
    name: "a file is in the way",
    flags: [],
    code: 1,
    says: /in the way: thumbnail of documents\.document 1: .*0000001\.webp exists/,
    dry: 4,
    prepare: async (place) => {
      assertCode(await runBinary(["migrate"], place), 0);
      Deno.writeTextFileSync(`${place.media}/documents/thumbnails/0000001.webp`, "mine");
    },
  },
  {
    name: "the media folder is missing",
    flags: [],
    code: 1,
    says: /media/,
    prepare: async (place) => {
      assertCode(await runBinary(["migrate"], place), 0);
      Deno.removeSync(place.media, { recursive: true });
    },
  },
  {
    name: "a link in the media folder leads out",
    flags: [],
    code: 1,
    says: /leads out/,
    prepare: async (place) => {
      assertCode(await runBinary(["migrate"], place), 0);
      Deno.removeSync(`${place.media}/documents/originals`);
      Deno.mkdirSync(`${place.folder}/outside`);
      Deno.symlinkSync(`${place.folder}/outside`, `${place.media}/documents/originals`);
    },
  },
  {
    name: "--create finds a file where a folder should be",
    flags: ["--create"],
    code: 1,
    says: /Cannot create a library: .*documents is in the way.*\nhint: the folders above/,
    prepare: (place) => {
      Deno.mkdirSync(place.media);
      Deno.writeTextFileSync(`${place.media}/documents`, "");
    },
  },
];

for (const { name, flags, code, says, dry, prepare } of PLACES) {
  Deno.test({
    name: `${name}: said, and nothing is changed`,
    ignore,
    fn: async () => {
      using place = newPlace();
      await prepare?.(place);
      const before = contentOf(place);
      for (const [also, expected] of [[[], code], [["--dry-run"], dry ?? code]] as const) {
        const result = await runImport(place, recordedTree("v3.0.5", "plain"), [...flags, ...also]);
        assertCode(result, expected);
        assert.match(result.stderr, says);
        assert.deepEqual(treeChanges(before, contentOf(place)), []);
      }
    },
  });
}

Deno.test({
  name: "--create where no folder can be made: said, by a dry run too, and nothing is left",
  ignore: ignore || withoutRoot(),
  fn: async () => {
    using place = newPlace();
    const scratch = place.env.PAPERLESS_SCRATCH_DIR!;
    Deno.mkdirSync(scratch);
    Deno.chmodSync(scratch, 0o777);
    Deno.mkdirSync(`${place.folder}/closed`);
    Deno.chmodSync(place.folder, 0o755);
    // Nothing above it, and nothing that this user may write to.
    for (const [folder, wrapper] of [["none", []], ["closed", NOBODY]] as const) {
      for (const name of ["PAPERLESS_DATA_DIR", "PAPERLESS_MEDIA_ROOT"]) {
        const look = lookAt(place.folder);
        const env = { ...place.env, [name]: `${place.folder}/${folder}/mine` };
        for (const also of [[], ["--dry-run"]]) {
          const result = await runImport(
            { env },
            `${fixturesRoot()}/v3.0.5/exports/z/export-2026-11-23.zip`,
            ["--create", ...also],
            { wrapper },
          );
          assertCode(result, 1);
          assert.match(
            result.stderr,
            /^error: Cannot create a library: .*\nhint: the folders above/m,
          );
          assert.deepEqual(look.changes(), []);
        }
      }
    }
  },
});

Deno.test({
  name: "a journal that can't be written: its own folder is named, not that of the documents",
  ignore: ignore || withoutRoot(),
  fn: async () => {
    using place = newPlace();
    assertCode(await runBinary(["migrate"], place), 0);
    Deno.mkdirSync(`${place.data}/paperward/journal`);
    giveToNobody(place.folder);
    Deno.chownSync(`${place.data}/paperward/journal`, 0, 0);
    const before = contentOf(place);
    const result = await runImport(
      place,
      `${fixturesRoot()}/v3.0.5/exports/z/export-2026-11-23.zip`,
      [],
      { wrapper: NOBODY },
    );
    assertCode(result, 1);
    assert.match(
      result.stderr,
      /^error: Cannot use \S*\/data\/paperward\/\S+: permission denied\nhint: /m,
    );
    assert.deepEqual(treeChanges(before, contentOf(place)), []);
  },
});

Deno.test({
  name: "a journal that finds no room half way: its own folder is named, and nothing is left",
  ignore: ignore || withoutRoot(),
  fn: async () => {
    using place = newPlace();
    assertCode(await runBinary(["migrate"], place), 0);
    using _disk = smallDisk("8k", `${place.data}/paperward`);
    const before = contentOf(place);
    const result = await runImport(place, recordedTree("v3.0.5", "plain"));
    assertCode(result, 1);
    assert.match(
      result.stderr,
      /^error: Cannot use \S*\/data\/paperward\/\S+: there is no space left\nhint: /m,
    );
    assert.deepEqual(treeChanges(before, contentOf(place)), []);
  },
});

Deno.test({
  name: "too little room in the media folder: said, by a dry run too, and nothing is left",
  ignore: ignore || withoutRoot(),
  fn: async () => {
    using place = newPlace();
    using disk = smallDisk("4m");
    const there = { env: { ...place.env, PAPERLESS_MEDIA_ROOT: `${disk.path}/media` } };
    const refuse = async (...flags: readonly string[]) => {
      const look = lookAt(place.folder, disk.path);
      for (const also of [["--dry-run"], []]) {
        const result = await runImport(there, recordedTree("v3.0.5", "plain"), [...flags, ...also]);
        assertCode(result, 1);
        assert.match(
          result.stderr,
          /^error: Cannot import into .*\/media\/documents: 4\.6 MB are needed there, 4\.2 MB are free$/m,
        );
        assert.deepEqual(look.changes(), []);
      }
    };
    await refuse("--create");
    assertCode(await runBinary(["migrate"], there), 0);
    await refuse();
  },
});

/** Everything but SQLite's own files beside the database, which come and go. */
Deno.test({
  name: "what is wrong with a record only matters where the record is added",
  ignore,
  fn: async () => {
    using source = copyOf("v3.0.5");
    using place = newPlace();
    assertCode(await runImport(place, source.path, ["--create"]), 0);
    edit(
      source.path,
      `documents[0]["fields"]["archive_serial_number"] = 2**70
documents[1]["fields"]["correspondent"] = 99999
documents[2]["__exported_file_name__"] = 5
documents[3]["fields"]["strange"] = 1`,
    );
    const before = contentOf(place);
    for (const flags of [["--dry-run"], []]) {
      const all = ["--into-non-empty", "--json", ...flags];
      const there = await runImport(place, source.path, all);
      assertCode(there, 0);
      assert.ok(summaryOf(there).counts.every(({ added }) => added === 0));
    }
    // Another document has to be told from them.
    edit(
      source.path,
      `new = json.loads(json.dumps(documents[0]))
new["pk"], new["fields"]["checksum"] = 900, "0" * 64
records.append(new)`,
    );
    const refused = await runImport(place, source.path, ["--into-non-empty", "--json"]);
    assertCode(refused, 1);
    assert.deepEqual(
      jsonLines(refused.stdout).filter(({ type }) => type === "problem").map(({ kind, item }) =>
        `${kind}: ${item}`
      ),
      ["bad value: documents.document 900"],
    );
    assert.deepEqual(treeChanges(before, contentOf(place)), []);
  },
});

function contentOf({ folder }: Place) {
  return new Map(
    [...readTree(folder)].filter(([path, { kind }]) =>
      kind !== "folder" && !/-(wal|shm)$/.test(path)
    ),
  );
}

Deno.test({
  name: "the source is missing, no export, or something else: usage is told by exit codes",
  ignore,
  fn: async () => {
    using place = newPlace();
    for (const source of ["/nonexistent", "/etc/hostname", fixturesRoot()!]) {
      const result = await runImport(place, source, ["--create"]);
      assertCode(result, 1);
      assert.match(result.stderr, /Cannot (open|read) the export/);
    }
    assertCode(await runBinary(["document_importer"], place), 2);
    assertCode(await runImport(place, "/x", ["--generation", "v9"]), 2);
    assert.deepEqual([...readTree(place.folder).keys()].filter((path) => path !== "scratch"), []);
  },
});

/** Damages of zips: a Python function that changes the list of entries `[name, content]` or writes itself. */
const ZIPS: readonly { readonly name: string; readonly script: string; readonly says: RegExp }[] = [
  {
    name: "a bomb: an original of a gigabyte of zeros",
    script: `write(lambda name, data: bytes(1 << 30) if name == first else data)`,
    says: /unpack to more than \d+ times its size/,
  },
  {
    name: "an entry says that it is smaller than it is",
    script: `write(lambda name, data: data)
import struct
raw = bytearray(open(target, "rb").read())
at = raw.rindex(first.encode()) - 46
assert raw[at:at + 4] == b"PK\\x01\\x02"
size, = struct.unpack_from("<I", raw, at + 24)
struct.pack_into("<I", raw, at + 24, size - 1)
open(target, "wb").write(raw)`,
    says: /Cannot (open|read) /,
  },
  {
    name: "an entry's name leads out",
    script: `write(lambda name, data: data, lambda name: "../" + name if name == first else name)`,
    says: /Cannot read .*\.\./,
  },
  {
    name: "two entries have one name",
    script: `write(lambda name, data: data, twice=True)`,
    says: /Cannot read .*: it is there twice/,
  },
  {
    name: "it is cut short",
    script: `write(lambda name, data: data)
import os
os.truncate(target, os.path.getsize(target) - 100)`,
    says: /Cannot open the export/,
  },
  {
    name: "a bit of an original is wrong",
    script: `write(lambda name, data: data)
raw = bytearray(open(target, "rb").read())
at = raw.index(first.encode()) + len(first.encode()) + 300
raw[at] ^= 1
open(target, "wb").write(raw)`,
    says: /unreadable file: original of document 1/,
  },
  {
    name: "junk",
    script: `open(target, "wb").write(b"no zip at all")`,
    says: /Cannot open the export (standard input|\/\S+\/export\.zip): it is neither/,
  },
];

for (const { name, script, says } of ZIPS) {
  for (const pipe of [false, true]) {
    Deno.test({
      name: `a zip${pipe ? " on standard input" : ""}: ${name}: said, and nothing is left`,
      ignore,
      fn: async () => {
        using place = newPlace();
        using temp = tempFolder();
        const zip = `${temp.path}/export.zip`;
        python(
          `import json, os, sys, zipfile
source, target = sys.argv[1], sys.argv[2]
records = json.load(open(source + "/manifest.json"))
first = next(r["__exported_file_name__"] for r in records if r["model"] == "documents.document" and r["pk"] == 1)
def write(change, rename=lambda name: name, twice=False):
    import warnings
    warnings.simplefilter("ignore")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as z:
        for folder, _, files in os.walk(source):
            for file in files:
                path = os.path.join(folder, file)
                name = os.path.relpath(path, source)
                data = change(name, open(path, "rb").read())
                z.writestr(rename(name), data)
                if twice and name == first: z.writestr(name, b"another")
exec(sys.argv[3])`,
          recordedTree("v3.0.5", "plain"),
          zip,
          script,
        );
        const look = lookAt(place.folder);
        const result = pipe
          ? await runShell(`"$PAPERWARD" document_importer - --create < ${shellQuote(zip)}`, place)
          : await runImport(place, zip, ["--create"]);
        assertCode(result, 1);
        assert.match(result.stderr, says);
        // Where it is kept meanwhile is nobody's business.
        assert.ok(!result.stderr.includes(place.env.PAPERLESS_SCRATCH_DIR!));
        assert.deepEqual(look.changes(), []);
      },
    });
  }
}

Deno.test({
  name: "a passphrase that isn't needed is a warning",
  ignore,
  fn: async () => {
    using place = newPlace();
    const result = await runImport(place, recordedTree("v3.0.5", "plain"), [
      "--create",
      "--passphrase",
      "whatever",
    ]);
    assertCode(result, 0);
    assert.match(result.stderr, /not encrypted: the passphrase is not needed/);
  },
});

for (const version of VERSIONS) {
  Deno.test({
    name: `${version}: the cases that paperless-ngx's importer was recorded with`,
    ignore,
    fn: async () => {
      // Name in the recordings, exit code, documents afterwards.
      const other = version === "v2.20.15" ? "v3.0.5" : "v2.20.15";
      const all = version === "v2.20.15" ? 37 : 42;
      const cases: readonly (readonly [string, number, readonly string[]])[] = [
        ["all", 0, []],
        ["sm", 0, []],
        ["plain", 0, ["--data-only"]],
        ["data-only", 0, ["--data-only"]],
        ["data-only", 1, []],
      ];
      using dataOnly = tempFolder();
      for (const name of ["manifest.json.gz", "metadata.json"]) {
        const path = `${fixturesRoot()}/${version}/exports/data-only/${name}`;
        Deno.copyFileSync(path, `${dataOnly.path}/${name}`);
      }
      new Deno.Command("gunzip", { args: [`${dataOnly.path}/manifest.json.gz`] }).outputSync();
      for (const [variant, code, flags] of cases) {
        using place = newPlace();
        const source = variant === "data-only" ? dataOnly.path : recordedTree(version, variant);
        const result = await runImport(place, source, ["--create", "--json", ...flags]);
        assertCode(result, code);
        if (code === 0) assert.equal(summaryOf(result).documents, all, variant);
        else {assert.deepEqual(
            [...readTree(place.folder).keys()].filter((p) => p !== "scratch"),
            [],
          );}
      }
      // Without metadata.json the records tell the release.
      using bare = copyOf(version);
      Deno.removeSync(`${bare.path}/metadata.json`);
      using place = newPlace();
      const generation = version === "v2.20.15" ? "v2" : "v3";
      const flags = ["--create", "--generation", generation, "--json"];
      const result = await runImport(place, bare.path, flags);
      assertCode(result, 0);
      assert.equal(summaryOf(result).documents, all);
      // The other generation's export: 2.20 goes into 3.0, never the other way round.
      using crossed = newPlace();
      const cross = await runImport(crossed, recordedTree(other, "plain"), flags);
      assertCode(cross, other === "v3.0.5" ? 13 : 0);
    },
  });

  Deno.test({
    name: `${version}: undo takes an import back: the library is as it was`,
    ignore,
    fn: async () => {
      using place = newPlace();
      const generation = version === "v2.20.15" ? "v2" : "v3";
      assertCode(await runBinary(["migrate", "--generation", generation], place), 0);
      using before = tempFolder();
      Deno.copyFileSync(place.database, `${before.path}/before.sqlite3`);
      const files = [...readTree(place.media).keys()];
      assertCode(await runImport(place, recordedTree(version, "plain")), 0);
      assert.ok([...readTree(place.media).keys()].length > files.length + 80);
      assertCode(await runBinary(["undo", "--yes"], place), 0);
      assert.deepEqual(
        [...readTree(place.media).keys()].filter((path) => path !== "media.lock"),
        files.filter((path) => path !== "media.lock"),
      );
      for (const table of ["documents_document", "documents_tag", "paperless_mail_mailaccount"]) {
        const left = python(
          `import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute(f"select count(*) from {sys.argv[2]}").fetchone()[0])`,
          place.database,
          table,
        );
        assert.equal(left.trim(), "0", table);
      }
      // It is as empty as it was: the same import works again.
      assertCode(await runImport(place, recordedTree(version, "plain")), 0);
    },
  });
}

Deno.test({
  name: "media.lock is waited for, and given up with --lock-timeout",
  ignore,
  fn: async () => {
    using place = newPlace();
    assertCode(await runBinary(["migrate"], place), 0);
    await using _holder = await holdLock(`${place.media}/media.lock`);
    const result = await runImport(place, recordedTree("v3.0.5", "plain"), [
      "--lock-timeout",
      "0.3",
    ]);
    assertCode(result, 11);
    assert.match(result.stderr, /media\.lock/);
  },
});

Deno.test({
  name: "a database that another process has locked: exit code 11, nothing left",
  ignore,
  fn: async () => {
    using place = newPlace();
    assertCode(await runBinary(["migrate"], place), 0);
    const { startPython } = await import("../_python.ts");
    await using holder = startPython(
      `import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("begin immediate")
print("held")
sys.stdin.readline()`,
      place.database,
    );
    assert.equal(await holder.line(), "held");
    const result = await runImport(place, recordedTree("v3.0.5", "plain"), [], {
      env: { PAPERLESS_DB_TIMEOUT: "1" },
    });
    assertCode(result, 11);
    const left = [...readTree(`${place.media}/documents`).keys()];
    assert.deepEqual(left.filter((path) => path.includes("paperward") || path.includes(".")), []);
  },
});

Deno.test({
  name: "Ctrl-C in the middle of an import: exit code 130, nothing left",
  ignore,
  fn: async () => {
    using place = newPlace();
    using source = copyOf("v3.0.5");
    // One original that takes long to copy, but no time to make: all holes. It is never copied to its end.
    Deno.truncateSync(`${source.path}/${FIRST}.pdf`, 4 * 2 ** 30);
    const run = startBinary(["document_importer", source.path, "--create"], place);
    const { copyingBegan } = await import("./_export.ts");
    await copyingBegan(run.ended, place.folder);
    run.kill("SIGINT");
    const result = await run.ended;
    assertCode(result, 130);
    const left = [...readTree(place.folder).keys()].filter((path) =>
      path !== "scratch" && path !== "media" && path !== "data"
    );
    assert.deepEqual(left, []);
  },
});
