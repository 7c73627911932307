// Documents as paperless-ng exported them: file types, archives without a stored name, NUL in texts.

import type { RecordStep } from "../step.ts";
import { rawIsNull, rawString } from "../../manifest/raw_values.ts";

/** What libmagic says of a file of each old type. */
const MIME_TYPES: ReadonlyMap<string, string> = new Map([
  ["pdf", "application/pdf"],
  ["png", "image/png"],
  ["jpg", "image/jpeg"],
  ["gif", "image/gif"],
  ["tiff", "image/tiff"],
  ["txt", "text/plain"],
  ["csv", "text/plain"],
  ["md", "text/plain"],
]);

/** `file_type` becomes `mime_type`. Upstream looks into the files; each old type had one answer. */
export const mimeTypes: RecordStep = {
  since: "0.9.2",
  migration: "documents.1003",
  model: "documents.document",
  change({ fields }) {
    const raw = fields.get("file_type");
    if (raw === undefined) return undefined;
    if (fields.has("mime_type")) return { drop: ["file_type"] };
    const type = rawIsNull(raw) ? "" : rawString(raw);
    const mimeType = MIME_TYPES.get(type);
    return {
      set: { mime_type: JSON.stringify(mimeType ?? "application/octet-stream") },
      drop: ["file_type"],
      lost: mimeType === undefined
        ? [{ field: "file_type", reason: `no release had the file type ${JSON.stringify(type)}` }]
        : [],
    };
  },
};

/** Archives get a name of their own: the original's stem in the archive folder itself, as upstream's upgrade
 * names them. Where two documents want one name, upstream makes the archives anew by OCR; here each keeps the
 * archive that the export holds of it, under a free name. */
export const archiveNames: RecordStep = {
  since: "1.1.1",
  migration: "documents.1012",
  model: "documents.document",
  change({ pk, fields, extras }, { uniqueArchiveName }) {
    if (fields.has("archive_filename")) return undefined;
    const hasArchive = !rawIsNull(fields.get("archive_checksum")) ||
      extras.has("__exported_archive_name__");
    if (!hasArchive) return { set: { archive_filename: "null" } };
    const filename = fields.get("filename");
    const stem = rawIsNull(filename) ? pk.padStart(7, "0") : stemOf(rawString(filename));
    const wanted = `${stem}.pdf`;
    const name = uniqueArchiveName(wanted);
    return {
      set: { archive_filename: JSON.stringify(name) },
      lost: name === wanted ? [] : [{
        kind: "changed",
        field: "archive_filename",
        reason: `another document's archive is named ${wanted}, this one is stored as ${name}`,
      }],
    };
  },
};

/** NUL in texts becomes a blank: PostgreSQL refuses it. */
export const nullCharacters: RecordStep = {
  since: "1.4.0",
  migration: "documents.1015",
  model: "documents.document",
  change({ fields }) {
    const content = fields.get("content");
    if (content === undefined || !content.includes("\\u0000")) return undefined;
    // An even number of backslashes before it would make the `u0000` plain text.
    const clean = content.replace(
      /\\(u0000|[^])/g,
      (escape, what) => what === "u0000" ? " " : escape,
    );
    return clean === content ? undefined : { set: { content: clean } };
  },
};

/** The last component of a path without its last suffix, as Python's `PurePath.stem` has it. */
function stemOf(path: string): string {
  const name = path.split("/").filter((part) => part !== "" && part !== ".").at(-1) ?? "";
  const dot = name.lastIndexOf(".");
  return dot > 0 && dot < name.length - 1 ? name.slice(0, dot) : name;
}
