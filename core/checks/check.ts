// What a check is: one file that says what can be wrong and looks for it in one kind of thing. Invariant: a
// check only looks and decides; it never opens a file or a database itself.

import type { Snapshot } from "../database/database.ts";
import type { FindingLevel } from "../report/report.ts";

/** How bad it is, as upstream grades it. */
export type Level = FindingLevel;

/** Which file of a document. In the order in which a document is looked at. */
export type Role = "thumbnail" | "original" | "archive";

/** A document as the database has it. */
export interface DocumentRow {
  /** Its number in the database. */
  readonly id: number;
  /** As the database has it; may be empty. */
  readonly title: string;
  /** Of the original. */
  readonly mimeType: string;
  /** Relative to the originals; null: the default name. */
  readonly filename: string | null;
  /** Relative to the archive folder; null: it has no archive file. */
  readonly archiveFilename: string | null;
  /** Of the original; may be empty. */
  readonly checksum: string;
  /** Of the archive file; null where none is kept. */
  readonly archiveChecksum: string | null;
  /** v2: its files are encrypted with GPG. */
  readonly encrypted: boolean;
  /** Whether its text is not empty. */
  readonly hasContent: boolean;
}

/** What is found where a file should be. */
export type Place =
  /** @property real the path behind all links */
  | { readonly kind: "file"; readonly real: string; readonly size: number; readonly inode: string }
  /** A regular file was met there when the media folder was walked; more is seen when it is read. */
  | { readonly kind: "unseen"; readonly real: string }
  | { readonly kind: "missing" }
  /** Something is there that can't be read, or that may not be followed. */
  | { readonly kind: "unreadable"; readonly reason: string };

/** A checksum's algorithm. */
export type Algorithm = "md5" | "sha256";

/** One file of a document with everything that was found out about it. */
export interface CheckedFile {
  /** Which file of the document. */
  readonly role: Role;
  /** The document it belongs to. */
  readonly document: DocumentRow;
  /** Absolute, as the database has it. */
  readonly path: string;
  /** What is there. */
  readonly place: Place;
  /** The checksum in the database; null for thumbnails and where none is kept. */
  readonly stored: string | null;
  /** What its content gives; undefined where it was not read. */
  readonly actual?: { readonly algorithm: Algorithm; readonly digest: string };
  /** Why a file that is there could not be read to its end. */
  readonly readError?: string;
  /** With `--deep`: why it can't be decoded or opened. */
  readonly defect?: string;
}

/** A document with the files that it should have. */
export interface CheckedDocument {
  /** The document's row. */
  readonly document: DocumentRow;
  /** In the order of roles; without an archive file where it should have none. */
  readonly files: readonly CheckedFile[];
}

/** What checks know besides what they look at. */
export interface CheckWorld {
  /** The algorithm of this generation's checksums. */
  readonly algorithm: Algorithm;
  /** Which document was the first to claim a file, by its real path below the media folder. */
  claimedBy(path: string): number | undefined;
}

/** What a check says. Paths are full. */
export interface Found {
  /** What is wrong, in words. */
  readonly message: string;
  /** The file or folder; absent where it is about none. */
  readonly path?: string;
  /** Which file of the document; absent where it is about none. */
  readonly role?: Role;
  /** Absent where it belongs to no document. */
  readonly document?: { readonly id: number; readonly title: string };
  /** For `--json` and for repairs. */
  readonly facts?: Readonly<Record<string, string | number | null>>;
}

/** What a check says, with where it comes from: one line of the result. */
export interface Finding extends Found {
  /** Name of the check. */
  readonly check: string;
  /** How bad it is: the check's level. */
  readonly level: Level;
}

/** A file below the media folder that belongs to no document. */
export interface StrayFile {
  /** Absolute. */
  readonly path: string;
  /** bytes; 0 for litter */
  readonly size: number;
  /** What a NAS or a desktop leaves behind: the folder or file that it is. */
  readonly litter?: { readonly path: string; readonly files: number };
  /** The document whose missing file has this name in another spelling. */
  readonly variantOf?: {
    readonly document: { readonly id: number; readonly title: string };
    readonly role: Role;
    readonly path: string;
  };
}

/** What is wrong with rows is looked for in the snapshot. */
export interface RowsWorld {
  /** Of the library's database. */
  readonly snapshot: Snapshot;
  /** The media folder. */
  readonly mediaRoot: string;
  /** Looks at the place of a file below the media folder. */
  locate(path: string): Place;
}

/** One row of the table of checks. A check implements what it looks at. */
export interface Check {
  /** As `--checks` takes it. */
  readonly name: string;
  /** Of everything that it finds. */
  readonly level: Level;
  /** Who looks for it: upstream's checker as well, or Paperward alone. */
  readonly origin: "upstream" | "paperward";
  /** One sentence: what is wrong where it finds something. */
  readonly summary: string;
  /** What it needs to know of a file: its checksum, or (`--deep`) whether it decodes. */
  readonly needs?: "content" | "deep";
  /** What it finds means that something could not be looked at (exit code 3, not 4). */
  readonly unread?: true;
  /** What it finds may be a file that was just being moved: it is looked at again before it is said. */
  readonly recheck?: true;
  /** A file of a document. */
  file?(file: CheckedFile, world: CheckWorld): Found | undefined;
  /** A document as a whole. */
  document?(checked: CheckedDocument, world: CheckWorld): Found | undefined;
  /** A file that belongs to no document. */
  stray?(file: StrayFile): Found | undefined;
  /** The names in one folder. */
  folder?(path: string, names: readonly string[]): Iterable<Found>;
  /** Rows of the database. */
  rows?(world: RowsWorld): AsyncIterable<Found>;
}
