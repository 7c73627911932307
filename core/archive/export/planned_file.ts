// One file of an export on its way from the library to the target: the lines of the plan, and of what went wrong.

/** Which file of a document (or of a share link bundle) it is. */
export type FileRole = "original" | "archive" | "thumbnail" | "bundle";

/** A file that belongs to the export, as the database has it. */
export interface WantedFile {
  readonly role: FileRole;
  /** Primary key of the document or the bundle. */
  readonly id: number;
  /** Where it should be: absolute, from the database; not checked yet. */
  readonly source: string;
  /** Where it goes, relative to the export, with `/`. */
  readonly name: string;
  /** Lower-case hex from the database, or null where none is kept (thumbnails, bundles). */
  readonly checksum: string | null;
  /** v2: the source is encrypted with GPG; the checksum is that of the plain file. */
  readonly gpg?: { readonly mtime: number };
}

/** Why a file is copied or kept. */
export type Reason =
  | "new"
  | "size differs"
  | "time differs"
  | "checksum differs"
  | "not a file"
  | "encrypted"
  | "unchanged"
  | "checksum equal";

/** A wanted file compared with source and target. */
export interface PlannedFile extends WantedFile {
  readonly action: "copy" | "keep";
  readonly reason: Reason;
  /** The real path of the source, all links resolved and inside the library. */
  readonly path: string;
  /** bytes */
  readonly size: number;
  /** ms since the epoch */
  readonly mtime: number | null;
  readonly mode: number | null;
  /** It is copied ahead of the others. */
  readonly early?: true;
}

/** What is wrong with a wanted file: it is not in the export. */
export function fileProblem(
  { role, id, source, name }: WantedFile,
  kind: ExportProblem["kind"],
  message: string,
): { readonly problem: ExportProblem } {
  return { problem: { kind, role, id, path: source, missingName: name, message } };
}

/** What is wrong with one item; it does not stop the rest. */
export interface ExportProblem {
  /** What is wrong. */
  readonly kind:
    | "missing"
    | "unreadable"
    | "checksum mismatch"
    | "outside the library"
    | "not decrypted"
    | "row not written";
  /** Which of the files it is, where it is one. */
  readonly role?: FileRole;
  /** Primary key of the document or bundle. */
  readonly id?: number;
  /** What to look at: a path, a table. */
  readonly path: string;
  /** The name in the export of a file that is not in it. */
  readonly missingName?: string;
  /** One sentence for people. */
  readonly message: string;
}
