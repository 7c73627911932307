// Whether every secret of an export decrypts: its passphrase is the right one, and metadata.json still says how.

import { PaperwardError } from "../../errors.ts";
import { compareReleases, releaseIn } from "../history/releases.ts";
import type { RawRecord } from "../manifest/raw_record.ts";
import { rawString } from "../manifest/raw_values.ts";
import type { ExportMetadata } from "../metadata.ts";
import type { Secrets } from "../secrets/open_secrets.ts";
import { SECRET_FIELDS } from "../secrets/secret_fields.ts";
import type { FindingSink } from "./finding.ts";

/** How every encrypted value begins: hex of the base64 of a Fernet token's first bytes. */
const TOKEN = "6741414141";

/** Looks at the secrets of records. */
export interface SecretChecker {
  look(record: RawRecord): void;
  /** Says what was found. @returns how many secrets decrypted */
  end(): number;
}

/** Opens a checker. @param secrets undefined: not encrypted, or there is no passphrase (said elsewhere) */
export function openSecretChecker(
  metadata: ExportMetadata,
  secrets: Secrets | undefined,
  sink: FindingSink,
): SecretChecker {
  const release = metadata.version === null ? null : releaseIn(metadata.version);
  const fieldsOf = new Map<string, string[]>();
  for (const { model, field, since } of SECRET_FIELDS) {
    if (release !== null && compareReleases(release, since) < 0) continue;
    fieldsOf.set(model, [...fieldsOf.get(model) ?? [], field]);
  }
  let good = 0;
  let wrong = 0;
  let plain = 0;
  let orphaned = 0;
  return {
    look(record) {
      for (const field of fieldsOf.get(record.model) ?? []) {
        const raw = record.fields.get(field);
        if (raw === undefined || !raw.startsWith('"') || raw === '""') continue;
        const value = rawString(raw);
        const isToken = value.startsWith(TOKEN);
        if (!metadata.crypto) {
          if (isToken) orphaned++;
        } else if (!isToken) {
          plain++;
        } else if (secrets) {
          if (decrypts(secrets, value)) good++;
          else wrong++;
        }
      }
    },
    end() {
      const secretsOf = (count: number) => count === 1 ? "1 secret" : `${count} secrets`;
      if (wrong > 0 && good === 0) {
        sink({
          check: "passphrase",
          message: `the passphrase is wrong: none of ${secretsOf(wrong)} can be decrypted with it`,
        });
      } else if (wrong > 0) {
        sink({
          check: "record",
          message: `${secretsOf(wrong)} can't be decrypted, though ${good} can: they are damaged`,
        });
      }
      if (plain > 0) {
        sink({
          check: "metadata",
          message: `metadata.json says that secrets are encrypted, but ${
            secretsOf(plain)
          } stand(s) there in clear`,
        });
      }
      if (orphaned > 0) {
        sink({
          check: "metadata",
          message: `${
            secretsOf(orphaned)
          } are encrypted, but metadata.json does not say how: they are lost without it`,
        });
      }
      return good;
    },
  };
}

function decrypts(secrets: Secrets, value: string): boolean {
  try {
    secrets.decrypt(value);
    return true;
  } catch (error) {
    if (error instanceof PaperwardError) return false;
    throw error;
  }
}
