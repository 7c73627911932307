// document_retagger through the compiled binary, on the recorded libraries: what it prints and what it leaves is
// what upstream printed and left, but where a difference is documented.

import { deepStrictEqual, match, notDeepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import {
  fixturesRoot,
  type FixtureVersion,
  type Library,
  unpackLibrary,
  VERSIONS,
} from "../_fixtures.ts";
import { recordedState, stateAfter, stateBefore } from "../_recorded_after.ts";
import {
  assertCode,
  jsonLines,
  runBinary,
  type RunResult,
  runShell,
  withoutBinaryOrFixtures,
  withoutTerminal,
} from "../_run_binary.ts";

/** The recorded runs, and their flags. */
const RUNS: Readonly<Record<string, readonly string[]>> = {
  none: [],
  c: ["-c"],
  T: ["-T"],
  T_f: ["-T", "-f"],
  cTts: ["-c", "-T", "-t", "-s"],
  cTts_f: ["-c", "-T", "-t", "-s", "-f"],
  cTts_i: ["-c", "-T", "-t", "-s", "-i"],
  cTts_usefirst: ["-c", "-T", "-t", "-s", "--use-first"],
  suggest: ["-c", "-T", "-t", "-s", "--suggest"],
  suggest_url: ["-c", "-T", "-t", "-s", "--suggest", "--base-url", "http://localhost:8000"],
  suggest_f: ["-c", "-T", "-t", "-s", "-f", "--suggest"],
  idrange: ["-c", "-T", "--id-range", "1", "10"],
  idrange_f: ["-c", "-T", "-t", "-s", "-f", "--id-range", "3", "20"],
};

/** 2.20 takes tags away where it is only asked for suggestions; we don't. */
const DIFFERENT: ReadonlySet<string> = new Set(["v2.20.15 suggest_f"]);

function retag(
  library: Library,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<RunResult> {
  return runBinary(["document_retagger", "--no-progress-bar", ...args], {
    env: { ...library.env, COLUMNS: "160", ...env },
  });
}

function recordedOutput(version: FixtureVersion, name: string): string {
  return Deno.readTextFileSync(
    `${fixturesRoot()}/${version}/output/document_retagger-${name}.stdout`,
  );
}

/** Names of tags come in no order from upstream, which keeps them in sets. */
function comparable(output: string): string[] {
  return output.split("\n").map((line) => {
    const names = /^((?:Suggest|Extra) tags: )(.*)$/.exec(line) ??
      /^(.* with ")([^"]*)("\s*)$/.exec(line);
    if (!names) return line;
    const [, before, list, after = ""] = names;
    return before + list!.split(", ").sort().join(", ") + after;
  });
}

/** What each document names, as `12 original` and `12 archive`. */
function namesOf({ data }: Library): Readonly<Record<string, string>> {
  using database = new DatabaseSync(`${data}/db.sqlite3`, { readOnly: true });
  const rows = database.prepare("select id, filename, archive_filename from documents_document")
    .all();
  return Object.fromEntries(rows.flatMap(({ id, filename, archive_filename }) => [
    [`${id} original`, String(filename)],
    [`${id} archive`, String(archive_filename)],
  ]));
}

for (const version of VERSIONS) {
  for (const [name, args] of Object.entries(RUNS)) {
    Deno.test({
      name: `${version}: ${args.join(" ") || "no flag"} prints and leaves what upstream did`,
      ignore: withoutBinaryOrFixtures(),
      async fn() {
        using library = unpackLibrary(version);
        const before = stateBefore(library);
        const result = await retag(library, args);
        assertCode(result, 0);
        deepStrictEqual(comparable(result.stdout), comparable(recordedOutput(version, name)));
        const left = DIFFERENT.has(`${version} ${name}`) ? "none" : name;
        deepStrictEqual(
          stateAfter(library, before),
          recordedState(version, `document_retagger-${left}`),
        );
      },
    });
  }
}

/** Changes a library by SQL, with the function that its generated columns need. */
function execute(library: Library, ...statements: readonly string[]): void {
  const database = new DatabaseSync(library.database);
  try {
    database.function("REGEXP", { deterministic: true }, (_pattern, _text) => 0);
    for (const statement of statements) database.exec(statement);
  } finally {
    database.close();
  }
}

const ALL = ["-c", "-T", "-t", "-s", "-f"];

/** All of a library's own files, by path: contents and, of the database, all rows. */
function wholeLibrary(library: Library): unknown {
  const state = stateAfter(library, { modified: new Map(), audit: 0 });
  const database = new DatabaseSync(library.database);
  try {
    const times = database.prepare("select id, modified from documents_document order by id").all();
    const links = database.prepare("select * from documents_document_tags order by id").all();
    return {
      state,
      times: times.map((row) => ({ ...row })),
      links: links.map((row) => ({ ...row })),
    };
  } finally {
    database.close();
  }
}

for (const version of VERSIONS) {
  Deno.test({
    name: `${version}: undo takes a run back, to the last row and file`,
    ignore: withoutBinaryOrFixtures(),
    async fn() {
      using library = unpackLibrary(version);
      const before = wholeLibrary(library);
      const run = await retag(library, ALL);
      assertCode(run, 0);
      match(run.stderr, /`paperward undo` takes it back/);
      notDeepStrictEqual(wholeLibrary(library), before);
      assertCode(await runBinary(["undo", "--yes"], { env: library.env }), 0);
      deepStrictEqual(wholeLibrary(library), before);
    },
  });

  Deno.test({
    name: `${version}: --dry-run shows the differences and changes nothing`,
    ignore: withoutBinaryOrFixtures(),
    async fn() {
      using library = unpackLibrary(version);
      const before = wholeLibrary(library);
      const shown = await retag(library, [...ALL, "--dry-run"]);
      assertCode(shown, 0);
      match(
        shown.stdout,
        /^8 2023-06-11 rechnung_de_3: tags -bills; storage path By year → Legacy style$/m,
      );
      match(
        shown.stdout,
        /^11 2022-03-11 .*letter_en_1: correspondent Oxford City Council → none/m,
      );
      deepStrictEqual(wholeLibrary(library), before);
      strictEqual(exists(`${library.data}/paperward`), false);
      // As many documents as a run then changes.
      const told = /Would change (\d+) documents/.exec(shown.stderr)?.[1];
      const run = await retag(library, [...ALL, "--json"]);
      strictEqual(String(jsonLines(run.stdout).at(-1)?.changed), told);
    },
  });

  Deno.test({
    name: `${version}: --dry-run shows the names that files get by the run`,
    ignore: withoutBinaryOrFixtures(),
    async fn() {
      using library = unpackLibrary(version);
      const env = {
        PAPERLESS_FILENAME_FORMAT:
          "{{ correspondent }}/{{ document_type }}/{{ tag_list }}/{{ title }}",
      };
      const before = namesOf(library);
      const shown = await retag(library, [...ALL, "--dry-run"], env);
      const lines = jsonLines((await retag(library, [...ALL, "--dry-run", "--json"], env)).stdout);
      deepStrictEqual(namesOf(library), before);
      const moves = lines.filter(({ type }) => type === "move");
      ok(moves.length > 5);
      const { document, file, from, to } = moves[0]!;
      ok(shown.stdout.includes(`\nmove  ${document}: ${file} ${from} -> ${to}\n`), shown.stdout);

      const done = jsonLines((await retag(library, [...ALL, "--json"], env)).stdout).at(-1)!;
      const after = namesOf(library);
      const renamed = Object.keys(after).filter((name) => after[name] !== before[name]);
      deepStrictEqual(
        Object.fromEntries(
          moves.map((move) => [`${move.document} ${move.file}`, [move.from, move.to]]),
        ),
        Object.fromEntries(renamed.map((name) => [name, [before[name], after[name]]])),
      );
      strictEqual(lines.at(-1)!.renamed, done.renamed);
      match(
        shown.stderr,
        new RegExp(`and rename the files of ${done.renamed}; nothing was changed`),
      );
    },
  });

  Deno.test({
    name: `${version}: with --json stdout is JSON lines, with every difference and the numbers`,
    ignore: withoutBinaryOrFixtures(),
    async fn() {
      using library = unpackLibrary(version);
      const lines = jsonLines((await retag(library, [...ALL, "--json"])).stdout);
      const twelve = lines.find(({ type, id }) => type === "document" && id === 12);
      deepStrictEqual(twelve?.document_type, { from: "Bescheid", to: "Letter" });
      deepStrictEqual(twelve?.correspondent, { from: "Bristol Insurance plc", to: null });
      deepStrictEqual(twelve?.tags, { added: [], removed: ["auto-tag", "versicherung"] });
      const summary = lines.at(-1)!;
      strictEqual(summary.type, "summary");
      strictEqual(summary.outcome, "retagged");
      strictEqual(summary.tagsAdded, version === "v2.20.15" ? 42 : 44);
      strictEqual(summary.entry, "000001");
    },
  });
}

Deno.test({
  name: "--explain says for each object what its rule says, and what was made of it",
  ignore: withoutBinaryOrFixtures(),
  async fn() {
    using library = unpackLibrary("v3.0.5");
    const flags = ["-c", "-T", "--explain", "--dry-run", "--id-range", "3", "3"];
    // Its owner may not see the tags of others.
    execute(
      library,
      "update documents_document set owner_id = 2 where id = 3",
      "update documents_tag set owner_id = 1 where name = 'bills'",
      "delete from guardian_userobjectpermission",
      "delete from guardian_groupobjectpermission",
      "update auth_user set is_superuser = 0",
    );
    const { stdout } = await retag(library, flags);
    match(stdout, /^3 correspondent Globex Industries: matches: it contains "Globex Industries"$/m);
    match(
      stdout,
      /^3 correspondent ACME Corporation Ltd: no match: it contains none of the words$/m,
    );
    match(stdout, /^3 correspondent stays: it is set already/m);
    match(stdout, /^3 tag bills: no candidate: the owner of the document may not see it$/m);
    match(stdout, /^3 tag auto-tag: no match: there is no model/m);
    match(stdout, /^3 tag heating: no match: nothing in it is like "heatng systen" \(90%\)$/m);
    const rules = jsonLines((await retag(library, [...flags, "--json"])).stdout)
      .filter(({ type }) => type === "rule");
    strictEqual(rules.length, 8 + 12);
  },
});

Deno.test({
  name:
    "who may see an object: owner, permission, group, superuser, and everybody where the document has no owner",
  ignore: withoutBinaryOrFixtures(),
  async fn() {
    const tagged = async (...statements: readonly string[]) => {
      using library = unpackLibrary("v2.20.15");
      execute(
        library,
        "delete from guardian_userobjectpermission",
        "delete from guardian_groupobjectpermission",
        "delete from auth_user_groups",
        "update auth_user set is_superuser = 0",
        "update documents_tag set owner_id = 1 where name = 'bills'",
        "update documents_document set owner_id = 2 where id = 2",
        "delete from documents_document_tags where document_id = 2",
        ...statements,
      );
      assertCode(await retag(library, ["-T", "--id-range", "2", "2"]), 0);
      return stateAfter(library, { modified: new Map(), audit: 0 }).tags.includes("2 6");
    };
    const permission = `(select p.id from auth_permission p
      join django_content_type c on c.id = p.content_type_id
      where c.model = 'tag' and codename = 'view_tag')`;
    const type = "(select id from django_content_type where model = 'tag')";
    strictEqual(await tagged(), false);
    strictEqual(
      await tagged("update documents_tag set owner_id = null where name = 'bills'"),
      true,
    );
    strictEqual(await tagged("update documents_tag set owner_id = 2 where name = 'bills'"), true);
    strictEqual(await tagged("update documents_document set owner_id = null where id = 2"), true);
    strictEqual(await tagged("update auth_user set is_superuser = 1 where id = 2"), true);
    const forUser = (user: number, codename = permission) =>
      `insert into guardian_userobjectpermission (object_pk, content_type_id, permission_id, user_id)
       values ('6', ${type}, ${codename}, ${user})`;
    strictEqual(await tagged(forUser(2)), true);
    strictEqual(await tagged(forUser(3)), false);
    strictEqual(await tagged(forUser(2, permission.replace("view_tag", "change_tag"))), false);
    strictEqual(
      await tagged(
        "insert into auth_user_groups (user_id, group_id) values (2, 1)",
        `insert into guardian_groupobjectpermission (object_pk, content_type_id, permission_id, group_id)
         values ('6', ${type}, ${permission}, 1)`,
      ),
      true,
    );
  },
});

Deno.test({
  name: "a new tag brings the tags above it; the audit log names all of them",
  ignore: withoutBinaryOrFixtures(),
  async fn() {
    using library = unpackLibrary("v3.0.5");
    execute(library, "delete from documents_document_tags where document_id = 1");
    const before = stateBefore(library);
    assertCode(await retag(library, ["-T", "--id-range", "1", "1"]), 0);
    const { tags, audit } = stateAfter(library, before);
    // bills is below finance.
    deepStrictEqual(tags.filter((pair) => pair.startsWith("1 ")), ["1 10", "1 3", "1 6"]);
    deepStrictEqual(audit.map(({ changes }) => changes), [
      '{"tags": {"type": "m2m", "operation": "add", "objects": ["bills", "finance", "heating"]}}',
    ]);
  },
});

Deno.test({
  name: "rules that can't be used are listed, and take nothing away",
  ignore: withoutBinaryOrFixtures(),
  async fn() {
    using library = unpackLibrary("v2.20.15");
    execute(
      library,
      // Exploding, recursive, invalid; a document has each of these tags.
      "update documents_tag set match = '(\\w+\\s*)+[§]', matching_algorithm = 4 where name = 'bills'",
      "update documents_tag set match = '(?R)?x', matching_algorithm = 4 where name = 'heating'",
      "update documents_tag set match = '[', matching_algorithm = 4 where name = 'warranty'",
    );
    const result = await retag(library, ["-T", "-f", "--id-range", "2", "2"]);
    assertCode(result, 3);
    match(result.stderr, /rule of tag "bills" takes too long for 1 document/);
    match(result.stderr, /rule of tag "heating" can't be used: it is recursive/);
    match(result.stderr, /rule of tag "warranty" is no regular expression/);
    const { tags } = stateAfter(library, { modified: new Map(), audit: 0 });
    const has = (tag: number) => tags.includes(`2 ${tag}`);
    // bills and heating stay; warranty goes, as upstream lets it.
    deepStrictEqual([has(6), has(10), has(11)], [true, true, false]);
  },
});

Deno.test({
  name: "where paperless-ngx has a model, what it may have assigned stays",
  ignore: withoutBinaryOrFixtures(),
  async fn() {
    using library = unpackLibrary("v2.20.15");
    Deno.writeTextFileSync(`${library.data}/classification_model.pickle`, "a model");
    const result = await retag(library, ["-c", "-T", "-f", "--id-range", "11", "12"]);
    assertCode(result, 0);
    match(result.stderr, /the model of paperless-ngx can't be read/);
    const { documents, tags } = stateAfter(library, { modified: new Map(), audit: 0 });
    strictEqual(documents["12"]!.correspondent_id, 7);
    ok(tags.includes("12 8") && tags.includes("12 9"));
  },
});

Deno.test({
  name: "a document whose files can't move is retagged all the same, and listed",
  ignore: withoutBinaryOrFixtures(),
  async fn() {
    using library = unpackLibrary("v2.20.15");
    // Document 5 loses its correspondent, and its original is gone.
    const [name] = stateAfter(library, { modified: new Map(), audit: 0 }).media.filter((line) =>
      line.startsWith("documents/originals/2024/Globex Industries/Same title_01")
    );
    ok(name, "the library has changed");
    Deno.removeSync(`${library.media}/${name.slice(0, name.lastIndexOf(" "))}`);
    const result = await retag(library, ["-c", "-f", "--id-range", "3", "9"]);
    assertCode(result, 3);
    const { documents } = stateAfter(library, { modified: new Map(), audit: 0 });
    const failed = /Document (\d+) was retagged, but its files keep their names/.exec(
      result.stderr,
    );
    ok(failed, result.stderr);
    strictEqual(documents[failed[1]!]!.correspondent_id, null);
  },
});

Deno.test({
  name:
    "-f asks on a terminal, with the numbers; only a yes goes on; --yes and no terminal don't ask",
  ignore: withoutBinaryOrFixtures() || withoutTerminal(),
  async fn() {
    using library = unpackLibrary("v2.20.15");
    const before = wholeLibrary(library);
    const line = `script -qefc "$PAPERWARD document_retagger -cTtsf --no-progress-bar" /dev/null`;
    for (const answer of ["n", "", "yes please"]) {
      const result = await runShell(`printf '${answer}\\n' | ${line}`, {
        env: { ...library.env, TERM: "xterm", SHELL: "/bin/sh" },
      });
      assertCode(result, 0);
      match(
        result.stdout,
        /Overwrite: change \d+ documents \(set \d+ fields, clear \d+ fields, take \d+ tags away, add \d+ tags\)\?/,
      );
      match(result.stdout, /Nothing was changed/);
      deepStrictEqual(wholeLibrary(library), before);
    }
    const result = await runShell(`printf 'y\\n' | ${line}`, {
      env: { ...library.env, TERM: "xterm", SHELL: "/bin/sh" },
    });
    assertCode(result, 0);
    notDeepStrictEqual(wholeLibrary(library), before);
  },
});

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
