// What each command may touch, asserted one by one; and that the sandbox holds from inside.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { commands } from "../../../commands/mod.ts";
import type { Options } from "../../../core/flags/flag.ts";
import { grantsFor } from "../../../core/sandbox/grants.ts";
import type { DatabaseSettings, Settings } from "../../../core/settings/settings.ts";

const SETTINGS: Settings = {
  dataDir: "/library/data",
  mediaRoot: "/library/media",
  scratchDir: "/scratch",
  database: { kind: "sqlite", path: "/library/data/db.sqlite3", timeoutMs: 5000 },
  timeZone: "UTC",
  filenameFormatRemoveNone: false,
  auditLogEnabled: true,
  raw: {},
};

const DATABASE = ["", "-wal", "-shm", "-journal"].map((suffix) =>
  `/library/data/db.sqlite3${suffix}`
);
const LIBRARY = ["/library/data", "/library/media", ...DATABASE];

const LOCK = "/library/media/media.lock";
const JOURNAL = "/library/data/paperward";

/** Command lines: what they may write, besides their own scratch folder, and what they may read besides the
 * library, unless they need none. What may be written may be read. */
const GRANTS: readonly {
  readonly command: string;
  readonly options: Options;
  readonly write: readonly string[];
  readonly read?: readonly string[];
  readonly library?: readonly string[];
}[] = [
  { command: "document_exporter", options: { target: "/backup" }, write: [LOCK, "/backup"] },
  {
    command: "document_exporter",
    options: { target: "/backup", zip: true, zipName: "/elsewhere/a" },
    write: [LOCK, "/backup", "/elsewhere"],
  },
  {
    command: "document_exporter",
    options: { target: "/backup/new", zip: true, zipName: "../a" },
    write: [LOCK, "/backup/new", "/backup"],
  },
  {
    command: "document_exporter",
    options: { target: "/backup", zip: true, zipName: "/backup/below/a" },
    write: [LOCK, "/backup"],
  },
  {
    command: "document_importer",
    options: { source: "/backup" },
    read: ["/backup"],
    write: [LOCK, ...DATABASE, "/library/media/documents", JOURNAL],
  },
  {
    // It makes the library: there is nothing yet that it could harm.
    command: "document_importer",
    options: { source: "/backup", create: true },
    read: ["/backup"],
    write: [
      LOCK,
      ...DATABASE,
      "/library/media/documents",
      JOURNAL,
      "/library/data",
      "/library/media",
    ],
  },
  { command: "document_sanity_checker", options: {}, write: [LOCK] },
  {
    // A repair puts files where they belong, and orphans into quarantine.
    command: "document_sanity_checker",
    options: { repair: true, from: "/backup", html: "/report.html" },
    read: ["/backup"],
    write: [LOCK, ...DATABASE, "/library/media", JOURNAL, "/report.html"],
  },
  {
    command: "verify",
    options: { export: "/backup", junit: "/report.xml" },
    read: ["/backup"],
    write: ["/report.xml"],
    library: [],
  },
  { command: "document_fuzzy_match", options: {}, write: [] },
  {
    command: "document_fuzzy_match",
    options: { delete: true, html: "/report.html" },
    write: [...DATABASE, JOURNAL, "/report.html"],
  },
  {
    command: "document_renamer",
    options: {},
    write: [LOCK, ...DATABASE, "/library/media", JOURNAL],
  },
  { command: "document_renamer", options: { dryRun: true }, write: [LOCK] },
  {
    command: "document_retagger",
    options: { tags: true },
    write: [LOCK, ...DATABASE, "/library/media", JOURNAL],
  },
  { command: "document_retagger", options: { tags: true, suggest: true }, write: [] },
  { command: "document_retagger", options: { tags: true, dryRun: true }, write: [] },
  {
    command: "migrate",
    options: {},
    write: [...DATABASE, "/library/data", "/library/media", JOURNAL],
  },
  { command: "copy_database", options: {}, write: [], library: DATABASE },
  { command: "undo", options: {}, write: [LOCK, ...DATABASE, "/library/media", JOURNAL] },
  { command: "undo", options: { dryRun: true }, write: [LOCK] },
  { command: "journal", options: {}, write: [], library: ["/library/data"] },
];

for (const { command: name, options, write, read = [], library = LIBRARY } of GRANTS) {
  Deno.test(`${name} ${JSON.stringify(options)} may write ${write.join(", ") || "nothing"} and nothing else`, () => {
    const command = commands.find((each) => each.name === name);
    ok(command, name);
    const grants = grantsFor(command.access(SETTINGS, options), "/scratch/run");
    deepStrictEqual(sorted(grants.write), sorted([...write, "/scratch/run"]));
    deepStrictEqual(sorted(grants.read), sorted([...library, ...read, ...write, "/scratch/run"]));
  });
}

