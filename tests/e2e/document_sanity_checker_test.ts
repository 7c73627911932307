// document_sanity_checker through the compiled binary: exit codes that a cron job can act on, reports, repairs,
// and a sandbox that lets nothing be changed by a check.

import assert from "node:assert/strict";
import { type Library, recordedTree, unpackLibrary, VERSIONS } from "../_fixtures.ts";
import { giveToNobody, NOBODY } from "../_nobody.ts";
import { hasPython, sql } from "../_python.ts";
import {
  assertCode,
  jsonLines,
  runBinary,
  type RunOptions,
  type RunResult,
  withoutBinaryOrFixtures,
  withoutRoot,
} from "../_run_binary.ts";
import { environment, errorLines, holdLock, lookAt } from "./_export.ts";

const ignore = withoutBinaryOrFixtures() || !hasPython();

const FIRST = "documents/originals/2024/ACME Corporation Ltd/invoice_en_1.pdf";
const THUMBNAIL = "documents/thumbnails/0000003.webp";
function runCheck(
  library: Library,
  flags: readonly string[] = [],
  options: RunOptions = {},
): Promise<RunResult> {
  return runBinary(["document_sanity_checker", ...flags], {
    ...options,
    env: { ...environment(library), ...options.env },
  });
}

/** What the checker did not keep for itself must be as it was. */
function lookAtLibrary(library: Library) {
  const look = lookAt(library.folder);
  return {
    changes: () => look.changes().filter((change) => !/journal|paperward|report\./.test(change)),
  };
}

/** How a library ends. */
interface Ending {
  readonly name: string;
  readonly code: number;
  readonly flags?: readonly string[];
  readonly wrapper?: readonly string[];
  readonly says?: RegExp;
  damage(library: Library): void;
}

const ENDINGS: readonly Ending[] = [
  { name: "a whole library", code: 0, says: /^Found 2 documents with infos\.$/m, damage: () => {} },
  {
    name: "an original is damaged",
    code: 4,
    says: /^ERROR +#1 invoice_en_1 +original does not match .+\/invoice_en_1\.pdf$/m,
    damage: ({ media }) => Deno.truncateSync(`${media}/${FIRST}`, 100),
  },
  {
    name: "an orphan",
    code: 0,
    says: /^WARN +\(global\) +file belongs to no document: .+\/stray$/m,
    damage: ({ media }) => Deno.writeTextFileSync(`${media}/stray`, "x"),
  },
  {
    name: "an orphan, strictly",
    code: 4,
    flags: ["--strict"],
    damage: ({ media }) => Deno.writeTextFileSync(`${media}/stray`, "x"),
  },
  {
    name: "a link that leads out: it is listed, not followed",
    code: 3,
    says: /^ERROR +#1 .+ original can't be read \(it leads out/m,
    damage({ media }) {
      Deno.removeSync(`${media}/${FIRST}`);
      Deno.symlinkSync("/etc/passwd", `${media}/${FIRST}`);
    },
  },
  {
    name: "a thumbnail that is damaged inside, deep",
    code: 4,
    flags: ["--deep"],
    says: /^ERROR +#3 .+ thumbnail can't be decoded/m,
    damage: ({ media }) => Deno.truncateSync(`${media}/${THUMBNAIL}`, 300),
  },
  {
    name: "and not deep",
    code: 0,
    damage: ({ media }) => Deno.truncateSync(`${media}/${THUMBNAIL}`, 300),
  },
  {
    name: "a check that there is none of",
    code: 2,
    flags: ["--checks", "missing-file,nonsense"],
    says: /^error: Cannot check nonsense: there is no such check$/m,
    damage: () => {},
  },
  {
    name: "a subset that is none",
    code: 2,
    flags: ["--read-data-subset", "8/7"],
    damage: () => {},
  },
  {
    name: "a report that can't be written",
    code: 2,
    flags: ["--html", "/nowhere/report.html"],
    says: /^error: Cannot write \/nowhere\/report\.html/m,
    damage: () => {},
  },
  {
    name: "a repair without anybody to ask",
    code: 2,
    flags: ["--repair"],
    says: /^error: Cannot repair: there is nobody to ask$/m,
    damage: () => {},
  },
  {
    name: "--from without --repair",
    code: 2,
    flags: ["--from", "/tmp"],
    damage: () => {},
  },
];

for (const version of VERSIONS) {
  for (const { name, code, flags = [], says, damage } of ENDINGS) {
    Deno.test({
      name: `${version}: ${name}: exit code ${code}, nothing changed`,
      ignore,
      async fn() {
        using library = unpackLibrary(version);
        damage(library);
        const look = lookAtLibrary(library);
        const result = await runCheck(library, flags);
        assertCode(result, code);
        if (says) assert.match(result.stdout + result.stderr, says);
        assert.deepEqual(look.changes(), []);
      },
    });
  }
}

