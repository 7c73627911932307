// JSON lines of the report: one record, one line. Big integers are number tokens, and nothing in a line
// can act on a terminal.

import { escapeJson } from "./escape_text.ts";
import type { Json } from "./report.ts";

// Not in TypeScript's library yet; V8 has it since 11.4 (ECMAScript proposal "JSON.parse source text").
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/** One line of JSON without its newline; `undefined` members are left out. */
export function toJson(value: Json): string {
  return escapeJson(
    JSON.stringify(value, (_, each) => typeof each === "bigint" ? rawJSON(String(each)) : each),
  );
}
