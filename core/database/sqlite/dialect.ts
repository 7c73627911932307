// Kysely over Deno's node:sqlite: one connection, synchronous underneath. Kysely's transactions take turns;
// plain queries run whenever they come, in the transaction that is open then.

import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { streamArrays } from "./array_rows.ts";

/** What an error of SQLite means to the user; other errors as they are. */
export type ExplainError = (error: unknown) => unknown;

/** A dialect around an open database. Who opened the database closes it.
 * @param explain for the errors of all statements */
export function sqliteDialect(database: DatabaseSync, explain: ExplainError): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new SqliteDriver(new SqliteConnection(database, explain)),
    createIntrospector: (kysely) => new SqliteIntrospector(kysely),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

class SqliteDriver implements Driver {
  readonly #connection: SqliteConnection;
  #turn: Promise<void> = Promise.resolve();
  #endTurn: () => void = () => {};

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
  }

  init(): Promise<void> {
    return Promise.resolve();
  }

  acquireConnection(): Promise<DatabaseConnection> {
    return Promise.resolve(this.#connection);
  }

  async beginTransaction(): Promise<void> {
    const before = this.#turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    await before;
    this.#endTurn = resolve;
    try {
      this.#connection.exec("BEGIN IMMEDIATE");
    } catch (error) {
      resolve();
      throw error;
    }
  }

  // deno-lint-ignore require-await -- an error must be a rejection
  async commitTransaction(): Promise<void> {
    // A commit that fails (busy) is followed by Kysely's rollback, which ends the turn.
    this.#connection.exec("COMMIT");
    this.#endTurn();
  }

  // deno-lint-ignore require-await -- an error must be a rejection
  async rollbackTransaction(): Promise<void> {
    try {
      this.#connection.rollback();
    } finally {
      this.#endTurn();
    }
  }

  releaseConnection(): Promise<void> {
    return Promise.resolve();
  }

  destroy(): Promise<void> {
    return Promise.resolve();
  }
}

/** Statements that are kept, at most. A statement that is let go keeps the texts that were bound to it until
 * the garbage collector finds it, which knows nothing of their size. */
const KEPT_STATEMENTS = 64;

class SqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync;
  readonly #explain: ExplainError;
  /** By their text, the one used last at the end. */
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync, explain: ExplainError) {
    this.#database = database;
    this.#explain = explain;
  }

  /** Runs a statement without parameters or rows. */
  exec(text: string): void {
    try {
      this.#database.exec(text);
    } catch (error) {
      throw this.#explain(error);
    }
  }

  /** SQLite rolls back by itself where the disk is full. */
  rollback(): void {
    if (this.#database.isTransaction) this.exec("ROLLBACK");
  }

  // deno-lint-ignore require-await -- an error must be a rejection
  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    try {
      return this.#execute(query);
    } catch (error) {
      throw this.#explain(error);
    }
  }

  #execute<R>(query: CompiledQuery): QueryResult<R> {
    const statement = this.#prepare(query.sql);
    const parameters = query.parameters.map(bindable);
    if (statement.columns().length > 0) {
      statement.setReadBigInts(true);
      return { rows: statement.all(...parameters).map((row) => shrinkIntegers(row) as R) };
    }
    const { changes, lastInsertRowid } = statement.run(...parameters);
    return {
      rows: [],
      numAffectedRows: BigInt(changes),
      insertId: BigInt(lastInsertRowid),
    };
  }

  #prepare(text: string): StatementSync {
    const statement = this.#statements.get(text) ?? this.#database.prepare(text);
    this.#statements.delete(text);
    this.#statements.set(text, statement);
    if (this.#statements.size > KEPT_STATEMENTS) {
      const [oldest] = this.#statements.keys();
      if (oldest !== undefined) this.#statements.delete(oldest);
    }
    return statement;
  }

  /** Gives columns by name, as `executeQuery` does, a row at a time. */
  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    const parameters = query.parameters.map(bindable);
    try {
      const names = this.#database.prepare(query.sql).columns().map(({ name }) => name);
      for (const values of streamArrays(this.#database, query.sql, parameters)) {
        const row = Object.fromEntries(names.map((name, i) => [name, values[i]]));
        yield { rows: [shrinkIntegers(row) as R] };
      }
    } catch (error) {
      throw this.#explain(error);
    }
  }
}

/** Integers come as numbers, those beyond 2⁵³ as bigint. */
function shrinkIntegers(row: object): Record<string, unknown> {
  const values = row as Record<string, unknown>;
  for (const key in values) {
    const value = values[key];
    if (typeof value !== "bigint") continue;
    const number = Number(value);
    if (Number.isSafeInteger(number)) values[key] = number;
  }
  return values;
}

function bindable(value: unknown): SQLInputValue {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value === undefined) return null;
  return value as SQLInputValue;
}
