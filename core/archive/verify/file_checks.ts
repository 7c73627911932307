// What can be wrong with one file that a manifest names: a table of functions that only look and decide.

import type { CheckName } from "./checks.ts";
import type { Found } from "./finding.ts";
import type { ExportPlace } from "./locate_in_export.ts";
import type { NamedFile } from "./named_file.ts";

/** A file with everything that was found out about it. */
export interface VerifiedFile extends NamedFile {
  readonly place: ExportPlace;
  /** Of its content, lower-case hex; absent where it was not read or has no checksum to compare with. */
  readonly digest?: string;
  /** Why it could not be read to its end. */
  readonly readError?: string;
  /** What is wrong with it as an entry of a zip. */
  readonly entryDamage?: string;
  /** With `--deep`: why it can't be decoded or opened. */
  readonly defect?: string;
}

type FileCheck = (file: VerifiedFile) => string | undefined;

const FILE_CHECKS: Partial<Record<CheckName, FileCheck>> = {
  "unsafe-path": ({ place }) => place.kind === "unsafe" ? place.reason : undefined,
  "missing-file": ({ place }) => place.kind === "missing" ? "it is not in the export" : undefined,
  "unreadable-file": ({ place, readError }) =>
    place.kind === "unreadable" ? place.reason : readError,
  "damaged-entry": ({ entryDamage }) => entryDamage,
  "empty-file": ({ place, digest, checksum }) =>
    // A file that was empty from the start has the checksum of nothing.
    place.kind === "file" && place.size === 0 && (checksum === null || digest !== checksum)
      ? "it holds nothing"
      : undefined,
  "checksum-mismatch": ({ place, digest, checksum }) =>
    place.kind === "file" && place.size > 0 && digest !== undefined && checksum !== null &&
      digest !== checksum
      ? `its checksum is ${digest}, not ${checksum}`
      : undefined,
  "size-mismatch": ({ place, size }) =>
    place.kind === "file" && place.size > 0 && size !== undefined && place.size !== size
      ? `it has ${place.size} bytes, not ${size}`
      : undefined,
  "undecodable-thumbnail": ({ look, defect }) =>
    look === "webp" || look === "png" ? defect : undefined,
  "unopenable-pdf": ({ look, defect }) => look === "pdf" ? defect : undefined,
};

/** What is wrong with a file. */
export function* checkFile(file: VerifiedFile): Generator<Found> {
  const { role, pk, title, path } = file;
  for (const [check, look] of Object.entries(FILE_CHECKS)) {
    const reason = look(file);
    if (reason === undefined) continue;
    yield {
      check: check as CheckName,
      message: `${path}: ${reason}`,
      path,
      role,
      ...(role === "bundle" ? {} : { document: { id: pk, title } }),
      ...(check === "checksum-mismatch"
        ? { facts: { expected: file.checksum, actual: file.digest ?? null } }
        : {}),
    };
  }
}
