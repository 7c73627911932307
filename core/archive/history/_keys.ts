// Keys for records that a step makes.

import type { RawJson, RawRecord } from "../manifest/raw_record.ts";
import { rawBigInt } from "../manifest/raw_values.ts";

/** Counts on from the largest key of some records. */
export function keysAfter(records: readonly RawRecord[]): () => RawJson {
  let largest = 0n;
  for (const { pk } of records) {
    const key = rawBigInt(pk);
    if (key > largest) largest = key;
  }
  return () => String(++largest);
}
