// verify as a user runs it: the compiled binary, no library, exit codes, reports, and nothing left behind.

import { strict as assert } from "node:assert";
import { verify } from "../../commands/verify.ts";
import type { Options } from "../../core/flags/flag.ts";
import type { Settings } from "../../core/settings/settings.ts";
import { recordedTree, tempFolder, unpackLibrary, VERSIONS } from "../_fixtures.ts";
import { NOBODY } from "../_nobody.ts";
import {
  assertCode,
  jsonLines,
  runBinary,
  type RunResult,
  withoutBinary,
  withoutBinaryOrFixtures,
  withoutRoot,
} from "../_run_binary.ts";
import { smallDisk } from "../_small_disk.ts";
import {
  copyOf,
  documentsOf,
  type Export,
  flipBit,
  sampleExport,
} from "../core/archive/verify/_verify.ts";
import { lookAt, runExport, tempTarget } from "./_export.ts";

/** Settings that no library fits: verify must not mind. */
function run(made: Export, ...args: readonly string[]): Promise<RunResult> {
  return runBinary(["verify", made.path, "--no-progress-bar", ...args], {
    env: {
      PAPERLESS_DATA_DIR: "/nonexistent/data",
      PAPERLESS_MEDIA_ROOT: "/nonexistent/media",
      PAPERLESS_SCRATCH_DIR: `${made.folder}/scratch`,
    },
  });
}

function originalOf(made: Export): string {
  let path = "";
  made.edit((records) => path = String(documentsOf(records)[0]!.__exported_file_name__));
  return made.at(path);
}

Deno.test("verify may read the export and write its reports, nothing else", () => {
  const settings = { dataDir: "/data", mediaRoot: "/media" } as Settings;
  const access = (options: Options) => verify.access(settings, options);
  assert.deepEqual(access({ export: "/export" }), { read: ["/export"], write: [] });
  assert.deepEqual(
    access({
      export: "/export",
      rehearse: true,
      against: "/old",
      junit: "/j.xml",
      html: "/p.html",
    }),
    { read: ["/export", "/old"], write: ["/j.xml", "/p.html"] },
  );
  assert.deepEqual(access({ export: "/export", mend: true }), {
    read: ["/export"],
    write: ["/export"],
  });
});

Deno.test({
  name: "verify needs no library, changes nothing and leaves nothing behind",
  ignore: withoutBinary(),
  async fn() {
    for (const generation of ["v2", "v3"] as const) {
      for (const zip of [false, true]) {
        using made = await sampleExport(generation, { zip });
        const look = lookAt(made.folder);
        for (const flags of [[], ["--deep"], ["--rehearse"]]) {
          const result = await run(made, ...flags);
          assertCode(result, 0);
          assert.match(result.stdout, /^Nothing is wrong with /);
        }
        assert.deepEqual(look.changes(), []);
      }
    }
  },
});

Deno.test({
  name: "verify: exit codes 4, 12, 13 and 2",
  ignore: withoutBinary(),
  async fn() {
    using made = await sampleExport("v3", { passphrase: "right" });
    assertCode(await run(made, "--passphrase", "right"), 0);
    const missing = await run(made);
    assertCode(missing, 12);
    assert.match(missing.stdout, /needs a passphrase/);
    assertCode(await run(made, "--passphrase", "wrong"), 12);
    flipBit(originalOf(made));
    const damaged = await run(made, "--passphrase", "right");
    assertCode(damaged, 4);
    assert.match(damaged.stdout, /^ERROR {2}checksum-mismatch {2}.+: its checksum is /m);
    using newer = await sampleExport("v3");
    Deno.writeTextFileSync(newer.at("metadata.json"), `{"version": "4.0.0"}`);
    assertCode(await run(newer), 13);
    assertCode(await runBinary(["verify", `${made.folder}/nothing`]), 4);
    assertCode(await run(made, "--read-data-subset", "7/3"), 2);
    assertCode(await run(made, "--subset-seed", "3"), 2);
    assertCode(await run(made, "--html", "/nonexistent/x.html"), 2);
  },
});

