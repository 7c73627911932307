// Creates an empty library in a database of a PostgreSQL or MariaDB server, as upstream's migrations leave it.
//
// PostgreSQL does it in one transaction. MariaDB commits each table at once, so a table of ours comes first and
// goes last: while it holds a row, the library is unfinished, and the next run clears it away and begins anew.
// Invariant: a table that we didn't make is never touched.

import { sql } from "kysely";
import type { ServerConnection } from "../core/database/server_connection.ts";
import type { StorageValue } from "../core/database/storage_value.ts";
import type { ServerLibraries } from "../core/archive/import/create_empty_library.ts";
import { PaperwardError } from "../core/errors.ts";
import type { Generation } from "../core/schema/model.ts";
import { djangoDateTime, unusablePassword } from "./create_library.ts";
import { FRESH } from "./fresh.ts";
import { MARIADB_LEFTOVERS } from "./leftovers/mariadb.ts";
import { POSTGRES_LEFTOVERS } from "./leftovers/postgres.ts";
import { mariadbStatements } from "./mariadb.ts";
import { isWanted, type Rows, type Table, type Value } from "./operation.ts";
import { postgresStatements } from "./postgres.ts";
import type { Phase, PhasedStatement } from "./statement.ts";

/** Stands in a MariaDB database while it is being filled. */
export const UNFINISHED = "paperward_unfinished";

/** What {@linkcode createServerLibrary} needs to know. */
export interface CreateServerLibraryOptions {
  /** v2: the schema of 2.20.15; v3: that of 3.0.5. */
  readonly generation: Generation;
  /** When the migrations are said to have run, UTC: `2026-01-31 23:59:59.123456`.
   * @default {the current time} */
  readonly now?: string;
  /** Only these tables. @default {all of the generation} */
  readonly tables?: ReadonlySet<string>;
  /** Writes the library's rows between tables and indexes, in the same transaction.
   * @default {the rows of an empty library} */
  readonly fill?: (connection: ServerConnection) => Promise<void>;
}

/** The tables that a library of a generation has, in the order of their creation. */
export function libraryTables(generation: Generation): readonly Table[] {
  return FRESH[generation].flatMap(({ operations }) =>
    operations.flatMap((operation) => operation.kind === "createTable" ? [operation.table] : [])
  );
}

/** The statements that make the schema, in the order of their phases. */
function statementsFor(
  kind: ServerConnection["kind"],
  { generation, tables }: CreateServerLibraryOptions,
): readonly PhasedStatement[] {
  const operations = FRESH[generation].flatMap((migration) => migration.operations)
    .filter((operation) => isWanted(operation, tables));
  return kind === "postgres"
    ? postgresStatements(operations, POSTGRES_LEFTOVERS[generation])
    : mariadbStatements(operations, MARIADB_LEFTOVERS[generation]);
}

/** Creates an empty library, or one with the rows that are given.
 *
 * @throws {PaperwardError} where the database holds tables already, or may not be written; nothing is left then,
 * or what the next run recognizes and removes */
export async function createServerLibrary(
  connection: ServerConnection,
  options: CreateServerLibraryOptions,
): Promise<void> {
  await makeEmpty(connection);
  if (connection.kind === "mariadb") await checkCharacterSet(connection);
  const statements = statementsFor(connection.kind, options);
  const script = (...phases: readonly Phase[]) =>
    statements.filter(({ phase }) => phases.includes(phase)).map((each) => `${each.sql};\n`).join(
      "",
    );
  const now = options.now ?? djangoDateTime(Date.now());
  const fill = options.fill ?? ((to) => insertFresh(to, statements, now));
  if (connection.kind === "postgres") {
    await connection.kysely.transaction().execute(async () => {
      await connection.script(script("table"));
      await fill(connection);
      await connection.script(script("index", "foreign key"));
      await setSequences(
        connection,
        libraryTables(options.generation).filter(({ name }) => options.tables?.has(name) ?? true),
      );
    });
    return;
  }
  await createInMariadb(connection, script, fill);
}

async function createInMariadb(
  connection: ServerConnection,
  script: (...phases: readonly Phase[]) => string,
  fill: (connection: ServerConnection) => Promise<void>,
): Promise<void> {
  try {
    await connection.script(
      `CREATE TABLE ${UNFINISHED} (id integer PRIMARY KEY) ENGINE=InnoDB;\n` +
        `INSERT INTO ${UNFINISHED} VALUES (1);\n` +
        script("table"),
    );
    await connection.kysely.transaction().execute(async (kysely) => {
      await fill(connection);
      // In the transaction of the rows: either both are there or neither.
      await sql`delete from ${sql.table(UNFINISHED)}`.execute(kysely);
    });
    await connection.script(`${script("index", "foreign key")}DROP TABLE ${UNFINISHED}`);
  } catch (error) {
    await removeUnfinished(connection).catch(() => {
      // The connection may be what failed; the next run finds the mark.
    });
    throw error;
  }
}

