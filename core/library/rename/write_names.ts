// Writes new names into the rows of documents, inside the caller's transaction. Invariant: a row is only changed
// while it has the names that the plan saw, and names that documents swap never meet.

import { CompiledQuery, type Kysely, sql } from "kysely";
import type { Tables } from "../../schema/tables.ts";
import type { DocumentMove } from "./file_namer.ts";

const NAMES = ["filename", "archive_filename"] as const;

/** Options of {@linkcode writeNames}. */
export interface WriteNamesOptions {
  /** Value of `modified`, as the database stores it. @default it stays */
  readonly modified?: string;
  /** The names go back to what they were before. @default {false} */
  readonly back?: boolean;
}

/**
 * Writes the names that moves give.
 *
 * @param groups in their order; documents of a group may swap names
 * @returns documents whose rows have other names by now: nothing was written for them and those of their group
 */
export async function writeNames(
  kysely: Kysely<Tables>,
  groups: readonly (readonly DocumentMove[])[],
  options: WriteNamesOptions = {},
): Promise<readonly number[]> {
  const changed: number[] = [];
  for (const group of groups) {
    const ids = group.length > 1 ? await writeCircle(kysely, group, options) : [];
    if (group.length > 1) changed.push(...ids);
    else if (!await writeOne(kysely, group[0]!, options)) changed.push(group[0]!.id);
  }
  return changed;
}

/** Swapped names meet in a column that is unique, unless nobody has them for a moment. */
async function writeCircle(
  kysely: Kysely<Tables>,
  group: readonly DocumentMove[],
  options: WriteNamesOptions,
): Promise<number[]> {
  const taken: DocumentMove[] = [];
  for (const move of group) {
    const { before, after } = directed(move, options);
    const free = Object.fromEntries(Object.keys(after).map((column) => [column, null]));
    if (await write(kysely, move.id, before, free)) taken.push(move);
  }
  const isWhole = taken.length === group.length;
  for (const move of taken) {
    const { before, after } = directed(move, options);
    const free = Object.fromEntries(Object.keys(after).map((column) => [column, null]));
    await write(kysely, move.id, free, isWhole ? { ...after, ...stamp(options) } : before);
  }
  return isWhole ? [] : group.map(({ id }) => id);
}

function writeOne(
  kysely: Kysely<Tables>,
  move: DocumentMove,
  options: WriteNamesOptions,
): Promise<boolean> {
  const { before, after } = directed(move, options);
  return write(kysely, move.id, before, { ...after, ...stamp(options) });
}

function directed(
  { before, after }: DocumentMove,
  { back }: WriteNamesOptions,
): Pick<DocumentMove, "before" | "after"> {
  return back ? { before: after, after: before } : { before, after };
}

function stamp({ modified }: WriteNamesOptions): { readonly modified?: string } {
  return modified === undefined ? {} : { modified };
}

type Columns = Readonly<Partial<Record<typeof NAMES[number] | "modified", string | null>>>;

/** @returns whether the row was as expected, and changed */
async function write(
  kysely: Kysely<Tables>,
  id: number,
  expected: Columns,
  values: Columns,
): Promise<boolean> {
  const { numAffectedRows } = await kysely.executeQuery(
    CompiledQuery.raw(statementOf(kysely, values, expected), [
      ...Object.values(values),
      id,
      ...Object.values(expected).filter((value) => value !== null),
    ]),
  );
  return numAffectedRows === 1n;
}

/** Texts of statements, by database and shape: making one takes longer than running it. */
const statements = new WeakMap<object, Map<string, string>>();

function statementOf(kysely: Kysely<Tables>, values: Columns, expected: Columns): string {
  const adapter = kysely.getExecutor().adapter;
  let known = statements.get(adapter);
  if (!known) statements.set(adapter, known = new Map());
  const shape = JSON.stringify([
    Object.keys(values),
    Object.entries(expected).map(([column, value]) => [column, value === null]),
  ]);
  let text = known.get(shape);
  if (text === undefined) {
    const set = Object.keys(values).map((column) => sql`${sql.ref(column)} = ${""}`);
    const where = Object.entries(expected).map(([column, value]) =>
      value === null ? sql`${sql.ref(column)} is null` : sql`${sql.ref(column)} = ${""}`
    );
    text = sql`update documents_document set ${sql.join(set)}
      where id = ${0} and deleted_at is null and ${sql.join(where, sql` and `)}`.compile(kysely)
      .sql;
    known.set(shape, text);
  }
  return text;
}
