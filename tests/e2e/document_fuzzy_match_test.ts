// document_fuzzy_match by the compiled binary: upstream's output to the byte, nothing deleted without a yes,
// undo, checkpoints, interruptions, the page, and nothing left behind.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { makeTexts } from "../../bench/_fuzzy_texts.ts";
import {
  fixturesRoot,
  type FixtureVersion,
  type Library,
  type TempFolder,
  tempFolder,
  unpackLibrary,
  VERSIONS,
} from "../_fixtures.ts";
import {
  assertCode,
  jsonLines,
  runBinary,
  type Running,
  runOnTerminal,
  type RunOptions,
  type RunResult,
  runShell,
  startBinary,
  withoutBinary,
  withoutBinaryOrFixtures,
  withoutTerminal,
} from "../_run_binary.ts";
import { makeTextLibrary } from "../_text_library.ts";
import { environment, errorLines, lookAt } from "./_export.ts";

function run(
  library: Library,
  flags: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  return runBinary(["document_fuzzy_match", "--no-progress-bar", ...flags], {
    ...options,
    env: { ...environment(library), COLUMNS: "160", ...options.env },
  });
}

function recorded(version: FixtureVersion, name: string): string {
  return Deno.readTextFileSync(
    `${fixturesRoot()}/${version}/output/document_fuzzy_match-${name}.stdout`,
  );
}

function rows(path: string, sql: string): Readonly<Record<string, unknown>>[] {
  using database = new DatabaseSync(path, { readOnly: true });
  return database.prepare(sql).all();
}

function trash(library: Library): number[] {
  return rows(
    library.database,
    "select id from documents_document where deleted_at is not null order by id",
  ).map(({ id }) => Number(id));
}

for (const version of VERSIONS) {
  Deno.test({
    name: `output is upstream's to the byte at every recorded ratio (${version})`,
    ignore: withoutBinaryOrFixtures(),
    async fn() {
      using library = unpackLibrary(version);
      const look = lookAt(library.folder);
      for (const ratio of ["0", "60", "70", "85", "90", "95", "100"]) {
        const result = await run(library, ["--ratio", ratio]);
        assertCode(result, 0);
        assert.equal(result.stdout, recorded(version, `r${ratio}`), `ratio ${ratio}`);
      }
      const more = await run(library, ["--processes", "3"]);
      assert.equal(more.stdout, recorded(version, "default"));
      assert.deepEqual(look.changes(), []);
    },
  });

  Deno.test({
    name: `--json gives the recorded pairs, groups and what each filter did (${version})`,
    ignore: withoutBinaryOrFixtures(),
    async fn() {
      using library = unpackLibrary(version);
      const result = await run(library, ["--ratio", "60", "--json"]);
      assertCode(result, 0);
      const lines = jsonLines(result.stdout);
      const expected = JSON.parse(
        Deno.readTextFileSync(`${fixturesRoot()}/${version}/after/fuzzy-pairs.json`),
      )["60"] as [number, number, string][];
      const matches = lines.filter(({ type }) => type === "match");
      assert.deepEqual(
        new Set(matches.map(({ a, b }) => `${a},${b}`)),
        new Set(expected.map(([a, b]) => `${a},${b}`)),
      );
      const summary = lines.at(-1)!;
      assert.equal(summary.type, "summary");
      assert.equal(summary.matches, expected.length);
      const pairs = summary.pairs as Record<string, number>;
      assert.equal(
        pairs.byLength! + pairs.byHistogram! + pairs.byClasses! + pairs.byDistance! +
          pairs.matched!,
        pairs.pairs,
      );
      assert.ok(lines.some(({ type }) => type === "group"));
      // Empty documents and encrypted PDFs without text don't take part (upstream issue 10912).
      assert.equal(summary.blank, 2);
    },
  });

  Deno.test({
    name: `--delete moves the sure ones to the trash, and undo brings them back (${version})`,
    ignore: withoutBinaryOrFixtures(),
    async fn() {
      using library = unpackLibrary(version);
      const before = trash(library);
      const dump = () => rows(library.database, "select * from documents_document order by id");
      const untouched = dump();
      const dry = await run(library, ["--delete", "--dry-run"]);
      assertCode(dry, 0);
      assert.match(dry.stdout, /Nothing was changed/);
      assert.deepEqual(dump(), untouched);

      const result = await run(library, ["--delete", "--yes"]);
      assertCode(result, 0);
      const gone = trash(library).filter((id) => !before.includes(id));
      // 22 has other numbers; 21 has a serial number and stays.
      assert.deepEqual(gone, version === "v2.20.15" ? [3, 20, 23] : [3, 20, 23, 40, 41]);
      assert.match(result.stdout, /leave 22 \(like 21, numbers differ\)/);

      const undone = await runBinary(["undo", "--yes"], { env: environment(library) });
      assertCode(undone, 0);
      assert.deepEqual(dump(), untouched);
    },
  });
}

