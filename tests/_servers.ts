// PostgreSQL and MariaDB servers for tests: Debian's programs on a data folder of their own in a temporary
// folder, as an unprivileged user, on a loopback port and a socket. Invariant: a server or cluster that is
// already there is never touched, and what was started ends with the test process.

import { gunzipSync } from "node:zlib";
import { fixturesRoot, type FixtureVersion, sayOnce, tempFolder } from "./_fixtures.ts";

/** The servers that tests use. */
export const SERVER_KINDS = ["postgres", "mariadb"] as const;
/** A kind of server. */
export type ServerKind = typeof SERVER_KINDS[number];

/** The role that tests connect as: it owns its databases and may do nothing else. */
export const USER = "paperless";
/** Its password: one that a URL must escape. */
export const PASSWORD = "pa:per@less/%";
const ADMIN = "admin";

/** A database of a test. */
export interface TestDatabase extends AsyncDisposable {
  readonly kind: ServerKind;
  readonly name: string;
  /** `PAPERLESS_DB*` variables that lead to it by TCP. */
  readonly env: Readonly<Record<string, string>>;
  /** For `--database-url`, by TCP or by the socket. */
  url(by?: "tcp" | "socket"): string;
  /** Runs SQL as its owner. @returns rows as lines, columns separated by tabs */
  sql(text: string): Promise<string>;
}

/** A running server. */
export interface TestServer extends AsyncDisposable {
  readonly kind: ServerKind;
  readonly host: string;
  readonly port: number;
  /** PostgreSQL: the folder of the socket; MariaDB: the socket itself. */
  readonly socket: string;
  /** Of the server's own process. */
  readonly pid: number;
  /** The folder that holds everything of it. */
  readonly folder: string;
  /** An empty database that {@linkcode USER} owns. */
  createDatabase(): Promise<TestDatabase>;
  /** A fresh copy of the fixtures' library. */
  loadLibrary(version: FixtureVersion): Promise<TestDatabase>;
  /** Runs SQL as the administrator. */
  admin(text: string, database?: string): Promise<string>;
  /** Kills the server's process as a crash would (PostgreSQL: and its children, by the kernel's rules). */
  kill(signal?: Deno.Signal): Promise<void>;
  /** Starts it again after it was killed, on the same data. */
  restart(): Promise<void>;
}

/** How a server is started. */
export interface ServerOptions {
  /** Further arguments of the server's program, whose data is in `<folder>/data`. */
  readonly args?: (folder: string) => readonly string[];
  /** Runs on the data folder before the server starts. */
  readonly prepare?: (folder: string) => void;
}

const decoder = new TextDecoder();

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Debian's folder of PostgreSQL's programs, the newest version. */
function postgresPrograms(): string | undefined {
  try {
    return [...Deno.readDirSync("/usr/lib/postgresql")]
      .map(({ name }) => name)
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => `/usr/lib/postgresql/${version}/bin`)
      .find((folder) => isFile(`${folder}/postgres`) && isFile(`${folder}/initdb`));
  } catch {
    return undefined;
  }
}

const INSTALLED: Readonly<Record<ServerKind, () => boolean>> = {
  postgres: () => postgresPrograms() !== undefined && isFile("/usr/bin/psql"),
  mariadb: () =>
    isFile("/usr/sbin/mariadbd") && isFile("/usr/bin/mariadb-install-db") &&
    isFile("/usr/bin/mariadb"),
};

const PACKAGES: Readonly<Record<ServerKind, string>> = {
  postgres: "postgresql",
  mariadb: "mariadb-server",
};

/** Whether tests with this server must be skipped; says so once. */
export function withoutServer(kind: ServerKind): boolean {
  return !INSTALLED[kind]() &&
    sayOnce(`skipped: no ${kind} server (Debian's package ${PACKAGES[kind]}, and setpriv)`);
}

