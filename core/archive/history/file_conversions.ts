// Files of a document that an import has to convert, told from its record.

import type { RawRecord } from "../manifest/raw_record.ts";
import { rawIsNull, rawString } from "../manifest/raw_values.ts";

/** A change of a file that a record names, which the importer makes. */
export interface FileConversion {
  /** Which of the document's files. */
  readonly file: "thumbnail";
  /** What it is. */
  readonly from: "png";
  /** What libraries hold. */
  readonly to: "webp";
  /** Path in the export. */
  readonly path: string;
}

/** What has to be converted, told from the names as upstream tells it: thumbnails were PNG before 1.8.0, and
 * are WebP in every library since.
 * @throws {RawValueError} if a name is no string */
export function fileConversions(document: RawRecord): readonly FileConversion[] {
  const raw = document.extras.get("__exported_thumbnail_name__");
  if (rawIsNull(raw)) return [];
  const path = rawString(raw);
  return /\.png$/i.test(path) ? [{ file: "thumbnail", from: "png", to: "webp", path }] : [];
}
