// Rows that MariaDB takes for equal: its collations make no difference between cases, accents or blanks at the
// end, each in its own way. So the server is asked: the values of unique texts go into temporary tables with the
// collations of the real ones, on a connection of their own. Invariant: nothing that lasts is written.

import { connectServer } from "../connect_server.ts";
import type { OpenOptions } from "../open_database.ts";
import type { ServerConnection, ServerSettings } from "../server_connection.ts";
import type { StorageValue } from "../storage_value.ts";
import { sameValues, type Twin, type TwinFinder } from "../twins.ts";
import type { Field } from "../../schema/field.ts";
import { fieldsOf, type Generation } from "../../schema/model.ts";
import { modelsOf } from "../../schema/registry.ts";
import { uniqueKeysOf } from "../../schema/unique_keys.ts";

/** Characters of a text that an index takes. */
const INDEXED = 191;

/** Characters that wait to be sent. */
const MOST_WAITING = 1 << 18;

/** A reference of two rows, each by its own side's numbers. */
export interface ReferencePair {
  readonly column: string;
  readonly given: bigint;
  readonly library: bigint;
}

/** A row that was shown and one that the library has: equal in their texts, though not the same. */
export interface LibraryTwin extends Twin {
  /** Of the same key: they are twins where these mean the same rows. */
  readonly references: readonly ReferencePair[];
  /** The first text of the key, in the row that was shown. */
  readonly given: string;
}

/** Asks MariaDB. */
export interface MariadbTwinFinder extends TwinFinder {
  /** Rows that were shown against those that the library has. Rows that are equal to the letter are left out. */
  findInLibrary(): AsyncIterable<LibraryTwin>;
}

const TEXTS: ReadonlySet<Field["kind"]> = new Set(["char", "file", "multiSelect"]);

interface WatchedTable {
  readonly name: string;
  /** Of the temporary table. */
  readonly temporary: string;
  /** The primary key first. */
  readonly columns: readonly Field[];
  readonly keys: readonly (readonly Field[])[];
  waiting: StorageValue[][];
  isMade: boolean;
}

/** Opens a finder.
 * @throws {PaperwardError} where the server can't be reached */
export async function openMariadbTwinFinder(
  settings: ServerSettings,
  options: Pick<OpenOptions, "files" | "report" | "stop">,
  generation: Generation,
): Promise<MariadbTwinFinder> {
  const connection = await connectServer(settings, { ...options, mode: "read" });
  try {
    // Temporary tables are no exception there.
    await connection.query("SET SESSION TRANSACTION READ WRITE");
    // Values that begin alike are told apart by what follows, however late.
    await connection.query("SET SESSION max_sort_length = 65536");
    const mayAsk = await mayMakeTables(connection);
    if (!mayAsk) {
      options.report.warn(
        "The user may make no temporary tables (CREATE TEMPORARY TABLES): names that MariaDB takes for equal are " +
          "found only when rows are written; nothing is kept then",
      );
    }
    return finderOn(
      connection,
      await readCollations(connection),
      mayAsk ? watchedTables(generation) : new Map(),
    );
  } catch (error) {
    await connection.close();
    throw error;
  }
}

async function mayMakeTables(connection: ServerConnection): Promise<boolean> {
  try {
    await connection.query("CREATE TEMPORARY TABLE paperward_twins (id integer) ENGINE=InnoDB");
    return true;
  } catch (error) {
    const { errno } = ((error as Error).cause ?? {}) as { readonly errno?: number };
    if (errno === ACCESS_DENIED) return false;
    throw error;
  }
}

/** MariaDB's number for a right that the user lacks in a database. */
const ACCESS_DENIED = 1044;

/** Tables in which a text has to differ, with no more columns than that takes. */
function watchedTables(generation: Generation): ReadonlyMap<string, WatchedTable> {
  const watched = modelsOf(generation).flatMap((model, index) => {
    const fields = new Map(fieldsOf(model, generation).map((field) => [field.column, field]));
    const keys = uniqueKeysOf(model, generation).filter(({ among }) => !among)
      .map(({ columns }) => columns.flatMap((column) => fields.get(column) ?? []))
      .filter((key) => key.some(isText));
    if (keys.length === 0) return [];
    const id = fields.get(model.primaryKey);
    if (!id) throw new Error(`No primary key in ${model.table}`);
    const table: WatchedTable = {
      name: model.table,
      temporary: `paperward_twins_${index}`,
      columns: [...new Set([id, ...keys.flat()])],
      keys,
      waiting: [],
      isMade: false,
    };
    return [[model.table, table] as const];
  });
  return new Map(watched);
}

function isText({ kind }: Field): boolean {
  return TEXTS.has(kind);
}

/** The collation of a column; undefined where it can't be told, or its texts have another alphabet. */
type CollationOf = (table: string, column: string) => string | undefined;

async function readCollations(connection: ServerConnection): Promise<CollationOf> {
  const { rows } = await connection.query(
    "SELECT table_name, column_name, collation_name FROM information_schema.columns " +
      "WHERE table_schema = database() AND collation_name IS NOT NULL",
  );
  const known = new Map(rows.map(([table, column, name]) => [`${table}.${column}`, String(name)]));
  const tables = new Set(rows.map(([table]) => String(table)));
  const { rows: [first = []] } = await connection.query("SELECT @@collation_database");
  return (table, column) => {
    const name = tables.has(table) ? known.get(`${table}.${column}`) : String(first[0]);
    // The older UTF-8 has the same collations; characters that it lacks are the server's to refuse.
    const wide = name?.replace(/^utf8(?:mb3)?_/, "utf8mb4_");
    return wide?.startsWith("utf8mb4_") ? wide : undefined;
  };
}