/** The tables get the database's character set: PostgreSQL's is checked when it is opened. */
async function checkCharacterSet({ query, place }: ServerConnection): Promise<void> {
  const { rows: [row = []] } = await query("SELECT @@character_set_database");
  if (row[0] === "utf8mb4") return;
  throw new PaperwardError(
    `Cannot create a library in ${place}: the database's character set is ${
      row[0]
    }, which lacks characters`,
    { hints: ["ALTER DATABASE … CHARACTER SET utf8mb4, and run it again; nothing was changed"] },
  );
}

/** What becomes of a database before a library is made in it. */
async function makeEmpty(connection: ServerConnection): Promise<void> {
  let tables = await connection.tables();
  if (connection.kind === "mariadb" && tables.has(UNFINISHED)) {
    await removeUnfinished(connection);
    tables = await connection.tables();
  }
  if (tables.size === 0) return;
  const names = [...tables].sort();
  throw new PaperwardError(
    `Cannot create a library in ${connection.place}: the database holds tables already (${
      names.slice(0, 3).join(", ")
    }${names.length > 3 ? ", …" : ""})`,
    { hints: ["give a database without tables; nothing was changed"] },
  );
}

/** Whether an earlier run was stopped before the library was complete. */
export async function isUnfinished(connection: ServerConnection): Promise<boolean> {
  const tables = await connection.tables();
  if (!tables.has(UNFINISHED)) return false;
  return await countRows(connection, UNFINISHED) > 0;
}

/** Removes what an interrupted run left. Only tables of ours without a single row are dropped: rows are
 * written in one transaction, so that an unfinished library has none. */
async function removeUnfinished(connection: ServerConnection): Promise<void> {
  const tables = await connection.tables();
  if (!tables.has(UNFINISHED)) return;
  if (await countRows(connection, UNFINISHED) === 0) {
    await connection.script(`DROP TABLE ${UNFINISHED}`);
    return;
  }
  const known = new Set(
    [...libraryTables("v2"), ...libraryTables("v3")].map(({ name }) => name),
  );
  const ours = [...tables].filter((table) => known.has(table));
  for (const table of ours) {
    if (await countRows(connection, table) === 0) continue;
    throw new PaperwardError(
      `Cannot clear ${connection.place}: a run was interrupted there, but ${table} holds rows`,
      { hints: ["give a database without tables; nothing was changed"] },
    );
  }
  await dropTables(connection, [...ours, UNFINISHED]);
}

/** Removes a library that this very run has made. */
export async function dropServerLibrary(
  connection: ServerConnection,
  generation: Generation,
): Promise<void> {
  const there = await connection.tables();
  const names = libraryTables(generation).map(({ name }) => name);
  await dropTables(connection, names.filter((name) => there.has(name)));
}

async function dropTables(connection: ServerConnection, tables: readonly string[]): Promise<void> {
  if (tables.length === 0) return;
  if (connection.kind === "postgres") {
    await connection.script(`DROP TABLE ${tables.map((name) => `"${name}"`).join(", ")}`);
    return;
  }
  await connection.script(
    `SET FOREIGN_KEY_CHECKS = 0; DROP TABLE ${
      tables.map((name) => `\`${name}\``).join(", ")
    }; SET FOREIGN_KEY_CHECKS = 1`,
  );
}

async function countRows({ kysely }: ServerConnection, table: string): Promise<number> {
  const { rows } = await sql<{ count: number | bigint }>`select count(*) as count from ${
    sql.table(table)
  }`.execute(kysely);
  return Number(rows[0]?.count ?? 0);
}

async function insertFresh(
  connection: ServerConnection,
  statements: readonly PhasedStatement[],
  now: string,
): Promise<void> {
  for (const { rows } of statements) {
    if (!rows) continue;
    await connection.bulkInsert(rows.table, rows.columns, [storageRows(rows, now)]);
  }
}

function storageRows({ values }: Rows, now: string): StorageValue[][] {
  return values.map((row) => row.map((value) => storageValue(value, now)));
}

function storageValue(value: Value, now: string): StorageValue {
  if (value === "$now") return now;
  if (value === "$unusable") return unusablePassword();
  return typeof value === "number" ? BigInt(value) : value;
}

/** Sets PostgreSQL's sequences behind the rows that came with their numbers; MariaDB counts by itself. */
async function setSequences(
  { kysely }: Pick<ServerConnection, "kysely">,
  tables: readonly Table[],
): Promise<void> {
  const counted = tables.filter(({ columns }) =>
    columns.id?.primaryKey && columns.id.kind !== "char"
  );
  // One statement: the way to a server may be long.
  const each = counted.map(({ name }) =>
    sql`select setval(pg_get_serial_sequence(${name}, 'id'), max(id)) from ${
      sql.table(name)
    } having max(id) is not null`
  );
  await sql`${sql.join(each, sql` union all `)}`.execute(kysely);
}

/** As what imports take them. */
export const serverLibraries: ServerLibraries = {
  create: createServerLibrary,
  drop: dropServerLibrary,
  isUnfinished,
};
