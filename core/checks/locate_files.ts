// Where the files of a document should be, and what is there. Invariant: nothing outside the library is ever
// looked at; a link that leads out is said to be unreadable.

import { join } from "node:path";
import { PaperwardError } from "../errors.ts";
import { isInsideAny } from "../library/deno_files.ts";
import { extensionForMimeType } from "../library/filename/extension_for_mime_type.ts";
import type { Files } from "../library/files.ts";
import type { CheckedFile, DocumentRow, Place, Role } from "./check.ts";

/** Folders of a document's files, below the media folder. */
export const FOLDERS: Readonly<Record<Role, string>> = {
  thumbnail: "documents/thumbnails",
  original: "documents/originals",
  archive: "documents/archive",
};

/** Names that are not as simple as they could be: empty, `.` or `..` between slashes. */
const UNTIDY = /(?:^|\/)(?:\.{1,2})?(?:\/|$)/;

/** The files that a document should have, in the order in which upstream looks at them. */
export function expectedFiles(
  mediaRoot: string,
  document: DocumentRow,
): { readonly role: Role; readonly path: string; readonly stored: string | null }[] {
  const { filename, archiveFilename, encrypted } = document;
  const number = String(document.id).padStart(7, "0");
  const suffix = encrypted ? ".gpg" : "";
  const path = (role: Role, name: string) => {
    const folder = `${mediaRoot}/${FOLDERS[role]}`;
    return UNTIDY.test(name) ? join(folder, name) : `${folder}/${name}`;
  };
  // What is encrypted can't be compared with the checksum of what it was.
  const stored = (checksum: string | null) => encrypted ? null : checksum;
  const original = filename ?? `${number}${extensionForMimeType(document.mimeType)}${suffix}`;
  return [
    {
      role: "thumbnail",
      path: path("thumbnail", `${number}.webp${suffix}`),
      stored: null,
    },
    {
      role: "original",
      path: path("original", original),
      stored: stored(document.checksum),
    },
    ...(archiveFilename === null ? [] : [{
      role: "archive" as const,
      path: path("archive", archiveFilename),
      stored: stored(document.archiveChecksum),
    }]),
  ];
}

/** Looks for all files of a document.
 * @param isThere whether a file is known to be at a path, in folders without links: it is going to be read, and
 * need not be looked at before */
export function locateFiles(
  files: Files,
  mediaRoot: string,
  document: DocumentRow,
  isThere: (path: string) => boolean = () => false,
): CheckedFile[] {
  return expectedFiles(mediaRoot, document).map(({ role, path, stored }) => ({
    role,
    document,
    path,
    stored,
    place: !isInsideAny(path, [`${mediaRoot}/${FOLDERS[role]}`])
      ? OUTSIDE
      : isThere(path)
      ? { kind: "unseen", real: path }
      : locate(files, path),
  }));
}

const OUTSIDE: Place = {
  kind: "unreadable",
  reason: "the database names a file outside of its folder",
};

/** What is at a path. */
export function locate(files: Files, path: string): Place {
  try {
    const { path: real, facts } = files.locate(path);
    if (facts.kind !== "file") return { kind: "missing" };
    return { kind: "file", real, size: facts.size, inode: facts.inode ?? "" };
  } catch (error) {
    if (error instanceof PaperwardError) {
      return { kind: "unreadable", reason: "it leads out of the library, or is no path" };
    }
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return { kind: "missing" };
    }
    return { kind: "unreadable", reason: error instanceof Error ? error.message : String(error) };
  }
}
