// JSON as a tree whose leaves are the tokens as they stand: changing one number leaves every other digit alone.

/** A scalar's token (or a string's, quotes included), a list, or an object with its keys' tokens in order. */
export type RawNode =
  | string
  | { readonly items: readonly RawNode[] }
  | { readonly entries: readonly (readonly [key: string, value: RawNode])[] };

const TOKEN = /"(?:[^"\\]|\\.)*"|[[\]{}:,]|[^\s"[\]{}:,]+/gs;
const DEEPEST = 512;

/** Takes a JSON text apart. @returns undefined where it is none */
export function parseRawTree(text: string): RawNode | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  const tokens = Array.from(text.matchAll(TOKEN), ([token]) => token);
  let at = 0;
  const node = (depth: number): RawNode => {
    const token = tokens[at++] ?? "null";
    if (depth > DEEPEST) throw new RangeError("Too deep");
    if (token === "[") {
      const items: RawNode[] = [];
      while (tokens[at] !== "]") {
        items.push(node(depth + 1));
        if (tokens[at] === ",") at++;
      }
      at++;
      return { items };
    }
    if (token !== "{") return token;
    const entries: [string, RawNode][] = [];
    while (tokens[at] !== "}") {
      const key = tokens[at] ?? "";
      at += 2;
      entries.push([key, node(depth + 1)]);
      if (tokens[at] === ",") at++;
    }
    at++;
    return { entries };
  };
  try {
    return node(0);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Puts it together again, as Python prints it. */
export function printRawTree(node: RawNode): string {
  if (typeof node === "string") return node;
  if ("items" in node) return `[${node.items.map(printRawTree).join(", ")}]`;
  return `{${node.entries.map(([key, value]) => `${key}: ${printRawTree(value)}`).join(", ")}}`;
}

/** The integer of a token, or undefined where it is none. */
export function integerOf(node: RawNode | undefined): number | undefined {
  return typeof node === "string" && /^[0-9]{1,15}$/.test(node) ? Number(node) : undefined;
}
