// Which database and how to reach it: from the PAPERLESS_DB* variables of both generations, or from
// --database-url. A password is never part of a message.

import { isIP } from "node:net";
import { PaperwardError } from "../errors.ts";
import { nearest } from "../flags/nearest.ts";
import { parseDbOptions } from "./parse_db_options.ts";
import { badValue, choiceOf, integerOf, type VariableReader } from "./_read_variable.ts";
import type { DatabaseSettings } from "./settings.ts";

type Server = Extract<DatabaseSettings, { kind: "postgres" | "mariadb" }>;

/** Makes a path absolute with its links resolved. */
export type Resolve = (path: string) => Promise<string>;

/** What the two servers differ in, as far as settings go. */
const SERVERS = {
  postgres: {
    port: 5432,
    sslMode: "prefer",
    sslModes: ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"],
    // Upstream's names in PAPERLESS_DB_OPTIONS.
    options: { mode: "sslmode", rootCert: "sslrootcert", cert: "sslcert", key: "sslkey" },
  },
  mariadb: {
    port: 3306,
    sslMode: "PREFERRED",
    sslModes: ["DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"],
    options: { mode: "ssl_mode", rootCert: "ssl.ca", cert: "ssl.cert", key: "ssl.key" },
  },
} as const;

/** s; SQLite: until it is unlocked (paperless-ngx 3 waits as long); servers: until connected. */
const TIMEOUT = { sqlite: 5, postgres: 10, mariadb: 10 } as const;

const OPTIONS = "PAPERLESS_DB_OPTIONS";

/**
 * The database that the variables name.
 * @throws {PaperwardError} exit `usage`
 */
export async function databaseFromVariables(
  read: VariableReader,
  dataDir: string,
  resolve: Resolve,
  warnings: string[],
): Promise<DatabaseSettings> {
  const kind = databaseKind(read, warnings);
  const raw = read.raw(OPTIONS);
  const options = parseDbOptions(raw?.text ?? "");
  if (options.ignored.length > 0) {
    warnings.push(
      `${OPTIONS} (${raw?.source}) has parts without a key or a "=": they are ignored.`,
    );
  }
  const seconds = (key: string): number | undefined => {
    const text = options.values.get(key);
    return text === undefined || !raw
      ? undefined
      : integerOf(`${OPTIONS}, ${key}`, text, raw, { min: 0, max: 86400 });
  };
  const timeout = seconds(kind === "sqlite" ? "timeout" : "connect_timeout") ??
    read.integer("PAPERLESS_DB_TIMEOUT") ?? TIMEOUT[kind];
  const timeoutMs = timeout * 1000;
  if (kind === "sqlite") {
    return { kind, path: await resolve(`${dataDir}/db.sqlite3`), timeoutMs };
  }

  const { port, sslMode, sslModes, options: keys } = SERVERS[kind];
  const mode = options.values.get(keys.mode);
  const maxSize = options.values.get("pool.max_size");
  const poolSize = maxSize !== undefined && raw
    ? integerOf(`${OPTIONS}, pool.max_size`, maxSize, raw, { min: 1, max: 10000 })
    : read.integer("PAPERLESS_DB_POOLSIZE");
  return server(kind, hostFromVariable(read), {
    port: read.integer("PAPERLESS_DBPORT") ?? port,
    name: read.text("PAPERLESS_DBNAME") ?? "paperless",
    user: read.text("PAPERLESS_DBUSER") ?? "paperless",
    password: read.raw("PAPERLESS_DBPASS")?.text ?? "paperless",
    sslMode: mode !== undefined && raw
      ? choiceOf(`${OPTIONS}, ${keys.mode}`, mode, raw, sslModes)
      : sslModeOf(read, sslModes) ?? sslMode,
    timeoutMs,
    poolSize: poolSize || undefined,
  }, {
    sslRootCert: options.values.get(keys.rootCert) ?? read.text("PAPERLESS_DBSSLROOTCERT"),
    sslCert: options.values.get(keys.cert) ?? read.text("PAPERLESS_DBSSLCERT"),
    sslKey: options.values.get(keys.key) ?? read.text("PAPERLESS_DBSSLKEY"),
  }, resolve);
}

function sslModeOf(read: VariableReader, choices: readonly string[]): string | undefined {
  const raw = read.raw("PAPERLESS_DBSSLMODE");
  return raw?.text ? choiceOf("PAPERLESS_DBSSLMODE", raw.text, raw, choices) : undefined;
}

