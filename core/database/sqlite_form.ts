// Values of servers in the form in which SQLite holds them, and back: the one form that the rest knows.

import { PaperwardError } from "../errors.ts";

/** A date-time as a server prints it in UTC → as Django stores it in SQLite: six digits of a second's fraction
 * or none.
 * @param text `2024-05-06 07:08:09.12+00`; what isn't like that (`infinity`) stays as it is */
export function sqliteDatetime(text: string): string {
  const end = text.endsWith("+00") ? text.length - 3 : text.length;
  const dot = text.indexOf(".");
  if (dot < 0) return end === text.length ? text : text.slice(0, end);
  const fraction = text.slice(dot + 1, end);
  if (/^0*$/.test(fraction)) return text.slice(0, dot);
  return `${text.slice(0, dot)}.${fraction.padEnd(6, "0")}`;
}

/** A UUID without dashes. */
export function sqliteUuid(text: string): string {
  return text.replaceAll("-", "");
}

/** A parameter as text, for servers that tell its type themselves.
 * @throws {PaperwardError} for text that no UTF-8 database can hold; it is never changed */
export function serverText(value: unknown): string | null {
  switch (typeof value) {
    case "string":
      return checkedText(value);
    case "boolean":
      return value ? "1" : "0";
    case "number":
    case "bigint":
      return String(value);
    case "undefined":
      return null;
  }
  if (value === null) return null;
  if (value instanceof Uint8Array) return checkedText(strict.decode(value));
  if (value instanceof Date) return value.toISOString();
  throw new TypeError(`No parameter of a query: ${typeof value}`);
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function checkedText(text: string): string {
  if (text.isWellFormed()) return text;
  throw new PaperwardError(
    `Cannot write ${
      JSON.stringify(text.slice(0, 40))
    }: it holds bytes that are not UTF-8, which only SQLite can hold`,
  );
}
