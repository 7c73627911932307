// What verifying an export finds: typed values with a severity, from which every report is made.

import type { FindingLevel } from "../../report/report.ts";
import type { FileRole } from "../import/wanted_file.ts";
import type { CheckName } from "./checks.ts";

/** How bad it is: errors keep the export, or a part of it, from being restored as it was. */
export type VerifyLevel = FindingLevel;

/** One thing that was found. */
export interface Finding {
  /** The check that found it. */
  readonly check: CheckName;
  /** How bad it is; the table of checks knows. */
  readonly level: VerifyLevel;
  /** What is wrong, in words. */
  readonly message: string;
  /** In the export. */
  readonly path?: string;
  /** The document, by the export's number; absent where it is about none. */
  readonly document?: { readonly id: number; readonly title: string };
  /** Which file of the document or bundle; absent where it is about none. */
  readonly role?: FileRole;
  /** Where the record stands; the line is 1-based. */
  readonly record?: { readonly manifest: string; readonly line: number };
  /** For programs. */
  readonly facts?: Readonly<Record<string, string | number | null>>;
}

/** A finding without its level, which the table of checks knows. */
export type Found = Omit<Finding, "level">;

/** Gets what is found, as it is found. */
export type FindingSink = (found: Found) => void;
