// Rows on their way to a server, in the form in which it takes them: what they were made of is garbage at once.

import type { WrittenValue } from "./escaped_text.ts";

/** Rows of one table, written in one go, once. */
export interface RowBatch {
  /** How large they are together, in bytes or characters. */
  readonly size: number;
  /** Adds a row.
   * @param values in the order of the columns
   * @throws {PaperwardError} for text that is no UTF-8 */
  add(values: readonly WrittenValue[]): void;
  /** Writes what was added.
   * @throws {RefusedRow} where the server says, or shows, which one it was */
  send(): Promise<void>;
}

/** The server refuses a row. */
export class RefusedRow extends Error {
  /** @param index of the row in its batch
   * @param cause the server's error */
  constructor(readonly index: number, override readonly cause: unknown) {
    super(`row ${index} of a batch`);
  }
}

/** A property of a driver's error. */
export function errorText(error: unknown, name: "detail" | "code" | "sqlState"): string {
  if (!(error instanceof Error)) return "";
  const value = (error as unknown as Readonly<Record<string, unknown>>)[name];
  return typeof value === "string" ? value : "";
}

/** Whether an error is about the row: SQLite says so, servers by their classes 22 (data) and 23 (constraints). */
export function isRowError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return /constraint failed/.test(error.message) ||
    (["code", "sqlState"] as const).some((name) => /^2[23]/.test(errorText(error, name)));
}
