// The PAPERLESS_* variables that Paperward reads: one table, from which they are parsed and from which
// docs/settings.md is written.

/** How a variable's text is read. `secret` is text that no message may show. */
export type VariableKind = "text" | "secret" | "path" | "boolean" | "integer" | "choice";

/** One variable. */
export interface Variable {
  readonly name: string;
  readonly kind: VariableKind;
  /** As it stands in the docs; code applies it where it needs it. */
  readonly default: string;
  readonly doc: string;
  /** Only this generation of paperless-ngx reads it. */
  readonly only?: "v2" | "v3";
  /** The smallest integer that makes sense. */
  readonly min?: number;
  readonly max?: number;
  /** Of kind `choice`; compared without regard to case. */
  readonly choices?: readonly string[];
  /** The flag that wins over it. */
  readonly flag?: string;
}

/** Every variable that is read, in the order of the docs. */
export const VARIABLES = [
  {
    name: "PAPERLESS_CONFIGURATION_PATH",
    kind: "path",
    default: "unset",
    flag: "--config",
    doc: "The configuration file. Only read from the environment.",
  },
  {
    name: "PAPERLESS_DATA_DIR",
    kind: "path",
    default: "../data, or ./data where only that exists",
    flag: "--data-dir",
    doc: "The data folder: db.sqlite3, index, log, classifier model.",
  },
  {
    name: "PAPERLESS_MEDIA_ROOT",
    kind: "path",
    default: "../media, or ./media where only that exists",
    flag: "--media-root",
    doc: "The media folder: documents/originals, /archive, /thumbnails, media.lock.",
  },
  {
    name: "PAPERLESS_SCRATCH_DIR",
    kind: "path",
    default: "paperless in $TMPDIR or /tmp",
    doc:
      "Where temporary files go; created if it is missing. The default is removed again if it was created; " +
      "where it is another user's, $TMPDIR or /tmp itself is taken.",
  },
  {
    name: "PAPERLESS_TIME_ZONE",
    kind: "text",
    default: "UTC",
    doc: "IANA name of the time zone in which dates stand in file names.",
  },
  {
    name: "PAPERLESS_FILENAME_FORMAT",
    kind: "text",
    default: "unset",
    doc: "Template of the names in the media folder.",
  },
  {
    name: "PAPERLESS_FILENAME_FORMAT_REMOVE_NONE",
    kind: "boolean",
    default: "no",
    doc: "Leave out what is missing in a name, instead of writing `-none-`.",
  },
  {
    name: "PAPERLESS_AUDIT_LOG_ENABLED",
    kind: "boolean",
    default: "yes",
    doc: "Whether the audit log is kept, and so exported.",
  },
  {
    name: "PAPERLESS_APP_LOGO",
    kind: "text",
    default: "unset",
    doc: "Path of a logo in the media folder.",
  },
  {
    name: "PAPERLESS_PASSPHRASE",
    kind: "secret",
    default: "unset",
    only: "v2",
    doc: "Passphrase of GPG-encrypted documents.",
  },
  {
    name: "PAPERLESS_DBENGINE",
    kind: "choice",
    choices: ["sqlite", "postgresql", "mariadb"],
    default: "postgresql where PAPERLESS_DBHOST is set, otherwise sqlite",
    flag: "--database-url",
    doc: "Kind of the database.",
  },
  {
    name: "PAPERLESS_DBHOST",
    kind: "text",
    default: "unset",
    flag: "--database-url",
    doc: "Host of the database server, or the path of its Unix socket.",
  },
  {
    name: "PAPERLESS_DBPORT",
    kind: "integer",
    min: 1,
    max: 65535,
    default: "5432 (PostgreSQL), 3306 (MariaDB)",
    flag: "--database-url",
    doc: "Port of the database server.",
  },
  {
    name: "PAPERLESS_DBNAME",
    kind: "text",
    default: "paperless",
    flag: "--database-url",
    doc: "Name of the database.",
  },
  {
    name: "PAPERLESS_DBUSER",
    kind: "text",
    default: "paperless",
    flag: "--database-url",
    doc: "User of the database.",
  },
  {
    name: "PAPERLESS_DBPASS",
    kind: "secret",
    default: "paperless",
    flag: "--database-url",
    doc: "Password of the database.",
  },
  {
    name: "PAPERLESS_DBSSLMODE",
    kind: "text",
    default: "prefer (PostgreSQL), PREFERRED (MariaDB)",
    flag: "--database-url",
    doc: "How far the connection must be encrypted. Deprecated in v3.",
  },
  {
    name: "PAPERLESS_DBSSLROOTCERT",
    kind: "path",
    default: "unset",
    flag: "--database-url",
    doc: "Certificate of the authority. Deprecated in v3.",
  },
  {
    name: "PAPERLESS_DBSSLCERT",
    kind: "path",
    default: "unset",
    flag: "--database-url",
    doc: "Certificate of the client. Deprecated in v3.",
  },
  {
    name: "PAPERLESS_DBSSLKEY",
    kind: "path",
    default: "unset",
    flag: "--database-url",
    doc: "Key of the client's certificate. Deprecated in v3.",
  },
  {
    name: "PAPERLESS_DB_TIMEOUT",
    kind: "integer",
    min: 0,
    max: 86400,
    default: "5 (SQLite, until it is unlocked), 10 (servers, until connected)",
    doc: "Seconds to wait for the database. Deprecated in v3.",
  },
  {
    name: "PAPERLESS_DB_POOLSIZE",
    kind: "integer",
    min: 0,
    max: 10000,
    default: "0 (no pool)",
    doc:
      "Most connections of paperless-ngx to PostgreSQL; a command of Paperward has one. Deprecated in v3.",
  },
  {
    name: "PAPERLESS_DB_OPTIONS",
    kind: "secret",
    default: "unset",
    only: "v3",
    doc:
      "Comma list of `key=value`, dots nest. Read are `timeout`, `connect_timeout`, `sslmode`, " +
      "`sslrootcert`, `sslcert`, `sslkey`, `ssl_mode`, `ssl.ca`, `ssl.cert`, `ssl.key`, " +
      "`pool.max_size`. Wins over the deprecated variables.",
  },
] as const satisfies readonly Variable[];

/** A variable in the table. */
export type VariableName = (typeof VARIABLES)[number]["name"];
