// One connection to PostgreSQL by the package `postgres`, the only file that knows it. Invariant: when the
// connection is lost every further statement fails; the driver never gets a second socket to go on with.

import { Kysely } from "kysely";
import postgres from "postgres";
import { PaperwardError } from "../../errors.ts";
import type { Tables } from "../../schema/tables.ts";
import type { OpenOptions } from "../open_database.ts";
import {
  placeOf,
  type ServerConnection,
  type ServerRows,
  type ServerSettings,
} from "../server_connection.ts";
import {
  type Address,
  CLOSING_MS,
  LONG_STATEMENT_TIMEOUTS,
  openSocket,
  pendingAnswers,
  ServerTimeout,
  withDeadline,
} from "../server_socket.ts";
import { serverText } from "../sqlite_form.ts";
import type { StorageValue } from "../storage_value.ts";
import { copyBatch, copyRows, copyTexts } from "./bulk_insert.ts";
import { postgresDialect } from "./dialect.ts";
import { openingError } from "../server_error.ts";
import { explainPostgresError } from "./errors.ts";
import { DRIVER_TYPES } from "./storage_values.ts";
import { beginTls, postgresTls } from "./tls.ts";

/** The oldest version that Django 5.2 works with. */
const OLDEST = 14;
/** The number of Paperward's advisory lock; PostgreSQL's locks belong to one database. */
const LOCK = 0x70617077;
/** Statements with more parameters or text are seen once: not worth the server's memory. */
const KEPT_PARAMETERS = 100;
const KEPT_LENGTH = 4000;

/** Connects to PostgreSQL.
 * @throws {PaperwardError} `failed`, `noLibrary`, `version` or `locked` */
