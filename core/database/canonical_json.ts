// JSON in the one form that PostgreSQL's jsonb, MariaDB's text and SQLite's text of it have in common: keys
// ordered, the last of equal keys, numbers without exponent or needless zeros, no blanks.

const TOKEN = /"(?:[^"\\]|\\.)*"|[[\]{}:,]|[^\s"[\]{}:,]+/gs;
/** Deeper than any settings, and shallow enough for the stack. */
const DEEPEST = 500;

/** Lays JSON out so that equal values have equal texts; what is no JSON stays as it is. */
export function canonicalJson(text: string): string {
  const tokens = Array.from(text.matchAll(TOKEN), ([token]) => token);
  let at = 0;
  try {
    const result = value(0);
    return at === tokens.length ? result : text;
  } catch (error) {
    if (error instanceof NoJson) return text;
    throw error;
  }

  function value(depth: number): string {
    const token = tokens[at++];
    if (token === undefined || depth > DEEPEST) throw new NoJson();
    if (token === "{") return object(depth);
    if (token === "[") return list(depth);
    if (token.startsWith('"')) return string(token);
    if (token === "true" || token === "false" || token === "null") return token;
    return canonicalNumber(token);
  }

  function object(depth: number): string {
    const entries = new Map<string, string>();
    while (tokens[at] !== "}") {
      const key = string(tokens[at++] ?? "");
      if (tokens[at++] !== ":") throw new NoJson();
      entries.set(key, value(depth + 1));
      if (tokens[at] === ",") at++;
      else if (tokens[at] !== "}") throw new NoJson();
    }
    at++;
    const keys = [...entries.keys()].sort();
    return `{${keys.map((key) => `${key}:${entries.get(key)}`).join(",")}}`;
  }

  function list(depth: number): string {
    const items: string[] = [];
    while (tokens[at] !== "]") {
      items.push(value(depth + 1));
      if (tokens[at] === ",") at++;
      else if (tokens[at] !== "]") throw new NoJson();
    }
    at++;
    return `[${items.join(",")}]`;
  }
}

class NoJson extends Error {}

function string(token: string): string {
  if (!token.startsWith('"')) throw new NoJson();
  try {
    return JSON.stringify(JSON.parse(token));
  } catch {
    throw new NoJson();
  }
}

const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/;

/** Digits and a power of ten: the same number has the same text, however it was written. */
function canonicalNumber(token: string): string {
  const parts = NUMBER.exec(token);
  if (!parts) throw new NoJson();
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = parts;
  const digits = (whole + fraction).replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  if (significant === "") return "0";
  const power = Number(exponent) - fraction.length + (digits.length - significant.length);
  return `${sign}${significant}e${power}`;
}