Deno.test("copy_database may read its source, write its target and reach its server, nothing else", () => {
  const command = commands.find(({ name }) => name === "copy_database");
  ok(command);
  const server: DatabaseSettings = {
    kind: "postgres",
    host: "db",
    port: 5432,
    name: "paperless",
    user: "p",
    password: "p",
    sslMode: "prefer",
    sslRootCert: "/ca.pem",
    timeoutMs: 1000,
  };
  const file = { kind: "sqlite", path: "/new/db.sqlite3", timeoutMs: 1000 } as const;
  const files = (path: string) =>
    ["", "-wal", "-shm", "-journal"].map((suffix) => `${path}${suffix}`);
  const toFile = grantsFor(
    command.access({ ...SETTINGS, databases: { from: server, to: file } }, {}),
    "/scratch/run",
  );
  const written = [
    ...files("/new/db.sqlite3"),
    ...files("/new/db.sqlite3.paperward-copy"),
    "/scratch/run",
  ];
  deepStrictEqual(sorted(toFile.write), sorted(written));
  deepStrictEqual(sorted(toFile.read), sorted(["/ca.pem", ...written]));
  deepStrictEqual(toFile.net, ["db:5432"]);
  const toServer = grantsFor(
    command.access({ ...SETTINGS, databases: { to: server } }, {}),
    "/scratch/run",
  );
  deepStrictEqual(toServer.write, ["/scratch/run"]);
  deepStrictEqual(sorted(toServer.read), sorted(["/ca.pem", ...DATABASE, "/scratch/run"]));
  deepStrictEqual(toServer.net, ["db:5432"]);
});

const TCP = {
  kind: "postgres",
  host: "db",
  port: 5433,
  name: "paperless",
  user: "p",
  password: "p",
  sslMode: "verify-full",
  sslRootCert: "/certificates/ca.pem",
  sslCert: "/certificates/client.pem",
  sslKey: "/certificates/client.key",
  timeoutMs: 1000,
} as const;
const MODULES = new URL("../../../node_modules", import.meta.url).pathname;

/** What a library on a server needs instead of SQLite's files. */
const SERVERS: readonly {
  readonly name: string;
  readonly database: DatabaseSettings;
  readonly net?: readonly string[];
  readonly env?: readonly string[];
  readonly read?: readonly string[];
  readonly write?: readonly string[];
}[] = [
  {
    name: "PostgreSQL by TCP",
    database: TCP,
    net: ["db:5433"],
    env: ["PGAPPNAME", "PGPASSWORD", "PGTARGETSESSIONATTRS"],
    read: ["/certificates/ca.pem", "/certificates/client.pem", "/certificates/client.key"],
  },
  {
    name: "PostgreSQL by IPv6",
    database: { ...TCP, host: "::1", sslRootCert: "/ca", sslCert: "/cert", sslKey: "/key" },
    net: ["[::1]:5433"],
    env: ["PGAPPNAME", "PGPASSWORD", "PGTARGETSESSIONATTRS"],
    read: ["/ca", "/cert", "/key"],
  },
  {
    name: "PostgreSQL by its socket",
    database: { ...TCP, host: "/run/postgresql", sslRootCert: "/a", sslCert: "/b", sslKey: "/c" },
    env: ["PGAPPNAME", "PGPASSWORD", "PGTARGETSESSIONATTRS"],
    read: ["/a", "/b", "/c"],
    write: ["/run/postgresql/.s.PGSQL.5433"],
  },
  {
    name: "MariaDB by TCP",
    database: {
      ...TCP,
      kind: "mariadb",
      port: 3306,
      sslRootCert: "/a",
      sslCert: "/b",
      sslKey: "/c",
    },
    net: ["db:3306"],
    // Its driver is of the old kind of modules, which are read file by file; in the binary, from inside it.
    read: ["/a", "/b", "/c", MODULES],
  },
  {
    name: "MariaDB by its socket",
    database: {
      ...{ ...TCP, kind: "mariadb", host: "/run/mysqld/mysqld.sock" },
      ...{ sslRootCert: "/a", sslCert: "/b", sslKey: "/c" },
    },
    read: ["/a", "/b", "/c", MODULES],
    write: ["/run/mysqld/mysqld.sock"],
  },
];

