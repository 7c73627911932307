// Gives JSON text the manifest's layout (indent 2, as Python's json prints it) by changing nothing but the
// white space between tokens: numbers, escapes and the order of keys stay as they are.

import type { RawJson } from "./raw_record.ts";

/** Deepest nesting of a value that is laid out; the reader's limit is the same. */
export const MAX_DEPTH = 512;

const SCALAR =
  /(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null|NaN|-?Infinity)/y;
const HEX4 = /[0-9a-fA-F]{4}/y;

/** Lays a JSON value out.
 * @param raw the value's JSON text, with any white space
 * @param indent blanks before the line that the value stands on
 * @returns the text, or undefined if `raw` is not one JSON value (Python's NaN and Infinity count as
 * numbers) or is nested deeper than {@linkcode MAX_DEPTH} */
export function layoutJson(raw: RawJson, indent: number): RawJson | undefined {
  const closers: string[] = [];
  let out = "";
  let position = skipSpace(raw, 0);
  const newline = () => "\n" + " ".repeat(indent + 2 * closers.length);

  while (true) {
    // A value starts here.
    const first = raw[position];
    if (first === "{" || first === "[") {
      if (closers.length === MAX_DEPTH) return undefined;
      const closer = first === "{" ? "}" : "]";
      position = skipSpace(raw, position + 1);
      if (raw[position] === closer) {
        out += first + closer;
        position++;
      } else {
        closers.push(closer);
        out += first + newline();
        if (first === "[") continue;
        const next = copyKey();
        if (!next) return undefined;
        continue;
      }
    } else {
      const end = first === '"' ? stringEnd(raw, position) : scalarEnd(raw, position);
      if (end < 0) return undefined;
      out += raw.slice(position, end);
      position = end;
    }
    // A value has ended here.
    while (true) {
      position = skipSpace(raw, position);
      const closer = closers.at(-1);
      if (closer === undefined) return position === raw.length ? out : undefined;
      const next = raw[position++];
      if (next === closer) {
        closers.pop();
        out += newline() + closer;
        continue;
      }
      if (next !== ",") return undefined;
      out += "," + newline();
      position = skipSpace(raw, position);
      if (closer === "}" && !copyKey()) return undefined;
      break;
    }
  }

  function copyKey(): boolean {
    const end = stringEnd(raw, position);
    if (end < 0) return false;
    out += raw.slice(position, end) + ": ";
    position = skipSpace(raw, end);
    if (raw[position] !== ":") return false;
    position = skipSpace(raw, position + 1);
    return true;
  }
}

/** Whether a text is one JSON value by the same grammar. */
export function isJson(raw: string): boolean {
  return layoutJson(raw, 0) !== undefined;
}

function skipSpace(text: string, position: number): number {
  while (true) {
    const code = text.charCodeAt(position);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return position;
    position++;
  }
}

/** @returns the position behind the closing quote, or -1 */
function stringEnd(text: string, position: number): number {
  if (text.charCodeAt(position) !== 0x22) return -1;
  for (let at = position + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at + 1;
    if (code < 0x20) return -1;
    if (code !== 0x5c) continue;
    const escape = text[++at];
    if (escape === undefined || !'"\\/bfnrtu'.includes(escape)) return -1;
    if (escape !== "u") continue;
    HEX4.lastIndex = at + 1;
    if (!HEX4.test(text)) return -1;
    at += 4;
  }
  return -1;
}

function scalarEnd(text: string, position: number): number {
  SCALAR.lastIndex = position;
  return SCALAR.test(text) ? SCALAR.lastIndex : -1;
}
