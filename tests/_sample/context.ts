// What the parts of a sample library share while it is made.

import type { Random } from "../_random.ts";
import type { ModelWriter } from "./model_writer.ts";

/** Things that ordinary libraries don't hold, planted on demand. */
export const SPECIAL_CASES = [
  /** Documents that share date, correspondent and title: some also the type, one has a counter's name. */
  "sharedNames",
  /** Titles with slashes, terminal escapes, template marks, reserved names, 300 bytes, nothing. */
  "hostileTitles",
  /** Titles equal in their first 255 bytes. */
  "longNames",
  /** NUL, invalid UTF-8, lone surrogates, big integers, floats, odd JSON, early years, microseconds. */
  "values",
  /** Links and stored names that lead out of the media folder, loops, links that lead nowhere. */
  "hostilePaths",
  /** Missing and rotten files, strangers, an empty text, in v3 a checksum of v2. */
  "damage",
] as const;

/** One of {@linkcode SPECIAL_CASES}. */
export type SpecialCase = typeof SPECIAL_CASES[number];

/** A document of a sample library. */
export interface SampleDocument {
  readonly id: number;
  readonly title: string;
  readonly mimeType: string;
  /** As stored: relative to `documents/originals`; null means `<id:07>` and an extension. */
  readonly filename: string | null;
  readonly archiveFilename: string | null;
  /** As stored: MD5 (v2) or SHA-256 (v3), hex. */
  readonly checksum: string;
  readonly archiveChecksum: string | null;
  /** Absolute paths of what was written. */
  readonly originalPath: string;
  readonly archivePath: string | null;
  readonly thumbnailPath: string;
  readonly inTrash: boolean;
  /** Whether it is an earlier version of another document (v3). */
  readonly isVersion: boolean;
  /** The special case that it was planted for, and which of its documents it is. */
  readonly special?: SpecialCase;
  readonly label?: string;
}

/** The ids of what documents are matched to. */
export interface SampleObjects {
  readonly users: { readonly admin: number; readonly anna: number; readonly bert: number };
  readonly group: number;
  readonly correspondents: readonly number[];
  readonly types: readonly number[];
  readonly storagePath: number;
  readonly tags: Readonly<Record<"inbox" | "finance" | "bills" | "tax" | "year", number>>;
  /** Custom fields by data type. */
  readonly fields: Readonly<Record<string, number>>;
}

/** A sample library being made. */
export interface SampleContext {
  readonly writer: ModelWriter;
  readonly mediaRoot: string;
  readonly numbers: Random;
  readonly objects: SampleObjects;
}