Deno.test({
  name: "verify: a file that may not be read is exit code 3",
  ignore: withoutBinary() || Deno.uid() !== 0,
  async fn() {
    using made = await sampleExport("v2");
    const path = originalOf(made);
    Deno.chmodSync(path, 0);
    for (const folder of [made.folder, `${made.folder}/scratch`]) Deno.chmodSync(folder, 0o777);
    const result = await runBinary(["verify", made.path, "--no-progress-bar", "--json"], {
      env: { PAPERLESS_SCRATCH_DIR: `${made.folder}/scratch` },
      wrapper: NOBODY,
    });
    assertCode(result, 3);
    assert.deepEqual(
      jsonLines(result.stdout).filter(({ type }) => type === "finding").map(({ check }) => check),
      ["unreadable-file"],
    );
    Deno.chmodSync(made.path, 0);
    const closed = await runBinary(["verify", made.path, "--no-progress-bar"], {
      env: { PAPERLESS_SCRATCH_DIR: `${made.folder}/scratch` },
      wrapper: NOBODY,
    });
    assertCode(closed, 3);
    assert.match(closed.stdout, /^ERROR {2}unreadable-file {2}/m);
    Deno.chmodSync(made.path, 0o700);
    const scratch = await runBinary(["verify", made.path], {
      env: { PAPERLESS_SCRATCH_DIR: "/proc/nothing" },
    });
    assertCode(scratch, 2);
    assert.match(scratch.stderr, /Cannot make a scratch folder in \/proc\/nothing/);
  },
});

Deno.test({
  name: "verify --rehearse: how the caller's own library is set up says nothing about the export",
  ignore: withoutBinary(),
  async fn() {
    using made = await sampleExport("v3");
    const result = await runBinary(["verify", made.path, "--rehearse", "--no-progress-bar"], {
      env: {
        PAPERLESS_SCRATCH_DIR: `${made.folder}/scratch`,
        PAPERLESS_AUDIT_LOG_ENABLED: "no",
        PAPERLESS_FILENAME_FORMAT: "{{ created_year }}/{{ title }}",
        PAPERLESS_FILENAME_FORMAT_REMOVE_NONE: "yes",
        PAPERLESS_APP_LOGO: "/logo/none.png",
      },
    });
    assertCode(result, 0);
    assert.match(result.stdout, /^ {2}rehearsal \d+ documents/m);
  },
});

