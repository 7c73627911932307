// Which fields of an export hold secrets that a passphrase encrypts, and since when: one table.

/** A field that is encrypted in an export with a passphrase. */
export interface SecretField {
  /** `<app label>.<model, lower case>` */
  readonly model: string;
  /** Name of the field. */
  readonly field: string;
  /** First paperless-ngx release that encrypts it. */
  readonly since: string;
}

/** Every encrypted field (export-format.md §9). Only strings that aren't empty are encrypted. */
export const SECRET_FIELDS: readonly SecretField[] = [
  { model: "paperless_mail.mailaccount", field: "password", since: "2.10.0" },
  { model: "paperless_mail.mailaccount", field: "refresh_token", since: "2.13.1" },
  { model: "socialaccount.socialtoken", field: "token", since: "2.13.1" },
  { model: "socialaccount.socialtoken", field: "token_secret", since: "2.13.1" },
];

const NONE: readonly string[] = [];
const BY_MODEL: ReadonlyMap<string, readonly string[]> = new Map(
  [...Map.groupBy(SECRET_FIELDS, (row) => row.model)]
    .map(([model, rows]) => [model, rows.map((row) => row.field)]),
);

/** The names of a model's encrypted fields; empty for most models. */
export function secretFieldsOf(model: string): readonly string[] {
  return BY_MODEL.get(model) ?? NONE;
}
