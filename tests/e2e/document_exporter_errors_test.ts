// Issue 3, section 7, "bad input", through the compiled binary: each gives one clear line with a hint and the
// right exit code, and leaves library, target and scratch as they were.

import assert from "node:assert/strict";
import { type Library, type LibrarySource, unpackLibrary, VERSIONS } from "../_fixtures.ts";
import { giveToNobody, NOBODY } from "../_nobody.ts";
import { hasPython, type PythonHelper, sql, startPython } from "../_python.ts";
import {
  assertCode,
  binary,
  startBinary,
  withoutBinaryOrFixtures,
  withoutRoot,
} from "../_run_binary.ts";
import { environment, errorLines, holdLock, lookAt, runExport, tempTarget } from "./_export.ts";

const ignore = withoutBinaryOrFixtures() || !hasPython();

/** A run that must fail. */
interface Failure {
  readonly name: string;
  readonly code: number | readonly number[];
  /** What the one line must name. */
  readonly says: RegExp;
  /** Spoils library or target; what it returns is kept until the run has ended. */
  spoil(library: Library, target: string): void | Promise<PythonHelper>;
  /** Below the target's parent. @default {"target"} */
  readonly target?: string;
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly wrapper?: readonly string[];
  readonly only?: LibrarySource;
  readonly source?: LibrarySource;
}

const FAILURES: readonly Failure[] = [
  {
    name: "the target is missing",
    target: "nowhere",
    spoil: () => {},
    code: 1,
    says: /nowhere/,
  },
  {
    name: "the target is a file",
    target: "target/file",
    spoil: (_, target) => Deno.writeTextFileSync(`${target}/file`, "mine"),
    code: 1,
    says: /target\/file/,
  },
  {
    name: "the target can't be written",
    wrapper: NOBODY,
    spoil: (library, target) => {
      giveToNobody(library.folder);
      Deno.chmodSync(`${target}/..`, 0o755);
      Deno.chmodSync(target, 0o555);
    },
    code: 1,
    says: /target/,
  },
  {
    name: "the database can't be read",
    wrapper: NOBODY,
    spoil: (library, target) => {
      giveToNobody(library.folder);
      giveToNobody(`${target}/..`);
      new Deno.Command("chown", { args: ["0:0", library.database] }).outputSync();
      Deno.chmodSync(library.database, 0o600);
    },
    code: [1, 10],
    says: /db\.sqlite3/,
  },
  {
    name: "there is no database",
    spoil: (library) => Deno.removeSync(library.database),
    code: 10,
    says: /db\.sqlite3/,
  },
  {
    name: "the database is not SQLite",
    spoil: (library) =>
      Deno.writeTextFileSync(library.database, "this is no database\n".repeat(500)),
    code: 10,
    says: /db\.sqlite3/,
  },
  {
    name: "the database is a folder",
    spoil: (library) => {
      Deno.removeSync(library.database);
      Deno.mkdirSync(library.database);
    },
    code: 10,
    says: /db\.sqlite3/,
  },
  {
    name: "the database is truncated",
    spoil: (library) =>
      Deno.truncateSync(library.database, Deno.statSync(library.database).size >> 1),
    code: [1, 10],
    says: /db\.sqlite3/,
  },
  {
    name: "the database is an empty file",
    spoil: (library) => Deno.truncateSync(library.database),
    code: 10,
    says: /db\.sqlite3/,
  },
  {
    name: "the database was never migrated",
    spoil: (library) => sql(library.database, "delete from django_migrations"),
    code: 10,
    says: /db\.sqlite3/,
  },
  {
    name: "the database is another program's",
    spoil: (library) => {
      Deno.removeSync(library.database);
      sql(library.database, "create table moz_places (id integer primary key, url text)");
    },
    code: 10,
    says: /db\.sqlite3/,
  },
  {
    name: "the database is another Django project's",
    spoil: (library) => {
      Deno.removeSync(library.database);
      sql(
        library.database,
        "create table django_migrations (id integer primary key, app text, name text, applied text)",
        "insert into django_migrations values (1, 'blog', '0001_initial', '2024-01-01')",
        "create table blog_post (id integer primary key, title text)",
      );
    },
    code: 10,
    says: /db\.sqlite3/,
  },
  {
    name: "the database comes from a future version",
    spoil: (library) =>
      sql(
        library.database,
        "insert into django_migrations (app, name, applied) values ('documents', '9999_from_the_future', '2030-01-01')",
      ),
    code: 13,
    says: /9999_from_the_future|version/,
  },
  {
    name: "the database comes from an older version",
    source: "history/v2.18.4",
    only: "v2.20.15",
    spoil: () => {},
    code: 13,
    says: /older than 2\.20\.15/,
  },
  {
    name: "the database is locked by a writer that doesn't end",
    only: "v2.20.15",
    env: { PAPERLESS_DB_TIMEOUT: "1" },
    spoil: (library) => holdDatabase(library.database),
    code: 11,
    says: /lock/,
  },
  {
    name: "media.lock is held and --lock-timeout passes",
    flags: ["--lock-timeout", "1"],
    spoil: (library) => holdLock(`${library.media}/media.lock`),
    code: 11,
    says: /media\.lock/,
  },
  {
    name: "the media folder is missing",
    env: { PAPERLESS_MEDIA_ROOT: "/nonexistent/media" },
    spoil: () => {},
    code: [1, 2, 10],
    says: /\/nonexistent\/media/,
  },
  {
    name: "a setting is no integer",
    env: { PAPERLESS_DB_TIMEOUT: "soon" },
    spoil: () => {},
    code: 2,
    says: /PAPERLESS_DB_TIMEOUT/,
  },
  {
    name: "the target is a link to nothing",
    target: "target/link",
    spoil: (_, target) => Deno.symlinkSync(`${target}/nothing`, `${target}/link`),
    code: 1,
    says: /target\/link/,
  },
  // Whatever keeps the finished zip from its place must show before it is committed: no later run could end it.
  {
    name: "the zip's name is too long",
    flags: ["-z", "-zn", "x".repeat(252)],
    spoil: () => {},
    code: 2,
    says: /too long/,
  },
  {
    name: "a folder has the zip's name",
    flags: ["-z", "-zn", "taken"],
    spoil: (_, target) => Deno.mkdirSync(`${target}/taken.zip`),
    code: 2,
    says: /taken\.zip is a folder/,
  },
  {
    name: "a file has the name of the zip's folder",
    flags: ["-z", "-zn", "taken/zip"],
    spoil: (_, target) => Deno.writeTextFileSync(`${target}/taken`, "mine"),
    code: 2,
    says: /taken is no folder/,
  },
  {
    name: "the batch size is zero",
    flags: ["--batch-size", "0"],
    spoil: () => {},
    code: 2,
    says: /batch-size/,
  },
];