Deno.test({
  name:
    "verify --rehearse: what keeps an export from being read ends the run as without --rehearse",
  ignore: withoutBinary() || withoutRoot(),
  async fn() {
    using made = await sampleExport("v3", { passphrase: "right" });
    using newer = await sampleExport("v3");
    Deno.writeTextFileSync(newer.at("metadata.json"), `{"version": "4.0.0"}`);
    using closed = await sampleExport("v3");
    Deno.chmodSync(originalOf(closed), 0);
    const cases = [
      [made, [], 12, "passphrase"],
      [made, ["--passphrase", "wrong"], 12, "passphrase"],
      [newer, [], 13, "version"],
      [closed, [], 3, "unreadable-file"],
    ] as const;
    for (const [each, flags, code, check] of cases) {
      Deno.chmodSync(each.folder, 0o777);
      const junit = `${each.folder}/verify.xml`;
      const result = await runBinary(
        ["verify", each.path, "--rehearse", "--json", "--junit", junit, ...flags],
        {
          env: { PAPERLESS_SCRATCH_DIR: each.folder },
          wrapper: NOBODY,
        },
      );
      assertCode(result, code);
      const lines = jsonLines(result.stdout);
      const findings = lines.filter(({ type }) => type === "finding");
      assert.deepEqual(findings.map((finding) => finding.check), [check]);
      assert.equal(lines.at(-1)?.rehearsal, undefined);
      assert.match(result.stderr, /^Rehearsal: the export can't be restored as it is, see above$/m);
      // Nobody may take it for rehearsed.
      assert.doesNotMatch(Deno.readTextFileSync(junit), /rehears/);
    }
  },
});

Deno.test({
  name: "verify --rehearse: too little room in scratch says nothing about the export, exit code 3",
  ignore: withoutBinaryOrFixtures() || withoutRoot(),
  async fn() {
    using reports = tempFolder();
    const junit = `${reports.path}/verify.xml`;
    for (const version of VERSIONS) {
      // Too little for an empty database, for the files, and for the rows behind them.
      for (const size of ["1m", "4m", "6600k"]) {
        using disk = smallDisk(size);
        const result = await runBinary(
          ["verify", recordedTree(version, "plain"), "--rehearse", "--json", "--junit", junit],
          { env: { PAPERLESS_SCRATCH_DIR: disk.path } },
        );
        assertCode(result, 3);
        const errors = jsonLines(result.stdout).filter(({ level }) => level === "error");
        assert.deepEqual(errors.map(({ check }) => check), ["not-rehearsed"]);
        assert.match(String(errors[0]?.message), /PAPERLESS_SCRATCH_DIR/);
        const xml = Deno.readTextFileSync(junit);
        assert.match(xml, /<testcase classname="verify.not-rehearsed"[^>]*>\s*<error /);
        assert.doesNotMatch(xml, /classname="verify.rehearsal"/);
        assert.deepEqual([...Deno.readDirSync(disk.path)], []);
      }
    }
  },
});

Deno.test({
  name: "verify --json, --junit and --html tell the same",
  ignore: withoutBinary(),
  async fn() {
    using made = await sampleExport("v2");
    using reports = tempFolder();
    flipBit(originalOf(made));
    made.edit((records) => {
      documentsOf(records)[0]!.fields.title = `<script>alert(1)</script>"'&]]>\x1b[2J`;
    });
    Deno.writeTextFileSync(made.at("<b>stranger&.pdf"), "x");
    const [junit, html] = [`${reports.path}/junit.xml`, `${reports.path}/page.html`];
    const result = await run(made, "--json", "--junit", junit, "--html", html);
    assertCode(result, 4);
    const lines = jsonLines(result.stdout);
    const findings = lines.filter(({ type }) => type === "finding");
    assert.deepEqual(
      findings.map(({ check, level }) => `${level} ${check}`).sort(),
      ["error checksum-mismatch", "error extra-file"],
    );
    const mismatch = findings.find(({ check }) => check === "checksum-mismatch");
    assert.deepEqual(Object.keys(mismatch?.facts as object), ["expected", "actual"]);
    const summary = lines.at(-1);
    assert.equal(summary?.type, "summary");
    assert.equal(summary?.exit, "findings");
    assert.deepEqual(summary?.checks, { "checksum-mismatch": 1, "extra-file": 1 });

    const xml = Deno.readTextFileSync(junit);
    assert.match(xml, /<testsuites name="verify" tests="\d+" failures="2" errors="0"/);
    assert.equal(xml.match(/<failure /g)?.length, 2);
    assert.match(xml, /classname="verify.extra-file" name="&lt;b&gt;stranger&amp;.pdf"/);

    const page = Deno.readTextFileSync(html);
    assert.match(page, /&lt;b&gt;stranger&amp;.pdf/);
    assert.ok(!page.includes("<b>stranger"));
    assert.match(page, /&lt;script&gt;alert/);
    assert.ok(!(page + xml).includes("<script") && !(page + xml).includes("\x1b"));
    // One picture: that of the damaged document. Nothing is loaded from anywhere.
    assert.equal(page.match(/<img [^>]*src="data:image\/webp;base64,/g)?.length, 1);
    assert.ok(!/(?:src|href)="(?!data:)/.test(page));
  },
});

Deno.test({
  name: "verify --read-data-subset: parts cover everything once, random shares can be repeated",
  ignore: withoutBinary(),
  async fn() {
    using made = await sampleExport("v3");
    const summaryOf = async (...args: readonly string[]) => {
      const result = await run(made, "--json", ...args);
      assertCode(result, 0);
      return jsonLines(result.stdout).at(-1)!;
    };
    const all = await summaryOf();
    assert.equal(all.filesRead, all.files);
    const parts = [];
    for (const part of ["1/3", "2/3", "3/3", "1/3"]) {
      parts.push(Number((await summaryOf("--read-data-subset", part)).filesRead));
    }
    assert.equal(parts[0]! + parts[1]! + parts[2]!, all.files);
    assert.ok(parts.every((count) => count > 0 && count < Number(all.files)));
    assert.equal(parts[3], parts[0]);

    const random = await summaryOf("--read-data-subset", "50%");
    const again = await summaryOf(
      "--read-data-subset",
      "50%",
      "--subset-seed",
      String(random.subsetSeed),
    );
    assert.deepEqual([again.filesRead, again.bytesRead], [random.filesRead, random.bytesRead]);
    const none = await summaryOf("--read-data-subset", "0%");
    assert.deepEqual([none.filesRead, none.files], [0, all.files]);
    const huge = await summaryOf("--read-data-subset", "500M");
    assert.equal(huge.filesRead, all.files);

    // What isn't read can't be found damaged, but a missing file is always found.
    const path = originalOf(made);
    flipBit(path);
    assertCode(await run(made, "--read-data-subset", "0%"), 0);
    Deno.removeSync(path);
    assertCode(await run(made, "--read-data-subset", "0%"), 4);
  },
});

Deno.test({
  name: "verify - reads a zip from standard input",
  ignore: withoutBinary(),
  async fn() {
    using made = await sampleExport("v3", { zip: true });
    const scratch = `${made.folder}/scratch`;
    const look = lookAt(made.folder);
    const pipe = (command: string, ...args: readonly string[]) =>
      runBinary(["verify", "-", "--no-progress-bar", ...args], {
        env: { PAPERLESS_SCRATCH_DIR: scratch },
        wrapper: ["bash", "-c", `${command} | "$@"`, "bash"],
      });
    for (const flags of [[], ["--deep"], ["--rehearse"]]) {
      const sound = await pipe(`cat ${made.path}`, ...flags);
      assertCode(sound, 0);
      assert.match(sound.stdout, /^Nothing is wrong with standard input\.$/m);
      assert.ok(!(sound.stdout + sound.stderr).includes(scratch));
    }
    const cut = await pipe(`head -c 20000 ${made.path}`);
    assertCode(cut, 4);
    assert.match(cut.stdout, /^ERROR {2}container {2}.*standard input/m);
    const nothing = await pipe("true");
    assertCode(nothing, 4);
    assert.match(nothing.stdout, /container .*nothing came/);
    assertCode(await pipe("true", "--against", "-"), 2);
    assert.deepEqual(look.changes(), []);
  },
});

Deno.test({
  name: "verify --against tells what changed",
  ignore: withoutBinary(),
  async fn() {
    using before = await sampleExport("v2");
    using after = before.copy();
    after.edit((records) => {
      const [a, b, c] = documentsOf(records);
      a!.fields.title = "Another title";
      b!.fields.checksum = "0".repeat(32);
      records.splice(records.indexOf(c!), 1);
      records.push({ ...a!, pk: 9999, fields: { ...a!.fields, title: "New" } });
    });
    const result = await run(after, "--against", before.path, "--json");
    const changes = jsonLines(result.stdout).filter(({ type }) => type === "change");
    assert.deepEqual(
      changes.filter(({ document }) => document).map(({ kind, what, document }) =>
        `${kind} ${what} ${(document as { title: string }).title === "New" ? "New" : ""}`.trim()
      ).sort(),
      ["added  New", "changed original", "changed record", "removed"],
    );
    assert.deepEqual(jsonLines(result.stdout).at(-1)?.changes, {
      added: 1,
      removed: 1,
      changed: 2,
    });
    const same = await run(before, "--against", before.path, "--json");
    assertCode(same, 0);
    assert.deepEqual(jsonLines(same.stdout).at(-1)?.changes, { added: 0, removed: 0, changed: 0 });
  },
});

Deno.test({
  name: "verify --mend brings an export to its end that was killed, and only --mend does",
  ignore: withoutBinary(),
  async fn() {
    const { openStaging } = await import("../../core/archive/staging/staging.ts");
    const { openFiles } = await import("../../core/library/deno_files.ts");
    using made = await sampleExport("v2");
    const path = originalOf(made);
    const name = path.slice(made.path.length + 1);
    const files = openFiles({ read: [made.path], write: [made.path] });
    // Dies while the first file is put in place.
    const dying = {
      ...files,
      rename(from: string, to: string) {
        if (to === path) throw new Error("killed");
        files.rename(from, to);
      },
    };
    const staging = await openStaging(dying, made.path);
    const staged = staging.newName();
    files.writeBytes(staging.path(staged), Deno.readFileSync(path));
    Deno.writeTextFileSync(path, "the old generation");
    await assert.rejects(staging.commit([{ place: name, staged }]), /killed/);

    const look = lookAt(made.path);
    const result = await run(made);
    assertCode(result, 4);
    assert.match(result.stdout, /interrupted-export .*--mend/);
    assert.deepEqual(look.changes(), []);
    const mended = await run(made, "--mend");
    assertCode(mended, 0);
    assert.match(mended.stderr, /brought to its end/);
    assertCode(await run(made), 0);
  },
});

for (const version of VERSIONS) {
  Deno.test({
    name: `${version}: what our exporter writes of a real library verifies, rehearsal included`,
    ignore: withoutBinaryOrFixtures(),
    async fn() {
      using library = unpackLibrary(version);
      using target = tempTarget();
      assertCode(await runExport(library, target.path), 0);
      using made = copyOf(target.path, version === "v3.0.5" ? "v3" : "v2");
      const result = await run(
        made,
        "--rehearse",
        "--json",
        "--against",
        recordedTree(version, "plain"),
      );
      assertCode(result, 0);
      const lines = jsonLines(result.stdout);
      assert.deepEqual(lines.filter(({ level }) => level === "error"), []);
      const summary = lines.at(-1)!;
      assert.deepEqual(summary.changes, { added: 0, removed: 0, changed: 0 });
      assert.equal(summary.filesRead, summary.files);
    },
  });
}
