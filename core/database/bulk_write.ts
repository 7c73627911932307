// What writing many rows with numbers of their own needs besides the rows, on each kind of database: references
// that are checked at the end, counters that go on behind the rows, and a way to see that somebody else wrote.

import { sql } from "kysely";
import { PaperwardError } from "../errors.ts";
import type { Generation } from "../schema/model.ts";
import { fieldsOf, manyToManyOf } from "../schema/model.ts";
import { modelNamed, modelsOf } from "../schema/registry.ts";
import type { LibraryDatabase } from "./database.ts";
import { errorText, isRowError } from "./row_batch.ts";

/** A library's database, or the inside of its transaction. */
export type BulkDatabase = Pick<
  LibraryDatabase,
  "kind" | "kysely" | "generation" | "tables" | "place"
>;

/** A reference from a column to the `id` of another table. */
export interface Reference {
  readonly table: string;
  readonly column: string;
  readonly to: string;
}

/** All references between the tables of a generation. */
export function referencesOf(generation: Generation): readonly Reference[] {
  return modelsOf(generation).flatMap((model) => [
    ...fieldsOf(model, generation).flatMap(({ column, to }) =>
      to === undefined ? [] : [{ table: model.table, column, to: modelNamed(to).table }]
    ),
    ...manyToManyOf(model, generation).flatMap((list) => [
      { table: list.table, column: list.fromColumn, to: model.table },
      { table: list.table, column: list.toColumn, to: modelNamed(list.to).table },
    ]),
  ]);
}

/** Tables whose numbers the database counts. */
function countedTables({ generation, tables }: Pick<BulkDatabase, "generation" | "tables">) {
  return modelsOf(generation).flatMap((model) => [
    ...(model.primaryKey === "id" ? [model.table] : []),
    ...manyToManyOf(model, generation).map(({ table }) => table),
  ]).filter((table) => tables.has(table));
}

/** Prepares a connection, outside of any transaction. SQLite and PostgreSQL check references when the
 * transaction ends; MariaDB at each row, though tables point to each other in circles.
 * @param timeoutMs how long to wait for others' locks */
export async function beginBulk(database: BulkDatabase, timeoutMs: number): Promise<void> {
  const { kysely, kind } = database;
  if (kind === "sqlite") await sql`pragma busy_timeout = ${sql.lit(timeoutMs)}`.execute(kysely);
  if (kind === "mariadb") await sql`set foreign_key_checks = 0`.execute(kysely);
}

/** Rows of a table from which it pays to build its indexes anew. */
const MANY = 1000;

/** Takes indexes, keys and foreign keys of tables that get many rows away for the time of the transaction, as
 * restoring a dump does: to build them from all rows is several times faster than row by row. PostgreSQL only, whose
 * changes of the schema are part of the transaction. Nobody else can read the tables meanwhile. Where something of the
 * user's own needs a key (a view, say) everything stays.
 * @param expected how many rows will be written, by table
 * @returns puts them back, with the names and definitions that they had
 * @throws {PaperwardError} there, where rows are equal that must differ */