/** Holds a SQLite database as a writer in journal mode `delete` does while it commits. */
async function holdDatabase(path: string): Promise<PythonHelper> {
  const holder = startPython(
    `import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("begin exclusive")
print("held")
sys.stdin.readline()`,
    path,
  );
  assert.equal(await holder.line(), "held");
  return holder;
}

for (const version of VERSIONS) {
  for (const failure of FAILURES) {
    if (failure.only && failure.only !== version) continue;
    Deno.test({
      name:
        `${version}: ${failure.name}: exit code ${failure.code}, one line, a hint, nothing left behind`,
      ignore: ignore || (failure.wrapper !== undefined && withoutRoot()),
      fn: async () => {
        using library = unpackLibrary(failure.source ?? version);
        using target = tempTarget();
        if (failure.wrapper) allowAll(binary()!);
        await using _held = await failure.spoil(library, target.path) ?? undefined;
        const look = lookAt(target.folder, library.folder);
        const path = `${target.folder}/${failure.target ?? "target"}`;
        const { flags = [], wrapper = [], env = {} } = failure;
        const result = await runExport(library, path, flags, { wrapper, env });
        assertCode(result, ...[failure.code].flat());
        assert.deepEqual(look.changes(), []);
        assert.match(result.stderr, failure.says);
        assert.match(result.stderr, /hint: ./);
        assert.equal(result.stdout, "");
        if (result.code === 2) return; // usage has its own words
        assert.equal(errorLines(result).length, 1, result.stderr);
      },
    });

    Deno.test({
      name: `${version}: ${failure.name}: with --json and -z it fails the same`,
      ignore: ignore || failure.wrapper !== undefined || failure.target === "nowhere" ||
        failure.flags?.includes("-z") === true,
      fn: async () => {
        using library = unpackLibrary(failure.source ?? version);
        using target = tempTarget();
        await using _held = await failure.spoil(library, target.path) ?? undefined;
        const look = lookAt(target.folder, library.folder);
        const path = `${target.folder}/${failure.target ?? "target"}`;
        const flags = [...failure.flags ?? [], "--json", "-z"];
        const result = await runExport(library, path, flags, { env: failure.env ?? {} });
        assertCode(result, ...[failure.code].flat());
        assert.deepEqual(look.changes(), []);
        for (const line of result.stdout.split("\n").filter(Boolean)) JSON.parse(line);
      },
    });
  }
}

