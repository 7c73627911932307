// One connection to MariaDB by the package `mysql2`, the only file that knows it. Invariant: when the
// connection is lost every further statement fails.

import { Kysely } from "kysely";
import { createConnection, type QueryError } from "mysql2";
import type { Socket } from "node:net";
import { PaperwardError } from "../../errors.ts";
import type { Tables } from "../../schema/tables.ts";
import type { OpenOptions } from "../open_database.ts";
import { errorCode, openingError } from "../server_error.ts";
import {
  placeOf,
  type ServerConnection,
  type ServerRows,
  type ServerSettings,
} from "../server_connection.ts";
import {
  CLOSING_MS,
  LONG_STATEMENT_TIMEOUTS,
  openSocket,
  pendingAnswers,
  ServerTimeout,
  withDeadline,
} from "../server_socket.ts";
import { insertBatch, insertRows } from "./bulk_insert.ts";
import { mariadbDialect, PLACEHOLDER } from "./dialect.ts";
import { explainMariadbError } from "./errors.ts";
import { type FieldFacts, fieldReader, literal } from "./storage_values.ts";
import { type MariadbTls, mariadbTls } from "./tls.ts";

/** The oldest version that Django 5.2 works with. */
const OLDEST = [10, 5] as const;

/** What the session relies on: names in double quotes and `||` as in the other databases; a value that does
 * not fit is an error; an id of 0 stays 0. */
const SQL_MODE = [
  "ANSI_QUOTES",
  "PIPES_AS_CONCAT",
  "STRICT_TRANS_TABLES",
  "NO_AUTO_VALUE_ON_ZERO",
  "NO_ENGINE_SUBSTITUTION",
].join(",");

/** Connects to MariaDB.
 * @throws {PaperwardError} `failed`, `noLibrary`, `version` or `locked` */
