// Many rows into MariaDB by INSERTs of many rows each: LOAD DATA would need a right that servers often deny.

import { isRowError, RefusedRow, type RowBatch } from "../row_batch.ts";
import { plainValue, type WrittenValue } from "../escaped_text.ts";
import type { StorageValue } from "../storage_value.ts";
import { literal } from "./storage_values.ts";

/** Characters of one INSERT, where the server takes as much. */
const LONGEST = 1 << 18;
/** A character has up to four bytes, and the server's limit counts bytes. */
const BYTES_PER_CHARACTER = 4;

/** Sends a statement. */
export type Send = (text: string) => Promise<unknown>;

/** Writes rows into a table.
 * @param packet bytes of the longest statement that the server takes @returns how many */
export async function insertRows(
  send: Send,
  table: string,
  columns: readonly string[],
  batches: AsyncIterable<readonly StorageValue[][]> | Iterable<readonly StorageValue[][]>,
  packet: number,
): Promise<number> {
  const head = headOf(table, columns);
  const most = longest(packet);
  let rows = 0;
  let texts: string[] = [];
  let size = 0;
  const sendThem = async () => {
    if (texts.length > 0) await send(head + texts.join(","));
    texts = [];
    size = 0;
  };
  for await (const batch of batches) {
    for (const row of batch) {
      const text = rowText(row);
      if (size + text.length > most) await sendThem();
      texts.push(text);
      size += text.length;
      rows++;
    }
  }
  await sendThem();
  return rows;
}

/** Gathers rows for INSERTs. Where one fails it is sent again row by row, to find the one that it failed on. */
export function insertBatch(
  send: Send,
  table: string,
  columns: readonly string[],
  packet: number,
): RowBatch {
  const head = headOf(table, columns);
  const most = longest(packet);
  const texts: string[] = [];
  let size = 0;
  return {
    get size() {
      return size;
    },
    add(values) {
      const text = rowText(values);
      texts.push(text);
      size += text.length;
    },
    async send() {
      for (let from = 0; from < texts.length;) {
        let [to, length] = [from, 0];
        while (to < texts.length && (to === from || length + texts[to]!.length <= most)) {
          length += texts[to++]!.length;
        }
        try {
          await send(head + texts.slice(from, to).join(","));
        } catch (error) {
          if (isRowError(error)) await findRefused(from, to);
          throw error;
        }
        from = to;
      }
    },
  };

  async function findRefused(from: number, to: number): Promise<void> {
    for (let index = from; index < to; index++) {
      try {
        await send(head + texts[index]!);
      } catch (error) {
        throw new RefusedRow(index, error);
      }
    }
  }
}

function headOf(table: string, columns: readonly string[]): string {
  return `INSERT INTO ${quoted(table)} (${columns.map(quoted).join(", ")}) VALUES `;
}

function longest(packet: number): number {
  return Math.min(LONGEST, Math.floor(packet / BYTES_PER_CHARACTER));
}

function rowText(row: readonly WrittenValue[]): string {
  return `(${row.map((value) => literal(plainValue(value))).join(",")})`;
}

/** A name for SQL. */
export function quoted(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}
