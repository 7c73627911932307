// A strict JSON reader for tests that loses nothing: numbers stay the text that was written, objects keep
// the order of their keys, and a key given twice is an error. Written apart from the product's own reader.

/** A number as it stood in the text. */
export class NumberToken {
  constructor(readonly text: string) {}
}

/** A JSON value as it stood in the text. */
export type Exact = null | boolean | string | NumberToken | readonly Exact[] | ExactObject;
/** An object, its keys in the order of the text. */
export type ExactObject = ReadonlyMap<string, Exact>;

const TOKEN =
  /[ \t\r\n]*(?:([{}[\],:])|("[^"\\]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\]*)*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null))/y;
const WORDS = { true: true, false: false, null: null } as const;

/** Reads a whole JSON text.
 * @throws {SyntaxError} with the offset, in UTF-16 units */
export function parseExact(text: string): Exact {
  const token = new RegExp(TOKEN);
  let end = 0;
  let match: RegExpExecArray | null;

  function next(): void {
    token.lastIndex = end;
    match = token.exec(text);
    if (!match) {
      throw new SyntaxError(
        `Cannot read JSON at offset ${end}: ${JSON.stringify(text.slice(end, end + 40))}`,
      );
    }
    end = token.lastIndex;
  }
  const fail = (what: string): never => {
    throw new SyntaxError(`Cannot read JSON before offset ${end}: ${what}`);
  };
  function value(): Exact {
    const [, mark, quoted, number, word] = match!;
    if (quoted !== undefined) return JSON.parse(quoted) as string;
    if (number !== undefined) return new NumberToken(number);
    if (word !== undefined) return WORDS[word as keyof typeof WORDS];
    if (mark === "[") return array();
    if (mark === "{") return object();
    return fail(`unexpected ${mark}`);
  }
  function array(): readonly Exact[] {
    const items: Exact[] = [];
    next();
    if (match![1] === "]") return items;
    while (true) {
      items.push(value());
      next();
      if (match![1] === "]") return items;
      if (match![1] !== ",") fail("comma expected in an array");
      next();
    }
  }
  function object(): ExactObject {
    const entries = new Map<string, Exact>();
    next();
    if (match![1] === "}") return entries;
    while (true) {
      const quoted = match![2] ?? fail("key expected");
      const key = JSON.parse(quoted) as string;
      if (entries.has(key)) fail(`key ${quoted} given twice`);
      next();
      if (match![1] !== ":") fail("colon expected");
      next();
      entries.set(key, value());
      next();
      if (match![1] === "}") return entries;
      if (match![1] !== ",") fail("comma expected in an object");
      next();
    }
  }

  next();
  const result = value();
  if (/[^ \t\r\n]/.test(text.slice(end))) fail("text after the end");
  return result;
}

/** One line of canonical text: keys sorted, number tokens as written. Equal text means equal value. */
export function canonical(value: Exact | undefined): string {
  if (value === undefined) return "(absent)";
  if (value instanceof NumberToken) return value.text;
  if (value instanceof Map) {
    const keys = [...value.keys()].sort();
    return `{${
      keys.map((key) => `${JSON.stringify(key)}:${canonical(value.get(key))}`).join(",")
    }}`;
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  return JSON.stringify(value);
}

/** The object behind a value. @throws {TypeError} if it is none */
export function asObject(value: Exact | undefined): ExactObject {
  if (value instanceof Map) return value;
  throw new TypeError(`Cannot use ${canonical(value).slice(0, 60)} as an object`);
}

/** The text behind a value. @throws {TypeError} if it is none */
export function asText(value: Exact | undefined): string {
  if (typeof value === "string") return value;
  throw new TypeError(`Cannot use ${canonical(value).slice(0, 60)} as text`);
}
