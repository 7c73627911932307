// What a repair does, one step a row of the plan. Paths are absolute.

import type { Role } from "../check.ts";

/** The document that a repair is for. */
export interface Owner {
  readonly id: number;
  readonly title: string;
}

/** One repair. */
export type Repair =
  /** A file that belongs to nothing is the one that is missed. */
  | {
    readonly kind: "put back";
    readonly document: Owner;
    readonly role: Role;
    readonly from: string;
    readonly to: string;
    readonly checksum: string;
    /** Something damaged is there, and is kept. */
    readonly replaces: boolean;
  }
  /** A copy from an export takes the place of a file that is missing or damaged. */
  | {
    readonly kind: "restore";
    readonly document: Owner;
    readonly role: Role;
    /** Path inside the export. */
    readonly source: string;
    readonly to: string;
    /** The checksum in the database; null: a thumbnail, which has none. */
    readonly checksum: string | null;
    /** bytes */
    readonly size: number;
    readonly replaces: boolean;
  }
  /** The database names an archive that was found by its checksum. */
  | {
    readonly kind: "name archive";
    readonly document: Owner;
    readonly path: string;
    /** Relative to the archives, as the database will have it. */
    readonly name: string;
    readonly checksum: string;
  }
  /** A checksum of the other generation is verified and computed anew. */
  | {
    readonly kind: "rewrite checksum";
    readonly document: Owner;
    readonly role: Role;
    readonly path: string;
    readonly stored: string;
  }
  /** A file that belongs to nothing is put aside. */
  | { readonly kind: "quarantine"; readonly path: string; readonly size: number };

/** A repair in words. */
export function describeRepair(repair: Repair): string {
  switch (repair.kind) {
    case "put back":
      return `put back    ${repair.role} of #${repair.document.id} ${repair.document.title}: ` +
        `${repair.from} → ${repair.to}`;
    case "restore":
      return `restore     ${repair.role} of #${repair.document.id} ${repair.document.title}: ` +
        `${repair.source} of the export → ${repair.to}`;
    case "name archive":
      return `name        archive of #${repair.document.id} ${repair.document.title}: ${repair.path}`;
    case "rewrite checksum":
      return `rewrite     checksum of the ${repair.role} of #${repair.document.id} ` +
        `${repair.document.title}: ${repair.path}`;
    case "quarantine":
      return `quarantine  ${repair.path}`;
  }
}