for (const version of VERSIONS) {
  Deno.test({
    name: `where no chain of likes speaks against it, the trash is upstream's (${version})`,
    ignore: withoutBinaryOrFixtures(),
    async fn() {
      using library = unpackLibrary(version);
      const name = version === "v2.20.15" ? "delete" : "delete_yes";
      const after = JSON.parse(
        Deno.readTextFileSync(
          `${fixturesRoot()}/${version}/after/document_fuzzy_match-${name}.json`,
        ),
      );
      const flags = ["--ratio", "95", "--delete", "--yes", "--keep", "lowest-id"];
      const result = await run(library, [...flags, "--include-numeric-differences"]);
      assertCode(result, 0);
      const documents = after.documents as { readonly id: number; readonly deleted_at: unknown }[];
      const expected = documents.filter(({ deleted_at }) => deleted_at !== null);
      assert.deepEqual(
        trash(library),
        expected.map(({ id }) => id).sort((a, b) => a - b),
      );
      // No row is gone or new but in the audit log, no file at all.
      const tables = after.tables as Record<string, number>;
      for (const [table, count] of Object.entries(tables)) {
        assert.equal(rows(library.database, `select * from "${table}"`).length, count, table);
      }
      const journal = await runBinary(["journal"], { env: environment(library) });
      assertCode(journal, 0);
      assert.match(journal.stdout, /document_fuzzy_match/);
    },
  });
}

Deno.test({
  name: "--include-numeric-differences and --keep change what goes",
  ignore: withoutBinaryOrFixtures(),
  async fn() {
    using library = unpackLibrary("v2.20.15");
    const plan = async (...flags: string[]) => {
      const result = await run(library, ["--delete", "--dry-run", "--json", ...flags]);
      assertCode(result, 0);
      return jsonLines(result.stdout).filter(({ type }) => type === "group")
        .map(({ keep, duplicates, review }) => ({ keep, duplicates, review }));
    };
    assert.deepEqual(await plan("--include-numeric-differences"), [
      { keep: [21], duplicates: [3, 20, 23, 22], review: [] },
    ]);
    assert.deepEqual(await plan("--keep", "lowest-id"), [
      { keep: [3], duplicates: [20, 21, 23], review: [22] },
    ]);
  },
});

Deno.test({
  name: "without a terminal and without --yes nothing is deleted, and the exit code says so",
  ignore: withoutBinaryOrFixtures(),
  async fn() {
    for (const version of VERSIONS) {
      using library = unpackLibrary(version);
      const look = lookAt(library.folder);
      const result = await run(library, ["--delete", "--ratio", "90"]);
      assertCode(result, 1);
      assert.match(
        errorLines(result).join("\n"),
        /Cannot delete the duplicates: there is nobody to ask/,
      );
      // The matches are told nevertheless.
      assert.match(result.stdout, /near_dup_a|fuzzy match to 20/);
      assert.deepEqual(look.changes(), []);
    }
  },
});

