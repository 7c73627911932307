// Looking into raw JSON without parsing its numbers, and putting members into it: settings and extra data keep
// their fractions, big integers and order of keys. The texts come from the manifest reader, which has checked
// their grammar.

import type { RawJson } from "../manifest/raw_record.ts";
import { rawString, RawValueError } from "../manifest/raw_values.ts";

/** A member of an object, with the place of its value in the text. */
export interface RawMember {
  readonly key: string;
  readonly value: RawJson;
  readonly start: number;
  readonly end: number;
}

/** Whether the value is an object. */
export function isRawObject(raw: RawJson | undefined): raw is RawJson {
  return raw?.startsWith("{") === true;
}

/** Whether the value is an array. */
export function isRawArray(raw: RawJson | undefined): raw is RawJson {
  return raw?.startsWith("[") === true;
}

/** The members of an object, in order. @throws {RawValueError} if it is none */
export function rawMembers(raw: RawJson): RawMember[] {
  if (!isRawObject(raw)) throw new RawValueError(`${shorten(raw)} is not an object`);
  const members: RawMember[] = [];
  let at = skipBlanks(raw, 1);
  while (at < raw.length && raw[at] !== "}") {
    const keyEnd = valueEnd(raw, at);
    const key = rawString(raw.slice(at, keyEnd));
    const start = skipBlanks(raw, skipBlanks(raw, keyEnd) + 1);
    const end = valueEnd(raw, start);
    members.push({ key, value: raw.slice(start, end), start, end });
    at = skipBlanks(raw, end);
    if (raw[at] === ",") at = skipBlanks(raw, at + 1);
  }
  return members;
}

/** The value of a member; of two with one key the last, as Python takes it. */
export function rawMember(raw: RawJson, key: string): RawJson | undefined {
  return rawMembers(raw).findLast((member) => member.key === key)?.value;
}

/** The object with a member replaced where it stands, or added at the end. */
export function withRawMember(raw: RawJson, key: string, value: RawJson): RawJson {
  const members = rawMembers(raw);
  const old = members.findLast((member) => member.key === key);
  if (old) return raw.slice(0, old.start) + value + raw.slice(old.end);
  const last = members.at(-1);
  if (!last) return `{${JSON.stringify(key)}: ${value}}`;
  return `${raw.slice(0, last.end)}, ${JSON.stringify(key)}: ${value}${raw.slice(last.end)}`;
}

/** The items of an array of anything. @throws {RawValueError} if it is none */
export function rawItems(raw: RawJson): RawJson[] {
  if (!isRawArray(raw)) throw new RawValueError(`${shorten(raw)} is not a list`);
  const items: RawJson[] = [];
  let at = skipBlanks(raw, 1);
  while (at < raw.length && raw[at] !== "]") {
    const end = valueEnd(raw, at);
    items.push(raw.slice(at, end));
    at = skipBlanks(raw, end);
    if (raw[at] === ",") at = skipBlanks(raw, at + 1);
  }
  return items;
}

/** A list of keys as raw JSON. */
export function rawKeys(keys: Iterable<RawJson>): RawJson {
  return `[${[...keys].join(", ")}]`;
}

function skipBlanks(raw: string, from: number): number {
  let at = from;
  while (at < raw.length && " \t\r\n".includes(raw[at]!)) at++;
  return at;
}

/** Where the value that starts at `from` ends. */
function valueEnd(raw: string, from: number): number {
  let depth = 0;
  let at = from;
  for (; at < raw.length; at++) {
    const char = raw[at]!;
    if (char === '"') {
      at = stringEnd(raw, at) - 1;
    } else if (char === "{" || char === "[") {
      depth++;
    } else if (char === "}" || char === "]") {
      if (depth === 0) return at;
      depth--;
    } else if (depth === 0 && ", \t\r\n:".includes(char)) {
      return at;
    }
    if (depth === 0 && '"}]'.includes(raw[at]!)) return at + 1;
  }
  return at;
}

function stringEnd(raw: string, from: number): number {
  let at = from + 1;
  while (at < raw.length && raw[at] !== '"') at += raw[at] === "\\" ? 2 : 1;
  return at + 1;
}

function shorten(raw: string): string {
  return JSON.stringify(raw.length > 60 ? `${raw.slice(0, 60)}…` : raw);
}
