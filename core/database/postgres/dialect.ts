// Kysely over one connection to PostgreSQL.

import { type Dialect, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from "kysely";
import { type RunStatement, serverDriver } from "../server_driver.ts";

/** A dialect around an open connection. Who opened the connection closes it. */
export function postgresDialect(run: RunStatement): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => serverDriver(run, "BEGIN"),
    createIntrospector: (kysely) => new PostgresIntrospector(kysely),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
}