/** v2 looks at the host, v3 at the engine; where both would not agree, the engine, and a warning. */
function databaseKind(read: VariableReader, warnings: string[]): DatabaseSettings["kind"] {
  const host = read.text("PAPERLESS_DBHOST");
  const inferred = host === undefined ? "sqlite" : "postgres";
  const raw = read.raw("PAPERLESS_DBENGINE");
  if (!raw?.text) return inferred;
  const kinds = { sqlite: "sqlite", postgresql: "postgres", mariadb: "mariadb" } as const;
  const word = raw.text.trim().toLowerCase();
  if (!Object.hasOwn(kinds, word)) {
    // 2.20.15 goes on with this (3.0.5 does not start), so an installation that has it may work.
    const meant = nearest(word, Object.keys(kinds));
    warnings.push(
      `PAPERLESS_DBENGINE is ${JSON.stringify(raw.text)} (${raw.source}), which is not one of ` +
        `${Object.keys(kinds).join(", ")}${meant ? ` (did you mean ${meant}?)` : ""}: ` +
        `${inferred === "sqlite" ? "SQLite" : "PostgreSQL"} is used, as by paperless-ngx 2.`,
    );
    return inferred;
  }
  const kind = kinds[word as keyof typeof kinds];
  if (kind === "sqlite" && host !== undefined) {
    warnings.push(
      "PAPERLESS_DBENGINE is sqlite, so PAPERLESS_DBHOST is ignored; paperless-ngx 2 would use the server.",
    );
  }
  if (kind !== "sqlite" && host === undefined) {
    warnings.push(
      `PAPERLESS_DBENGINE is ${word}, but PAPERLESS_DBHOST is not set: localhost is taken; ` +
        "paperless-ngx 2 would use SQLite.",
    );
  }
  return kind;
}

/** A host as it was given, and the refusal that says where it was given. */
interface GivenHost {
  readonly text: string;
  /** Where a port is given. */
  readonly portPlace: string;
  refuse(reason: string, hint: string): PaperwardError;
}

/** What stands before an @ may be a password. */
function shownHost(text: string): string {
  return text.replace(/^.*@/s, "…@");
}

function hostFromVariable(read: VariableReader): GivenHost {
  const name = "PAPERLESS_DBHOST";
  const raw = read.raw(name);
  const given = raw?.text ? raw : { text: "localhost", source: "the defaults" };
  return {
    text: given.text,
    portPlace: "PAPERLESS_DBPORT",
    refuse: (reason, hint) =>
      badValue(name, { ...given, text: shownHost(given.text) }, reason, { hint }),
  };
}

/** Names as DNS has them, which all that is asked for the address understands, and Deno's grants. */
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?$/i;

/** A host name, an address, or the folder of a Unix socket, resolved. @throws {PaperwardError} exit `usage` */
async function checkHost(
  { text, portPlace, refuse }: GivenHost,
  resolve: Resolve,
): Promise<string> {
  if (text.startsWith("/")) return await resolve(text);
  if (HOST_NAME.test(text) || isIP(text) !== 0) return text;
  const [, host, port] = /^([^:]+|\[.*\]):(\d+)$/.exec(text) ?? [];
  if (host !== undefined) {
    throw refuse("has the port in it", `give the port ${port} in ${portPlace}`);
  }
  if (/^\[.*\]$/.test(text)) {
    throw refuse("has brackets", `an address is written without them: ${text.slice(1, -1)}`);
  }
  throw refuse(
    "is no host name",
    "a host is a name of the letters a to z, digits, - and _ (others in their xn-- form), an address, or the " +
      "folder of a Unix socket, which begins with /",
  );
}

async function server(
  kind: Server["kind"],
  host: GivenHost,
  facts: Omit<Server, "kind" | "host" | "sslRootCert" | "sslCert" | "sslKey" | "poolSize"> & {
    readonly poolSize: number | undefined;
  },
  certificates: Readonly<Record<"sslRootCert" | "sslCert" | "sslKey", string | undefined>>,
  resolve: Resolve,
): Promise<Server> {
  const { poolSize, ...rest } = facts;
  const resolved: { sslRootCert?: string; sslCert?: string; sslKey?: string } = {};
  for (const name of ["sslRootCert", "sslCert", "sslKey"] as const) {
    const path = certificates[name];
    if (path) resolved[name] = await resolve(path);
  }
  return {
    kind,
    host: await checkHost(host, resolve),
    ...rest,
    ...resolved,
    ...(poolSize === undefined ? {} : { poolSize }),
  };
}

const SCHEMES: Readonly<Record<string, DatabaseSettings["kind"]>> = {
  "sqlite:": "sqlite",
  "sqlite3:": "sqlite",
  "postgres:": "postgres",
  "postgresql:": "postgres",
  "mariadb:": "mariadb",
  "mysql:": "mariadb",
};