export async function connectPostgres(
  settings: ServerSettings,
  options: Pick<OpenOptions, "files" | "report" | "mode">,
): Promise<ServerConnection> {
  const place = placeOf(settings);
  const { mode, files } = options;
  const { timeoutMs } = settings;
  const tls = postgresTls(settings, files);
  let lost: unknown;
  let socket: Awaited<ReturnType<typeof openSocket>> | undefined;

  const verb = mode === "write" ? "change" : "read";
  const answers = pendingAnswers();
  const lose = (error: unknown): void => {
    lost ??= error;
    // The driver never answers what it was handed between the failure of the socket and its close.
    answers.end(error);
    socket?.destroy();
  };

  const sql = postgres({
    host: settings.host,
    port: settings.port,
    database: settings.name,
    user: settings.user,
    pass: settings.password,
    // Begun before the driver gets the socket.
    ssl: false,
    // Everything that the driver would otherwise look for in the environment.
    max: 1,
    sslnegotiation: null,
    idle_timeout: 0,
    max_lifetime: null,
    connect_timeout: timeoutMs / 1000,
    max_pipeline: 100,
    backoff: 0,
    keep_alive: 60,
    prepare: true,
    debug: false,
    fetch_types: false,
    publications: "",
    target_session_attrs: null,
    connection: { application_name: "paperward" },
    types: DRIVER_TYPES,
    onnotice: () => {},
    onclose: () => lose(new ConnectionLost()),
    socket: async () => {
      if (lost) throw lost;
      if (socket) throw new ConnectionLost();
      socket = await openSocket(addressOf(settings), timeoutMs);
      if (tls) socket = await beginTls(socket, settings.host, tls);
      return socket;
    },
  } as unknown as postgres.Options<Record<string, never>>);

  /** Statements whose answers have not come yet. */
  const underWay = new Set<Promise<unknown>>();
  /** The COPY that is under way: the driver would send other statements into its data. */
  let copying: Promise<unknown> | undefined;

  async function send<T>(work: () => Promise<T>, times?: number): Promise<T> {
    while (copying) await copying;
    const running = sendNow(work, times);
    const ended = running.catch(() => {}).finally(() => underWay.delete(ended));
    underWay.add(ended);
    return await running;
  }

  async function sendAlone<T>(work: () => Promise<T>): Promise<T> {
    while (copying) await copying;
    const others = [...underWay];
    const running = Promise.all(others).then(work);
    copying = running.catch(() => {}).finally(() => copying = undefined);
    return await running;
  }

  /** Waits for a part of a COPY, as for a statement. */
  async function guard<T>(wait: Promise<T>): Promise<T> {
    // Where the connection is lost already nobody else hears of it.
    wait.catch(() => {});
    return await sendNow(() => wait);
  }

  async function sendNow<T>(work: () => Promise<T>, times?: number): Promise<T> {
    if (lost) throw explainPostgresError(lost, verb, place);
    try {
      return await withDeadline(answers.of(work()), timeoutMs, lose, times);
    } catch (error) {
      // What follows a lost connection says less than what lost it.
      throw explainPostgresError(lost instanceof ServerTimeout ? lost : error, verb, place);
    }
  }

  async function query(text: string, parameters: readonly unknown[] = []): Promise<ServerRows> {
    const values = parameters.map(serverText);
    const rows = await send(() =>
      sql.unsafe(text, values, {
        prepare: values.length > 0 && values.length <= KEPT_PARAMETERS &&
          text.length <= KEPT_LENGTH,
      }).values()
    );
    return {
      names: rows.columns?.map(({ name }) => name) ?? [],
      rows: [...rows] as StorageValue[][],
      affected: BigInt(rows.count ?? 0),
    };
  }

  const close = async (): Promise<void> => {
    try {
      if (mode === "write" && !lost) {
        const unlocked = sql.unsafe("SELECT pg_advisory_unlock_all()").values();
        await withDeadline(unlocked, CLOSING_MS, lose, 1);
      }
    } catch {
      // Then the end of the session does it.
    }
    try {
      await sql.end({ timeout: 1 });
    } catch {
      // Closing must not hide what happened before.
    }
    lost ??= new ConnectionLost();
    socket?.destroy();
  };

  try {
    const version = await begin();
    const kysely = new Kysely<Tables>({ dialect: postgresDialect(query) });
    const spare: Uint8Array<ArrayBuffer>[] = [];
    return {
      kind: "postgres",
      place,
      version,
      kysely,
      query,
      async script(statements) {
        await send(() => sql.unsafe(statements).simple(), LONG_STATEMENT_TIMEOUTS);
      },
      bulkInsert: (table, columns, batches) =>
        sendAlone(() => copyRows(sql, guard, table, columns, batches)),
      openBatch: (table, columns) =>
        copyBatch(
          (texts) => sendAlone(() => copyTexts(sql, guard, table, columns, texts)),
          spare,
        ),
      async tables() {
        const { rows } = await query(
          "SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = ANY (current_schemas(false))",
        );
        return new Set(rows.map(([name]) => String(name)));
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }

  /** Logs in and settles what the session relies on. @returns the server's version */
  async function begin(): Promise<string> {
    let first: ServerRows;
    try {
      const rows = await withDeadline(
        answers.of(
          sql.unsafe(
            "SELECT current_setting('server_version'), current_setting('server_encoding')",
          ).values(),
        ),
        timeoutMs,
        lose,
        2,
      );
      first = { names: [], rows: [...rows] as StorageValue[][], affected: 0n };
    } catch (error) {
      throw explainPostgresError(openingError(error, tls !== undefined), "open", place);
    }
    const [version = "", encoding = ""] = first.rows[0]?.map(String) ?? [];
    checkPostgresVersion(version, encoding, place);
    await query([
      "SET TIME ZONE 'UTC'",
      "SET datestyle = 'ISO, YMD'",
      "SET bytea_output = 'hex'",
      "SET standard_conforming_strings = on",
      "SET extra_float_digits = 1",
      "SET client_min_messages = 'error'",
      "SET statement_timeout = 0",
      "SET idle_in_transaction_session_timeout = 0",
      `SET lock_timeout = ${timeoutMs}`,
      ...(mode === "read" ? ["SET default_transaction_read_only = on"] : []),
    ].join("; "));
    if (mode === "write") {
      const { rows } = await query(`SELECT pg_try_advisory_lock(${LOCK})`);
      if (rows[0]?.[0] !== 1n) {
        throw new PaperwardError(
          `Cannot change database ${place}: another Paperward is changing it`,
          { exit: "locked", hints: ["Wait until it is done, and run it again."] },
        );
      }
    }
    return version.split(" ")[0] ?? version;
  }
}

/** Refuses servers that paperless-ngx itself would not work with.
 * @param version as the server says it: `15.14 (Debian 15.14-0+deb12u1)` */
export function checkPostgresVersion(version: string, encoding: string, place: string): void {
  if (Number.parseInt(version) < OLDEST) {
    throw new PaperwardError(
      `Cannot use database ${place}: its server is PostgreSQL ${version.split(" ")[0]}`,
      { exit: "version", hints: [`Paperless-ngx needs PostgreSQL ${OLDEST} or newer.`] },
    );
  }
  if (encoding !== "UTF8") {
    throw new PaperwardError(`Cannot use database ${place}: its text is encoded as ${encoding}`, {
      exit: "noLibrary",
      hints: ["Paperless-ngx needs a database with the encoding UTF8."],
    });
  }
}

class ConnectionLost extends Error {
  readonly code = "CONNECTION_CLOSED";
  constructor() {
    super("the connection is closed");
  }
}

function addressOf({ host, port }: ServerSettings): Address {
  return host.startsWith("/") ? { path: `${host}/.s.PGSQL.${port}` } : { host, port };
}
