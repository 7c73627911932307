// What the operating system refuses through the compiled binary: one line that names the path, a hint, no "defect",
// and the library as it was.

import assert from "node:assert/strict";
import { type Library, tempFolder, unpackLibrary } from "../_fixtures.ts";
import { giveToNobody, NOBODY } from "../_nobody.ts";
import {
  assertCode,
  runBinary,
  runShell,
  withoutBinaryOrFixtures,
  withoutRoot,
} from "../_run_binary.ts";
import { environment, lookAt } from "./_export.ts";

const FORMAT = { PAPERLESS_FILENAME_FORMAT: "{{ doc_pk }}/{{ title }}" };

/** Makes a folder one of root's that nobody else may look into. */
function lock(folder: string): void {
  Deno.mkdirSync(folder, { recursive: true });
  Deno.chownSync(folder, 0, 0);
  Deno.chmodSync(folder, 0o700);
}

const REFUSALS: readonly {
  readonly name: string;
  spoil(library: Library): void;
  readonly commands: readonly (readonly string[])[];
  readonly says: RegExp;
  readonly hint: RegExp;
}[] = [
  {
    name: "a journal that belongs to root",
    spoil: ({ data }) => lock(`${data}/paperward`),
    commands: [["document_renamer"], ["journal"], ["undo", "--yes"]],
    says: /^error: Cannot use .+\/data\/paperward.*: permission denied$/m,
    hint: /^hint: run as the user that owns it/m,
  },
  {
    name: "originals that belong to root",
    spoil: ({ media }) => lock(`${media}/documents/originals`),
    commands: [["document_renamer"]],
    says: /^error: Cannot use .+\/documents\/originals.*: permission denied$/m,
    hint: /^hint: run as the user that owns it/m,
  },
  {
    name: "a file where the journal's folder should be",
    spoil: ({ data }) => Deno.writeTextFileSync(`${data}/paperward`, "mine"),
    commands: [["document_renamer"], ["document_retagger", "--tags", "--overwrite"]],
    says: /^error: .+\/data\/paperward is in the way of a folder$/m,
    hint: /^hint: move it away/m,
  },
];

for (const { name, spoil, commands, says, hint } of REFUSALS) {
  Deno.test({
    name: `${name}: told in one line, nothing is changed`,
    ignore: withoutBinaryOrFixtures() || withoutRoot(),
    async fn() {
      using library = unpackLibrary("v3.0.5");
      giveToNobody(library.folder);
      spoil(library);
      const look = lookAt(library.media);
      for (const command of commands) {
        const result = await runBinary(command, {
          env: { ...environment(library), ...FORMAT },
          wrapper: NOBODY,
        });
        assertCode(result, 1);
        assert.match(result.stderr, says);
        assert.match(result.stderr, hint);
        assert.doesNotMatch(result.stderr, /defect/);
      }
      assert.deepEqual(look.changes(), []);
    },
  });
}

Deno.test({
  name:
    "root is told that it leaves its own files in a library of somebody else, only where it makes some",
  ignore: withoutBinaryOrFixtures() || withoutRoot(),
  async fn() {
    using library = unpackLibrary("v3.0.5");
    using target = tempFolder();
    const env = { ...environment(library), ...FORMAT };
    const WARNING = /^warning: Running as root on a library of user 65534: .+\nhint: .*'#65534'/m;
    const tells = async (...command: readonly string[]) => {
      const result = await runBinary(command, { env });
      assertCode(result, 0);
      return WARNING.test(result.stderr);
    };
    giveToNobody(library.folder);
    assert.equal(await tells("document_renamer", "--dry-run"), false);
    assert.equal(await tells("document_exporter", target.path), false);
    assert.equal(await tells("document_renamer"), true);
    Deno.chownSync(library.media, 0, 0);
    assert.equal(await tells("document_renamer"), false);
  },
});

Deno.test({
  name: "a folder on standard input is said to be one",
  ignore: withoutBinaryOrFixtures(),
  async fn() {
    using library = unpackLibrary("v3.0.5");
    for (const command of ["verify -", "document_importer - --into-non-empty"]) {
      const result = await runShell(`"$PAPERWARD" ${command} </`, { env: environment(library) });
      assertCode(result, 1);
      assert.match(
        result.stderr,
        /^error: Cannot read the export from standard input: a folder is where a file should be\nhint: a zip belongs there/m,
      );
    }
  },
});
