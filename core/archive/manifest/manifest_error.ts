// A manifest that can't be read: says which file, where in it, and why.

import { PaperwardError } from "../../errors.ts";

/** Where in a manifest something is wrong. */
export interface ManifestPlace {
  /** The manifest's path in the export. */
  readonly file: string;
  /** bytes from the start of the file */
  readonly offset: number;
  /** 1-based */
  readonly line: number;
}

/** A manifest is malformed, cut short or beyond a limit. */
export class ManifestError extends PaperwardError {
  /** The manifest's path in the export. */
  readonly file: string;
  /** bytes from the start of the file */
  readonly offset: number;
  /** 1-based */
  readonly line: number;

  /** Says what is wrong and where. */
  constructor(reason: string, place: ManifestPlace) {
    super(`Cannot read ${place.file}: ${reason} (line ${place.line}, byte ${place.offset})`, {
      hints: ["the manifest is damaged or was not written by paperless-ngx: use another export"],
    });
    this.file = place.file;
    this.offset = place.offset;
    this.line = place.line;
  }
}
