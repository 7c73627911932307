// What the template of a file name can see of a document, as plain values in the form in which the
// database stores them. Nothing here is sanitised yet.

/** Which upstream generation made the library: they differ in Unicode normalisation. */
export type Generation = "v2" | "v3";

/** An object that a document points to. */
export interface NamedObject {
  readonly id: number;
  readonly name: string;
}

/** The value of a custom field of one document. */
export interface FilenameCustomField {
  readonly name: string;
  /** `string`, `url`, `date`, `boolean`, `integer`, `float`, `monetary`, `documentlink`, `select`, `longtext`. */
  readonly dataType: string;
  /** As stored: text, `YYYY-MM-DD`, number, ids of linked documents, id of the chosen option. */
  readonly value: string | number | bigint | boolean | readonly number[] | null;
  /** Only for `select`. */
  readonly options?: readonly { readonly id: string; readonly label: string }[];
}

/** One document, with everything that a template may use. */
export interface FilenameDocument {
  readonly pk: number;
  readonly title: string;
  /** Needed only where {@linkcode templateNeedsContent} says so. */
  readonly content?: string;
  readonly pageCount: number | null;
  /** `YYYY-MM-DD` */
  readonly created: string;
  /** UTC, `YYYY-MM-DD HH:MM:SS[.ffffff]` */
  readonly added: string;
  /** UTC, `YYYY-MM-DD HH:MM:SS[.ffffff]` */
  readonly modified: string;
  readonly archiveSerialNumber: number | null;
  readonly mimeType: string;
  readonly checksum: string;
  readonly archiveChecksum: string | null;
  readonly filename: string | null;
  readonly archiveFilename: string | null;
  readonly originalFilename: string | null;
  readonly owner: { readonly id: number; readonly username: string } | null;
  /** In the database's order of names. */
  readonly tags: readonly NamedObject[];
  readonly correspondent: NamedObject | null;
  readonly documentType: NamedObject | null;
  readonly storagePath: (NamedObject & { readonly path: string }) | null;
  /** In the order of their creation, those in the trash included. */
  readonly customFields: readonly FilenameCustomField[];
  /** v2: `gpg` for an encrypted document, whose file has `.gpg` behind its extension. No template sees it. */
  readonly storageType?: string;
  /** v3: of which document this is a version, and which one. No template sees them. */
  readonly rootDocument?: number | null;
  readonly versionIndex?: number | null;
}
