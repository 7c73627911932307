import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { PaperwardError } from "../../../core/errors.ts";
import {
  denoSettingsFiles,
  type LoadedSettings,
  loadSettings,
  type SettingsSources,
} from "../../../core/settings/load_settings.ts";
import type { DatabaseSettings } from "../../../core/settings/settings.ts";
import { fixturesRoot, tempFolder, withoutFixtures } from "../../_fixtures.ts";
import { plainFiles } from "./_plain_files.ts";

const CWD = "/app/src";
const PLACES = { "/app/src": null, "/app/data": null, "/app/media": null, "/tmp": null } as const;

interface Given {
  readonly env?: Record<string, string>;
  readonly flags?: SettingsSources["flags"];
  readonly files?: Readonly<Record<string, string | null | Error>>;
  readonly links?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

function load({ env = {}, flags = {}, files = {}, links, cwd = CWD }: Given = {}): Promise<
  LoadedSettings
> {
  return loadSettings({ env, flags, cwd, files: plainFiles({ ...PLACES, ...files }, links) });
}

async function refused(given: Given, message: RegExp, hint?: RegExp): Promise<void> {
  await rejects(load(given), (error) => {
    ok(error instanceof PaperwardError, String(error));
    strictEqual(error.exit, "usage");
    match(error.message, message);
    if (hint) match(error.hints.join("\n"), hint);
    return true;
  });
}

async function database(given: Given): Promise<DatabaseSettings> {
  return (await load(given)).settings.database;
}

Deno.test("without anything set: data and media beside the working folder, SQLite, UTC", async () => {
  const { settings, warnings } = await load();
  deepStrictEqual(settings, {
    dataDir: "/app/data",
    mediaRoot: "/app/media",
    scratchDir: "/tmp/paperless",
    database: { kind: "sqlite", path: "/app/data/db.sqlite3", timeoutMs: 5000 },
    databases: {},
    timeZone: "UTC",
    filenameFormatRemoveNone: false,
    auditLogEnabled: true,
    raw: {},
  });
  deepStrictEqual(warnings, []);
});

Deno.test("called above data and media, those are taken", async () => {
  const { settings } = await load({ cwd: "/app" });
  deepStrictEqual([settings.dataDir, settings.mediaRoot], ["/app/data", "/app/media"]);
  // Where both are possible, upstream's place.
  const both = await load({ files: { "/app/src/data": null, "/app/src/media": null } });
  strictEqual(both.settings.dataDir, "/app/data");
  // A folder of the same name above does not pull one half of a library away.
  const half = await load({ cwd: "/app", files: { "/media": null } });
  strictEqual(half.settings.mediaRoot, "/app/media");
});

Deno.test("settings are frozen, all the way down", async () => {
  const { settings } = await load({ env: { PAPERLESS_URL: "x" } });
  ok(
    Object.isFrozen(settings) && Object.isFrozen(settings.database) &&
      Object.isFrozen(settings.raw),
  );
});

Deno.test("flags win over the environment, the environment over the file", async () => {
  const files = {
    "/app/paperless.conf": "PAPERLESS_DATA_DIR=/conf/data\nPAPERLESS_MEDIA_ROOT=/conf/media\n" +
      "PAPERLESS_SCRATCH_DIR=/conf/scratch\nOTHER=1\n",
  };
  const env = { PAPERLESS_DATA_DIR: "/env/data", PAPERLESS_MEDIA_ROOT: "/env/media", HOME: "/x" };
  const { settings } = await load({ files, env, flags: { dataDir: "flag/data" } });
  strictEqual(settings.dataDir, "/app/src/flag/data");
  strictEqual(settings.mediaRoot, "/env/media");
  strictEqual(settings.scratchDir, "/conf/scratch");
  strictEqual(settings.configFile, "/app/paperless.conf");
  deepStrictEqual(settings.raw, {
    PAPERLESS_DATA_DIR: "/env/data",
    PAPERLESS_MEDIA_ROOT: "/env/media",
    PAPERLESS_SCRATCH_DIR: "/conf/scratch",
  });
});

Deno.test("only the first conf file that exists is read", async () => {
  const zone = (name: string) => `PAPERLESS_TIME_ZONE=${name}\n`;
  const files = {
    "/my.conf": zone("Europe/Rome"),
    "/app/paperless.conf": "PAPERLESS_APP_LOGO=x\n",
    "/etc/paperless.conf": zone("Europe/Paris"),
    "/usr/local/etc/paperless.conf": zone("Europe/Oslo"),
    "/flag.conf": zone("Europe/Kyiv"),
  };
  const env = { PAPERLESS_CONFIGURATION_PATH: "/my.conf" };
  const zoneOf = async (given: Given) => (await load(given)).settings.timeZone;
  strictEqual(await zoneOf({ files, env }), "Europe/Rome");
  strictEqual(await zoneOf({ files, env, flags: { config: "/flag.conf" } }), "Europe/Kyiv");
  strictEqual(await zoneOf({ files }), "UTC");
  const { "/app/paperless.conf": _, ...later } = files;
  strictEqual(await zoneOf({ files: later }), "Europe/Paris");
});

Deno.test("a named conf file that is missing: an error from --config, a warning from the environment", async () => {
  await refused({ flags: { config: "no.conf" } }, /Cannot read \/app\/src\/no\.conf/, /--config/);
  await refused({ flags: { config: "/tmp" } }, /it is a folder/);
  const { warnings } = await load({ env: { PAPERLESS_CONFIGURATION_PATH: "/no.conf" } });
  match(warnings.join("\n"), /\/no\.conf, named by PAPERLESS_CONFIGURATION_PATH, does not exist/);
});

Deno.test("a conf file that can't be read is one clear line; a folder in its place a warning", async () => {
  const denied = { "/etc/paperless.conf": new Deno.errors.PermissionDenied("no") };
  await refused({ files: denied }, /Cannot read \/etc\/paperless\.conf: permission denied/);
  await refused({ files: { "/etc/paperless.conf": new TypeError("x") } }, /not UTF-8/);
  const { settings, warnings } = await load({
    files: { "/app/paperless.conf": null, "/etc/paperless.conf": "PAPERLESS_APP_LOGO=x" },
  });
  strictEqual(settings.appLogo, undefined);
  match(warnings.join("\n"), /\/app\/paperless\.conf is a folder/);
});

Deno.test("a line that makes no sense is named and skipped", async () => {
  const files = { "/etc/paperless.conf": "PAPERLESS_APP_LOGO=a\n'oops\nPAPERLESS_TIME_ZONE=UTC\n" };
  const { settings, warnings } = await load({ files });
  strictEqual(settings.appLogo, "a");
  match(warnings.join("\n"), /\/etc\/paperless\.conf, line 2 can't be understood/);
});

Deno.test("_FILE variants win over the plain variable and lose the newline at their end", async () => {
  const files = { "/run/secrets/pass": "s3cret\n", "/run/secrets/two": "a\n\n" };
  const env = {
    PAPERLESS_DBHOST: "db",
    PAPERLESS_DBPASS: "plain",
    PAPERLESS_DBPASS_FILE: "/run/secrets/pass",
    PAPERLESS_PASSPHRASE_FILE: "/run/secrets/two",
  };
  const { settings } = await load({ env, files });
  ok(settings.database.kind === "postgres" && settings.database.password === "s3cret");
  strictEqual(settings.passphrase, "a\n");
});

Deno.test("_FILE variants: those that are settings of their own are left alone, missing ones are said", async () => {
  const env = {
    PAPERLESS_MODEL_FILE: "/m",
    PAPERLESS_OCR_SKIP_ARCHIVE_FILE: "always",
    PAPERLESS_DBPASS_FILE: "/no",
  };
  const { settings, warnings } = await load({ env });
  deepStrictEqual(settings.raw, env);
  strictEqual(warnings.length, 1);
  match(warnings[0]!, /PAPERLESS_DBPASS_FILE \(the environment\) names \/no/);
});

Deno.test("a variable of the environment wins over a _FILE of the conf file", async () => {
  const files = {
    "/etc/paperless.conf": "PAPERLESS_PASSPHRASE_FILE=/secret",
    "/secret": "from file",
  };
  strictEqual((await load({ files })).settings.passphrase, "from file");
  const env = { PAPERLESS_PASSPHRASE: "from env" };
  strictEqual((await load({ files, env })).settings.passphrase, "from env");
});

Deno.test("booleans: the words of both generations; others are no, with a warning", async () => {
  const audit = async (text: string) => {
    const { settings, warnings } = await load({ env: { PAPERLESS_AUDIT_LOG_ENABLED: text } });
    return [settings.auditLogEnabled, warnings.length];
  };
  for (const yes of ["yes", "Y", "1", "t", "TRUE", " true "]) {
    deepStrictEqual(await audit(yes), [true, 0]);
  }
  for (const no of ["no", "N", "0", "f", "False", ""]) deepStrictEqual(await audit(no), [false, 0]);
  for (const odd of ["on", "enabled", "2"]) deepStrictEqual(await audit(odd), [false, 1]);
});

Deno.test("empty paths and an empty time zone count as unset, an empty name format does not", async () => {
  const { settings } = await load({
    env: { PAPERLESS_DATA_DIR: "", PAPERLESS_TIME_ZONE: "", PAPERLESS_FILENAME_FORMAT: "" },
  });
  deepStrictEqual(
    [settings.dataDir, settings.timeZone, settings.filenameFormat],
    ["/app/data", "UTC", ""],
  );
});

Deno.test("time zones are IANA names", async () => {
  const env = { PAPERLESS_TIME_ZONE: "Europe/Berlin" };
  strictEqual((await load({ env })).settings.timeZone, "Europe/Berlin");
  for (const zone of ["Mars/Base", "+01:00", "Europe/Berlin; rm"]) {
    await refused(
      { files: { "/etc/paperless.conf": `\nPAPERLESS_TIME_ZONE='${zone}'` } },
      /Cannot use PAPERLESS_TIME_ZONE: ".*" is not a time zone/,
      /\/etc\/paperless\.conf, line 2[^]*Europe\/Berlin/,
    );
  }
});

Deno.test("links are resolved, and .. is taken behind them", async () => {
  const files = { "/nas/vol1/data": null, "/nas/vol1/media": null };
  const links = { "/app/lib": "/nas/vol1/data" };
  const { settings } = await load({
    files,
    links,
    env: { PAPERLESS_DATA_DIR: "../lib", PAPERLESS_MEDIA_ROOT: "/app/lib/../media" },
  });
  deepStrictEqual([settings.dataDir, settings.mediaRoot], ["/nas/vol1/data", "/nas/vol1/media"]);
  strictEqual(
    settings.database.kind === "sqlite" && settings.database.path,
    "/nas/vol1/data/db.sqlite3",
  );
  await refused({ links: { "/a": "/b", "/b": "/a" }, flags: { dataDir: "/a" } }, /in a circle/);
});

Deno.test("the database by host and engine, as the generations tell it", async () => {
  const kind = async (env: Record<string, string>) => {
    const { settings, warnings } = await load({ env });
    return [settings.database.kind, warnings.length];
  };
  const host = { PAPERLESS_DBHOST: "db" };
  deepStrictEqual(await kind({ PAPERLESS_DBHOST: "" }), ["sqlite", 0]);
  deepStrictEqual(await kind(host), ["postgres", 0]);
  deepStrictEqual(await kind({ ...host, PAPERLESS_DBENGINE: "postgresql" }), ["postgres", 0]);
  deepStrictEqual(await kind({ ...host, PAPERLESS_DBENGINE: "mariadb" }), ["mariadb", 0]);
  deepStrictEqual(await kind({ PAPERLESS_DBENGINE: "sqlite" }), ["sqlite", 0]);
  // Where the generations would not agree, or the word is unknown, it is said.
  deepStrictEqual(await kind({ ...host, PAPERLESS_DBENGINE: "sqlite" }), ["sqlite", 1]);
  deepStrictEqual(await kind({ PAPERLESS_DBENGINE: "mariadb" }), ["mariadb", 1]);
  deepStrictEqual(await kind({ ...host, PAPERLESS_DBENGINE: "postgres" }), ["postgres", 1]);
  deepStrictEqual(await kind({ PAPERLESS_DBENGINE: "constructor" }), ["sqlite", 1]);
});

Deno.test("PostgreSQL: defaults and every variable", async () => {
  deepStrictEqual(await database({ env: { PAPERLESS_DBHOST: "db" } }), {
    kind: "postgres",
    host: "db",
    port: 5432,
    name: "paperless",
    user: "paperless",
    password: "paperless",
    sslMode: "prefer",
    timeoutMs: 10_000,
  });
  const env = {
    PAPERLESS_DBHOST: "/run/pg",
    PAPERLESS_DBPORT: "5433",
    PAPERLESS_DBNAME: "n",
    PAPERLESS_DBUSER: "u",
    PAPERLESS_DBPASS: "",
    PAPERLESS_DBSSLMODE: "verify-full",
    PAPERLESS_DBSSLROOTCERT: "ca.pem",
    PAPERLESS_DBSSLCERT: "/c.pem",
    PAPERLESS_DBSSLKEY: "/k.pem",
    PAPERLESS_DB_TIMEOUT: "30",
    PAPERLESS_DB_POOLSIZE: "4",
  };
  deepStrictEqual(await database({ env }), {
    kind: "postgres",
    host: "/run/pg",
    port: 5433,
    name: "n",
    user: "u",
    password: "",
    sslMode: "verify-full",
    sslRootCert: "/app/src/ca.pem",
    sslCert: "/c.pem",
    sslKey: "/k.pem",
    timeoutMs: 30_000,
    poolSize: 4,
  });
});

Deno.test("MariaDB: its own port, mode and names of options", async () => {
  const env = {
    PAPERLESS_DBENGINE: "mariadb",
    PAPERLESS_DBHOST: "db",
    PAPERLESS_DB_OPTIONS: "ssl_mode=required, ssl.ca=/ca.pem,connect_timeout=3,charset=utf8mb4",
  };
  deepStrictEqual(await database({ env }), {
    kind: "mariadb",
    host: "db",
    port: 3306,
    name: "paperless",
    user: "paperless",
    password: "paperless",
    sslMode: "REQUIRED",
    sslRootCert: "/ca.pem",
    timeoutMs: 3000,
  });
});

Deno.test("PAPERLESS_DB_OPTIONS wins over the deprecated variables", async () => {
  const env = {
    PAPERLESS_DBHOST: "db",
    PAPERLESS_DBSSLMODE: "disable",
    PAPERLESS_DB_TIMEOUT: "30",
    PAPERLESS_DB_POOLSIZE: "2",
    PAPERLESS_DB_OPTIONS: "sslmode=require,connect_timeout=5,pool.max_size=10,sslcert=/c",
  };
  const found = await database({ env });
  ok(found.kind === "postgres");
  deepStrictEqual(
    [found.sslMode, found.timeoutMs, found.poolSize, found.sslCert],
    ["require", 5000, 10, "/c"],
  );
  const sqlite = await database({ env: { PAPERLESS_DB_OPTIONS: "timeout=9" } });
  strictEqual(sqlite.timeoutMs, 9000);
  const { warnings } = await load({ env: { PAPERLESS_DB_OPTIONS: "timeout=9,oops,=1" } });
  strictEqual(warnings.length, 1);
});

Deno.test("wrong values name the variable, its source and what is allowed", async () => {
  const conf = (line: string) => ({
    files: { "/etc/paperless.conf": `PAPERLESS_DBHOST=db\n${line}\n` },
  });
  await refused(
    conf("PAPERLESS_DBPORT=54x"),
    /Cannot use PAPERLESS_DBPORT: "54x" is not a whole number/,
    /set in \/etc\/paperless\.conf, line 2/,
  );
  await refused(conf("PAPERLESS_DBPORT=65536"), /more than 65535/);
  await refused(conf("PAPERLESS_DBPORT=0"), /less than 1/);
  await refused(
    conf("PAPERLESS_DBSSLMODE=yes"),
    /PAPERLESS_DBSSLMODE: "yes" is not one of disable, allow/,
  );
  await refused(conf("PAPERLESS_DB_TIMEOUT=1.5"), /not a whole number/);
  await refused(
    conf("PAPERLESS_DB_OPTIONS=connect_timeout=x"),
    /PAPERLESS_DB_OPTIONS, connect_timeout: "x"/,
  );
  await refused(
    { env: { PAPERLESS_DBHOST: "db", PAPERLESS_DBPORT: "x" } },
    /PAPERLESS_DBPORT/,
    /set in the environment/,
  );
});

Deno.test("--database-url: paths and sqlite URLs", async () => {
  for (
    const databaseUrl of [
      "/d/my db.sqlite3",
      "sqlite:///d/my%20db.sqlite3",
      "sqlite:////d/my db.sqlite3",
    ]
  ) {
    deepStrictEqual(await database({ flags: { databaseUrl }, env: { PAPERLESS_DBHOST: "db" } }), {
      kind: "sqlite",
      path: "/d/my db.sqlite3",
      timeoutMs: 5000,
    });
  }
  const relative = await database({ flags: { databaseUrl: "db.sqlite3" } });
  strictEqual(relative.kind === "sqlite" && relative.path, "/app/src/db.sqlite3");
});

Deno.test("--database-url: servers, with what it leaves out from the variables", async () => {
  deepStrictEqual(
    await database({
      flags: {
        databaseUrl: "postgres://u%40x:p%2Fw@[::1]:5433/lib?sslmode=require&connect_timeout=7",
      },
    }),
    {
      kind: "postgres",
      host: "::1",
      port: 5433,
      name: "lib",
      user: "u@x",
      password: "p/w",
      sslMode: "require",
      timeoutMs: 7000,
    },
  );
  deepStrictEqual(
    await database({
      flags: { databaseUrl: "mysql:///?socket=/run/mysqld/mysqld.sock" },
      env: { PAPERLESS_DBPASS: "secret", PAPERLESS_DBNAME: "n", PAPERLESS_DBHOST: "other" },
    }),
    {
      kind: "mariadb",
      host: "/run/mysqld/mysqld.sock",
      port: 3306,
      name: "n",
      user: "paperless",
      password: "secret",
      sslMode: "PREFERRED",
      timeoutMs: 10_000,
    },
  );
  const socket = await database({ flags: { databaseUrl: "postgresql://%2Frun%2Fpg/lib" } });
  strictEqual(socket.kind === "postgres" && socket.host, "/run/pg");
});

Deno.test("a host that is none: refused wherever it was given, with what to write instead", async () => {
  const label = "a".repeat(63);
  const wrong: readonly (readonly [host: string, says: RegExp, hint: RegExp])[] = [
    ["localhost:5432", /has the port in it/, /port 5432 in (PAPERLESS_DBPORT|the URL)/],
    ["[::1]:5432", /has the port in it/, /port 5432 in (PAPERLESS_DBPORT|the URL)/],
    ...["a b", "u@h", "x/y", "h,i", "a..b", "*.x", "10.0.0.0/8", "1::2::3", `${label}a`].map((
      host,
    ) => [host, /no host name/, /begins with \//] as const),
    ["münchen.invalid", /no host name/, /xn--/],
    ["a".repeat(300), /no host name/, /begins with \//],
    [`${label}.${label}.${label}.${label}`, /no host name/, /begins with \//],
  ];
  for (const [host, says, hint] of wrong) {
    const variable = new RegExp(`^Cannot use PAPERLESS_DBHOST: .*${says.source}`, "s");
    await refused({ env: { PAPERLESS_DBHOST: host } }, variable, hint);
    const byOption = `postgres:///lib?host=${encodeURIComponent(host)}`;
    const url = new RegExp(`of --database-url: its host .*${says.source}`, "s");
    await refused({ flags: { databaseUrl: byOption } }, url, hint);
    await refused(
      { flags: { databaseUrl: "mariadb:///lib" }, env: { PAPERLESS_DBHOST: host } },
      variable,
    );
  }
  for (const url of ["postgres://münchen.invalid/lib", "mysql://h,i/lib", "postgres://a%20b/lib"]) {
    await refused({ flags: { databases: { to: url } } }, /of --to: its host ".*" is no host name/);
  }
  await refused({ env: { PAPERLESS_DBHOST: "[::1]" } }, /has brackets/, /: ::1/);
  for (
    const given of [
      { env: { PAPERLESS_DBHOST: "postgres://u:s3cret@h/x" } },
      { flags: { databaseUrl: "postgres:///x?host=u:s3cret@h" } },
    ]
  ) await refused(given, /^(?!.*s3cret)/s, /^(?!.*s3cret)/s);
});

Deno.test("hosts that are some: names, addresses, sockets", async () => {
  for (const host of ["db", "paperless_db-1.x.", "A.b", "10.0.0.1", "::1", "fe80::1%eth0"]) {
    const settings = await database({ env: { PAPERLESS_DBHOST: host } });
    strictEqual(settings.kind === "postgres" && settings.host, host);
  }
  for (const url of ["postgres:///x?host=[::1]", "postgres://[::1]/x"]) {
    const settings = await database({ flags: { databaseUrl: url } });
    strictEqual(settings.kind === "postgres" && settings.host, "::1");
  }
});

Deno.test("--database-url: what is wrong is said, the password never", async () => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ["", /it is empty/],
    ["oracle://s3cret@h/x", /oracle:\/\/ is no database/],
    ["sqlite://data/db.sqlite3", /third slash/],
    ["postgres://u:s3cret@h:99999/x", /not a valid URL/],
    ["postgres://u:%zz@h/s3cret", /%25/],
    ["postgres://u:s3cret@h/x?sslmod=require", /"sslmod" \(did you mean sslmode\?\)/],
    ["postgres://u:s3cret@h/x?sslmode=maybe", /sslmode: "maybe" is not one of/],
    ["postgres://u:s3cret@h/x?connect_timeout=soon", /connect_timeout: "soon"/],
    ["postgres://u:s3cret@h/x/y", /cannot hold a slash/],
  ];
  for (const [databaseUrl, message] of wrong) {
    await rejects(load({ flags: { databaseUrl } }), (error) => {
      ok(error instanceof PaperwardError && error.exit === "usage");
      match(error.message, message);
      ok(!`${error.message}${error.hints}`.includes("s3cret"), error.message);
      return true;
    });
  }
});

Deno.test("the real file system: folders, links, secrets, a conf file that is no text", async () => {
  using folder = tempFolder();
  const { path } = folder;
  Deno.mkdirSync(`${path}/volume/data`, { recursive: true });
  Deno.mkdirSync(`${path}/volume/media`);
  Deno.mkdirSync(`${path}/app/src`, { recursive: true });
  Deno.symlinkSync(`${path}/volume/data`, `${path}/app/data`);
  Deno.symlinkSync("../volume/media", `${path}/app/media`);
  Deno.writeTextFileSync(`${path}/pass`, "geheim\r\n");
  Deno.writeTextFileSync(`${path}/app/paperless.conf`, `PAPERLESS_PASSPHRASE_FILE=${path}/pass\n`);
  const sources = { env: {}, flags: {}, cwd: `${path}/app/src`, files: denoSettingsFiles };
  const { settings, warnings } = await loadSettings(sources);
  deepStrictEqual(
    [settings.dataDir, settings.mediaRoot, settings.passphrase, settings.configFile, warnings],
    [`${path}/volume/data`, `${path}/volume/media`, "geheim", `${path}/app/paperless.conf`, []],
  );

  Deno.writeFileSync(`${path}/app/paperless.conf`, new Uint8Array([0x41, 0x3d, 0xff]));
  await rejects(loadSettings(sources), /paperless\.conf: it is not UTF-8 text/);
  Deno.symlinkSync("loop", `${path}/loop`);
  await rejects(
    loadSettings({ ...sources, flags: { config: "/dev/null", dataDir: `${path}/loop` } }),
    /in a circle/,
  );
});

Deno.test({
  name: "the fixtures' own env files are understood",
  ignore: withoutFixtures(),
  async fn() {
    const config = `${fixturesRoot()}/v3.0.5/library.env`;
    const { settings, warnings } = await loadSettings({
      env: {},
      flags: { config },
      cwd: "/nowhere",
      files: denoSettingsFiles,
    });
    deepStrictEqual(warnings, []);
    strictEqual(settings.filenameFormat, "{{ created_year }}/{{ correspondent }}/{{ title }}");
    strictEqual(settings.timeZone, "Europe/Berlin");
    strictEqual(settings.auditLogEnabled, true);
    deepStrictEqual([settings.dataDir, settings.mediaRoot], ["/nowhere/data", "/nowhere/media"]);
  },
});
