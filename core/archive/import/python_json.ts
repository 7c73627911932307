// JSON text as Python's json.dumps writes it, which is how Django keeps JSON columns: a blank after comma and
// colon, ASCII only. Invariant: tokens stay what they are; numbers, escapes' meaning and the order of keys survive.

import type { RawJson } from "../manifest/raw_record.ts";

const TOKEN = /"(?:[^"\\]|\\.)*"|[[\]{}:,]|[^\s"[\]{}:,]+/gs;
const PLAIN_STRING = /^"[ !#-[\]-~]*"$/;
const NOT_ASCII = /[\x7f-\uffff]/g;

/**
 * Lays a JSON value out as Python does.
 *
 * @param raw text whose grammar the manifest's reader has checked
 * @returns undefined where it holds NaN or Infinity, which Python prints and no database takes
 */
export function pythonJson(raw: RawJson): string | undefined {
  let text = "";
  for (const [token] of raw.matchAll(TOKEN)) {
    if (token === ",") text += ", ";
    else if (token === ":") text += ": ";
    else if (token.startsWith('"')) text += pythonString(token);
    else if (/^-?[NI]/.test(token)) return undefined;
    else text += token;
  }
  return text;
}

/** Python escapes everything that is not printable ASCII; a slash stays as it is. */
function pythonString(token: string): string {
  if (PLAIN_STRING.test(token)) return token;
  return JSON.stringify(JSON.parse(token)).replace(
    NOT_ASCII,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
