// undo and journal through the compiled binary: asked for on a terminal, refused where somebody changed
// something since, and brought to its end wherever it was killed.

import assert from "node:assert/strict";
import { type Library, listFiles, recordedTree, tempFolder, unpackLibrary } from "../_fixtures.ts";
import { afterMs, randomNumbers, randomSeed, whenSeen } from "../_moments.ts";
import { hasPython, python, sql } from "../_python.ts";
import {
  assertCode,
  jsonLines,
  runBinary,
  runShell,
  startBinary,
  withoutBinaryOrFixtures,
  withoutRoot,
  withoutTerminal,
} from "../_run_binary.ts";
import { state } from "../core/checks/_sanity.ts";
import { environment } from "./_export.ts";

const ignore = withoutBinaryOrFixtures() || !hasPython();

const FIRST = "documents/originals/2024/ACME Corporation Ltd/invoice_en_1.pdf";

const seed = randomSeed();

const run = (library: Library, ...args: readonly string[]) =>
  runBinary(args, { env: environment(library) });

const repairFrom = (source: string) => [
  "document_sanity_checker",
  "--repair",
  "--yes",
  "--quiet",
  `--from=${source}`,
];

/** Damages in every way that a repair mends: lost and damaged originals, missing pictures, strays, a lost name. The
 * trash stays whole, since no export has it. */
function damageAll({ media, database }: Library): void {
  const documents = JSON.parse(python(
    `import json, sqlite3, sys
rows = sqlite3.connect(sys.argv[1]).execute("select id, filename from documents_document where deleted_at is null order by id")
print(json.dumps(rows.fetchall()))`,
    database,
  )) as readonly (readonly [number, string])[];
  Deno.mkdirSync(`${media}/lost`);
  for (const [n, [id, name]] of documents.entries()) {
    const original = `${media}/documents/originals/${name}`;
    if (n % 3 === 0) Deno.renameSync(original, `${media}/lost/${n}`);
    else if (n % 3 === 1) Deno.truncateSync(original, 20);
    if (n % 2 > 0) continue;
    Deno.removeSync(`${media}/documents/thumbnails/${String(id).padStart(7, "0")}.webp`);
  }
  for (let n = 0; n < 20; n++) Deno.writeTextFileSync(`${media}/stray ${n}`, `stray ${n}`);
  sql(database, "update documents_document set archive_filename=NULL where id=28");
}