export async function setIndexesAside(
  { kysely, server }: Pick<LibraryDatabase, "kysely" | "server">,
  expected: ReadonlyMap<string, number>,
): Promise<() => Promise<void>> {
  const nothing = () => Promise.resolve();
  const tables = [...expected].flatMap(([table, rows]) => rows >= MANY ? [table] : []);
  if (server?.kind !== "postgres" || tables.length === 0) return nothing;
  const large = sql`(select oid from pg_class where relname in (${sql.join(tables)})
    and relnamespace = any (current_schemas(false)::regnamespace[]))`;
  // Foreign keys go first and come back last: they need the keys that they point to. Conditions of unique
  // indexes stay: PostgreSQL would write them down in other words.
  const { rows } = await sql<{ drop: string; make: string }>`
    select case contype when 'f' then 1 else 2 end,
      format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) as drop,
      format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname,
        pg_get_constraintdef(oid)) as make
    from pg_constraint where contype in ('f', 'p', 'u')
      and (conrelid in ${large} or confrelid in ${large})
    union all
    select 3, format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
    from pg_index where indrelid in ${large}
      and not exists (select from pg_constraint where conindid = indexrelid and contype <> 'f')
      and not (indisunique and indpred is not null)
    order by 1`.execute(kysely);
  if (rows.length === 0) return nothing;
  const script = (statements: readonly string[]) => statements.map((each) => `${each};\n`).join("");
  await server.query("SAVEPOINT indexes");
  try {
    await server.script(script(rows.map(({ drop }) => drop)));
  } catch (error) {
    if (errorText(error, "code") !== DEPENDENT) throw error;
    await server.query("ROLLBACK TO SAVEPOINT indexes");
    return nothing;
  }
  // No table is altered while references of its rows are still to be checked.
  const statements = [
    "SET CONSTRAINTS ALL IMMEDIATE",
    ...rows.map(({ make }) => make).toReversed(),
  ];
  return () =>
    server.script(script(statements)).catch((error) => {
      const detail = errorText(error, "detail");
      if (!isRowError(error) || detail === "") throw error;
      throw new PaperwardError(`Cannot change ${server.place}: ${detail} (${error.message})`, {
        hints: ["rows are equal where they must differ, or point to nothing; nothing was changed"],
        cause: error,
      });
    });
}

/** PostgreSQL's code for "other objects depend on it". */
const DEPENDENT = "2BP01";

/** The end of writing, in the transaction: proves the references where the database didn't, and lets its
 * counters go on behind the rows that came with their numbers.
 * @throws {PaperwardError} where a row points to one that isn't there */
export async function endBulk(database: BulkDatabase): Promise<void> {
  if (database.kind === "mariadb") await checkReferences(database);
  if (database.kind === "postgres") await advanceSequences(database);
}

/** Finds rows that point to nothing.
 * @throws {PaperwardError} naming the first one */
export async function checkReferences(database: BulkDatabase): Promise<void> {
  const { kysely, generation, tables, place } = database;
  for (const { table, column, to } of referencesOf(generation)) {
    if (!tables.has(table)) continue;
    const { rows } = await sql<{ target: unknown }>`
      select child.${sql.ref(column)} as target from ${sql.table(table)} child
      left join ${sql.table(to)} parent on parent.id = child.${sql.ref(column)}
      where child.${sql.ref(column)} is not null and parent.id is null limit 1`.execute(kysely);
    const [row] = rows;
    if (!row) continue;
    throw new PaperwardError(
      `Cannot change ${place}: ${table}.${column} points to row ${row.target} of ${to}, which is not there`,
      { hints: ["nothing was changed"] },
    );
  }
}

async function advanceSequences(database: BulkDatabase): Promise<void> {
  const advance = (table: string) =>
    sql`select setval(pg_get_serial_sequence(${table}, 'id'), greatest(max(id), coalesce(
      pg_sequence_last_value(pg_get_serial_sequence(${table}, 'id')::regclass), 1)))
      from ${sql.table(table)} having max(id) is not null`;
  // One statement: the way to a server may be long.
  await sql`${sql.join(countedTables(database).map(advance), sql` union all `)}`.execute(
    database.kysely,
  );
}

/** Changes when somebody else has written to the database since: SQLite counts changes of others; servers don't,
 * so it is how many rows each table has and the highest number among them. */
export async function changeMark(
  database: Pick<BulkDatabase, "kind" | "kysely" | "generation" | "tables">,
): Promise<string> {
  const { kysely, kind } = database;
  if (kind === "sqlite") {
    const { rows } = await sql<{ data_version: number }>`pragma data_version`.execute(kysely);
    return String(rows[0]?.data_version ?? 0);
  }
  const marks = countedTables(database).map((table, place) =>
    sql`select ${sql.lit(place)} as place, count(*) as count, max(id) as highest
      from ${sql.table(table)}`
  );
  const { rows } = await sql<{ count: unknown; highest: unknown }>`${
    sql.join(marks, sql` union all `)
  } order by place`.execute(kysely);
  return rows.map(({ count, highest }) => `${count} ${highest}`).join(", ");
}
