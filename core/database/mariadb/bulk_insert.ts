// Many rows into MariaDB by INSERTs of many rows each: LOAD DATA would need a right that servers often deny.

import type { StorageValue } from "../storage_value.ts";
import { literal } from "./storage_values.ts";

/** Characters of one INSERT, where the server takes as much. */
const LONGEST = 1 << 20;
/** A character has up to four bytes, and the server's limit counts bytes. */
const BYTES_PER_CHARACTER = 4;

/** Writes rows into a table.
 * @param packet bytes of the longest statement that the server takes @returns how many */
export async function insertRows(
  send: (text: string) => Promise<unknown>,
  table: string,
  columns: readonly string[],
  batches: AsyncIterable<readonly StorageValue[][]> | Iterable<readonly StorageValue[][]>,
  packet: number,
): Promise<number> {
  const most = Math.min(LONGEST, Math.floor(packet / BYTES_PER_CHARACTER));
  const head = `INSERT INTO ${quoted(table)} (${columns.map(quoted).join(", ")}) VALUES `;
  let rows = 0;
  let text = "";
  for await (const batch of batches) {
    for (const row of batch) {
      const values = `(${row.map(literal).join(",")})`;
      if (text !== "" && text.length + values.length > most) {
        await send(text);
        text = "";
      }
      text += text === "" ? head + values : `,${values}`;
      rows++;
    }
  }
  if (text !== "") await send(text);
  return rows;
}

/** A name for SQL. */
export function quoted(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}