/** Entries that aren't undone. */
async function open(library: Library): Promise<readonly string[]> {
  const result = await run(library, "journal", "list", "--json");
  assertCode(result, 0);
  return jsonLines(result.stdout).filter(({ type, state }) =>
    type === "entry" && state !== "undone"
  )
    .map(({ state }) => String(state));
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Starts the binary and kills it some milliseconds after a file is there. @returns whether it came to its end */
async function killAfter(
  library: Library,
  args: readonly string[],
  path: string,
  ms: number,
): Promise<boolean> {
  const running = startBinary(args, { env: environment(library) });
  await whenSeen(() => exists(path))(running);
  await afterMs(ms)(running);
  running.kill("SIGKILL");
  return (await running.ended).signal !== "SIGKILL";
}

Deno.test({
  name: `kill -9 in the middle of a repair and of its undo (seed ${seed})`,
  ignore,
  async fn() {
    const random = randomNumbers(seed);
    const source = recordedTree("v2.20.15", "plain");
    using library = unpackLibrary("v2.20.15");
    const whole = state(library);
    damageAll(library);
    const damaged = state(library);
    let [killedRepairs, killedUndos] = [0, 0];
    // ms within which the kill falls; on a fast machine they shrink until it comes in time.
    let [repairWindow, undoWindow] = [400, 150];
    // Kills that come too late or too early prove nothing: then there are more of them.
    for (let n = 0; n < 10 || ((killedRepairs < 3 || killedUndos < 3) && n < 40); n++) {
      const number = String(listJournal(library).length + 1).padStart(6, "0");
      const entry = `${library.data}/paperward/journal/${number}.jsonl`;
      const isWhole = await killAfter(library, repairFrom(source), entry, random() * repairWindow);
      if (isWhole) repairWindow *= 0.6;
      else killedRepairs++;
      if (n % 2 === 0) {
        // The next repair finishes what the killed one left.
        await run(library, ...repairFrom(source));
        assert.deepEqual(state(library), whole, `repair ${n} was not finished`);
      }
      for (let again = 0; (await open(library)).length > 0; again++) {
        assert.ok(again < 10, "the undo comes to no end");
        const last = listJournal(library).findLast((id) =>
          !exists(`${library.data}/paperward/journal/${id}.undone`)
        );
        const undoing = `${library.data}/paperward/journal/${last}.undoing`;
        if (await killAfter(library, ["undo", "--yes"], undoing, random() * undoWindow)) {
          undoWindow *= 0.6;
        } else {
          killedUndos++;
          if ((await open(library)).includes("being undone")) {
            // Nobody changes anything meanwhile; where nothing was taken back yet, there is nothing to mend.
            const before = withoutStaging(library);
            const refused = await run(library, ...repairFrom(source));
            assertCode(refused, 0, 1);
            if (refused.code === 1) assert.match(refused.stderr, /was interrupted/);
            assert.deepEqual(withoutStaging(library), before);
          }
          const result = await run(library, "undo", "--yes");
          // The kill may have come after its end.
          assertCode(result, 0, 1);
        }
      }
      assert.deepEqual(withoutStaging(library), damaged, `undo ${n} left something`);
    }
    assert.ok(killedRepairs >= 3, `only ${killedRepairs} repairs were killed`);
    assert.ok(killedUndos >= 3, `only ${killedUndos} undos were killed`);
  },
});

/** The library without what a killed repair had staged: that is the next one's to remove. */
function withoutStaging(library: Library): Record<string, string> {
  return Object.fromEntries(
    Object.entries(state(library)).filter(([path]) => !path.includes("/.paperward-staging/")),
  );
}

function listJournal(library: Library): string[] {
  const folder = `${library.data}/paperward/journal`;
  if (!exists(folder)) return [];
  return [...Deno.readDirSync(folder)].flatMap(({ name }) => /^(\d+)\.jsonl$/.exec(name)?.[1] ?? [])
    .sort();
}

/** A library with one repair: an orphan in quarantine, an original put back. */
async function repaired(): Promise<Library> {
  const library = unpackLibrary("v3.0.5");
  Deno.renameSync(`${library.media}/${FIRST}`, `${library.media}/lost.pdf`);
  Deno.writeTextFileSync(`${library.media}/stray`, "x");
  assertCode(await run(library, "document_sanity_checker", "--repair", "--yes"), 0);
  return library;
}

Deno.test({
  name: "undo asks on a terminal, and without one wants --yes",
  ignore: ignore || withoutTerminal(),
  async fn() {
    using library = await repaired();
    const before = state(library);
    const answer = (text: string) =>
      runShell(
        `printf '${text}\\n' | script -qefc "stty cols 120; $PAPERWARD undo" /dev/null`,
        { env: { ...environment(library), TERM: "xterm-256color", SHELL: "/bin/sh" } },
      );
    const nobody = await run(library, "undo");
    assertCode(nobody, 2);
    assert.match(nobody.stderr, /^error: Cannot undo: there is nobody to ask$/m);

    const no = await answer("n");
    assertCode(no, 0);
    assert.match(no.stdout, /move +\S+lost\.pdf|move +.+invoice_en_1\.pdf back to .+lost\.pdf/);
    assert.match(no.stdout, /Take back document_sanity_checker \(entry 000001\)\? \[y\/N\]/);
    assert.match(no.stdout, /Nothing was taken back of document_sanity_checker/);
    assert.deepEqual(state(library), before);

    const yes = await answer("y");
    assertCode(yes, 0);
    assert.match(yes.stdout, /Took back document_sanity_checker/);
    assert.ok(exists(`${library.media}/lost.pdf`));
    assert.ok(exists(`${library.media}/stray`));
  },
});

Deno.test({
  name: "what was changed since is listed, and nothing is taken back",
  ignore,
  async fn() {
    using library = await repaired();
    Deno.writeTextFileSync(`${library.media}/stray`, "another one");
    Deno.writeTextFileSync(`${library.media}/${FIRST}`, "changed");
    const before = state(library);
    for (const flags of [["--dry-run"], ["--yes"], ["--yes", "--json"]]) {
      const result = await run(library, "undo", ...flags);
      assertCode(result, 1);
      assert.deepEqual(state(library), before);
      if (flags.includes("--json")) {
        const lines = jsonLines(result.stdout);
        assert.deepEqual(lines.map(({ type }) => type), ["conflict", "conflict", "summary"]);
        assert.equal(lines.at(-1)?.outcome, "refused");
      } else {
        assert.match(result.stdout, /^in the way: .+invoice_en_1\.pdf: it was changed since$/m);
        assert.match(result.stdout, /^in the way: .+stray: something else is there now$/m);
      }
    }
  },
});

Deno.test({
  name: "rows that a server changed since are not taken back",
  ignore,
  async fn() {
    using library = unpackLibrary("v2.20.15");
    sql(library.database, "update documents_document set archive_filename=NULL where id=28");
    assertCode(await run(library, "document_sanity_checker", "--repair", "--yes"), 0);
    sql(library.database, "update documents_document set archive_filename='moved.pdf' where id=28");
    const before = state(library);
    const result = await run(library, "undo", "--yes");
    assertCode(result, 1);
    assert.match(
      result.stdout,
      /^in the way: row 28 of documents_document: it was changed since$/m,
    );
    assert.deepEqual(state(library), before);
  },
});

Deno.test({
  name: "a damaged entry is said to be so, and can be left behind",
  ignore,
  async fn(test) {
    const damages: readonly (readonly [string, (text: string) => string])[] = [
      ["its first line", (text) => text.replace("journal", "journul")],
      ["a step", (text) => text.replace('"kind":"file moved"', '"kind":"file eaten"')],
      [
        "a step that would lead to the database",
        (text) => text.replace(/"data:paperward\/kept[^"]+"/, '"data:db.sqlite3"'),
      ],
      ["nothing but zeros", (text) => "\0".repeat(text.length)],
    ];
    for (const [name, rot] of damages) {
      await test.step(name, async () => {
        using library = await repaired();
        const entry = `${library.data}/paperward/journal/000001.jsonl`;
        const text = Deno.readTextFileSync(entry);
        assert.notEqual(rot(text), text);
        Deno.writeTextFileSync(entry, rot(text));
        const before = state(library);
        const refused = await run(library, "undo", "--yes");
        assertCode(refused, 1);
        assert.match(refused.stderr, /Cannot read journal entry/);
        assert.match(refused.stderr, /--abandon/);
        assertCode(await run(library, "journal", "list"), 0);
        // Work goes on.
        Deno.writeTextFileSync(`${library.media}/stray`, "x");
        assertCode(await run(library, "document_sanity_checker", "--repair", "--yes"), 0);
        assertCode(await run(library, "undo", "--yes"), 0);
        Deno.removeSync(`${library.media}/stray`);
        assertCode(await run(library, "undo", "--abandon"), 0);
        assert.deepEqual(state(library), before);
        assertCode(await run(library, "undo", "--yes"), 1);
      });
    }
  },
});

Deno.test({
  name: "a whole entry can't be abandoned",
  ignore,
  async fn() {
    using library = await repaired();
    assertCode(await run(library, "undo", "--abandon"), 2);
    assertCode(await run(library, "undo", "--yes"), 0);
  },
});

Deno.test({
  name: "steps that name tables, keys or columns which no library has are refused, not carried out",
  ignore,
  async fn(test) {
    const steps: readonly Readonly<Record<string, unknown>>[] = [
      { kind: "rows inserted", table: "sqlite_master", pks: [1] },
      { kind: "rows inserted", table: "documents_document", key: "title", pks: ["x"] },
      { kind: "rows inserted", table: "documents_document", key: "x", pks: ["x"] },
      {
        kind: "row changed",
        table: "documents_document",
        pk: 1,
        before: { nothing: 1 },
        after: { nothing: 1 },
      },
      { kind: "row deleted", table: "documents_tag", row: { id: 9000, nothing: 1 } },
    ];
    using library = await repaired();
    const entry = `${library.data}/paperward/journal/000001.jsonl`;
    const text = Deno.readTextFileSync(entry);
    const before = state(library);
    for (const step of steps) {
      await test.step(JSON.stringify(step), async () => {
        const lines = text.split("\n");
        lines.splice(1, 0, JSON.stringify(step));
        Deno.writeTextFileSync(entry, lines.join("\n"));
        const result = await run(library, "undo", "--yes");
        assertCode(result, 1);
        assert.match(result.stdout, /^in the way: table \w+: this library has /m);
        assert.deepEqual(state(library), before);
      });
    }
  },
});

Deno.test({
  name: "the journal shows hostile names harmlessly",
  ignore,
  async fn() {
    using library = unpackLibrary("v2.20.15");
    const name = "a\x1b[2J\u202eb\nc";
    Deno.writeTextFileSync(`${library.media}/${name}`, "x");
    const result = await run(library, "document_sanity_checker", "--repair", "--yes");
    assertCode(result, 0);
    const [list, show, json] = [
      await run(library, "journal"),
      await run(library, "journal", "show", "1"),
      await run(library, "journal", "show", "1", "--json"),
    ];
    for (const { stdout, stderr } of [result, list, show]) {
      // deno-lint-ignore no-control-regex
      assert.doesNotMatch(stdout + stderr, /[\x00-\x09\x0b-\x1f\u202e]/);
    }
    assert.match(list.stdout, /^000001 .+ done +document_sanity_checker --repair --yes$/m);
    assert.equal(jsonLines(json.stdout)[0]?.from, `${library.media}/${name}`);
  },
});

Deno.test({
  name: "journal show says which entry it misses",
  ignore,
  async fn() {
    using library = unpackLibrary("v3.0.5");
    for (
      const [entry, message] of [
        [[], /^error: Cannot show an entry: its number is missing$/m],
        [["9"], /^error: Cannot show entry 9: the journal has none of this number$/m],
      ] as const
    ) {
      const result = await run(library, "journal", "show", ...entry);
      assertCode(result, 2);
      assert.match(result.stderr, message);
    }
  },
});

Deno.test({
  name: "data and media on two file systems: quarantine and back",
  ignore: ignore || withoutRoot(),
  async fn(test) {
    using library = unpackLibrary("v3.0.5");
    using mount = tempFolder();
    const mounted = new Deno.Command("mount", { args: ["-t", "tmpfs", "none", mount.path] });
    if (!mounted.outputSync().success) {
      await test.step({ name: "no file system can be mounted here", ignore: true, fn: () => {} });
      return;
    }
    try {
      const data = `${mount.path}/data`;
      new Deno.Command("cp", { args: ["-a", library.data, data] }).outputSync();
      const moved: Library = {
        ...library,
        data,
        database: `${data}/db.sqlite3`,
        env: { ...library.env, PAPERLESS_DATA_DIR: data },
      };
      Deno.writeTextFileSync(`${library.media}/stray`, "x".repeat(100_000));
      Deno.truncateSync(`${library.media}/${FIRST}`, 50);
      const before = state(library);
      assertCode(await run(moved, ...repairFrom(recordedTree("v3.0.5", "plain"))), 0);
      assert.deepEqual(listFiles(`${data}/paperward/kept/000001`), [
        `damaged/${FIRST}`,
        "quarantine/stray",
      ]);
      assert.ok(!exists(`${library.media}/stray`));
      assertCode(await run(moved, "undo", "--yes"), 0);
      assert.deepEqual(state(library), before);
    } finally {
      new Deno.Command("umount", { args: [mount.path] }).outputSync();
    }
  },
});

Deno.test({
  name: "a data folder that isn't there is no library without changes",
  ignore,
  fn: async () => {
    using nowhere = tempFolder();
    const env = { PAPERLESS_DATA_DIR: `${nowhere.path}/data`, PAPERLESS_MEDIA_ROOT: nowhere.path };
    for (const command of [["journal", "list"], ["undo", "--yes"]]) {
      const result = await runBinary(command, { env });
      assertCode(result, 10);
      assert.match(
        result.stderr,
        /^error: Cannot find the data folder: .*\/data is not a folder$/m,
      );
    }
    assert.deepEqual([...Deno.readDirSync(nowhere.path)], []);
  },
});
