// What a database's errors mean to a user, whichever kind it is.

import { explainMariadbError } from "./mariadb/errors.ts";
import { explainPostgresError } from "./postgres/errors.ts";
import type { ServerVerb } from "./server_error.ts";
import { explainSqliteError } from "./sqlite/errors.ts";

/** By the kind of database. */
const EXPLAIN = {
  sqlite: explainSqliteError,
  postgres: explainPostgresError,
  mariadb: explainMariadbError,
} as const;

/** Turns an error of a database into one for the user; others are given back as they are.
 * @param verb "open", "read", "change" @param place the database, for the message */
export function explainDatabaseError(
  kind: keyof typeof EXPLAIN,
  error: unknown,
  verb: ServerVerb,
  place: string,
): unknown {
  return EXPLAIN[kind](error, verb, place);
}
