// Decoding of raw JSON values, one at a time and only where a value is needed. The texts come from the
// manifest reader, which has checked their grammar; a value of the wrong kind is a typed error.

import type { RawJson } from "./raw_record.ts";

/** Thrown where a raw value is not of the kind that was asked for. */
export class RawValueError extends Error {
  /** The class's name. */
  override readonly name = "RawValueError";
}

/** Whether the value is absent or null. */
export function rawIsNull(raw: RawJson | undefined): raw is undefined | "null" {
  return raw === undefined || raw === "null";
}

/** Decodes a JSON string. A lone surrogate that stands escaped there is one in the result. */
export function rawString(raw: RawJson): string {
  if (raw.charCodeAt(0) !== 0x22) throw wrong("a string", raw);
  return raw.includes("\\") ? decode<string>(raw, "a string") : raw.slice(1, -1);
}

/** Decodes a JSON string, or null for null and absent. */
export function rawStringOrNull(raw: RawJson | undefined): string | null {
  return rawIsNull(raw) ? null : rawString(raw);
}

/** Decodes an integer of any size. */
export function rawBigInt(raw: RawJson): bigint {
  if (!/^-?[0-9]+$/.test(raw)) throw wrong("an integer", raw);
  return BigInt(raw);
}

/** Decodes an integer up to 2⁵³−1. */
export function rawInteger(raw: RawJson): number {
  const value = /^-?[0-9]+$/.test(raw) ? Number(raw) : NaN;
  if (!Number.isSafeInteger(value)) throw wrong("an integer below 2^53", raw);
  return value;
}

/** Decodes an integer, or null for null and absent. */
export function rawIntegerOrNull(raw: RawJson | undefined): number | null {
  return rawIsNull(raw) ? null : rawInteger(raw);
}

/** Decodes true or false. */
export function rawBoolean(raw: RawJson): boolean {
  if (raw !== "true" && raw !== "false") throw wrong("true or false", raw);
  return raw === "true";
}

/** Splits a JSON array into the raw texts of its items: `[1, "2"]` → `1`, `"2"`. Items that are arrays or
 * objects themselves are refused: upstream's lists hold keys. */
export function rawList(raw: RawJson): RawJson[] {
  const inner = /^\[([^[\]{}]*)\]$/s.exec(raw)?.[1];
  if (inner === undefined) throw wrong("a list of keys", raw);
  return inner.match(/"(?:[^"\\]|\\.)*"|[^\s,]+/gs) ?? [];
}

/** Parses a value for looking at it. Numbers lose what JavaScript's can't hold: never write the result. */
export function rawParsed(raw: RawJson): unknown {
  return decode<unknown>(raw, "JSON");
}

function decode<T>(raw: RawJson, kind: string): T {
  try {
    return JSON.parse(raw) as T;
  } catch {
    throw wrong(kind, raw);
  }
}

function wrong(kind: string, raw: RawJson): RawValueError {
  const shown = raw.length > 60 ? `${raw.slice(0, 60)}…` : raw;
  return new RawValueError(`${JSON.stringify(shown)} is not ${kind}`);
}
