// Opening SQLite libraries: what is refused and how, that nothing is left behind, and that what is read is
// one moment, whatever state the files are in.

import { deepStrictEqual, notStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { sql } from "kysely";
import { DatabaseSync } from "node:sqlite";
import type { LibraryDatabase } from "../../../../core/database/database.ts";
import { openDatabase } from "../../../../core/database/open_database.ts";
import { PaperwardError, StopRequested } from "../../../../core/errors.ts";
import type { ExitName } from "../../../../core/exit_codes.ts";
import { openFiles } from "../../../../core/library/deno_files.ts";
import type { Files } from "../../../../core/library/files.ts";
import { StopSignal } from "../../../../core/sandbox/stop_signal.ts";
import { createLibrary } from "../../../../migrations/create_library.ts";
import { fixturesRoot, tempFolder, unpackLibrary, withoutFixtures } from "../../../_fixtures.ts";
import { SILENT } from "../../archive/records/_library.ts";

type Generation = "v2" | "v3";

/** A folder with `data/db.sqlite3` and an empty `scratch`. */
interface Place extends Disposable {
  readonly data: string;
  readonly scratch: string;
  readonly path: string;
  readonly notices: string[];
  open(
    options?: { readonly timeoutMs?: number; readonly stop?: StopSignal; mode?: "read" | "write" },
  ): Promise<
    LibraryDatabase
  >;
  /** Every file of the data folder with its content. */
  files(): Map<string, string>;
}

function place(generation?: Generation): Place {
  const temp = tempFolder();
  const data = join(temp.path, "data");
  const scratch = join(temp.path, "scratch");
  const path = join(data, "db.sqlite3");
  Deno.mkdirSync(data);
  Deno.mkdirSync(scratch);
  if (generation) {
    createLibrary({ path, generation });
    const database = new DatabaseSync(path);
    addGroup(database, "first");
    database.close();
  }
  const notices: string[] = [];
  const note = (text: string) => void notices.push(text);
  return {
    data,
    scratch,
    path,
    notices,
    open({ timeoutMs = 50, stop, mode = "read" } = {}) {
      return openDatabase({ kind: "sqlite", path, timeoutMs }, {
        files: openFiles({ read: [data], write: mode === "write" ? [scratch, data] : [scratch] }),
        scratch,
        report: { ...SILENT, info: note, warn: note },
        mode,
        ...(stop && { stop }),
      });
    },
    files() {
      return new Map(
        [...Deno.readDirSync(data)].map(({ name }) => name).sort().map((name) => {
          return [name, Deno.readFileSync(join(data, name)).toString()];
        }),
      );
    },
    [Symbol.dispose]: () => temp[Symbol.dispose](),
  };
}

function addGroup(database: DatabaseSync, name: string): void {
  database.prepare("INSERT INTO auth_group (name) VALUES (?)").run(name);
}

async function groups({ kysely }: Pick<LibraryDatabase, "kysely">): Promise<string[]> {
  const rows = await kysely.selectFrom("auth_group").select("name").orderBy("id").execute();
  return rows.map(({ name }) => name);
}

/** The error of opening; nothing may be left in scratch. */
async function refusal(
  where: Place,
  options?: Parameters<Place["open"]>[0],
): Promise<PaperwardError> {
  let caught: unknown;
  await rejects(where.open(options), (error) => {
    caught = error;
    return true;
  });
  if (!(caught instanceof PaperwardError)) throw caught;
  deepStrictEqual([...Deno.readDirSync(where.scratch)], []);
  ok(caught.hints.length > 0);
  return caught;
}

const BROKEN: readonly [
  name: string,
  make: (where: Place) => void,
  exit: ExitName,
  reason: RegExp,
][] = [
  ["a missing file", () => {}, "noLibrary", /there is no such file$/],
  ["a folder", ({ path }) => Deno.mkdirSync(path), "noLibrary", /it is a folder$/],
  [
    "an empty file",
    ({ path }) => Deno.writeTextFileSync(path, ""),
    "noLibrary",
    /the file is empty$/,
  ],
  [
    "a text file",
    ({ path }) => Deno.writeTextFileSync(path, "I am not a database. ".repeat(100)),
    "noLibrary",
    /not an SQLite database$/,
  ],
  [
    "the first bytes of a database",
    ({ path }) => Deno.writeTextFileSync(path, "SQLite format 3\0"),
    "noLibrary",
    /not an SQLite database$/,
  ],
  [
    "a database that is cut off",
    ({ path }) => {
      createLibrary({ path, generation: "v2" });
      Deno.truncateSync(path, 50_000);
    },
    "failed",
    /the file is damaged or cut off$/,
  ],
  [
    "a damaged schema",
    ({ path }) => {
      createLibrary({ path, generation: "v2" });
      const file = Deno.openSync(path, { write: true });
      file.seekSync(100, Deno.SeekMode.Start);
      file.writeSync(new Uint8Array(300).fill(0xaa));
      file.close();
    },
    "failed",
    /the file is damaged or cut off$/,
  ],
  [
    "a database without tables",
    ({ path }) => {
      const database = new DatabaseSync(path);
      database.exec("CREATE TABLE x (a); DROP TABLE x");
      database.close();
    },
    "noLibrary",
    /the database is empty$/,
  ],
  [
    "another application's database",
    ({ path }) => {
      const database = new DatabaseSync(path);
      database.exec("CREATE TABLE songs (a)");
      database.close();
    },
    "noLibrary",
    /another application$/,
  ],
  [
    "a database in UTF-16",
    ({ path }) => {
      const database = new DatabaseSync(path);
      database.exec("PRAGMA encoding = 'UTF-16le'; CREATE TABLE django_migrations (app, name, id)");
      database.close();
    },
    "noLibrary",
    /encoded as UTF-16le$/,
  ],
];

for (const [name, make, exit, reason] of BROKEN) {
  Deno.test(`open: ${name} is refused`, async () => {
    using where = place();
    make(where);
    const before = Deno.statSync(where.data).isDirectory &&
      [...Deno.readDirSync(where.data)].length;
    const error = await refusal(where);
    strictEqual(error.exit, exit, error.message);
    ok(error.message.includes(where.path), error.message);
    ok(reason.test(error.message), error.message);
    strictEqual([...Deno.readDirSync(where.data)].length, before);
  });
}

Deno.test({
  name: "open: a library of an older version is refused",
  ignore: withoutFixtures(),
  async fn() {
    const old = [...Deno.readDirSync(`${fixturesRoot()}/history`)]
      .filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
    ok(old.length > 5);
    for (const name of old) {
      using opened = unpackLibrary(`history/${name}`);
      const scratch = join(opened.folder, "scratch");
      Deno.mkdirSync(scratch);
      const files = openFiles({ read: [opened.folder], write: [scratch] });
      await rejects(
        openDatabase({ kind: "sqlite", path: opened.database, timeoutMs: 50 }, {
          files,
          scratch,
          report: SILENT,
          mode: "read",
        }),
        (error) =>
          error instanceof PaperwardError && error.exit === "version" &&
          /older/.test(error.message),
        name,
      );
    }
  },
});

Deno.test("open: locked for longer than the timeout", async () => {
  using where = place("v2");
  const server = new DatabaseSync(where.path);
  server.exec("BEGIN EXCLUSIVE");
  const error = await refusal(where);
  strictEqual(error.exit, "locked");
  ok(/another process has locked it$/.test(error.message), error.message);
  strictEqual(where.notices.length, 1);
  ok(where.notices[0]?.startsWith("Waiting: "));
  server.close();
});

Deno.test("open: waits for a lock that is given back, and hears a stop meanwhile", async () => {
  using where = place("v2");
  const server = new DatabaseSync(where.path);
  server.exec("BEGIN EXCLUSIVE");
  const opening = where.open({ timeoutMs: 60_000 });
  setTimeout(() => server.exec("ROLLBACK"), 200);
  const database = await opening;
  deepStrictEqual(await groups(database), ["first"]);
  await database.close();

  server.exec("BEGIN EXCLUSIVE");
  const stop = new StopSignal();
  setTimeout(() => stop.request(15), 200);
  await rejects(where.open({ timeoutMs: 60_000, stop }), StopRequested);
  server.close();
});

for (const generation of ["v2", "v3"] as const) {
  Deno.test(`open (${generation}): reads and leaves nothing behind`, async () => {
    using where = place(generation);
    const before = where.files();
    const database = await where.open();
    strictEqual(database.generation, generation);
    strictEqual(database.place, where.path);
    strictEqual(database.snapshotBlocksWriters, generation === "v2");
    ok(database.tables.has("auditlog_logentry"));
    deepStrictEqual(await database.snapshot(groups), ["first"]);
    await database.close();
    await database.close();
    deepStrictEqual(where.files(), before);
    deepStrictEqual([...Deno.readDirSync(where.scratch)], []);
  });

  Deno.test(`open (${generation}): nothing is left behind by one that was never read`, async () => {
    using where = place(generation);
    const before = where.files();
    await (await where.open()).close();
    deepStrictEqual(where.files(), before);
    deepStrictEqual([...Deno.readDirSync(where.scratch)], []);
  });

  Deno.test(`open (${generation}): a failing snapshot ends its transaction`, async () => {
    using where = place(generation);
    const database = await where.open();
    await rejects(database.snapshot(() => Promise.reject(new Error("mine"))), /^Error: mine$/);
    const order: string[] = [];
    await Promise.all(["a", "b"].map((name) =>
      database.snapshot(async (snapshot) => {
        order.push(`${name} begins`);
        await groups(snapshot);
        order.push(`${name} ends`);
      })
    ));
    deepStrictEqual(order, ["a begins", "a ends", "b begins", "b ends"]);
    await database.close();
  });

  Deno.test(`open (${generation}): can't write`, async () => {
    using where = place(generation);
    const database = await where.open();
    if (generation === "v2") {
      await rejects(database.kysely.insertInto("auth_group").values({ name: "x" }).execute());
    }
    await database.close();
    const server = new DatabaseSync(where.path);
    strictEqual(server.prepare("SELECT count(*) AS n FROM auth_group").get()?.n, 1);
    server.close();
  });

  Deno.test(`open (${generation}) for writing: transactions, and what upstream's schema calls`, async () => {
    using where = place(generation);
    const database = await where.open({ mode: "write" });
    const { kysely } = database;
    await kysely.transaction().execute(async (transaction) => {
      await transaction.insertInto("auth_group").values({ name: "second" }).execute();
    });
    await rejects(
      kysely.transaction().execute(async (transaction) => {
        await transaction.insertInto("auth_group").values({ name: "third" }).execute();
        throw new Error("taken back");
      }),
      /taken back/,
    );
    deepStrictEqual(await groups(database), ["first", "second"]);
    const inserted = await kysely.insertInto("auth_group").values({ name: "fourth" }).returning(
      "id",
    )
      .executeTakeFirstOrThrow();
    strictEqual(typeof inserted.id, "number");
    strictEqual((await groups(database)).length, 3);
    // Foreign keys hold.
    await rejects(
      kysely.insertInto("auth_group_permissions").values({
        group_id: inserted.id,
        permission_id: 999_999,
      }).execute(),
      /FOREIGN KEY/,
    );
    await database.close();
  });
}

Deno.test("open (v3): an un-checkpointed WAL of a crashed server is read, and left as it is", async () => {
  using where = place("v3");
  using crashed = place();
  const server = new DatabaseSync(where.path);
  server.exec("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0");
  addGroup(server, "second");
  for (const end of ["", "-wal"]) Deno.copyFileSync(where.path + end, crashed.path + end);
  server.close();
  ok(Deno.statSync(`${crashed.path}-wal`).size > 0);
  const before = crashed.files();
  const database = await crashed.open();
  deepStrictEqual(await database.snapshot(groups), ["first", "second"]);
  await database.close();
  deepStrictEqual(crashed.files(), before);
  deepStrictEqual([...Deno.readDirSync(crashed.scratch)], []);
});

Deno.test("open (v3): beside a running server, a snapshot is one moment", async () => {
  using where = place("v3");
  const server = new DatabaseSync(where.path);
  server.exec("PRAGMA journal_mode = WAL");
  addGroup(server, "second");
  const database = await where.open();
  deepStrictEqual([...Deno.readDirSync(where.scratch)], []);
  await database.snapshot(async (snapshot) => {
    deepStrictEqual(await groups(snapshot), ["first", "second"]);
    addGroup(server, "third");
    deepStrictEqual(await groups(snapshot), ["first", "second"]);
    const rows: unknown[] = [];
    const columns = [{ column: "id", kind: "auto" }, { column: "name", kind: "char" }] as const;
    for await (const batch of snapshot.rows({ table: "auth_group", columns }, 1)) {
      strictEqual(batch.length, 1);
      rows.push(...batch);
      addGroup(server, `more ${rows.length}`);
    }
    deepStrictEqual(rows, [[1n, "first"], [2n, "second"]]);
  });
  strictEqual((await database.snapshot(groups)).length, 5);
  await database.close();
  addGroup(server, "last");
  server.close();
});

Deno.test("open (v2): the journal of a crashed server is rolled back in a copy, not in the source", async () => {
  using where = place("v2");
  using crashed = place();
  const server = new DatabaseSync(where.path);
  // A cache this small writes pages of the open transaction to the file.
  server.exec("PRAGMA cache_size = 1; BEGIN");
  for (let i = 0; i < 2000; i++) addGroup(server, `unfinished ${i}`);
  for (const end of ["", "-journal"]) Deno.copyFileSync(where.path + end, crashed.path + end);
  server.exec("ROLLBACK");
  server.close();
  const before = crashed.files();
  notStrictEqual(before.get("db.sqlite3"), where.files().get("db.sqlite3"));
  const database = await crashed.open();
  deepStrictEqual(await database.snapshot(groups), ["first"]);
  await database.close();
  deepStrictEqual(crashed.files(), before);
  deepStrictEqual([...Deno.readDirSync(crashed.scratch)], []);
});

Deno.test("open (v2): damage that reading meets later is one clear line", async () => {
  using where = place("v2");
  const writer = new DatabaseSync(where.path);
  writer.exec("BEGIN");
  for (let i = 0; i < 500; i++) addGroup(writer, `group ${i} ${"x".repeat(90)}`);
  writer.exec("COMMIT");
  const page = Number(
    writer.prepare("SELECT rootpage AS page FROM sqlite_master WHERE name = 'auth_group'").get()
      ?.page,
  );
  const size = Number(writer.prepare("PRAGMA page_size").get()?.page_size);
  writer.close();
  const file = Deno.openSync(where.path, { write: true });
  file.seekSync((page - 1) * size, Deno.SeekMode.Start);
  file.writeSync(new Uint8Array(size).fill(0x55));
  file.close();
  const database = await where.open();
  await rejects(
    database.snapshot(async (snapshot) => {
      const columns = [{ column: "id", kind: "auto" }, { column: "name", kind: "char" }] as const;
      for await (const batch of snapshot.rows({ table: "auth_group", columns }, 10)) {
        ok(batch.length > 0);
      }
    }),
    (error) =>
      error instanceof PaperwardError && error.exit === "failed" &&
      error.message === `Cannot read database ${where.path}: the file is damaged or cut off`,
  );
  await database.close();
});

Deno.test("open (v2): a table that the migrations promise is missing", async () => {
  using where = place("v2");
  const writer = new DatabaseSync(where.path);
  writer.exec("DROP TABLE documents_note");
  writer.close();
  const columns = [{ column: "id", kind: "auto" }] as const;
  const isExplained = (verb: string) => (error: unknown) =>
    error instanceof PaperwardError && error.exit === "version" &&
    error.message ===
      `Cannot ${verb} database ${where.path}: its schema is not what its migrations say (no such table: documents_note)`;
  for (const [mode, verb] of [["read", "read"], ["write", "change"]] as const) {
    const database = await where.open({ mode });
    await rejects(
      database.snapshot(async (snapshot) => {
        for await (const batch of snapshot.rows({ table: "documents_note", columns }, 10)) {
          ok(batch);
        }
      }),
      isExplained("read"),
    );
    const query = database.kysely.selectFrom("documents_note").select("id");
    await rejects(query.execute(), isExplained(verb));
    await rejects(query.stream()[Symbol.asyncIterator]().next(), isExplained(verb));
    await database.close();
  }
});

Deno.test("open (v2): a full disk is what is told, though SQLite has rolled back by itself", async () => {
  using where = place("v2");
  const database = await where.open({ mode: "write" });
  await sql`PRAGMA max_page_count = 1`.execute(database.kysely);
  // Without a cache to hold what is written until the end.
  await sql`PRAGMA cache_size = 1`.execute(database.kysely);
  const filling = database.kysely.transaction().execute(async (kysely) => {
    for (let id = 0; id < 1000; id++) {
      await sql`INSERT INTO auth_group (name) VALUES (${`${id}`.padEnd(140)})`.execute(kysely);
    }
  });
  await rejects(
    filling,
    (error) => error instanceof PaperwardError && error.message.endsWith("the disk is full"),
  );
  await database.close();
});

Deno.test("open (v3): read where it is, with a warning, if there is no room for a copy", async () => {
  using where = place("v3");
  const real = openFiles({ read: [where.data], write: [where.scratch] });
  const files: Files = {
    ...real,
    copy(from, to) {
      Deno.copyFileSync(from, to);
      throw new Error("No space left on device (os error 28)");
    },
  };
  const warnings: string[] = [];
  const database = await openDatabase({ kind: "sqlite", path: where.path, timeoutMs: 50 }, {
    files,
    scratch: where.scratch,
    report: { ...SILENT, warn: (text) => void warnings.push(text) },
    mode: "read",
  });
  deepStrictEqual(await database.snapshot(groups), ["first"]);
  await database.close();
  strictEqual(warnings.length, 1);
  ok(warnings[0]?.includes("No space left on device"));
  deepStrictEqual([...Deno.readDirSync(where.scratch)], []);
});

Deno.test("open (v3): a copy that comes out short is taken again", async () => {
  using where = place("v3");
  const real = openFiles({ read: [where.data], write: [where.scratch] });
  let copies = 0;
  const files: Files = {
    ...real,
    copy(from, to) {
      real.copy(from, to);
      if (copies++ === 0) Deno.truncateSync(to, 4096);
    },
  };
  const database = await openDatabase({ kind: "sqlite", path: where.path, timeoutMs: 50 }, {
    files,
    scratch: where.scratch,
    report: SILENT,
    mode: "read",
  });
  deepStrictEqual(await database.snapshot(groups), ["first"]);
  await database.close();
  strictEqual(copies, 2);
});

Deno.test("open (v3): two at once have a copy each", async () => {
  using where = place("v3");
  const [one, two] = [await where.open(), await where.open()];
  strictEqual(
    [...Deno.readDirSync(where.scratch)].filter(({ name }) => name.endsWith(".sqlite3")).length,
    2,
  );
  await one.close();
  deepStrictEqual(await two.snapshot(groups), ["first"]);
  await two.close();
  deepStrictEqual([...Deno.readDirSync(where.scratch)], []);
});

Deno.test("integers beyond 2^53 come out of ordinary queries whole", async () => {
  using where = place("v2");
  const writer = new DatabaseSync(where.path);
  writer.prepare("INSERT INTO auth_group (id, name) VALUES (?, ?)").run(9007199254740993n, "large");
  writer.close();
  const database = await where.open();
  const rows = await database.kysely.selectFrom("auth_group").select("id").orderBy("id").execute();
  deepStrictEqual(rows.map(({ id }) => id as unknown), [1, 9007199254740993n]);
  const streamed: unknown[] = [];
  for await (
    const { id } of database.kysely.selectFrom("auth_group").select("id").orderBy("id").stream()
  ) {
    streamed.push(id);
  }
  deepStrictEqual(streamed, [1, 9007199254740993n]);
  await database.close();
});

Deno.test({
  name: "open: works inside a sandbox that may only read the library",
  ignore: withoutFixtures(),
  async fn() {
    for (const version of ["v2.20.15", "v3.0.5"] as const) {
      using library = unpackLibrary(version);
      using scratch = tempFolder();
      const before = [...Deno.readDirSync(library.data)].map(({ name }) => name).sort();
      const worker = new Worker(new URL("./_open_worker.ts", import.meta.url), {
        type: "module",
        deno: { permissions: { read: [library.data, scratch.path], write: [scratch.path] } },
      });
      const { promise, resolve, reject } = Promise.withResolvers<Record<string, unknown>>();
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
      worker.postMessage({ folder: library.data, scratch: scratch.path });
      const answer = await promise;
      worker.terminate();
      strictEqual(answer.error, undefined);
      strictEqual(answer.generation, version.slice(0, 2));
      strictEqual((answer.tags as string[]).length, 12);
      deepStrictEqual([...Deno.readDirSync(library.data)].map(({ name }) => name).sort(), before);
      deepStrictEqual([...Deno.readDirSync(scratch.path)], []);
    }
  },
});
