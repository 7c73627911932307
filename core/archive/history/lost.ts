// What an up-to-date library can't hold of an old export, or holds otherwise than it stood there: a list for
// the user, so that nothing is dropped silently.

import type { RawJson } from "../manifest/raw_record.ts";

/** - `lost`: it is not in the converted records;
 * - `changed`: it is there with another value;
 * - `assumed`: the export doesn't say it, this is what it most likely means. */
export type LostKind = "lost" | "changed" | "assumed";

/** One thing that was not carried over as it stood. */
export interface Lost {
  /** How it differs. */
  readonly kind: LostKind;
  /** As the export calls it: `documents.consumptiontemplate`. */
  readonly model: string;
  /** The key's JSON text; null where it concerns all records of the model. */
  readonly pk: RawJson | null;
  /** null where it concerns the whole record. */
  readonly field: string | null;
  /** A sentence's end: `… : the user's groups were not exported`. */
  readonly reason: string;
}