Deno.test({
  name: "a file that may not be read is not damaged: exit code 3",
  ignore: ignore || withoutRoot(),
  async fn() {
    using library = unpackLibrary("v2.20.15");
    giveToNobody(library.folder);
    Deno.chmodSync(library.folder, 0o755);
    Deno.chmodSync(`${library.media}/${FIRST}`, 0o000);
    const result = await runCheck(library, [], { wrapper: NOBODY });
    assertCode(result, 3);
    assert.match(result.stdout, /^ERROR +#1 .+ original can't be read \(.*ermission/m);
    assert.doesNotMatch(result.stdout, /checksum/);
  },
});

Deno.test({
  name: "JSON lines, JUnit and HTML say the same",
  ignore,
  async fn() {
    using library = unpackLibrary("v3.0.5");
    sql(
      library.database,
      `update documents_document set title='<b>"bold"</b> & ' || char(1, 27, 8238) where id=1`,
    );
    Deno.truncateSync(`${library.media}/${FIRST}`, 100);
    Deno.writeTextFileSync(`${library.media}/<i>&.pdf`, "x");
    const [junit, html] = [`${library.folder}/report.xml`, `${library.folder}/report.html`];
    const result = await runCheck(library, ["--json", "--junit", junit, "--html", html]);
    assertCode(result, 4);
    const lines = jsonLines(result.stdout);
    assert.deepEqual(
      lines.map(({ type, check }) => check ?? type),
      ["no-content", "no-content", "checksum-mismatch", "orphan-file", "summary"],
    );
    const summary = lines.at(-1)!;
    assert.equal(summary.exit, "findings");
    assert.deepEqual([summary.errors, summary.warnings, summary.infos], [1, 1, 2]);
    const finding = lines[2]!;
    assert.equal(finding.path, `${library.media}/${FIRST}`);
    assert.equal((finding.document as { title: string }).title, `<b>"bold"</b> & \x01\x1b\u202e`);

    const xml = Deno.readTextFileSync(junit);
    // Python's parser takes well-formed XML only.
    const { pythonXml } = await import("./_xml.ts");
    const suite = pythonXml(xml);
    assert.deepEqual([suite.tests, suite.failures, suite.errors], [17, 1, 0]);
    assert.equal(suite.cases, 17);
    assert.match(suite.failed.join(), /checksum-mismatch.*<b>"bold"<\/b> & /);

    const page = Deno.readTextFileSync(html);
    assert.match(page, /&lt;b&gt;&quot;bold&quot;&lt;\/b&gt; &amp; /);
    assert.match(page, /&lt;i&gt;&amp;\.pdf/);
    assert.doesNotMatch(page, /<b>"bold"|<i>&\.pdf|<script|https?:\/\//);
    assert.match(page, /<img alt="thumbnail" src="data:image\/webp;base64,UklGR/);
    assert.match(page, /Content-Security-Policy" content="default-src 'none'/);
  },
});

for (const version of VERSIONS) {
  Deno.test({
    name: `${version}: a repair by cron, its journal, and the way back`,
    ignore,
    async fn() {
      using library = unpackLibrary(version);
      const whole = lookAtLibrary(library);
      Deno.renameSync(`${library.media}/${FIRST}`, `${library.media}/lost.pdf`);
      Deno.removeSync(`${library.media}/${THUMBNAIL}`);
      Deno.writeTextFileSync(`${library.media}/stray`, "x");
      const damaged = lookAtLibrary(library);
      const from = recordedTree(version, "plain");
      const run = (...args: string[]) => runBinary(args, { env: environment(library) });

      const plan = await runCheck(library, ["--repair", "--dry-run", "--from", from]);
      assertCode(plan, 4);
      assert.match(
        plan.stdout,
        /^would put back +original of #1 .+lost\.pdf → .+invoice_en_1\.pdf$/m,
      );
      assert.match(plan.stdout, /^would restore +thumbnail of #3 /m);
      assert.match(plan.stdout, /^would quarantine .+\/stray$/m);
      assert.match(plan.stdout, /^3 repairs planned, nothing was changed\.$/m);
      assert.deepEqual(damaged.changes(), []);

      const repaired = await runCheck(library, ["--repair", "--yes", "--from", from]);
      assertCode(repaired, 0);
      assert.match(repaired.stdout, /^Repaired 3 of 3; left: 2 documents with infos\./m);
      assert.deepEqual(whole.changes(), []);
      assertCode(await runCheck(library, ["--strict"]), 0);

      const journal = await run("journal", "list", "--json");
      assertCode(journal, 0);
      const [entry] = jsonLines(journal.stdout);
      assert.equal(entry?.command, "document_sanity_checker");
      assert.equal(entry?.state, "done");
      const show = await run("journal", "show", "1");
      assertCode(show, 0);
      assert.match(show.stdout, /^moved +.+\/stray to .+\/quarantine\/stray$/m);

      assertCode(await run("undo", "--dry-run"), 0);
      assert.deepEqual(whole.changes(), []);
      assertCode(await run("undo", "--yes"), 0);
      assert.deepEqual(damaged.changes(), []);
      const again = await run("undo", "--yes");
      assertCode(again, 1);
      assert.equal(errorLines(again).length, 1);
    },
  });
}

Deno.test({
  name: "a repair waits for the server's lock, and gives up when told to",
  ignore,
  async fn() {
    using library = unpackLibrary("v2.20.15");
    Deno.writeTextFileSync(`${library.media}/stray`, "x");
    const look = lookAtLibrary(library);
    await using _held = await holdLock(`${library.media}/media.lock`);
    const result = await runCheck(library, ["--repair", "--yes", "--lock-timeout", "0.3"]);
    assertCode(result, 11);
    assert.deepEqual(look.changes().filter((change) => !change.includes("media.lock")), []);
  },
});

/** Exports that a library can be mended from; none of them is asked a passphrase for. */
const SOURCES = ["plain", "f", "all", "passphrase", "sm"] as const;

for (const version of VERSIONS) {
  for (const variant of SOURCES) {
    // `all` has neither archives nor thumbnails.
    const thumbnails = variant !== "all";
    Deno.test({
      name: `${version}: files come back from the export ${variant}`,
      ignore,
      async fn() {
        using library = unpackLibrary(version);
        const whole = lookAtLibrary(library);
        Deno.removeSync(`${library.media}/${FIRST}`);
        if (thumbnails) Deno.removeSync(`${library.media}/${THUMBNAIL}`);
        const from = recordedTree(version, variant);
        const repaired = await runCheck(library, ["--repair", "--yes", "--from", from]);
        assertCode(repaired, 0);
        assert.match(repaired.stdout, /; left: 2 documents with infos\./);
        assert.deepEqual(whole.changes(), []);
      },
    });
  }
}

Deno.test({
  name: "options reach the check: what is read, in which order, how fast, of which documents",
  ignore,
  async fn(test) {
    using library = unpackLibrary("v3.0.5");
    Deno.truncateSync(`${library.media}/${FIRST}`, 100);
    Deno.writeTextFileSync(`${library.media}/stray`, "x");
    const [mismatch, orphan] = ["checksum-mismatch", "orphan-file"];
    const cases: readonly (readonly [string, readonly string[], readonly string[], number])[] = [
      ["--order=inode", [mismatch, orphan], ["no-content"], 92],
      ["--bandwidth-limit=1G", [mismatch, orphan], ["no-content"], 92],
      ["--readers=4", [mismatch, orphan], ["no-content"], 92],
      ["--checks=orphan-file", [orphan], [], 0],
      ["--document=1,2", [mismatch], [], 4],
      ["--read-data-subset=0%", [orphan], ["no-content"], 0],
      ["--deep", [mismatch, orphan, "unopenable-pdf"], ["no-content"], 92],
    ];
    for (const [flag, finds, besides, files] of cases) {
      await test.step(flag, async () => {
        const result = await runCheck(library, [flag, "--json"]);
        assertCode(result, finds.includes(mismatch) ? 4 : 0);
        const lines = jsonLines(result.stdout);
        const found = new Set(lines.flatMap(({ check }) => typeof check === "string" ? check : []));
        assert.deepEqual([...found].sort(), [...finds, ...besides].sort());
        assert.equal(lines.at(-1)?.filesRead, files);
      });
    }
  },
});

Deno.test({
  name: "--repair --from without an export there is refused, also where nothing has to be repaired",
  ignore,
  fn: async () => {
    using library = unpackLibrary("v3.0.5");
    Deno.mkdirSync(`${library.folder}/mount`);
    for (const from of ["nothing", "mount", "data/db.sqlite3"]) {
      const flags = ["--repair", "--yes", "--from", `${library.folder}/${from}`];
      const result = await runCheck(library, flags);
      assertCode(result, 1);
      assert.match(result.stderr, /Cannot (open|read) the export/);
    }
  },
});
