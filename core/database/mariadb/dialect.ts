// Kysely over one connection to MariaDB.

import { type Dialect, MysqlAdapter, MysqlIntrospector, MysqlQueryCompiler } from "kysely";
import { type RunStatement, serverDriver } from "../server_driver.ts";

/** Where a parameter goes. A NUL can't stand in a statement otherwise, a question mark can. */
export const PLACEHOLDER = "\0?";

/** A dialect around an open connection. Who opened the connection closes it. */
export function mariadbDialect(run: RunStatement): Dialect {
  return {
    createAdapter: () => new MysqlAdapter(),
    createDriver: () => serverDriver(run, "START TRANSACTION"),
    createIntrospector: (kysely) => new MysqlIntrospector(kysely),
    createQueryCompiler: () => new MariadbQueryCompiler(),
  };
}

class MariadbQueryCompiler extends MysqlQueryCompiler {
  protected override getCurrentParameterPlaceholder(): string {
    return PLACEHOLDER;
  }
}