export async function connectMariadb(
  settings: ServerSettings,
  options: Pick<OpenOptions, "files" | "report" | "mode">,
): Promise<ServerConnection> {
  const place = placeOf(settings);
  const { mode } = options;
  const { timeoutMs } = settings;
  const verb = mode === "write" ? "change" : "read";
  const tls = mariadbTls(settings, options.files);
  const driver = await logIn(settings, tls).catch((error) => {
    throw explainMariadbError(openingError(error, tls !== undefined), "open", place);
  });
  let lost: unknown;
  const answers = pendingAnswers();
  const lose = (error: unknown): void => {
    lost ??= error;
    // The driver forgets the statement that waits when it is told to go.
    answers.end(error);
    driver.destroy();
  };
  driver.onLost(lose);

  async function send(text: string, times?: number): Promise<ServerRows> {
    if (lost) throw explainMariadbError(lost, verb, place);
    try {
      return await withDeadline(answers.of(driver.query(text)), timeoutMs, lose, times);
    } catch (error) {
      // What follows a lost connection says less than what lost it.
      throw explainMariadbError(lost instanceof ServerTimeout ? lost : error, verb, place);
    }
  }

  const query = (text: string, parameters: readonly unknown[] = []): Promise<ServerRows> =>
    send(withValues(text, parameters));

  const close = async (): Promise<void> => {
    if (mode === "write" && !lost) {
      // Where it fails the end of the session does it.
      await withDeadline(answers.of(driver.query("DO release_all_locks()")), CLOSING_MS, lose, 1)
        .catch(() => {});
    }
    lost ??= connectionClosed();
    await driver.end();
  };

  try {
    const { rows: [first = []] } = await query(
      "SELECT version(), @@max_allowed_packet, database()",
    );
    const version = String(first[0]);
    checkMariadbVersion(version, place);
    const seconds = Math.max(1, Math.ceil(timeoutMs / 1000));
    for (
      const setting of [
        "time_zone = '+00:00'",
        `sql_mode = '${SQL_MODE}'`,
        "names utf8mb4",
        "SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        `SESSION innodb_lock_wait_timeout = ${seconds}`,
        `SESSION lock_wait_timeout = ${seconds}`,
        // The default ends a session that waits while documents are copied.
        "SESSION wait_timeout = 2147483",
        "SESSION net_write_timeout = 3600",
        ...(mode === "read" ? ["SESSION TRANSACTION READ ONLY"] : []),
      ]
    ) await query(`SET ${setting}`);
    if (mode === "write") await takeLock(String(first[2]));
    const kysely = new Kysely<Tables>({ dialect: mariadbDialect(query) });
    return {
      kind: "mariadb",
      place,
      version: version.split("-")[0] ?? version,
      kysely,
      query,
      async script(statements) {
        await send(statements, LONG_STATEMENT_TIMEOUTS);
      },
      bulkInsert: (table, columns, batches) =>
        insertRows((text) => send(text), table, columns, batches, Number(first[1])),
      openBatch: (table, columns) =>
        insertBatch((text) => send(text), table, columns, Number(first[1])),
      async tables() {
        const { rows } = await query(
          "SELECT table_name FROM information_schema.tables " +
            "WHERE table_schema = database() AND table_type = 'BASE TABLE'",
        );
        return new Set(rows.map(([name]) => String(name)));
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }

  /** Locks of MariaDB belong to the whole server. */
  async function takeLock(name: string): Promise<void> {
    const { rows } = await query(
      `SELECT get_lock(concat('paperward ', left(sha1(${PLACEHOLDER}), 40)), 0)`,
      [name],
    );
    if (rows[0]?.[0] === 1n) return;
    throw new PaperwardError(`Cannot change database ${place}: another Paperward is changing it`, {
      exit: "locked",
      hints: ["Wait until it is done, and run it again."],
    });
  }
}

/** Puts values where the placeholders are. */
function withValues(text: string, values: readonly unknown[]): string {
  const parts = text.split(PLACEHOLDER);
  if (parts.length !== values.length + 1) {
    throw new Error(`${parts.length - 1} placeholders for ${values.length} values`);
  }
  return parts.map((part, i) => i === 0 ? part : `${literal(values[i - 1])}${part}`).join("");
}

/** Refuses servers that paperless-ngx itself would not work with.
 * @param version as the server says it: `10.11.14-MariaDB-0+deb12u2` */
export function checkMariadbVersion(version: string, place: string): void {
  const [major = 0, minor = 0] = version.split(".").map(Number.parseFloat);
  const isMariadb = /mariadb/i.test(version);
  const old = major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
  if (isMariadb && !old) return;
  throw new PaperwardError(
    `Cannot use database ${place}: its server is ${isMariadb ? "MariaDB" : "not MariaDB but"} ${
      version.split("-")[0]
    }`,
    { exit: "version", hints: [`Paperless-ngx needs MariaDB ${OLDEST.join(".")} or newer.`] },
  );
}

/** The driver as this file uses it. */
interface MariadbDriver {
  query(text: string): Promise<ServerRows>;
  onLost(listener: (error: unknown) => void): void;
  destroy(): void;
  /** Never throws. */
  end(): Promise<void>;
}

async function logIn(
  settings: ServerSettings,
  tls: MariadbTls | undefined,
): Promise<MariadbDriver> {
  const { host, port, timeoutMs } = settings;
  const socket = await openSocket(
    host.startsWith("/") ? { path: host } : { host, port },
    timeoutMs,
  );
  try {
    return await withDeadline(
      handshake(settings, tls, socket),
      timeoutMs,
      () => socket.destroy(),
      1,
    );
  } catch (error) {
    socket.destroy();
    if (errorCode(error) === "HANDSHAKE_NO_SSL_SUPPORT" && tls?.optional) {
      return await logIn(settings, undefined);
    }
    if (error instanceof ServerTimeout) throw new ServerTimeout("CONNECT_TIMEOUT", error.ms);
    throw error;
  }
}

function handshake(
  settings: ServerSettings,
  tls: MariadbTls | undefined,
  socket: Socket,
): Promise<MariadbDriver> {
  const connection = createConnection({
    stream: socket,
    host: settings.host,
    user: settings.user,
    password: settings.password,
    database: settings.name,
    charset: "utf8mb4",
    multipleStatements: true,
    connectTimeout: 0,
    ...(tls && { ssl: tls.options }),
  });
  let lose = (_error: unknown): void => {};
  let isLost = false;
  const end = (error: unknown): void => {
    if (isLost) return;
    isLost = true;
    lose(error);
  };
  const driver: MariadbDriver = {
    query: (text) =>
      new Promise((resolve, reject) => {
        connection.query(
          { sql: text, typeCast: false, rowsAsArray: true },
          (error, result, fields) =>
            error
              ? reject(isAfterTheEnd(error) ? connectionClosed() : error)
              : resolve(rowsOf(result, fields)),
        );
      }),
    onLost: (listener) => lose = listener,
    destroy: () => {
      connection.destroy();
      socket.destroy();
    },
    end: () =>
      new Promise((resolve) => {
        const finish = (): void => {
          connection.destroy();
          resolve();
        };
        const timer = setTimeout(finish, 1000);
        connection.end(() => {
          clearTimeout(timer);
          finish();
        });
      }),
  };
  return new Promise((resolve, reject) => {
    connection.on("error", (error) => {
      reject(error);
      end(error);
    });
    connection.on("end", () => end(connectionClosed()));
    connection.connect((error) => error ? reject(error) : resolve(driver));
  });
}

/** The driver's own words for a statement on a connection that it has lost, without a code. */
function isAfterTheEnd({ fatal, code }: QueryError): boolean {
  return fatal && !code;
}

function connectionClosed(): Error {
  return Object.assign(new Error("the connection is closed"), { code: "CONNECTION_CLOSED" });
}

/** What the driver gives for a statement, or for several. */
function rowsOf(result: unknown, fields: unknown): ServerRows {
  if (!Array.isArray(result)) {
    const { affectedRows = 0, insertId = 0 } = result as {
      readonly affectedRows?: number;
      readonly insertId?: number;
    };
    return { names: [], rows: [], affected: BigInt(affectedRows), insertId: BigInt(insertId) };
  }
  const columns = (fields ?? []) as readonly (FieldFacts | undefined)[];
  if (columns.some((column) => column === undefined || Array.isArray(column))) {
    return { names: [], rows: [], affected: 0n };
  }
  const facts = columns as readonly FieldFacts[];
  const readers = facts.map(fieldReader);
  const rows = result as (Uint8Array | null)[][];
  return {
    names: facts.map(({ name }) => name),
    rows: rows.map((row) =>
      row.map((value, i) => value === null ? null : readers[i]?.(value) ?? null)
    ),
    affected: BigInt(rows.length),
  };
}
