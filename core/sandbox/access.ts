// What a command may touch, as data: the launcher turns it into the grants of the command Worker.

/** Folders, files and addresses that a command needs, as absolute paths (real ones: no links). */
export interface Access {
  readonly read: readonly string[];
  readonly write: readonly string[];
  /** `host:port` */
  readonly net?: readonly string[];
  /** Names of environment variables that a library inside reads. */
  readonly env?: readonly string[];
}
