// The SQL functions that upstream's application registers and its schema relies on.

import type { DatabaseSync } from "node:sqlite";

/** `REGEXP`, called by the generated column `value_monetary_amount`: deterministic, NULL if either is NULL. */
export function registerFunctions(database: DatabaseSync): void {
  database.function("regexp", { deterministic: true }, (pattern, value) => {
    if (pattern === null || value === null) return null;
    return new RegExp(String(pattern), "u").test(String(value)) ? 1 : 0;
  });
}
