// metadata.json of an export (since 2.10.0) and the version.json before it (since 1.8.0): which release
// wrote it and how its secrets are encrypted. Older exports have neither.

import { PaperwardError } from "../errors.ts";
import type { CryptoParameters } from "./secrets/open_secrets.ts";
import { openSecrets, type Secrets } from "./secrets/open_secrets.ts";
import type { ExportSource } from "./zip/export_source.ts";

/** Name of the file since 2.10.0. */
export const METADATA_FILE = "metadata.json";
/** Name of the file from 1.8.0 to 2.9.x. */
export const VERSION_FILE = "version.json";

/** What an export says about itself. */
export interface ExportMetadata {
  /** `X.Y.Z` of the release that wrote it; null where the export has neither file (before 1.8.0). */
  readonly version: string | null;
  /** Present if the secrets are encrypted. */
  readonly crypto?: CryptoParameters;
  /** Where it stood; null if nowhere. */
  readonly file: typeof METADATA_FILE | typeof VERSION_FILE | null;
}

/** The two files as text, as far as they exist. */
export interface MetadataTexts {
  /** metadata.json */
  readonly metadata?: string | undefined;
  /** version.json */
  readonly version?: string | undefined;
}

const LIMIT_BYTES = 1 << 20;

/** The text of metadata.json, byte for byte as paperless-ngx lays it out: indent 2, no newline at the end.
 * @param version `X.Y.Z` */
export function formatMetadata(version: string, crypto?: CryptoParameters): string {
  return JSON.stringify(
    {
      version,
      ...(crypto && {
        __crypto__: {
          __key_algo__: crypto.algorithm,
          __key_iters__: crypto.iterations,
          __key_size__: crypto.keySize,
          __salt_hex__: crypto.salt,
        },
      }),
    },
    null,
    2,
  );
}

/** Reads what an export says about itself. Where both files exist metadata.json counts: only it knows the
 * encryption, and version.json beside it is a leftover of an older export into the same folder (2.10.0 and
 * 2.10.1 preferred the leftover; 2.10.2 mended that).
 * @throws {PaperwardError} if a file is damaged; exit `version` if the key algorithm is unknown */
export function parseMetadata(texts: MetadataTexts): ExportMetadata {
  if (texts.metadata !== undefined) return parse(METADATA_FILE, texts.metadata);
  if (texts.version !== undefined) return parse(VERSION_FILE, texts.version);
  return { version: null, file: null };
}

/** As {@linkcode parseMetadata}, from an export.
 * @throws {PaperwardError} as there */
export async function readMetadata(source: ExportSource): Promise<ExportMetadata> {
  const read = (name: string) =>
    source.find(name) ? source.readText(name, LIMIT_BYTES) : Promise.resolve(undefined);
  const metadata = await read(METADATA_FILE);
  return parseMetadata(
    metadata === undefined ? { version: await read(VERSION_FILE) } : { metadata },
  );
}

/** Opens the secrets of an export that is read.
 * @returns undefined if the export isn't encrypted (a passphrase is then not needed, and does no harm)
 * @throws {PaperwardError} exit `passphrase` if one is needed and missing */
export async function openExportSecrets(
  metadata: ExportMetadata,
  passphrase: string | undefined,
): Promise<Secrets | undefined> {
  if (!metadata.crypto) return undefined;
  if (!passphrase) {
    throw new PaperwardError("Cannot read the secrets of the export: it needs a passphrase", {
      exit: "passphrase",
      hints: ["give it with --passphrase"],
    });
  }
  return await openSecrets(passphrase, metadata.crypto);
}

function parse(
  file: typeof METADATA_FILE | typeof VERSION_FILE,
  text: string,
): ExportMetadata {
  const root = parseObject(file, text);
  const version = root["version"];
  if (typeof version !== "string" || !/^\d{1,6}(?:\.\d{1,6}){2}/.test(version)) {
    throw damaged(file, "it names no version");
  }
  const crypto = root["__crypto__"];
  if (crypto === undefined || crypto === null) return { version, file };
  if (!isObject(crypto)) throw damaged(file, "__crypto__ is not an object");
  return { version, file, crypto: parseCrypto(file, crypto) };
}

function parseCrypto(file: string, crypto: Record<string, unknown>): CryptoParameters {
  const {
    __key_algo__: algorithm,
    __key_iters__: iterations,
    __key_size__: keySize,
    __salt_hex__: salt,
  } = crypto;
  if (algorithm !== "pbkdf2_sha256") {
    throw new PaperwardError(
      `Cannot read ${file}: key algorithm ${JSON.stringify(algorithm) ?? "(none)"} is unknown`,
      { exit: "version", hints: ["the export may come from a later version of paperless-ngx"] },
    );
  }
  if (!Number.isSafeInteger(iterations) || !Number.isSafeInteger(keySize)) {
    throw damaged(file, "the key's parameters are no integers");
  }
  if (typeof salt !== "string") throw damaged(file, "the salt is missing");
  return { algorithm, iterations: iterations as number, keySize: keySize as number, salt };
}

function parseObject(file: string, text: string): Record<string, unknown> {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch (cause) {
    throw damaged(file, "it is not JSON", cause);
  }
  if (!isObject(root)) throw damaged(file, "it is not a JSON object");
  return root;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function damaged(file: string, reason: string, cause?: unknown): PaperwardError {
  return new PaperwardError(`Cannot read ${file}: ${reason}`, {
    hints: ["the export is damaged: use another one"],
    ...(cause === undefined ? {} : { cause }),
  });
}
