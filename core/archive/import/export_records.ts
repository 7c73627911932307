// The records of an export as the importer reads them, as often as needed: decrypted, and in the form of the
// library's generation.

import type { Generation } from "../../schema/model.ts";
import type { RawRecord } from "../manifest/raw_record.ts";

/** Some records of one manifest, in its order. */
export interface RecordBatch {
  /** Path of the manifest in the export. */
  readonly manifest: string;
  readonly records: readonly RawRecord[];
}

/** The records of an export. */
export interface ExportRecordSource {
  /** Whose form the records have. */
  readonly generation: Generation;
  /** How documents' checksums were made where the library wants others (an export of v2 for v3). */
  readonly checksums: "as they are" | "md5 to sha256";
  /** From the first one, each time. @throws {ManifestError} */
  read(): AsyncIterable<RecordBatch>;
}