/** A binary below a folder that only root may enter can't be run by another user: that is no failure of it. */
function allowAll(path: string): void {
  for (
    let folder = path;
    folder !== "/";
    folder = folder.slice(0, folder.lastIndexOf("/")) || "/"
  ) {
    const mode = Deno.statSync(folder).mode ?? 0;
    if ((mode & 0o005) !== 0o005) {
      throw new Error(
        `${folder} is closed to other users: move the binary`,
      );
    }
  }
}

Deno.test({
  name: "an original that only root may read: listed, exit code 3, the rest exported",
  ignore: ignore || withoutRoot(),
  fn: async () => {
    using library = unpackLibrary("v3.0.5");
    using target = tempTarget();
    giveToNobody(library.folder);
    giveToNobody(target.folder);
    const path = `${library.media}/documents/originals/2022/none/protokoll.txt`;
    new Deno.Command("chown", { args: ["0:0", path] }).outputSync();
    Deno.chmodSync(path, 0o600);
    const result = await runExport(library, target.path, [], { wrapper: NOBODY });
    assertCode(result, 3);
    assert.match(result.stdout + result.stderr, /protokoll\.txt/);
    assert.ok(Deno.statSync(`${target.path}/2019-10-10 scan_nodpi.png`).isFile);
    assert.throws(
      () => Deno.lstatSync(`${target.path}/2022-11-12 protokoll.txt`),
      Deno.errors.NotFound,
    );
  },
});

Deno.test({
  name: "a full target file system: fails, names the space, the old export stays whole",
  ignore: ignore || withoutRoot(),
  fn: async () => {
    using library = unpackLibrary("v3.0.5");
    using target = tempTarget();
    const mounted = new Deno.Command("mount", {
      args: ["-t", "tmpfs", "-o", "size=2m", "tmpfs", target.path],
    }).outputSync().success;
    assert.ok(mounted, "no tmpfs");
    try {
      assertCode(await runExport(library, target.path, ["--data-only"]), 0);
      const look = lookAt(target.path);
      for (const flags of [[], ["-z"]]) {
        const result = await runExport(library, target.path, flags);
        assertCode(result, 1);
        assert.match(result.stderr, /space/i);
        assert.deepEqual(look.changes(), []);
      }
    } finally {
      new Deno.Command("umount", { args: [target.path] }).outputSync();
    }
  },
});

Deno.test({
  name: "media.lock held for a while: says that it waits, then exports",
  ignore,
  fn: async () => {
    using library = unpackLibrary("v3.0.5");
    using target = tempTarget();
    await using holder = await holdLock(`${library.media}/media.lock`);

    const running = startBinary(["document_exporter", target.path], { env: environment(library) });
    assert.ok(await running.says(/lock/i), "it didn't say that it waits");
    assert.deepEqual([...Deno.readDirSync(target.path)], [], "it began without the lock");
    await holder.tell("go");
    assertCode(await running.ended, 0);
    assert.ok(Deno.statSync(`${target.path}/manifest.json`).isFile);
  },
});

Deno.test({
  name: "an export never takes the library's place, whatever it is told to delete",
  ignore: withoutBinaryOrFixtures(),
  async fn() {
    using library = unpackLibrary("v3.0.5");
    const { folder, data, media } = library;
    const look = lookAt(folder);
    Deno.symlinkSync(media, `${folder}.link`);
    try {
      const empties = ["-d", "--delete-strangers"];
      for (
        const [target, flags] of [
          [`${media}/documents`, []],
          [`${media}/documents/originals`, empties],
          [`${media}/documents/archive`, ["-z"]],
          [media, empties],
          [`${folder}.link`, empties],
          [`${folder}.link/documents`, []],
          [data, empties],
          [folder, empties],
          [folder, ["-z", ...empties]],
        ] as const
      ) {
        const result = await runExport(library, target, flags);
        assertCode(result, 2);
        assert.match(errorLines(result).join("\n"), /Cannot export to/, target);
        assert.deepEqual(look.changes(), []);
      }
    } finally {
      Deno.removeSync(`${folder}.link`);
    }
    // A folder of its own below the data folder is one.
    Deno.mkdirSync(`${data}/export`);
    assertCode(await runExport(library, `${data}/export`, ["-d", "--delete-strangers"]), 0);
  },
});
