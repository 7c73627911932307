// A document with nothing set, for tests to fill in.

import type { FilenameDocument } from "../../../../core/library/filename/filename_document.ts";

/** A document with the given values; the others are unset. */
export function documentWith(values: Partial<FilenameDocument> = {}): FilenameDocument {
  return {
    pk: 1,
    title: "",
    pageCount: null,
    created: "2020-06-25",
    added: "2024-10-01 07:36:51.000153",
    modified: "2024-10-01 07:36:51",
    archiveSerialNumber: null,
    mimeType: "application/pdf",
    checksum: "1",
    archiveChecksum: null,
    filename: null,
    archiveFilename: null,
    originalFilename: null,
    owner: null,
    tags: [],
    correspondent: null,
    documentType: null,
    storagePath: null,
    customFields: [],
    ...values,
  };
}
