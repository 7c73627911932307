// What a check found that a repair may be able to mend.

import type { DocumentRow, Role } from "../check.ts";

/** Something to mend, or something to mend it with. Paths are absolute. */
export type Need =
  /** A file that is missing or damaged. */
  | {
    readonly kind: "lost file";
    readonly document: DocumentRow;
    readonly role: Role;
    readonly path: string;
    /** The path behind all links; the same where nothing is there. */
    readonly real: string;
    /** The checksum that it should have; null where none is kept. */
    readonly stored: string | null;
    /** Something damaged is in its place. */
    readonly isThere: boolean;
  }
  /** Two documents claim this file: what is damage to one may be the other's. */
  | { readonly kind: "shared file"; readonly path: string }
  /** A checksum in the other generation's algorithm. */
  | {
    readonly kind: "stale checksum";
    readonly document: DocumentRow;
    readonly role: Role;
    readonly path: string;
    readonly stored: string;
  }
  /** An archive whose checksum is known, but not its name. */
  | {
    readonly kind: "unnamed archive";
    readonly document: DocumentRow;
    /** Where archives are. */
    readonly folder: string;
    readonly stored: string;
  }
  /** A file that belongs to nothing. */
  | { readonly kind: "orphan"; readonly path: string; readonly size: number }
  /** A file in a recycle bin. */
  | { readonly kind: "recycled"; readonly path: string };
