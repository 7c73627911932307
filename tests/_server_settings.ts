// Connections of tests to the servers of tests, in this thread.

import { connectServer } from "../core/database/connect_server.ts";
import type { ServerConnection } from "../core/database/server_connection.ts";
import { openFiles } from "../core/library/deno_files.ts";
import { StopSignal } from "../core/sandbox/stop_signal.ts";
import type { DatabaseSettings } from "../core/settings/settings.ts";
import { silentReport } from "./_silent_report.ts";
import { type TestDatabase, USER } from "./_servers.ts";

/** The settings that lead to a test's database. */
export function settingsFor(
  { kind, env }: TestDatabase,
): Extract<DatabaseSettings, { kind: "postgres" | "mariadb" }> {
  return {
    kind,
    host: env.PAPERLESS_DBHOST ?? "",
    port: Number(env.PAPERLESS_DBPORT),
    name: env.PAPERLESS_DBNAME ?? "",
    user: USER,
    password: env.PAPERLESS_DBPASS ?? "",
    sslMode: kind === "postgres" ? "prefer" : "PREFERRED",
    timeoutMs: 10_000,
  };
}

/** Connects to a test's database. */
export async function connectTo(
  database: TestDatabase,
  mode: "read" | "write" = "write",
  changed: Partial<ReturnType<typeof settingsFor>> = {},
): Promise<ServerConnection & AsyncDisposable> {
  const connection = await connectServer({ ...settingsFor(database), ...changed }, {
    files: openFiles({ read: ["/"], write: ["/"] }),
    report: silentReport(),
    mode,
    stop: new StopSignal(),
  });
  return { ...connection, [Symbol.asyncDispose]: () => connection.close() };
}