for (const { name, database, net, env, read = [], write = [] } of SERVERS) {
  Deno.test(`${name}: commands reach that one address, nothing else`, () => {
    let reaching = 0;
    for (const row of GRANTS) {
      // It names its databases itself, see above.
      if (row.command === "copy_database") continue;
      const command = commands.find((each) => each.name === row.command)!;
      const grants = grantsFor(
        command.access({ ...SETTINGS, database }, row.options),
        "/scratch/run",
      );
      const inLibrary = (row.library ?? LIBRARY).some((path) => DATABASE.includes(path));
      const without = (paths: readonly string[]) =>
        paths.filter((path) => !DATABASE.includes(path));
      const written = [...without(row.write), ...(inLibrary ? write : []), "/scratch/run"];
      deepStrictEqual(sorted(grants.write), sorted(written), row.command);
      deepStrictEqual(
        sorted(grants.read),
        sorted([
          ...without(row.library ?? LIBRARY),
          ...(row.read ?? []),
          ...(inLibrary ? read : []),
          ...written,
        ]),
        row.command,
      );
      deepStrictEqual(grants.net, inLibrary && net ? net : false, row.command);
      deepStrictEqual(grants.env, inLibrary && env ? env : false, row.command);
      deepStrictEqual([grants.run, grants.ffi], [false, false]);
      if (inLibrary) reaching++;
    }
    ok(reaching > 5, "the table holds commands that use the database");
  });
}

function sorted(paths: readonly string[]): string[] {
  return [...new Set(paths)].sort();
}

Deno.test("every command has its grants asserted here", () => {
  const asserted = new Set(GRANTS.map(({ command }) => command));
  deepStrictEqual(commands.map(({ name }) => name).filter((name) => !asserted.has(name)), []);
});

Deno.test("no command is granted programs, libraries, modules, the environment or another host", () => {
  for (const command of commands) {
    const grants = grantsFor(command.access(SETTINGS, {}), "/scratch/run");
    deepStrictEqual(
      { run: grants.run, ffi: grants.ffi, import: grants.import, env: grants.env, sys: grants.sys },
      { run: false, ffi: false, import: false, env: false, sys: ["statfs"] },
      command.name,
    );
    strictEqual(grants.net, false, command.name);
  }
});

/** Everything that a hostile document could make a command try. Sent to a Worker with an exporter's grants. */
const ATTEMPTS = `
const attempts = {
  readPasswd: () => Deno.readTextFileSync("/etc/passwd"),
  listRoot: () => [...Deno.readDirSync("/")],
  readHome: () => Deno.readTextFileSync("/root/.bashrc"),
  writeMedia: (base) => Deno.writeTextFileSync(base + "/media/evil", ""),
  writeData: (base) => Deno.writeTextFileSync(base + "/data/db.sqlite3", ""),
  removeOriginal: (base) => Deno.removeSync(base + "/media/original.pdf"),
  linkOut: (base) => Deno.symlinkSync("/etc/passwd", base + "/backup/link"),
  run: () => new Deno.Command("id").outputSync(),
  ffi: () => Deno.dlopen("libc.so.6", {}),
  env: () => Deno.env.toObject(),
  net: () => fetch("http://127.0.0.1:1/"),
  kill: () => Deno.kill(1, 0),
};
const allowed = {
  readOriginal: (base) => Deno.readTextFileSync(base + "/media/original.pdf"),
  writeTarget: (base) => Deno.writeTextFileSync(base + "/backup/new", ""),
  lock: (base) => Deno.openSync(base + "/media/media.lock", { write: true, create: true }).close(),
};
self.onmessage = async ({ data: base }) => {
  const outcomes = {};
  for (const [name, attempt] of Object.entries({ ...attempts, ...allowed })) {
    try { await attempt(base); outcomes[name] = "allowed"; } catch (error) { outcomes[name] = error.name; }
  }
  self.postMessage({ outcomes, denied: Object.keys(attempts) });
};
`;

Deno.test("from inside, nothing but the library can be read and nothing but the target written", async () => {
  const base = Deno.realPathSync(Deno.makeTempDirSync());
  for (const folder of ["data", "media", "backup", "scratch"]) Deno.mkdirSync(join(base, folder));
  Deno.writeTextFileSync(join(base, "media", "original.pdf"), "");
  const settings: Settings = {
    ...SETTINGS,
    dataDir: join(base, "data"),
    mediaRoot: join(base, "media"),
    database: { kind: "sqlite", path: join(base, "data", "db.sqlite3"), timeoutMs: 0 },
  };
  const exporter = commands.find(({ name }) => name === "document_exporter");
  ok(exporter);
  const permissions = grantsFor(
    exporter.access(settings, { target: join(base, "backup") }),
    join(base, "scratch"),
  );
  const entry = `data:text/javascript,${encodeURIComponent(ATTEMPTS)}`;
  const worker = new Worker(entry, { type: "module", deno: { permissions } });
  const { promise, resolve } = Promise.withResolvers<
    { outcomes: Record<string, string>; denied: string[] }
  >();
  worker.onmessage = (event) => resolve(event.data);
  worker.postMessage(base);
  const { outcomes, denied } = await promise;
  worker.terminate();
  for (const [name, outcome] of Object.entries(outcomes)) {
    strictEqual(outcome, denied.includes(name) ? "NotCapable" : "allowed", name);
  }
  Deno.removeSync(base, { recursive: true });
});
