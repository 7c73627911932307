// The settings of a paperless-ngx installation, resolved once by the launcher, then frozen.

/** Which database and how to reach it. */
export type DatabaseSettings =
  | { readonly kind: "sqlite"; readonly path: string; readonly timeoutMs: number }
  | {
    readonly kind: "postgres" | "mariadb";
    /** Host name, address, or the folder of a Unix socket (starts with `/`). */
    readonly host: string;
    readonly port: number;
    readonly name: string;
    readonly user: string;
    readonly password: string;
    readonly sslMode: string;
    readonly sslRootCert?: string;
    readonly sslCert?: string;
    readonly sslKey?: string;
    readonly timeoutMs: number;
    readonly poolSize?: number;
  };

/** Everything that Paperward takes from `PAPERLESS_*` variables, `paperless.conf` and the flags that win.
 * Paths are absolute and, where they exist, resolved (no links). */
export interface Settings {
  /** `PAPERLESS_DATA_DIR` */
  readonly dataDir: string;
  /** `PAPERLESS_MEDIA_ROOT` */
  readonly mediaRoot: string;
  /** `PAPERLESS_SCRATCH_DIR` */
  readonly scratchDir: string;
  /** The `PAPERLESS_DB*` variables. */
  readonly database: DatabaseSettings;
  /** Databases that flags of the command name, by the flag's long name: `from`, `to`. */
  readonly databases?: Readonly<Record<string, DatabaseSettings>>;
  /** IANA name. @default {"UTC"} */
  readonly timeZone: string;
  /** `PAPERLESS_FILENAME_FORMAT` */
  readonly filenameFormat?: string;
  /** `PAPERLESS_FILENAME_FORMAT_REMOVE_NONE` */
  readonly filenameFormatRemoveNone: boolean;
  /** `PAPERLESS_AUDIT_LOG_ENABLED` */
  readonly auditLogEnabled: boolean;
  /** Relative to the media folder. */
  readonly appLogo?: string;
  /** v2: the passphrase of GPG-encrypted documents. */
  readonly passphrase?: string;
  /** Every `PAPERLESS_*` value as found (conf file under environment), for commands with settings of their own. */
  readonly raw: Readonly<Record<string, string>>;
  /** Where the settings came from: the conf file's path, if one was read. */
  readonly configFile?: string;
}
