// What was asked of the retagger.

import type { ObjectKind } from "../matching_objects.ts";

/** Options of a run. */
export interface RetagOptions {
  /** What is looked at; in the order of `OBJECT_KINDS`. */
  readonly kinds: readonly ObjectKind[];
  /** Only documents with an inbox tag. */
  readonly inboxOnly: boolean;
  /** Both inclusive; the first may be greater, then there are none. */
  readonly idRange?: readonly [low: number, high: number];
  /** Where several objects match the first one is taken; otherwise none. */
  readonly useFirst: boolean;
  /** What documents have is decided anew and may be taken away; otherwise only what they lack is set. */
  readonly overwrite: boolean;
  /** Shows what upstream shows; changes nothing. */
  readonly suggest: boolean;
  /** Suggestions name documents by links below this URL; absent: by their numbers. */
  readonly baseUrl?: string;
  /** Says for each document and object why it was chosen or not. */
  readonly explain: boolean;
  /** Says what would be changed; changes nothing. */
  readonly dryRun: boolean;
  /** Asks nobody. */
  readonly yes: boolean;
  /** The command line, for the journal. */
  readonly arguments: readonly string[];
  /** ms to wait for media.lock; absent: as long as it takes */
  readonly lockTimeoutMs?: number;
}

/** Kinds of which a document has one at most. */
export type SingleKind = Exclude<ObjectKind, "tag">;

/** How kinds are called: by upstream's log and suggestions, by people, and in the documents' table. */
export const SINGLE_KINDS: Readonly<
  Record<SingleKind, {
    readonly log: string;
    readonly suggestion: string;
    readonly column: "correspondent_id" | "document_type_id" | "storage_path_id";
    readonly field: string;
    readonly many: string;
  }>
> = {
  correspondent: {
    log: "correspondent",
    suggestion: "correspondent",
    column: "correspondent_id",
    field: "correspondent",
    many: "correspondents",
  },
  documentType: {
    log: "document type",
    suggestion: "document type",
    column: "document_type_id",
    field: "document_type",
    many: "document types",
  },
  storagePath: {
    log: "storage path",
    suggestion: "storage directory",
    column: "storage_path_id",
    field: "storage_path",
    many: "storage paths",
  },
};
