// What every dialect turns operations into.

import type { Rows } from "./operation.ts";

/** A statement with the values of its places. */
export interface Statement {
  readonly sql: string;
  /** One list per execution; absent: executed once without values. */
  readonly values?: Rows["values"];
  /** An INSERT as data, for who can write many rows at once. */
  readonly rows?: Rows;
}
