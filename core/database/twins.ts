// Rows of one table that are equal where they must differ. Each database has its own idea of equality: who copies
// or imports looks before anything is written, as the target sees it.

import type { StorageValue } from "./storage_value.ts";

/** Two rows that the target can't hold both. */
export interface Twin {
  readonly table: string;
  /** Of the key in which they are equal. */
  readonly columns: readonly string[];
  /** The row that comes later. */
  readonly id: string | bigint;
  readonly other: string | bigint;
  /** Why, to be read after the row: ` has the same name …`. */
  readonly message: string;
}

/** Looks for twins among rows that are shown to it. */
export interface TwinFinder extends AsyncDisposable {
  /** Shows a row; those of tables without anything to look at are free. */
  add(table: string, valueOf: (column: string) => StorageValue): void;
  /** To be called between batches: what was shown doesn't stay in memory. */
  settle(): Promise<void>;
  /** All twins among the rows that were shown; then no more rows. */
  find(): AsyncIterable<Twin>;
}

/** What two rows have in common, for people.
 * @param values of the columns that hold text, of both rows; equal ones are told once */
export function sameValues(
  columns: readonly string[],
  other: string | bigint,
  values: readonly (readonly [string, string])[],
): string {
  const quoted = values.map(([one, another]) =>
    one === another ? short(one) : `${short(one)} and ${short(another)}`
  );
  return `has the same ${columns.join(" and ")} as row ${other}` +
    (quoted.length > 0 ? `: ${quoted.join(", ")}` : "");
}

function short(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
