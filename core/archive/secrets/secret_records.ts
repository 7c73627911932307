// Secrets of whole records: raw record in, raw record out, everything else passed through untouched.

import type { RawRecord } from "../manifest/raw_record.ts";
import { rawString } from "../manifest/raw_values.ts";
import type { Secrets } from "./open_secrets.ts";
import { secretFieldsOf } from "./secret_fields.ts";

/** Encrypts the secret fields of a record. Null, empty and absent ones stay as they are. */
export function encryptRecord<R extends RawRecord>(secrets: Secrets, record: R): R {
  return mapSecrets(record, (text) => secrets.encrypt(text));
}

/** Decrypts the secret fields of a record.
 * @throws {PaperwardError} exit `passphrase` */
export function decryptRecord<R extends RawRecord>(secrets: Secrets, record: R): R {
  return mapSecrets(record, (hex) => secrets.decrypt(hex));
}

function mapSecrets<R extends RawRecord>(record: R, map: (text: string) => string): R {
  const names = secretFieldsOf(record.model);
  if (names.length === 0) return record;
  const fields = new Map(record.fields);
  for (const name of names) {
    const raw = fields.get(name);
    if (raw === undefined || !raw.startsWith('"') || raw === '""') continue;
    fields.set(name, JSON.stringify(map(rawString(raw))));
  }
  return { ...record, fields };
}
