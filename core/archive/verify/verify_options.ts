// What a verification is to be: the flags, resolved.

import type { Subset } from "../../checks/sanity_options.ts";

/** Options of a verification. */
export interface VerifyOptions {
  /** Absolute path of the folder or the zip; `-` for a zip on standard input. */
  readonly path: string;
  /** How it is called in reports. @default its path */
  readonly name?: string;
  /** Secrets are decrypted with it, to see whether they can be. */
  readonly passphrase?: string;
  /** It was written with `--data-only`: files that the manifest names are not expected. */
  readonly dataOnly: boolean;
  /** Decode thumbnails and open PDFs. */
  readonly deep: boolean;
  /** Restore it into a throw-away library and compare. */
  readonly rehearse: boolean;
  /** Of which files the content is read. */
  readonly subset?: Subset;
  /** Of a random subset. @default one of this run's own */
  readonly seed?: number;
  /** Absolute path of another export: tell what changed since. */
  readonly against?: string;
  /** Bring an export to its end that was interrupted. */
  readonly mend: boolean;
  /** Warnings count as errors. */
  readonly strict: boolean;
  /** Absolute path of the JUnit report; absent: none is written. */
  readonly junit?: string;
  /** Absolute path of the HTML report; absent: none is written. */
  readonly html?: string;
}
