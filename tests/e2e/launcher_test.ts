// Issue 3, section 2, through the compiled binary: arguments, settings, streams, terminals and signals, as
// a shell and a user see them.

import assert from "node:assert/strict";
import { assertEqualExports, readTree } from "../_compare_exports.ts";
import {
  type Library,
  listFiles,
  recordedExport,
  recordedTree,
  tempFolder,
  unpackLibrary,
} from "../_fixtures.ts";
import { hasPython, sql } from "../_python.ts";
import {
  assertCode,
  binary,
  jsonLines,
  runBinary,
  runOnTerminal,
  type RunOptions,
  runShell,
  shellQuote,
  startBinary,
  withoutBinary,
  withoutBinaryOrFixtures,
  withoutRoot,
  withoutTerminal,
} from "../_run_binary.ts";
import { smallDisk } from "../_small_disk.ts";
import {
  copyingBegan,
  environment,
  growOriginal,
  holdLock,
  lookAt,
  runExport,
  tempTarget,
} from "./_export.ts";

const ignore = withoutBinary();
const ignoreExports = withoutBinaryOrFixtures();

// deno-lint-ignore no-control-regex -- it is what is looked for
const ESCAPE = /\x1b|\r|\x08/;
// deno-lint-ignore no-control-regex -- it is what is looked for
const COLOUR = /\x1b\[(?:[0-9;]*;)?(?:1|[39][0-7]|38;[0-9;]+)m/;
const BAR = /[█▏▎▍▌▋▊▉░]|\b\d+ ?%/;
const CODES = ["0", "1", "2", "3", "4", "10", "11", "12", "13", "129", "130", "143"];

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

/** Commands that the program's help lists. */
async function listedCommands(): Promise<readonly string[]> {
  const { stdout } = await runBinary(["--help"]);
  return [...stdout.matchAll(/^ {1,8}([a-z]+(?:_[a-z]+)+)\s/gm)].map((match) => match[1]!);
}

/** Whether a help page ends with all exit codes: only indented lines follow the heading. */
function assertEndsWithExitCodes(help: string): void {
  const [, table] = help.split(/^exit codes:?\s*$/im);
  assert.ok(table, "no table of exit codes");
  const codes = [...table.matchAll(/^\s+(\d+)\s+\S/gm)].map((match) => match[1]);
  assert.deepEqual(codes, CODES);
  assert.doesNotMatch(table, /^\S/m);
}

Deno.test({
  name: "--help of the program and of every command needs no library and ends with the exit codes",
  ignore,
  fn: async () => {
    const names = await listedCommands();
    assert.ok(names.includes("document_exporter"), `commands: ${names.join(", ")}`);
    const calls = [
      ["--help"],
      ["-h"],
      ["help"],
      ...names.flatMap((name) => [[name, "--help"], [name, "-h"], ["help", name]]),
    ];
    for (const args of calls) {
      const result = await runBinary(args, { env: { PAPERLESS_DATA_DIR: "/nonexistent" } });
      assertCode(result, 0);
      assert.equal(result.stderr, "");
      assertEndsWithExitCodes(result.stdout);
    }
    const { stdout } = await runBinary(["document_exporter", "--help"]);
    const flags =
      "-c -cj -d -f -na -nt -p -sm -z -zn --data-only --passphrase --batch-size --no-progress-bar --json " +
      "--quiet --verbose --dry-run --delete-strangers --lock-timeout --data-dir --media-root --database-url --config " +
      "--compare-checksums --compare-json --delete --use-filename-format --no-archive --no-thumbnail " +
      "--use-folder-prefix --split-manifest --zip --zip-name";
    const words = new Set(stdout.split(/[\s,]+/));
    for (const flag of flags.split(" ")) assert.ok(words.has(flag), `help lacks ${flag}`);
  },
});

/** A command line that is wrong, and what the message must hold. */
const WRONG: readonly (readonly [args: readonly string[], says: RegExp])[] = [
  [["document_exportre", "/tmp"], /document_exporter/],
  [["no_such_command"], /no_such_command/],
  [["--no-such-flag"], /no-such-flag/],
  [["document_exporter", "/tmp", "--no-such-flag"], /no-such-flag/],
  [["document_exporter", "/tmp", "-y"], /-y/],
  [["document_exporter", "/tmp", "-cy"], /-c?y/],
  [["document_exporter", "/tmp", "--no"], /no-archive.*no-thumbnail|ambiguous/s],
  [["document_exporter", "/tmp", "--d"], /delete.*data-only|ambiguous/s],
  [["document_exporter"], /target/i],
  [["document_exporter", "/tmp", "/var"], /argument|\/var/],
  [["document_exporter", "/tmp", "--zip-name"], /zip-name/],
  [["document_exporter", "/tmp", "--delete=yes"], /delete/],
  [["document_exporter", "/tmp", "--batch-size", "many"], /batch-size/],
  [["document_exporter", "/tmp", "--lock-timeout", "-1"], /lock-timeout/],
];

for (const [args, says] of WRONG) {
  Deno.test({
    name: `wrong usage: paperward ${args.join(" ")}: exit code 2, stderr only, a hint`,
    ignore,
    fn: async () => {
      const result = await runBinary(args);
      assertCode(result, 2);
      assert.equal(result.stdout, "");
      assert.match(result.stderr, says);
      assert.match(result.stderr, /hint: |usage/i);
    },
  });
}

Deno.test({
  name: "--version is one line, with and without a command",
  ignore,
  fn: async () => {
    for (const args of [["--version"], ["document_exporter", "--version"]]) {
      const result = await runBinary(args);
      assertCode(result, 0);
      assert.match(result.stdout, /^[^\n]*\d+\.\d+\.\d+[^\n]*\n$/);
    }
  },
});

Deno.test({
  name: "completions name every flag of every command, and bash and zsh can read theirs",
  ignore,
  fn: async () => {
    const { stdout: help } = await runBinary(["document_exporter", "--help"]);
    const longs = [...help.matchAll(/--([a-z][a-z-]+)/g)].map((match) => match[1]!);
    assert.ok(longs.length > 20);
    for (const shell of ["bash", "zsh", "fish"]) {
      const result = await runBinary(["completions", shell]);
      assertCode(result, 0);
      assert.ok(result.stdout.includes("document_exporter"), shell);
      for (const long of longs) assert.ok(result.stdout.includes(long), `${shell} lacks ${long}`);
    }
    const script =
      `eval "$("$PAPERWARD" completions bash)" && complete -p paperward && complete -p document_exporter`;
    assertCode(await runShell(script), 0);
    const words =
      'COMP_WORDS=(paperward document_exporter --delete-s); COMP_CWORD=2; COMP_LINE="paperward document_exporter --delete-s"; COMP_POINT=${#COMP_LINE}';
    const complete =
      `eval "$("$PAPERWARD" completions bash)"; ${words}; f=$(complete -p paperward | sed -E 's/.*-F ([^ ]+).*/\\1/'); "$f" paperward --delete-s document_exporter; echo "\${COMPREPLY[@]}"`;
    assert.match((await runShell(complete)).stdout, /^--delete-strangers\s*$/m);
    const actions = complete.replace("document_exporter --delete-s);", "journal '');");
    assert.match(
      (await runShell(actions.replace("paperward --delete-s", "paperward ''"))).stdout,
      /^list show\s*$/m,
    );
    assertCode(await runBinary(["completions", "tcsh"]), 2);
  },
});

Deno.test({
  name: "a link named like a command runs that command",
  ignore: ignoreExports,
  fn: async () => {
    using library = unpackLibrary("v3.0.5");
    using target = tempTarget();
    const link = `${library.folder}/document_exporter`;
    Deno.symlinkSync(binary()!, link);
    const options = { env: environment(library), program: link };
    const help = await runBinary(["--help"], options);
    assertCode(help, 0);
    assert.ok(help.stdout.includes("--split-manifest"));
    assertCode(await runBinary([target.path, "-cd", "--data-only"], options), 0);
    assertEqualExports(target.path, recordedExport("v3.0.5", "data-only"));
    // On the PATH, as a container's wrapper is called.
    const found = await runShell(
      `PATH=${shellQuote(library.folder)}:$PATH; document_exporter ${
        shellQuote(target.path)
      } --data-only`,
      {
        env: environment(library),
      },
    );
    assertCode(found, 0);
  },
});

Deno.test({
  name:
    "a link named like a command that isn't here is refused as that command, a built-in one runs",
  ignore,
  fn: async () => {
    using folder = tempFolder();
    const program = `${folder.path}/mail_fetcher`;
    Deno.symlinkSync(binary()!, program);
    const refused = await runBinary([], { program });
    assertCode(refused, 2);
    assert.equal(refused.stdout, "");
    assert.equal(refused.stderr, (await runBinary(["mail_fetcher"])).stderr);
    Deno.symlinkSync(binary()!, `${folder.path}/completions`);
    const completions = await runBinary(["bash"], { program: `${folder.path}/completions` });
    assertCode(completions, 0);
    assert.match(completions.stdout, /complete .*paperward/);
  },
});

Deno.test({
  name: "relative targets, with dots and links, mean what they mean to the shell",
  ignore: ignoreExports,
  fn: async () => {
    using library = unpackLibrary("v3.0.5");
    using target = tempTarget();
    Deno.mkdirSync(`${target.folder}/src`);
    Deno.symlinkSync("target", `${target.folder}/link`);
    for (const argument of ["../target", "../link", "../link/", "../src/../target/."]) {
      const result = await runExport(library, argument, ["--data-only"], {
        cwd: `${target.folder}/src`,
      });
      assertCode(result, 0);
      assertEqualExports(target.path, recordedExport("v3.0.5", "data-only"));
      for (const entry of Deno.readDirSync(target.path)) {
        Deno.removeSync(`${target.path}/${entry.name}`);
      }
    }
    assert.ok(Deno.lstatSync(`${target.folder}/link`).isSymlink);
  },
});

Deno.test({
  name: "--json: stdout holds JSON lines with a type, the last one the summary",
  ignore: ignoreExports,
  fn: async () => {
    using library = unpackLibrary("v2.20.15");
    using target = tempTarget();
    for (
      const flags of [["--json"], ["--json", "--dry-run"], ["--json", "--verbose"], [
        "--json",
        "--quiet",
      ]]
    ) {
      const result = await runExport(library, target.path, flags);
      assertCode(result, 0);
      const lines = jsonLines(result.stdout);
      assert.ok(lines.every((line) => typeof line["type"] === "string"));
      assert.deepEqual(
        lines.filter((line) => line["type"] === "summary"),
        [lines.at(-1)],
      );
    }
  },
});

Deno.test({
  name: "--quiet says nothing on stderr; --verbose says more than the default",
  ignore: ignoreExports,
  fn: async () => {
    using library = unpackLibrary("v2.20.15");
    using target = tempTarget();
    const said = async (...flags: string[]) => {
      const result = await runExport(library, target.path, ["--data-only", ...flags]);
      assertCode(result, 0);
      return result.stderr;
    };
    for (const flags of [["--quiet"], ["-q"], ["-v", "0"], ["--verbosity=0"]]) {
      assert.equal(await said(...flags), "");
    }
    const normal = await said();
    assert.ok(normal.length > 0);
    assert.ok((await said("--verbose")).length >= normal.length);
  },
});

Deno.test({
  name: "no terminal: no escapes, no carriage returns; hostile titles don't get any either",
  ignore: ignoreExports || !hasPython(),
  fn: async () => {
    using library = unpackLibrary("v3.0.5");
    using target = tempTarget();
    sql(
      library.database,
      "update documents_document set title = char(27) || ']0;owned' || char(7) || char(13) where id=1",
    );
    sql(
      library.database,
      "update documents_document set filename = char(27) || '[2J gone.pdf' where id=2",
    );
    for (const flags of [[], ["--dry-run"], ["--verbose"]]) {
      const result = await runExport(library, target.path, flags, {
        env: { TERM: "xterm-256color" },
      });
      assertCode(result, 3); // document 2's original is not there
      assert.doesNotMatch(result.stdout + result.stderr, ESCAPE);
    }
    if (withoutTerminal()) return;
    const result = await runOnTerminal(["document_exporter", target.path], {
      env: environment(library),
    });
    assert.ok(!result.stdout.includes("\x1b]0;owned") && !result.stdout.includes("\x1b[2J gone"));
  },
});

Deno.test({
  name: "on a terminal: a bar and colour; neither with --no-progress-bar, --no-color, NO_COLOR",
  ignore: ignoreExports || withoutTerminal(),
  fn: async () => {
    using library = unpackLibrary("v3.0.5");
    const look = async (flags: readonly string[], env: Record<string, string> = {}) => {
      using target = tempTarget();
      const result = await runOnTerminal(["document_exporter", target.path, ...flags], {
        env: { ...environment(library), ...env },
      });
      assertCode(result, 0);
      assertEqualExports(target.path, recordedExport("v3.0.5", "plain"));
      return { colour: COLOUR.test(result.stdout), bar: BAR.test(result.stdout) };
    };
    assert.deepEqual(await look([]), { colour: true, bar: true });
    assert.equal((await look(["--no-progress-bar"])).bar, false);
    assert.equal((await look(["--no-color"])).colour, false);
    assert.equal((await look([], { NO_COLOR: "1" })).colour, false);
    assert.deepEqual(await look(["--quiet"]), { colour: false, bar: false });
  },
});

Deno.test({
  name: "findings: their level in colour on a terminal, without elsewhere and with NO_COLOR",
  ignore: ignoreExports || withoutTerminal(),
  fn: async () => {
    using library = unpackLibrary("v3.0.5");
    using target = tempTarget();
    assertCode(await runExport(library, target.path), 0);
    const [file] = listFiles(target.path).filter((path) => path.endsWith("-thumbnail.webp"));
    Deno.removeSync(`${target.path}/${file}`);
    sql(library.database, "update documents_document set checksum = 'x' where id = 1");
    sql(library.database, "update documents_document set content = '' where id = 2");
    const env = environment(library);
    for (
      const [command, ...words] of [
        [["document_sanity_checker"], "\x1b[31mERROR\x1b[0m  #1 ", "\x1b[2mINFO \x1b[0m  #2 "],
        [["verify", target.path], "\x1b[31mERROR\x1b[0m  "],
      ] as const
    ) {
      const coloured = await runOnTerminal([...command, "--no-progress-bar"], { env });
      assertCode(coloured, 4);
      for (const word of words) assert.ok(coloured.stdout.includes(word), coloured.stdout);
      const plain = [
        await runOnTerminal([...command, "--no-progress-bar"], { env: { ...env, NO_COLOR: "1" } }),
        await runBinary(command, { env }),
      ];
      for (const { stdout } of plain) {
        assert.match(stdout, /^ERROR {2}/m);
        assert.doesNotMatch(stdout, COLOUR);
      }
    }
  },
});

Deno.test({
  name:
    "below /dev nothing can be opened for writing: one line and a hint, and nothing is left there",
  ignore: ignoreExports || !isFolder("/dev/shm"),
  fn: async () => {
    using library = unpackLibrary("v3.0.5");
    using target = tempTarget();
    const folder = Deno.makeTempDirSync({ dir: "/dev/shm", prefix: "paperward_test_" });
    try {
      const page = `${folder}/page.html`;
      const runs: readonly (readonly [string, readonly string[], Record<string, string>])[] = [
        [`${folder}/db.sqlite3`, ["document_sanity_checker"], { PAPERLESS_DATA_DIR: folder }],
        [`${folder}/`, ["document_exporter", folder], {}],
        [`${folder}/`, ["document_exporter", target.path], { PAPERLESS_SCRATCH_DIR: folder }],
        [page, ["document_sanity_checker", "--html", page], {}],
      ];
      Deno.copyFileSync(library.database, `${folder}/db.sqlite3`);
      for (const [path, args, env] of runs) {
        const result = await runBinary(args, { env: { ...environment(library), ...env } });
        assertCode(result, 2);
        assert.match(
          result.stderr,
          /^error: Cannot use (.*): below .dev.* can only be read\nhint: /m,
        );
        assert.ok(result.stderr.includes(`Cannot use ${path}`), result.stderr);
      }
      assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["db.sqlite3"]);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "a broken pipe is not an error, and the export is done all the same",
  ignore: ignoreExports,
  fn: async () => {
    using library = unpackLibrary("v3.0.5");
    const ends: readonly string[] = [
      "| head -1",
      "| true",
      ">&-",
      "2>&-",
      "2> >(true)",
      "</dev/null | head -c 1",
    ];
    for (const end of ends) {
      for (const flags of ["--json", "--verbose"]) {
        using target = tempTarget();
        const line = `"$PAPERWARD" document_exporter ${
          shellQuote(target.path)
        } ${flags} ${end}; exit "\${PIPESTATUS[0]}"`;
        const result = await runShell(line, { env: environment(library) });
        assertCode(result, 0);
        assert.doesNotMatch(result.stderr, /pipe|error|EPIPE/i, end);
        assertEqualExports(target.path, recordedExport("v3.0.5", "plain"));
      }
    }
    const help = await runShell(
      '"$PAPERWARD" document_exporter --help | true; exit "${PIPESTATUS[0]}"',
    );
    assertCode(help, 0);
    assert.equal(help.stderr, "");
  },
});

Deno.test({
  name: "a result that can't be written is told of standard output, not of the target",
  ignore: ignoreExports,
  fn: async () => {
    using library = unpackLibrary("v3.0.5");
    using target = tempTarget();
    const result = await runShell(
      `"$PAPERWARD" document_exporter ${shellQuote(target.path)} --json >/dev/full`,
      { env: environment(library) },
    );
    assertCode(result, 1);
    assert.match(result.stderr, /^error: Cannot write the result to standard output: /m);
    assert.ok(!result.stderr.includes(`Cannot write to ${target.path}`), result.stderr);
    assert.deepEqual([...Deno.readDirSync(target.path)], []);
  },
});

Deno.test({
  name: "a full scratch folder is what a failed export names, not its target",
  ignore: ignoreExports || withoutRoot(),
  fn: async () => {
    using library = unpackLibrary("v3.0.5");
    using target = tempTarget();
    using scratch = smallDisk("16k");
    const result = await runBinary(["document_exporter", target.path], {
      env: { ...environment(library), PAPERLESS_SCRATCH_DIR: scratch.path },
    });
    assertCode(result, 1);
    assert.match(result.stderr, /^error: Cannot use \S+: there is no space left\nhint: /m);
    assert.ok(result.stderr.includes(`Cannot use ${scratch.path}`), result.stderr);
    assert.deepEqual([...Deno.readDirSync(target.path)], []);
    assert.deepEqual([...Deno.readDirSync(scratch.path)], []);
  },
});

Deno.test({
  name: "two reports in one file, however it is spelled: exit code 2; /dev/null takes both",
  ignore,
  fn: async () => {
    using folder = tempFolder();
    const env = settingsBelow(folder.path);
    assertCode(await runBinary(["migrate"], { env }), 0);
    Deno.symlinkSync(folder.path, `${folder.path}/link`);
    for (const junit of ["page", "./page", "link/page", `${folder.path}/data/../page`]) {
      const result = await runBinary(
        ["document_sanity_checker", "--html", "page", "--junit", junit],
        { env, cwd: folder.path },
      );
      assertCode(result, 2);
      assert.match(result.stderr, /Cannot write two reports to .*\/page: .*\nhint: /);
    }
    const flags = ["--html", "/dev/null", "--junit", "/dev/null"];
    assertCode(await runBinary(["document_sanity_checker", ...flags], { env }), 0);
  },
});

/** A command line that names the wrong thing, and what the message and its hint must say. */
const MISLED: readonly (readonly [args: readonly string[], code: number, says: RegExp])[] = [
  [
    ["copy_database", "--to", "no/such/x.db", "--create"],
    1,
    /there is no such folder\nhint: make it first: mkdir -p .*\/no\/such$/m,
  ],
  [["copy_database", "--from", "none.db", "--to", "y.db"], 10, /no such file\nhint: --from names/],
  [["copy_database", "--from", "data", "--to", "y.db"], 10, /is a folder\nhint: --from names/],
  [["copy_database", "--to", "notes"], 10, /not an SQLite database\nhint: --to names/],
  [["document_fuzzy_match", "--checkpoint", "data"], 2, /not a regular file\nhint: give a file/],
  [
    ["document_sanity_checker", "--repair", "--dry-run", "--from", "none"],
    1,
    /nothing by that name\nhint: give the folder or zip file/,
  ],
  [
    ["document_sanity_checker", "--repair", "--dry-run", "--from", "notes"],
    1,
    /neither a folder nor a zip file\nhint: give the folder or zip file/,
  ],
  [
    ["document_sanity_checker", "--repair", "--dry-run", "--from", "-"],
    2,
    /standard input: --from needs a path\nhint: give the folder or zip file/,
  ],
  [
    ["document_retagger", "-c", "--id-range", "5", "1"],
    0,
    /^warning: --id-range 5 1 holds no document.*\nhint: --id-range 1 5 /m,
  ],
];

Deno.test({
  name: "what was named by a flag and isn't right: the hint is about that flag",
  ignore,
  fn: async () => {
    using folder = tempFolder();
    const env = settingsBelow(folder.path);
    assertCode(await runBinary(["migrate"], { env }), 0);
    Deno.writeTextFileSync(`${folder.path}/notes`, "no database and no export");
    for (const [args, code, says] of MISLED) {
      const result = await runBinary(args, { env, cwd: folder.path });
      assertCode(result, code);
      assert.match(result.stderr, says);
      assert.doesNotMatch(result.stderr, /PAPERLESS_DATA_DIR/);
    }
  },
});

Deno.test({
  name: "the default scratch folder is removed by the run that made it, and by no other",
  ignore: ignoreExports,
  fn: async () => {
    using temp = tempFolder();
    const args = ["verify", recordedTree("v3.0.5", "plain")];
    const run = () => runBinary(args, { env: { TMPDIR: temp.path } });
    assertCode(await run(), 0);
    assert.deepEqual([...Deno.readDirSync(temp.path)], []);
    Deno.mkdirSync(`${temp.path}/paperless`);
    assertCode(await run(), 0);
    assert.deepEqual([...Deno.readDirSync(temp.path)].map(({ name }) => name), ["paperless"]);
    assert.deepEqual([...Deno.readDirSync(`${temp.path}/paperless`)], []);
  },
});

Deno.test({
  name:
    "a default scratch folder of another user's: the one above is used, and only our own litter removed",
  ignore: ignore || withoutRoot(),
  fn: async () => {
    using temp = tempFolder();
    const litter = ["0123456789abcdef", "456789abcdef", "89abcdef"]
      .map((end) => `${temp.path}/paperward-999999999-${end}`);
    for (const name of ["paperless", "paperward-999999999-backup"]) {
      Deno.mkdirSync(`${temp.path}/${name}`);
    }
    for (const path of litter) {
      Deno.mkdirSync(path);
      Deno.chownSync(path, 65534, 65534);
    }
    Deno.chmodSync(temp.path, 0o777);
    Deno.chmodSync(`${temp.path}/paperless`, 0o755);
    using home = tempFolder();
    Deno.chmodSync(home.path, 0o777);
    const args = [
      "migrate",
      "--data-dir",
      `${home.path}/data`,
      "--media-root",
      `${home.path}/media`,
    ];
    const run = (env: Record<string, string>) =>
      runBinary(args, {
        env: { TMPDIR: temp.path, ...env },
        wrapper: ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"],
      });
    assertCode(await run({}), 0);
    assert.deepEqual([...Deno.readDirSync(temp.path)].map(({ name }) => name).sort(), [
      "paperless",
      "paperward-999999999-backup",
    ]);
    // Where it was named, it was meant.
    const named = await run({ PAPERLESS_SCRATCH_DIR: `${temp.path}/paperless` });
    assertCode(named, 2);
    assert.match(named.stderr, /Cannot make a scratch folder in .+\/paperless: /);
    assert.match(named.stderr, /hint: PAPERLESS_SCRATCH_DIR/);
  },
});

const SIGNALS = [["SIGINT", 130], ["SIGTERM", 143]] as const;

for (const [signal, code] of SIGNALS) {
  Deno.test({
    name: `${signal} while waiting for the lock: ${code}, nothing begun`,
    ignore: ignoreExports || !hasPython(),
    fn: async () => {
      using library = unpackLibrary("v3.0.5");
      using target = tempTarget();
      await using _holder = await holdLock(`${library.media}/media.lock`);
      const look = lookAt(target.folder, library.folder);
      const running = startBinary(["document_exporter", target.path], {
        env: environment(library),
      });
      assert.ok(await running.says(/lock/i));
      running.kill(signal);
      assertCode(await running.ended, code);
      assert.deepEqual(look.changes(), []);
    },
  });

  Deno.test({
    name: `${signal} as soon as there is something to clean up: ${code}, and it is gone`,
    ignore: ignoreExports,
    fn: async () => {
      using library = unpackLibrary("v3.0.5");
      const scratch = `${library.folder}/scratch`;
      Deno.mkdirSync(scratch);
      const running = startBinary(["document_sanity_checker", "--bandwidth-limit", "1M"], {
        env: environment(library),
      });
      let isOver = false;
      running.ended.then(() => isOver = true);
      while (!isOver && [...Deno.readDirSync(scratch)].length === 0) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      assert.ok(!isOver, "it ended before it was met");
      running.kill(signal);
      const result = await running.ended;
      assertCode(result, code);
      assert.equal(result.signal, null);
      assert.deepEqual([...Deno.readDirSync(scratch)], []);
    },
  });

  Deno.test({
    name: `${signal} while files are copied: ${code}, the old export whole, nothing else left`,
    ignore: ignoreExports || !hasPython(),
    fn: async () => {
      using library = unpackLibrary("v3.0.5");
      using target = tempTarget();
      assertCode(await runExport(library, target.path, ["-p"]), 0);
      growOriginal(library);
      const look = lookAt(target.folder, library.folder);
      for (const flags of [[], ["-d"], ["-z"]]) {
        const running = startBinary(["document_exporter", target.path, ...flags], {
          env: environment(library),
        });
        await copyingBegan(running.ended, target.path, `${library.folder}/scratch`);
        running.kill(signal);
        assertCode(await running.ended, code);
        assert.deepEqual(look.changes(), [], flags.join(" "));
      }
    },
  });
}

Deno.test({
  name: "SIGTERM twice at once, as coreutils' timeout sends it: one graceful stop, nothing left",
  ignore: ignoreExports || !hasPython(),
  fn: async () => {
    using library = unpackLibrary("v3.0.5");
    using target = tempTarget();
    growOriginal(library);
    const look = lookAt(target.folder, library.folder);
    for (const flags of [[], ["-d"], ["-z"]]) {
      const running = startBinary(["document_exporter", target.path, ...flags], {
        env: environment(library),
      });
      await copyingBegan(running.ended, target.path, `${library.folder}/scratch`);
      running.kill("SIGTERM");
      await new Promise((resolve) => setTimeout(resolve, 3));
      running.kill("SIGTERM");
      assertCode(await running.ended, 143);
      assert.deepEqual(look.changes(), [], flags.join(" "));
    }
  },
});

Deno.test({
  name:
    "a signal right behind the first changes nothing, one more than a second later means at once",
  ignore,
  fn: async () => {
    using folder = tempFolder();
    // A server that takes the call and never says a word: nothing there looks at the stop.
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const running = startBinary(["document_sanity_checker"], {
      env: {
        PAPERLESS_SCRATCH_DIR: folder.path,
        PAPERLESS_DBHOST: "127.0.0.1",
        PAPERLESS_DBPORT: String(listener.addr.port),
        PAPERLESS_DB_TIMEOUT: "600",
      },
    });
    let isOver = false;
    running.ended.then(() => isOver = true);
    using _connection = await listener.accept();
    running.kill("SIGTERM");
    await new Promise((resolve) => setTimeout(resolve, 20));
    running.kill("SIGTERM");
    // Both the grace and a second SIGTERM that counts would end it too, but with the code of SIGTERM.
    while (!isOver) {
      await new Promise((resolve) => setTimeout(resolve, 400));
      running.kill("SIGINT");
    }
    assertCode(await running.ended, 130);
    assert.deepEqual([...Deno.readDirSync(folder.path)], []);
  },
});

/** Runs a shell line on a terminal that is closed as soon as `ready` resolves: as when ssh is lost.
 * @returns the exit code of the line's last command, which outlives the terminal */
async function closeTerminal(
  line: string,
  options: RunOptions,
  ready: (ended: Promise<unknown>) => Promise<void>,
): Promise<string> {
  using folder = tempFolder();
  const code = `${folder.path}/code`;
  // The outer shell owns the terminal: the system tells it of the end, and what it had started once it has died of
  // that. The inner one outlives it: a trap, other than ignoring, is not handed down to what a shell starts.
  const inner = `trap : HUP; ${line}; echo $? >${code}.part; mv ${code}.part ${code}`;
  const script = `sh -c ${shellQuote(inner)}; true`;
  const terminal = startBinary(["-qefc", script, "/dev/null"], {
    ...options,
    program: "/usr/bin/script",
    env: { PAPERWARD: binary()!, TERM: "xterm-256color", SHELL: "/bin/sh", ...options.env },
  });
  await ready(terminal.ended);
  terminal.kill("SIGKILL");
  for (let tries = 0; tries < 3000; tries++) {
    try {
      return Deno.readTextFileSync(code).trim();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("The command did not end");
}

Deno.test({
  name: "SIGHUP, the terminal is closed while files are copied: 129, nothing left",
  ignore: ignoreExports || !hasPython() || withoutTerminal(),
  fn: async () => {
    using library = unpackLibrary("v3.0.5");
    using target = tempTarget();
    growOriginal(library);
    const look = lookAt(target.folder, library.folder);
    for (const flags of ["", "--json -v 2", "-z >/dev/null 2>&1"]) {
      const code = await closeTerminal(
        `"$PAPERWARD" document_exporter ${shellQuote(target.path)} ${flags}`,
        { env: environment(library) },
        (ended) => copyingBegan(ended, target.path, `${library.folder}/scratch`),
      );
      assert.equal(code, "129", flags);
      assert.deepEqual(look.changes(), [], flags);
    }
  },
});

Deno.test({
  name: "SIGHUP under nohup: the export goes on to its end",
  ignore: ignoreExports || !hasPython() || withoutTerminal(),
  fn: async () => {
    using library = unpackLibrary("v3.0.5");
    using target = tempTarget();
    growOriginal(library);
    const code = await closeTerminal(
      `nohup "$PAPERWARD" document_exporter ${shellQuote(target.path)}`,
      { env: environment(library), cwd: target.folder },
      (ended) => copyingBegan(ended, target.path),
    );
    assert.equal(code, "0", Deno.readTextFileSync(`${target.folder}/nohup.out`));
    assert.ok(listFiles(target.path).includes("manifest.json"));
  },
});

/** One way to say where the library is. */
interface SettingsCase {
  readonly name: string;
  prepare(library: Library, folder: string): {
    readonly env?: Record<string, string>;
    readonly flags?: readonly string[];
    readonly cwd?: string;
  };
}

const WRONG_PLACE = {
  PAPERLESS_DATA_DIR: "/nonexistent/data",
  PAPERLESS_MEDIA_ROOT: "/nonexistent/media",
};

function writeConf(path: string, library: Library): string {
  Deno.writeTextFileSync(
    path,
    `# a comment
BASE="${library.folder}"
export PAPERLESS_DATA_DIR=\${BASE}/data
PAPERLESS_MEDIA_ROOT='${library.media}' # behind it too
PAPERLESS_DBENGINE=sqlite
`,
  );
  return path;
}

const SETTINGS: readonly SettingsCase[] = [
  {
    name: "the environment",
    prepare: (library) => ({
      env: { PAPERLESS_DATA_DIR: library.data, PAPERLESS_MEDIA_ROOT: library.media },
    }),
  },
  {
    name: "PAPERLESS_CONFIGURATION_PATH",
    prepare: (library, folder) => ({
      env: { PAPERLESS_CONFIGURATION_PATH: writeConf(`${folder}/my.conf`, library) },
    }),
  },
  {
    name: "../paperless.conf",
    prepare: (library, folder) => {
      Deno.mkdirSync(`${folder}/src`);
      writeConf(`${folder}/paperless.conf`, library);
      return { cwd: `${folder}/src` };
    },
  },
  {
    name: "the environment over a conf file",
    prepare: (library, folder) => {
      const path = `${folder}/wrong.conf`;
      Deno.writeTextFileSync(
        path,
        `PAPERLESS_DATA_DIR=/nonexistent\nPAPERLESS_MEDIA_ROOT=${library.media}\n`,
      );
      return { env: { PAPERLESS_CONFIGURATION_PATH: path, PAPERLESS_DATA_DIR: library.data } };
    },
  },
  {
    name: "_FILE variables",
    prepare: (library, folder) => {
      Deno.writeTextFileSync(`${folder}/data`, `${library.data}\n`);
      return {
        env: { PAPERLESS_DATA_DIR_FILE: `${folder}/data`, PAPERLESS_MEDIA_ROOT: library.media },
      };
    },
  },
  {
    name: "--data-dir and --media-root over the environment",
    prepare: (library) => ({
      env: WRONG_PLACE,
      flags: ["--data-dir", library.data, `--media-root=${library.media}`],
    }),
  },
  {
    name: "--config over PAPERLESS_CONFIGURATION_PATH",
    prepare: (library, folder) => ({
      env: { PAPERLESS_CONFIGURATION_PATH: "/nonexistent.conf" },
      flags: ["--config", writeConf(`${folder}/my.conf`, library)],
    }),
  },
  {
    name: "--database-url over the data folder",
    prepare: (library, folder) => {
      Deno.mkdirSync(`${folder}/data`);
      return {
        env: { PAPERLESS_DATA_DIR: `${folder}/data`, PAPERLESS_MEDIA_ROOT: library.media },
        flags: ["--database-url", `sqlite://${library.database}`],
      };
    },
  },
  {
    name: "--database-url as a path",
    prepare: (library) => ({
      env: { PAPERLESS_MEDIA_ROOT: library.media },
      flags: ["--database-url", library.database],
    }),
  },
  {
    name: "folders that are links",
    prepare: (library, folder) => {
      Deno.symlinkSync(library.data, `${folder}/data`);
      Deno.symlinkSync(library.media, `${folder}/media`);
      return {
        env: { PAPERLESS_DATA_DIR: `${folder}/data`, PAPERLESS_MEDIA_ROOT: `${folder}/media` },
      };
    },
  },
];

for (const { name, prepare } of SETTINGS) {
  Deno.test({
    name: `settings by ${name}: the library is found, and named`,
    ignore: ignoreExports,
    fn: async () => {
      using library = unpackLibrary("v3.0.5");
      using target = tempTarget();
      using folder = tempFolder();
      const { env = {}, flags = [], cwd = "/" } = prepare(library, folder.path);
      const result = await runBinary(["document_exporter", target.path, ...flags], {
        cwd,
        env: { PAPERLESS_SCRATCH_DIR: `${library.folder}/scratch`, ...env },
      });
      assertCode(result, 0);
      assert.ok(result.stderr.includes(library.database), "the database was not named");
      assertEqualExports(target.path, recordedExport("v3.0.5", "plain"));
    },
  });
}

Deno.test({
  name: "PAPERLESS_AUDIT_LOG_ENABLED=false leaves the audit log out, as upstream does",
  ignore: ignoreExports,
  fn: async () => {
    for (const version of ["v2.20.15", "v3.0.5"] as const) {
      using library = unpackLibrary(version);
      using target = tempTarget();
      const env = { PAPERLESS_AUDIT_LOG_ENABLED: "false" };
      assertCode(await runExport(library, target.path, ["--data-only"], { env }), 0);
      const wanted = recordedExport(version, "data-only");
      const records = wanted.manifests.get("manifest.json")!;
      const without = records.filter((record) => record.get("model") !== "auditlog.logentry");
      assert.ok(without.length < records.length);
      assertEqualExports(target.path, {
        ...wanted,
        manifests: new Map([["manifest.json", without]]),
      });
    }
  },
});

Deno.test({
  name: "the scratch folder and the target hold nothing of a run that ended",
  ignore: ignoreExports,
  fn: async () => {
    using library = unpackLibrary("v3.0.5");
    using target = tempTarget();
    for (const flags of [[], ["-z"], ["--dry-run"]]) {
      assertCode(await runExport(library, target.path, flags), 0);
      const scratch = `${library.folder}/scratch`;
      assert.deepEqual(
        [...readTree(library.folder).keys()].filter((path) => path.startsWith("scratch/")),
        [],
        scratch,
      );
      const hidden = [...readTree(target.path).keys()].filter((path) =>
        /(^|\/)\.|~$|\.tmp$/.test(path)
      );
      assert.deepEqual(hidden, []);
    }
  },
});

/** A library's settings, all its folders below one. */
function settingsBelow(folder: string) {
  return {
    PAPERLESS_DATA_DIR: `${folder}/data`,
    PAPERLESS_MEDIA_ROOT: `${folder}/media`,
    PAPERLESS_SCRATCH_DIR: `${folder}/scratch`,
  };
}
