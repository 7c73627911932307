// Whether what a repair rests on is still so: between the plan and a yes a server may have renamed a document,
// taken a file in or deleted one. Asked under the lock, just before anything is done.

import type { LibraryDatabase } from "../../database/database.ts";
import type { DocumentRow } from "../check.ts";
import { expectedFiles } from "../locate_files.ts";
import { namedFiles } from "../named_files.ts";
import { readDocuments } from "../read_documents.ts";
import type { Repair } from "./repair.ts";

/** Looks at the database as it is now. @returns for each repair why it must not be carried out, or undefined */
export async function stillTrue(
  database: LibraryDatabase,
  mediaRoot: string,
  repairs: readonly Repair[],
): Promise<(repair: Repair) => string | undefined> {
  const ids = new Set(repairs.flatMap((each) => "document" in each ? [each.document.id] : []));
  const documents = new Map<number, DocumentRow>();
  const named = await database.snapshot(async (snapshot) => {
    for await (const batch of readDocuments(snapshot, [...ids])) {
      for (const document of batch) documents.set(document.id, document);
    }
    return await namedFiles(snapshot, mediaRoot, repairs.flatMap((each) => freeFile(each) ?? []));
  });
  return (repair) => {
    const free = freeFile(repair);
    if (free !== undefined && named.has(free)) return `${free} belongs to a document by now`;
    if (!("document" in repair)) return undefined;
    const document = documents.get(repair.document.id);
    if (!document) return `document ${repair.document.id} is not there any more`;
    return isAsPlanned(repair, document, mediaRoot)
      ? undefined
      : `document ${document.id} was changed since it was looked at`;
  };
}

/** A file that has to belong to nothing. */
function freeFile(repair: Repair): string | undefined {
  switch (repair.kind) {
    case "put back":
      return repair.from;
    case "name archive":
    case "quarantine":
      return repair.path;
    default:
      return undefined;
  }
}

function isAsPlanned(
  repair: Exclude<Repair, { readonly kind: "quarantine" }>,
  document: DocumentRow,
  mediaRoot: string,
): boolean {
  if (repair.kind === "name archive") {
    return document.archiveFilename === null && document.archiveChecksum === repair.checksum;
  }
  const [path, stored] = repair.kind === "rewrite checksum"
    ? [repair.path, repair.stored]
    : [repair.to, repair.checksum];
  return expectedFiles(mediaRoot, document).some((file) =>
    file.role === repair.role && file.path === path && file.stored === stored
  );
}
