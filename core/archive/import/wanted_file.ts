// One file of an export on its way into the media folder: the lines of the plan.

/** Which file of a document (or of a share link bundle) it is. */
export type FileRole = "original" | "archive" | "thumbnail" | "bundle";

/** What is done with a file of an old export: its pages were not counted, or it is no WebP image yet. */
export type FileTask = "count pages" | "png to webp";

/** A file that a record names. */
export interface WantedFile {
  readonly role: FileRole;
  /** Number of the document or bundle in the export. */
  readonly pk: number;
  /** Where it is in the export, as the manifest says: not checked yet. */
  readonly path: string;
  /** The name that the database stores, as the manifest says; null where the number makes the name. */
  readonly name: string | null;
  /** Extension for a name that the number makes: `.pdf`. */
  readonly extension: string;
  /** Lower-case hex, or null where none is kept. */
  readonly checksum: string | null;
  readonly task?: FileTask;
}

/** Folders below `documents/` in the media folder. */
export const ROLE_FOLDERS: Readonly<Record<FileRole, string>> = {
  original: "originals",
  archive: "archive",
  thumbnail: "thumbnails",
  bundle: "share_link_bundles",
};

/** A file that will be put in place. */
export interface PlannedFile {
  readonly role: FileRole;
  readonly pk: number;
  /** In the export. */
  readonly path: string;
  /** Relative to the folder `documents` of the media folder. */
  readonly place: string;
  readonly checksum: string | null;
  /** bytes */
  readonly size: number;
  /** ms since the epoch */
  readonly mtime: number | null;
  readonly mode: number | null;
  readonly task?: FileTask;
}