Deno.test({
  name: "on a terminal it asks; anything but a yes is a no",
  ignore: withoutBinaryOrFixtures() || withoutTerminal(),
  async fn() {
    using library = unpackLibrary("v3.0.5");
    const before = trash(library);
    // `script` ends its standard input at once: that is no yes.
    const result = await runOnTerminal(
      ["document_fuzzy_match", "--delete", "--no-progress-bar"],
      { env: environment(library) },
    );
    assert.match(result.stdout, /Move 5 documents to the trash\?/);
    assert.match(result.stdout, /Nothing was deleted/);
    assert.deepEqual(trash(library), before);
    const line =
      `script -qefc "$PAPERWARD document_fuzzy_match --delete --no-progress-bar" /dev/null`;
    for (const answer of ["n", "yes please", "", "y"]) {
      const result = await runShell(`printf '${answer}\\n' | ${line}`, {
        env: { ...environment(library), TERM: "xterm", SHELL: "/bin/sh" },
      });
      assertCode(result, 0);
      const gone = trash(library).length - before.length;
      assert.equal(gone, answer === "y" ? 5 : 0, `${answer}: ${result.stdout}`);
    }
  },
});

Deno.test({
  name: "wrong usage is refused before anything is read",
  ignore: withoutBinaryOrFixtures(),
  async fn() {
    using library = unpackLibrary("v2.20.15");
    const look = lookAt(library.folder);
    const wrong: readonly (readonly string[])[] = [
      ["--ratio", "101"],
      ["--ratio", "-1"],
      ["--ratio", "x"],
      ["--processes", "0"],
      ["--since", "soon"],
      ["--keep", "best"],
      ["--yes"],
      ["--dry-run"],
      ["--include-numeric-differences"],
      ["--html", "/nonexistent/page.html"],
      // A slip of the hand must not cost the library.
      ["--html", library.database],
      ["--checkpoint", library.database],
      ["--checkpoint", "/nonexistent/checkpoint"],
    ];
    for (const flags of wrong) {
      const result = await run(library, flags);
      assertCode(result, 2);
      assert.equal(errorLines(result).length, 1, flags.join(" "));
      assert.equal(result.stdout, "");
    }
    assert.deepEqual(look.changes(), []);
  },
});

Deno.test({
  name: "the page holds every group and nothing else is written",
  ignore: withoutBinaryOrFixtures(),
  async fn() {
    using library = unpackLibrary("v3.0.5");
    using temp = tempFolder();
    const look = lookAt(library.folder);
    const page = `${temp.path}/page.html`;
    const result = await run(library, ["--html", page]);
    assertCode(result, 0);
    assert.equal(result.stdout, recorded("v3.0.5", "r85"));
    const text = Deno.readTextFileSync(page);
    assert.ok(text.trimEnd().endsWith("</html>"));
    for (const id of [2, 3, 20, 21, 22, 23, 40, 41]) assert.ok(text.includes(`<h3>#${id} `));
    assert.equal(text.match(/data:image\/webp/g)?.length, 8);
    assert.deepEqual(look.changes(), []);
    assert.deepEqual([...Deno.readDirSync(temp.path)].map(({ name }) => name), ["page.html"]);
  },
});

