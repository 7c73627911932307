// What of a document's record has to be read from its files: page counts and SHA-256. The importer has the
// files and answers; some are asked about at a time, the order of the records stays.

import type { RawJson, RawRecord } from "../manifest/raw_record.ts";
import { rawIsNull } from "../manifest/raw_values.ts";
import { editRecord } from "./edited_record.ts";

/** What only the importer can tell, because it has the files. A hook that is missing leaves the value to
 * the importer. */
export interface HistoryHooks {
  /** Pages of a PDF original; null if it can't be opened. Asked for documents of type `application/pdf`
   * (upstream's migration documents.1053). */
  readonly pageCount?: (document: RawRecord) => Promise<number | null>;
  /** SHA-256 of a file of the document in hexadecimal digits; null if the file is not there: the record then
   * keeps its MD5, as upstream's upgrade (documents.0016) leaves it. */
  readonly sha256?: (
    document: RawRecord,
    file: "original" | "archive",
  ) => Promise<string | null>;
}

/** What is asked for. */
export interface FileQuestions {
  /** Of PDFs that have none. */
  readonly pageCounts: boolean;
  /** SHA-256 where the record has MD5. */
  readonly checksums: boolean;
}

/** Documents whose files are asked about at a time. */
const AT_ONCE = 16;

const CHECKSUMS = [["checksum", "original"], ["archive_checksum", "archive"]] as const;

/** The records with what the hooks answer. */
export async function askFiles(
  records: readonly RawRecord[],
  hooks: HistoryHooks,
  questions: FileQuestions,
): Promise<readonly RawRecord[]> {
  const answered: RawRecord[] = [];
  for (let at = 0; at < records.length; at += AT_ONCE) {
    const some = records.slice(at, at + AT_ONCE);
    answered.push(...await Promise.all(some.map((record) => askAbout(record, hooks, questions))));
  }
  return answered;
}

async function askAbout(
  record: RawRecord,
  { pageCount, sha256 }: HistoryHooks,
  { pageCounts, checksums }: FileQuestions,
): Promise<RawRecord> {
  if (record.model !== "documents.document") return record;
  const { fields } = record;
  const set: Record<string, RawJson> = {};
  const isPdf = fields.get("mime_type") === '"application/pdf"';
  if (pageCounts && pageCount && isPdf && rawIsNull(fields.get("page_count"))) {
    const pages = await pageCount(record);
    if (pages !== null) set["page_count"] = String(pages);
  }
  if (checksums && sha256) {
    for (const [field, file] of CHECKSUMS) {
      const old = fields.get(field);
      if (rawIsNull(old) || !/^"[0-9a-fA-F]{32}"$/.test(old)) continue;
      const checksum = await sha256(record, file);
      if (checksum !== null) set[field] = JSON.stringify(checksum);
    }
  }
  return Object.keys(set).length > 0 ? editRecord(record, { set }) : record;
}
