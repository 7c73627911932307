// What an import is to be: upstream's flags of both generations and Paperward's own, resolved.

import type { Generation } from "../../schema/model.ts";

/** Options of an import. */
export interface ImportOptions {
  /** Absolute path of the folder or the zip; `-` for a zip on standard input. */
  readonly source: string;
  /** Records only, no files. @default {false} */
  readonly dataOnly?: boolean;
  /** Secrets are decrypted with it. */
  readonly passphrase?: string;
  /** Rows written at once. @default {500} */
  readonly batchSize?: number;
  /** Make the library where there is none. @default {false} */
  readonly create?: boolean;
  /** Of the library that is made. @default that of the export */
  readonly generation?: Generation;
  /** Add to a library that holds something already; nothing in it is changed. @default {false} */
  readonly intoNonEmpty?: boolean;
  /** Import what is good and list the rest; otherwise one problem stops everything. @default {false} */
  readonly acceptDamaged?: boolean;
  /** Plan, but change nothing. @default {false} */
  readonly dryRun?: boolean;
  /** ms to wait for media.lock; absent: as long as it takes */
  readonly lockTimeoutMs?: number;
}