function badUrl(reason: string, flag: string, ...hints: readonly string[]): PaperwardError {
  return new PaperwardError(`Cannot use the value of ${flag}: ${reason}`, {
    exit: "usage",
    hints: [
      ...hints,
      "It is a path to an SQLite file, sqlite:///path, postgres://user@host:port/name or " +
      "mariadb://user@host:port/name.",
    ],
  });
}

function decode(text: string, what: string, flag: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw badUrl(`the ${what} has a % that begins no escape; write % as %25`, flag);
  }
}

/**
 * The database that `--database-url` or another flag names. What the URL leaves out comes from the PAPERLESS_DB*
 * variables, so that a password needs no place on a command line, where every process could read it.
 * @param flag that holds the URL, for messages
 * @throws {PaperwardError} exit `usage`
 */
export async function databaseFromUrl(
  text: string,
  read: VariableReader,
  resolve: Resolve,
  flag = "--database-url",
): Promise<DatabaseSettings> {
  const bad = (reason: string) => badUrl(reason, flag);
  const decoded = (part: string, what: string) => decode(part, what, flag);
  const scheme = /^([a-z][a-z0-9+.-]*:)\/\//i.exec(text)?.[1]?.toLowerCase();
  const timeout = read.integer("PAPERLESS_DB_TIMEOUT");
  if (scheme === undefined) {
    if (text === "") throw bad("it is empty");
    return { kind: "sqlite", path: await resolve(text), timeoutMs: (timeout ?? 5) * 1000 };
  }
  const kind = SCHEMES[scheme];
  if (kind === undefined) throw bad(`${scheme}// is no database that is known here`);
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw bad(
      "it is not a valid URL; characters such as @ : / in a password are written as %40 %3A %2F",
    );
  }
  if (kind === "sqlite") {
    if (url.host !== "" || url.pathname === "") {
      throw bad("a path in a sqlite URL begins with a third slash: sqlite:///data/db.sqlite3");
    }
    const path = await resolve(decoded(url.pathname, "path"));
    return { kind, path, timeoutMs: (timeout ?? TIMEOUT.sqlite) * 1000 };
  }

  const { port, sslMode, sslModes } = SERVERS[kind];
  const query = url.searchParams;
  const given = (...names: readonly string[]): string | undefined => {
    for (const name of names) {
      const value = query.get(name);
      if (value) return value;
    }
  };
  const known = new Set([
    ...["host", "socket", "unix_socket", "sslmode", "ssl-mode", "ssl_mode", "connect_timeout"],
    ...["sslrootcert", "ssl-ca", "sslcert", "ssl-cert", "sslkey", "ssl-key"],
  ]);
  for (const name of query.keys()) {
    if (known.has(name)) continue;
    const meant = nearest(name, [...known]);
    throw bad(
      `it has an unknown option ${JSON.stringify(name)}${meant ? ` (did you mean ${meant}?)` : ""}`,
    );
  }
  const raw = { text: "", source: flag };
  const mode = given("sslmode", "ssl-mode", "ssl_mode");
  const wait = given("connect_timeout");
  const host = (given("host", "socket", "unix_socket") || decoded(url.hostname, "host"))
    .replace(/^\[(.*)\]$/, "$1");
  const name = decoded(url.pathname.slice(1), "name of the database");
  if (name.includes("/")) throw bad("the name of the database cannot hold a slash");
  const givenHost = host === "" ? hostFromVariable(read) : {
    text: host,
    portPlace: "the URL, between host and name",
    refuse: (reason: string, hint: string) =>
      badUrl(`its host ${JSON.stringify(shownHost(host))} ${reason}`, flag, hint),
  };
  return server(kind, givenHost, {
    port: url.port === "" ? port : Number(url.port),
    name: name || (read.text("PAPERLESS_DBNAME") ?? "paperless"),
    user: url.username
      ? decoded(url.username, "user")
      : read.text("PAPERLESS_DBUSER") ?? "paperless",
    password: url.password
      ? decoded(url.password, "password")
      : read.raw("PAPERLESS_DBPASS")?.text ?? "paperless",
    sslMode: mode === undefined ? sslMode : choiceOf("sslmode", mode, raw, sslModes),
    timeoutMs: 1000 *
      (wait === undefined
        ? timeout ?? TIMEOUT[kind]
        : integerOf("connect_timeout", wait, raw, { min: 0, max: 86400 })),
    poolSize: undefined,
  }, {
    sslRootCert: given("sslrootcert", "ssl-ca"),
    sslCert: given("sslcert", "ssl-cert"),
    sslKey: given("sslkey", "ssl-key"),
  }, resolve);
}
