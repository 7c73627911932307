// Holds a run at a known place in the middle of its transaction: by a lock on a table, not by waiting for a time.

import { PASSWORD, type TestDatabase, type TestServer } from "./_servers.ts";

/** A table that others can read and not write. */
export interface TableLock extends AsyncDisposable {
  /** Resolves when another connection waits for it. */
  isWaitedFor(): Promise<void>;
  /** The server ends that connection. */
  killWaiting(): Promise<void>;
  release(): Promise<void>;
}

/** Locks a table from a connection of its own: what another connection writes before it is written, what comes
 * then waits. */
export async function lockTable(
  server: TestServer,
  database: TestDatabase,
  table: string,
): Promise<TableLock> {
  const { kind, name, env } = database;
  const user = env.PAPERLESS_DBUSER ?? "";
  const child = new Deno.Command(kind === "postgres" ? "psql" : "mariadb", {
    args: kind === "postgres"
      ? ["-X", "-q", "-h", server.socket, "-p", `${server.port}`, "-U", user, "-d", name]
      : ["--no-defaults", `--socket=${server.socket}`, `--user=${user}`, name],
    env: { PGPASSWORD: PASSWORD, MYSQL_PWD: PASSWORD },
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const input = child.stdin.getWriter();
  await input.write(
    new TextEncoder().encode(
      kind === "postgres"
        ? `begin; lock table ${table} in share mode;\n`
        : `lock tables ${table} read;\n`,
    ),
  );
  const holding = kind === "postgres"
    ? `select count(*) from pg_locks where granted and mode = 'ShareLock' and relation = '${table}'::regclass;`
    : `show open tables from ${name} where \`Table\` = '${table}' and In_use > 0;`;
  const waiting = kind === "postgres"
    ? `select pid from pg_locks where not granted and relation = '${table}'::regclass;`
    : `select id from information_schema.processlist where db = '${name}' and state like 'Waiting for table%';`;
  const until = async (sql: string, isThere: (text: string) => boolean) => {
    for (let attempt = 0; attempt < 600; attempt++) {
      if (isThere((await server.admin(sql, name)).trim())) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`never true: ${sql}`);
  };
  await until(holding, (text) => text !== "" && text !== "0");
  let released = false;
  const release = async () => {
    if (released) return;
    released = true;
    await input.close().catch(() => {});
    await child.status;
  };
  return {
    isWaitedFor: () => until(waiting, (text) => text !== ""),
    async killWaiting() {
      const id = (await server.admin(waiting, name)).trim().split("\n")[0];
      await server.admin(
        kind === "postgres" ? `select pg_terminate_backend(${id});` : `kill ${id};`,
        name,
      );
    },
    release,
    [Symbol.asyncDispose]: release,
  };
}
