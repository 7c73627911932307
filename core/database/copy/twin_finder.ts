// Rows that a copy's target can't hold both. MariaDB is asked; PostgreSQL and SQLite compare letter by letter, so
// what a source has told apart by itself needs no look: only the keys of some rows, which MariaDB doesn't have.

import type { DatabaseSettings } from "../../settings/settings.ts";
import type { Generation } from "../../schema/model.ts";
import { fieldsOf } from "../../schema/model.ts";
import { modelsOf } from "../../schema/registry.ts";
import { type UniqueKey, uniqueKeysOf } from "../../schema/unique_keys.ts";
import type { OpenOptions } from "../open_database.ts";
import type { StorageValue } from "../storage_value.ts";
import { sameValues, type Twin, type TwinFinder } from "../twins.ts";

/** Opens the finder for a target. */
export async function openTwinFinder(
  target: DatabaseSettings,
  options: Pick<OpenOptions, "files" | "report" | "stop">,
  generation: Generation,
): Promise<TwinFinder> {
  if (target.kind !== "mariadb") return partialTwinFinder(generation);
  const { openMariadbTwinFinder } = await import("../mariadb/twin_finder.ts");
  return await openMariadbTwinFinder(target, options, generation);
}

interface PartialKey extends UniqueKey {
  readonly texts: readonly string[];
  /** The first row with these values. */
  readonly seen: Map<string, string | bigint>;
}

/** Few rows have such keys: names without owner, versions. */
function partialTwinFinder(generation: Generation): TwinFinder {
  const twins: Twin[] = [];
  const tables = new Map(
    modelsOf(generation).map((model) => {
      const kinds = new Map(fieldsOf(model, generation).map(({ column, kind }) => [column, kind]));
      const keys = uniqueKeysOf(model, generation).filter(({ among }) => among)
        .map((key): PartialKey => ({
          ...key,
          texts: key.columns.filter((column) => kinds.get(column) === "char"),
          seen: new Map(),
        }));
      return [model.table, { id: model.primaryKey, keys }] as const;
    }).filter(([, { keys }]) => keys.length > 0),
  );
  return {
    add(name, valueOf) {
      const table = tables.get(name);
      if (!table) return;
      const id = valueOf(table.id) as string | bigint;
      for (const { columns, among, texts, seen } of table.keys) {
        if (
          !Object.entries(among ?? {}).every(([each, of]) => of.includes(valueOf(each) as null))
        ) {
          continue;
        }
        const values = columns.map(valueOf);
        if (values.includes(null)) continue;
        const text = values.join("\0");
        const other = seen.get(text);
        if (other === undefined) {
          seen.set(text, id);
          continue;
        }
        const shown = texts.map((each) => [String(valueOf(each)), String(valueOf(each))] as const);
        twins.push({ table: name, columns, id, other, message: sameValues(columns, other, shown) });
      }
    },
    settle: () => Promise.resolve(),
    async *find() {
      yield* twins;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** The value of a column in a row that is an array. */
export function valueIn(
  columns: readonly { readonly column: string }[],
): (row: readonly StorageValue[]) => (column: string) => StorageValue {
  const places = new Map(columns.map(({ column }, index) => [column, index]));
  return (row) => (column) => row[places.get(column) ?? -1] ?? null;
}
