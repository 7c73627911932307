// JSON as Python's json.dumps writes it, which is how Django fills its JSON columns: ", " and ": " between
// tokens, everything beyond ASCII escaped.

/** What {@linkcode pythonJson} takes; a Token is written as it is. */
export type PythonJson =
  | null
  | boolean
  | number
  | string
  | Token
  | readonly PythonJson[]
  | { readonly [key: string]: PythonJson };

/** A token that JavaScript can't hold as a value: `1.0`, `9007199254740993`, `"\ud800"`. */
export class Token {
  constructor(readonly text: string) {}
}

/** Writes a value on one line. */
export function pythonJson(value: PythonJson): string {
  if (value instanceof Token) return value.text;
  if (typeof value === "string") return quote(value);
  if (value === null || typeof value !== "object") return String(value);
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(", ")}]`;
  const entries = Object.entries(value).map(([key, each]) => `${quote(key)}: ${pythonJson(each)}`);
  return `{${entries.join(", ")}}`;
}

function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