/** Runs a program as the unprivileged user to its end. */
async function run(
  program: string,
  args: readonly string[],
  options: {
    readonly env?: Readonly<Record<string, string>>;
    readonly input?: Uint8Array;
    readonly plain?: boolean;
  } = {},
): Promise<string> {
  const [first, ...rest] = options.plain ? [program, ...args] : unprivileged([program, ...args]);
  const child = new Deno.Command(first!, {
    args: rest,
    cwd: "/",
    env: { LC_ALL: "C.UTF-8", ...options.env },
    stdin: options.input ? "piped" : "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.output();
  if (options.input) {
    const writer = child.stdin.getWriter();
    await writer.write(options.input).catch(() => {});
    await writer.close().catch(() => {});
  }
  const { success, stdout, stderr } = await output;
  if (!success) throw new Error(`${program}: ${decoder.decode(stderr).slice(-2000)}`);
  return decoder.decode(stdout);
}

/** Servers refuse to run as root. */
function unprivileged(command: readonly string[], ...more: readonly string[]): string[] {
  const drop = Deno.uid() === 0 ? ["--reuid=nobody", "--regid=nogroup", "--clear-groups"] : [];
  return drop.length + more.length === 0
    ? [...command]
    : ["/usr/bin/setpriv", ...drop, ...more, ...command];
}

/** A port at which nobody listens now, below those that Linux gives to whoever asks for any: no connection of another
 * program takes it in the meantime, or while its server is down. */
export function freePort(): number {
  while (true) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

/** What differs between the two. */
interface Flavour {
  /** Fills the data folder. */
  create(folder: string): Promise<void>;
  command(folder: string, port: number): readonly string[];
  socket(folder: string, port: number): string;
  client(server: Place, user: string, password: string, database: string): {
    readonly program: string;
    readonly args: readonly string[];
    readonly env: Readonly<Record<string, string>>;
  };
  readonly setup: string;
  readonly adminDatabase: string;
  /** SIGTERM of PostgreSQL waits for clients. */
  readonly stop: Deno.Signal;
  createDatabase(name: string): readonly string[];
  /** Where a database can be copied from another. */
  copyDatabase?(name: string, template: string): readonly string[];
}

interface Place {
  readonly folder: string;
  readonly port: number;
}

const quotedPassword = `'${PASSWORD}'`;

const FLAVOURS: Readonly<Record<ServerKind, Flavour>> = {
  postgres: {
    async create(folder) {
      Deno.writeTextFileSync(`${folder}/password`, `${PASSWORD}\n`);
      await run(`${postgresPrograms()}/initdb`, [
        `--pgdata=${folder}/data`,
        `--username=${ADMIN}`,
        `--pwfile=${folder}/password`,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
      ]);
    },
    command: (folder, port) => [
      `${postgresPrograms()}/postgres`,
      ...["-D", `${folder}/data`, "-k", `${folder}/socket`, "-p", `${port}`],
      ...["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=40"],
      ...["-c", "logging_collector=off", "-c", "shared_buffers=64MB"],
    ],
    socket: (folder) => `${folder}/socket`,
    client: ({ folder, port }, user, password, database) => ({
      program: "/usr/bin/psql",
      args: [
        ...["-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1"],
        ...["-h", `${folder}/socket`, "-p", `${port}`, "-U", user, "-d", database],
      ],
      env: { PGPASSWORD: password, PGCLIENTENCODING: "UTF8" },
    }),
    setup: `create role ${USER} login password ${quotedPassword};`,
    adminDatabase: "postgres",
    stop: "SIGQUIT",
    createDatabase: (name) => [`create database ${name} owner ${USER};`],
    copyDatabase: (name, template) => [
      `create database ${name} owner ${USER} template ${template};`,
    ],
  },
  mariadb: {
    async create(folder) {
      await run("/usr/bin/mariadb-install-db", [
        "--no-defaults",
        `--datadir=${folder}/data`,
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
      ]);
    },
    command: (folder, port) => [
      "/usr/sbin/mariadbd",
      "--no-defaults",
      `--datadir=${folder}/data`,
      `--socket=${folder}/socket/mariadb.sock`,
      `--pid-file=${folder}/mariadb.pid`,
      `--port=${port}`,
      ...["--bind-address=127.0.0.1", "--skip-name-resolve", "--skip-log-bin"],
      ...["--innodb-flush-method=nosync", "--innodb-buffer-pool-size=64M", "--sync-frm=0"],
      "--innodb-file-per-table=0",
      ...["--character-set-server=utf8mb4", "--collation-server=utf8mb4_general_ci"],
    ],
    socket: (folder) => `${folder}/socket/mariadb.sock`,
    client: ({ folder }, user, password, database) => ({
      program: "/usr/bin/mariadb",
      args: [
        ...["--no-defaults", "--batch", "--raw", "--skip-column-names"],
        ...["--default-character-set=utf8mb4", `--socket=${folder}/socket/mariadb.sock`],
        ...[`--user=${user}`, database],
      ],
      env: { MYSQL_PWD: password },
    }),
    setup: [
      `create user ${ADMIN}@localhost identified by ${quotedPassword};`,
      `grant all on *.* to ${ADMIN}@localhost with grant option;`,
      ...["localhost", "127.0.0.1"].map((host) =>
        `create user ${USER}@${host} identified by ${quotedPassword};`
      ),
    ].join("\n"),
    adminDatabase: "mysql",
    stop: "SIGKILL",
    createDatabase: (name) => [
      `create database ${name};`,
      ...["localhost", "127.0.0.1"].map((host) => `grant all on ${name}.* to ${USER}@${host};`),
    ],
  },
};

/** Starts a server of its own, for tests that kill or configure it. Others use {@linkcode testServer}. */
export async function startServer(
  kind: ServerKind,
  options: ServerOptions = {},
): Promise<TestServer> {
  const flavour = FLAVOURS[kind];
  const temp = tempFolder();
  const folder = temp.path;
  for (const name of ["data", "socket"]) Deno.mkdirSync(`${folder}/${name}`, { mode: 0o700 });
  giveAway(folder);
  await flavour.create(folder);
  options.prepare?.(`${folder}/data`);
  if (Deno.uid() === 0) await run("/bin/chown", ["-R", "nobody:nogroup", folder], { plain: true });
  const port = freePort();
  // It ends with this thread, even if the test process is killed.
  const [first, ...rest] = unprivileged(
    [
      ...["/bin/sh", "-c", 'exec "$@" 2>"$0"', `${folder}/log`],
      ...flavour.command(folder, port),
      ...(options.args?.(folder) ?? []),
    ],
    `--pdeathsig=${flavour.stop.replace("SIG", "")}`,
  );
  const spawn = () =>
    new Deno.Command(first!, {
      args: rest,
      cwd: "/",
      env: { LC_ALL: "C.UTF-8" },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  let child: Deno.ChildProcess;
  let running = false;
  let ended: Promise<unknown>;
  const begin = (): void => {
    child = spawn();
    running = true;
    ended = child.status.then(() => running = false);
  };
  begin();
  const atEnd = (): void => {
    if (running) child.kill(flavour.stop);
    removeWhenEnded(temp);
  };
  globalThis.addEventListener("unload", atEnd);

  async function query(
    user: string,
    password: string,
    database: string,
    sql: string | Uint8Array,
  ): Promise<string> {
    const { program, args, env } = flavour.client({ folder, port }, user, password, database);
    return await run(program, args, {
      env,
      plain: true,
      input: typeof sql === "string" ? new TextEncoder().encode(sql) : sql,
    });
  }

  const stop = async (signal: Deno.Signal): Promise<void> => {
    if (running) child.kill(signal);
    await ended;
  };
  const [superuser = "", theirPassword = ""] = kind === "postgres"
    ? [ADMIN, PASSWORD]
    : ["root", ""];
  const ready = async (user: string, password: string): Promise<void> => {
    for (let attempt = 0;; attempt++) {
      try {
        await query(user, password, flavour.adminDatabase, "select 1;");
        return;
      } catch (error) {
        if (attempt < (running ? 300 : 50)) {
          // Sessions of a killed PostgreSQL go on until they notice, and it does not begin beside them.
          if (!running) begin();
          await new Promise((resolve) => setTimeout(resolve, 100));
          continue;
        }
        await stop(flavour.stop);
        const text = Deno.readTextFileSync(`${folder}/log`).slice(-2000);
        temp[Symbol.dispose]();
        throw new Error(`Cannot start ${kind}: ${(error as Error).message}\n${text}`);
      }
    }
  };
  await ready(superuser, theirPassword);
  await query(superuser, theirPassword, flavour.adminDatabase, flavour.setup);

  const admin = (sql: string, database = flavour.adminDatabase): Promise<string> =>
    query(ADMIN, PASSWORD, database, sql);
  let count = 0;

  const templates = new Map<FixtureVersion, Promise<TestDatabase>>();

  async function makeDatabase(
    statements: (name: string) => readonly string[],
  ): Promise<TestDatabase> {
    const name = `paperless_${Deno.pid}_${++count}`;
    for (const statement of statements(name)) await admin(statement);
    return testDatabase(server, name, (sql) => query(USER, PASSWORD, name, sql));
  }

  const createDatabase = () => makeDatabase(flavour.createDatabase);

  async function loadDump(version: FixtureVersion, name: string): Promise<void> {
    const path = `${fixturesRoot()}/${version}/library-${kind}.sql.gz`;
    await query(USER, PASSWORD, name, new Uint8Array(gunzipSync(Deno.readFileSync(path))));
  }

  const server: TestServer = {
    kind,
    host: "127.0.0.1",
    port,
    socket: flavour.socket(folder, port),
    get pid() {
      return child.pid;
    },
    folder,
    createDatabase,
    async loadLibrary(version) {
      const { copyDatabase } = flavour;
      if (!copyDatabase) {
        const database = await createDatabase();
        await loadDump(version, database.name);
        return database;
      }
      const template = templates.get(version) ?? createDatabase().then(async (made) => {
        await loadDump(version, made.name);
        return made;
      });
      templates.set(version, template);
      const source = await template;
      return await makeDatabase((name) => copyDatabase(name, source.name));
    },
    admin,
    kill: (signal = "SIGKILL") => stop(signal),
    async restart() {
      begin();
      await ready(ADMIN, PASSWORD);
    },
    async [Symbol.asyncDispose]() {
      await stop(flavour.stop);
      globalThis.removeEventListener("unload", atEnd);
      removeWhenEnded(temp);
    },
  };
  return server;
}

function testDatabase(
  server: TestServer,
  name: string,
  sql: (text: string) => Promise<string>,
): TestDatabase {
  const { kind, host, port, socket } = server;
  const user = `${USER}:${encodeURIComponent(PASSWORD)}`;
  const env = {
    PAPERLESS_DBENGINE: kind === "postgres" ? "postgresql" : "mariadb",
    PAPERLESS_DBHOST: host,
    PAPERLESS_DBPORT: `${port}`,
    PAPERLESS_DBNAME: name,
    PAPERLESS_DBUSER: USER,
    PAPERLESS_DBPASS: PASSWORD,
  };
  return {
    kind,
    name,
    env,
    url: (by = "tcp") =>
      `${kind}://${user}@${host}:${port}/${name}${
        by === "tcp" ? "" : `?socket=${encodeURIComponent(socket)}`
      }`,
    sql,
    async [Symbol.asyncDispose]() {
      // PostgreSQL drops nothing that is in use; a connection may take a moment to end.
      await server.admin(`drop database ${name}${kind === "postgres" ? " with (force)" : ""};`);
    },
  };
}

/** The folder becomes the unprivileged user's, who also has to be able to walk there. */
function giveAway(folder: string): void {
  if (Deno.uid() !== 0) return;
  Deno.chmodSync(folder, 0o755);
  for (const name of [".", "data", "socket"]) Deno.chownSync(`${folder}/${name}`, 65534, 65534);
}

/** Children of a killed PostgreSQL write until they notice. */
function removeWhenEnded(folder: Disposable): void {
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (let attempt = 0;; attempt++) {
    try {
      return folder[Symbol.dispose]();
    } catch (error) {
      if (attempt === 50) throw error;
      Atomics.wait(clock, 0, 0, 100);
    }
  }
}

const shared = new Map<ServerKind, Promise<TestServer>>();

/** The server of this test file, ended with it: to be called where the file loads, since a process begun
 * inside a test counts as leaked. Each test makes a database of its own on it. */
export function testServer(kind: ServerKind): Promise<TestServer> {
  const known = shared.get(kind) ?? startServer(kind);
  shared.set(kind, known);
  return known;
}