/** Resolves when the checkpoint holds some blocks, or the run has ended. */
async function someBlocksDone(running: Running, checkpoint: string): Promise<void> {
  let done = false;
  running.ended.then(() => done = true);
  const size = () => {
    try {
      return Deno.statSync(checkpoint).size;
    } catch {
      return 0;
    }
  };
  while (!done && size() < 500) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** The environment of a run on a library of texts, with scratch beside it. */
function environmentOf(
  library: ReturnType<typeof makeTextLibrary>,
  { path }: TempFolder,
): Record<string, string> {
  return {
    PAPERLESS_DATA_DIR: library.dataDir,
    PAPERLESS_MEDIA_ROOT: library.mediaRoot,
    PAPERLESS_SCRATCH_DIR: `${path}/scratch`,
  };
}

Deno.test({
  name: "an interrupted run stops soon, leaves its checkpoint only, and goes on from there",
  ignore: withoutBinary(),
  async fn() {
    using temp = tempFolder();
    const folder = `${temp.path}/library`;
    const texts = makeTexts({ kind: "invoices", count: 2500, seed: 6 });
    const library = makeTextLibrary(folder, "v2", texts);
    const checkpoint = `${temp.path}/checkpoint`;
    const env = environmentOf(library, temp);
    const args = ["document_fuzzy_match", "--ratio=93", "--json", "--processes=2"];
    const running = startBinary([...args, "--checkpoint", checkpoint, "--no-progress-bar"], {
      env,
    });
    await someBlocksDone(running, checkpoint);
    running.kill("SIGINT");
    assertCode(await running.ended, 130);
    assert.deepEqual(
      [...Deno.readDirSync(temp.path)].map(({ name }) => name).sort(),
      ["checkpoint", "library", "scratch"],
    );
    assert.deepEqual([...Deno.readDirSync(`${temp.path}/scratch`)], []);

    const rest = await runBinary([...args, "--checkpoint", checkpoint], { env });
    assertCode(rest, 0);
    assert.match(rest.stderr, /Continuing: \d+ block/);
    const whole = await runBinary(args, { env });
    assertCode(whole, 0);
    const matches = (result: RunResult) =>
      jsonLines(result.stdout).filter(({ type }) => type === "match");
    assert.deepEqual(matches(rest), matches(whole));
    assert.ok(matches(whole).length > 0);
    const pairs = (result: RunResult) => jsonLines(result.stdout).at(-1)!.pairs;
    assert.deepEqual(pairs(rest), pairs(whole));
    // It came to its end: nobody needs the checkpoint any more.
    assert.throws(() => Deno.statSync(checkpoint), Deno.errors.NotFound);
  },
});

Deno.test({
  name: "a run that was killed goes on from its checkpoint and finds the same",
  ignore: withoutBinary(),
  async fn() {
    using temp = tempFolder();
    const texts = makeTexts({ kind: "invoices", count: 1000, seed: 8 });
    const library = makeTextLibrary(`${temp.path}/library`, "v2", texts);
    const checkpoint = `${temp.path}/checkpoint`;
    const env = environmentOf(library, temp);
    const args = ["document_fuzzy_match", "--ratio=95", "--json", "--processes=2"];
    const continued = [...args, "--no-progress-bar", "--checkpoint", checkpoint];
    const running = startBinary(continued, { env });
    await someBlocksDone(running, checkpoint);
    running.kill("SIGKILL");
    assertCode(await running.ended, 137);
    const rest = await runBinary(continued, { env });
    assertCode(rest, 0);
    assert.match(rest.stderr, /Continuing: \d+ block/);
    const whole = await runBinary(args, { env });
    const found = (result: RunResult) =>
      jsonLines(result.stdout).filter(({ type }) => type === "match");
    assert.ok(found(whole).length > 0);
    assert.deepEqual(found(rest), found(whole));
  },
});

Deno.test({
  name: "nothing is deleted by a forged checkpoint",
  ignore: withoutBinary(),
  async fn() {
    using temp = tempFolder();
    const letters = makeTexts({ kind: "letters", count: 20, seed: 8, duplicates: 0 });
    const library = makeTextLibrary(`${temp.path}/library`, "v2", [...letters, letters[0]!]);
    const checkpoint = `${temp.path}/checkpoint`;
    const delete_ = (...flags: string[]) =>
      runBinary(
        ["document_fuzzy_match", "--delete", "--no-progress-bar", "--checkpoint", checkpoint]
          .concat(flags),
        {
          env: environmentOf(library, temp),
        },
      );
    // Nobody says yes, so the checkpoint stays for the next call.
    assertCode(await delete_(), 1);
    const [head, first] = Deno.readTextFileSync(checkpoint).split("\n");
    const { fingerprint } = JSON.parse(head!);
    const { block, counters } = JSON.parse(first!);
    const before = rows(library.database, "select * from documents_document");
    // Somebody says of letters of about one length that they are alike, and signs it.
    for (
      const [distance, code, message] of [
        [500, 1, /Cannot delete by .*: it says that documents \d+ and \d+ are alike/],
        [3000, 2, /Cannot continue from .*: it holds pairs that can't be/],
      ] as const
    ) {
      const matches = [10, 11, distance, 14, 15, distance];
      const payload = [fingerprint, block, Object.values(counters), matches];
      const sum = createHash("sha256").update(JSON.stringify(payload)).digest("hex").slice(0, 16);
      const line = JSON.stringify({ sum, block, counters, matches });
      Deno.writeTextFileSync(checkpoint, `${head}\n${line}\n`);
      const result = await delete_("--yes", "--include-numeric-differences");
      assertCode(result, code);
      assert.match(result.stderr, message);
      assert.deepEqual(rows(library.database, "select * from documents_document"), before);
    }
    Deno.removeSync(checkpoint);
    assertCode(await delete_("--yes"), 0);
    const gone = "select id from documents_document where deleted_at is not null";
    assert.deepEqual(rows(library.database, gone).map(({ id }) => id), [21]);
  },
});

Deno.test({
  name: "--since and --approximate by the binary: newer documents with all, and the loss is said",
  ignore: withoutBinaryOrFixtures(),
  async fn() {
    using library = unpackLibrary("v2.20.15");
    const pairs = async (...flags: string[]) => {
      const result = await run(library, ["--json", ...flags]);
      assertCode(result, 0);
      return jsonLines(result.stdout).filter(({ type }) => type === "match")
        .map(({ a, b }) => [Number(a), Number(b)] as const);
    };
    const all = await pairs();
    assert.deepEqual(
      await pairs("--since", "21"),
      all.filter((pair) => pair.some((id) => id > 21)),
    );
    assert.deepEqual(await pairs("--since", "2999-01-01"), []);
    const approximate = await run(library, ["--approximate"]);
    assertCode(approximate, 0);
    assert.match(approximate.stderr, /may have missed pairs/);
    for (const line of approximate.stdout.trimEnd().split("\n")) {
      assert.ok(recorded("v2.20.15", "r85").includes(line), line);
    }
  },
});

Deno.test({
  name: "a checkpoint that is something else is not touched",
  ignore: withoutBinaryOrFixtures(),
  async fn() {
    using library = unpackLibrary("v2.20.15");
    using temp = tempFolder();
    const path = `${temp.path}/notes.txt`;
    Deno.writeTextFileSync(path, "my notes\n");
    const result = await run(library, ["--checkpoint", path]);
    assertCode(result, 2);
    assert.equal(Deno.readTextFileSync(path), "my notes\n");
    assert.deepEqual([...Deno.readDirSync(temp.path)].map(({ name }) => name), ["notes.txt"]);
  },
});

Deno.test({
  name: "titles and texts that mean harm are shown, not obeyed",
  ignore: withoutBinary(),
  async fn() {
    using temp = tempFolder();
    const text =
      "<script>alert(1)</script> \x1b[2J\u202e harmful text that is long enough to match";
    const library = makeTextLibrary(temp.path, "v3", [text, text, `${text}!`], () => ({
      title: "\x1b[2J<b>\u202etitle\n",
    }));
    const page = `${temp.path}/page.html`;
    const result = await runBinary(["document_fuzzy_match", "--html", page], {
      env: environmentOf(library, temp),
    });
    assertCode(result, 0);
    // deno-lint-ignore no-control-regex
    assert.ok(!/[\x1b\u202e]/.test(result.stdout + result.stderr));
    assert.match(result.stdout, /Found 3 matching pair/);
    assert.ok(!/<script|<b>/.test(Deno.readTextFileSync(page).replaceAll(/<b>\d/g, "")));
  },
});

Deno.test({
  name: "an empty library has no matches",
  ignore: withoutBinary(),
  async fn() {
    using temp = tempFolder();
    const library = makeTextLibrary(temp.path, "v2", []);
    for (const flags of [[], ["--approximate"], ["--since", "5"], ["--delete", "--yes"]]) {
      const result = await runBinary(["document_fuzzy_match", ...flags], {
        env: environmentOf(library, temp),
      });
      assertCode(result, 0);
      assert.match(result.stdout, /^No matches found\n/);
    }
    assert.throws(() => Deno.statSync(`${library.dataDir}/paperward`), Deno.errors.NotFound);
  },
});