function finderOn(
  connection: ServerConnection,
  collationOf: CollationOf,
  watched: ReadonlyMap<string, WatchedTable>,
): MariadbTwinFinder {
  let size = 0;

  return {
    add(name, valueOf) {
      const table = watched.get(name);
      if (!table) return;
      const row = table.columns.map(({ column }) => valueOf(column));
      table.waiting.push(row);
      for (const value of row) size += typeof value === "string" ? value.length + 10 : 10;
    },
    async settle() {
      if (size >= MOST_WAITING) await send();
    },
    async *find() {
      await send();
      for (const table of watched.values()) {
        if (!table.isMade) continue;
        for (const key of table.keys) if (collationsOf(table, key)) yield* twinsIn(table, key);
      }
    },
    async *findInLibrary() {
      await send();
      for (const table of watched.values()) {
        if (!table.isMade) continue;
        for (const key of table.keys) if (collationsOf(table, key)) yield* strangersIn(table, key);
      }
    },
    [Symbol.asyncDispose]: () => connection.close(),
  };

  async function send(): Promise<void> {
    size = 0;
    for (const table of watched.values()) {
      if (table.waiting.length === 0) continue;
      if (!table.isMade) await make(table);
      const rows = table.waiting;
      table.waiting = [];
      await connection.bulkInsert(table.temporary, table.columns.map(({ column }) => column), [
        rows,
      ]);
    }
  }

  async function make(table: WatchedTable): Promise<void> {
    const columns = table.columns.map((field, index) => {
      if (!isText(field)) return `"${field.column}" bigint`;
      // Numbers of rows are the letters that they are.
      const collation = index === 0 && table.keys.every((key) => !key.includes(field))
        ? "utf8mb4_bin"
        : collationOf(table.name, field.column) ?? "utf8mb4_bin";
      return `"${field.column}" varchar(${
        field.maxLength ?? 255
      }) CHARACTER SET utf8mb4 COLLATE ${collation}`;
    });
    await connection.query(
      `CREATE TEMPORARY TABLE "${table.temporary}" (${columns.join(", ")}) ENGINE=InnoDB`,
    );
    table.isMade = true;
  }

  /** Of the texts of a key; undefined where one can't be told. */
  function collationsOf({ name }: WatchedTable, key: readonly Field[]): string | undefined {
    const names = key.filter(isText).map(({ column }) => collationOf(name, column));
    return names.every((each) => each !== undefined) ? [...new Set(names)].join(", ") : undefined;
  }

  async function* twinsIn(table: WatchedTable, key: readonly Field[]): AsyncGenerator<Twin> {
    const columns = key.map(({ column }) => column);
    const id = `"${table.columns[0]?.column}"`;
    const texts = key.filter(isText).map(({ column }) => column);
    const list = columns.map((column) => `"${column}"`).join(", ");
    const { rows } = await connection.query(
      `SELECT * FROM (SELECT ${id} AS id, first_value(${id}) OVER w AS other, ` +
        texts.map((column, i) => `"${column}" AS a${i}, first_value("${column}") OVER w AS b${i}`)
          .join(", ") +
        ` FROM "${table.temporary}" WHERE ${
          columns.map((column) => `"${column}" IS NOT NULL`).join(" AND ")
        } WINDOW w AS (PARTITION BY ${list} ORDER BY ${id})) AS t WHERE id <> other ORDER BY id`,
    );
    for (const row of rows) yield twinOf(table, key, row);
  }

  async function* strangersIn(
    table: WatchedTable,
    key: readonly Field[],
  ): AsyncGenerator<LibraryTwin> {
    const id = `"${table.columns[0]?.column}"`;
    const texts = key.filter(isText).map(({ column }) => `"${column}"`);
    const others = key.filter((field) => !isText(field)).map(({ column }) => column);
    // Without it, each row would be held against each other one.
    await connection.query(
      `ALTER TABLE "${table.temporary}" ADD INDEX (${texts[0]}(${
        Math.min(INDEXED, key.find(isText)?.maxLength ?? INDEXED)
      }))`,
    );
    const { rows } = await connection.query(
      `SELECT t.${id}, r.${id}, ${texts.map((each) => `t.${each}, r.${each}`).join(", ")}${
        others.map((each) => `, t."${each}", r."${each}"`).join("")
      } FROM "${table.name}" AS r STRAIGHT_JOIN "${table.temporary}" AS t ON ${
        texts.map((each) => `t.${each} = r.${each}`).join(" AND ")
      } WHERE (${
        texts.map((each) => `cast(t.${each} AS binary) <> cast(r.${each} AS binary)`).join(" OR ")
      })${
        others.map((each) => ` AND t."${each}" IS NOT NULL AND r."${each}" IS NOT NULL`).join("")
      } ORDER BY t.${id}`,
    );
    const at = 2 + 2 * texts.length;
    for (const row of rows) {
      yield {
        ...twinOf(table, key, row),
        given: String(row[2]),
        references: others.map((column, index) => ({
          column,
          given: BigInt(String(row[at + 2 * index])),
          library: BigInt(String(row[at + 2 * index + 1])),
        })),
      };
    }
  }

  function twinOf(table: WatchedTable, key: readonly Field[], row: readonly StorageValue[]): Twin {
    const [id, other] = [row[0] as string | bigint, row[1] as string | bigint];
    const columns = key.map(({ column }) => column);
    const texts = key.filter(isText).map((_, index) =>
      [String(row[2 + 2 * index]), String(row[3 + 2 * index])] as const
    );
    return {
      table: table.name,
      columns,
      id,
      other,
      message: `${sameValues(columns, other, texts)} (MariaDB's ${collationsOf(table, key)})`,
    };
  }
}
