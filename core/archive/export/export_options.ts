// What an export is to be: upstream's flags of both generations and Paperward's own, resolved.

/** Options of an export. */
export interface ExportOptions {
  /** Absolute path of the folder that is exported to. */
  readonly target: string;
  /** `-c`: originals and archives are compared by checksum, not by size and time. @default {false} */
  readonly compareChecksums?: boolean;
  /** `-d`: what earlier exports wrote and this one doesn't is removed. @default {false} */
  readonly delete?: boolean;
  /** With `-d`: everything else in the target is removed too, as upstream does. @default {false} */
  readonly deleteStrangers?: boolean;
  /** `-f` @default {false} */
  readonly useFilenameFormat?: boolean;
  /** `-na` @default {false} */
  readonly noArchive?: boolean;
  /** `-nt` @default {false} */
  readonly noThumbnail?: boolean;
  /** `-p` @default {false} */
  readonly useFolderPrefix?: boolean;
  /** `-sm` @default {false} */
  readonly splitManifest?: boolean;
  /** `-z` @default {false} */
  readonly zip?: boolean;
  /** `-zn`, without `.zip`. @default {"export-<date of the day>"} */
  readonly zipName?: string;
  /** Only manifests and metadata. @default {false} */
  readonly dataOnly?: boolean;
  /** Secrets are encrypted with it. */
  readonly passphrase?: string;
  /** Rows read at once. @default {500} */
  readonly batchSize?: number;
  /** Plan, but change nothing. @default {false} */
  readonly dryRun?: boolean;
  /** ms to wait for media.lock; absent: as long as it takes */
  readonly lockTimeoutMs?: number;
}
