// The passphrase of an export: key derivation, and secrets in and out. The parameters of metadata.json
// are honoured as they stand there, within limits that keep a hostile file from stalling the run.

import { Buffer } from "node:buffer";
import { pbkdf2, randomBytes } from "node:crypto";
import { PaperwardError } from "../../errors.ts";
import { fernetDecrypt, fernetEncrypt, FernetError } from "./fernet.ts";

/** How the key comes from the passphrase: `__crypto__` of metadata.json. */
export interface CryptoParameters {
  /** `__key_algo__` */
  readonly algorithm: "pbkdf2_sha256";
  /** `__key_iters__` */
  readonly iterations: number;
  /** bytes; always 32, for that is a Fernet key */
  readonly keySize: number;
  /** Lower-case hex. */
  readonly salt: string;
}

/** What paperless-ngx writes since 2.10.0, but for the salt. */
export const DEFAULT_ITERATIONS = 1_000_000;

/** More would hold up the run for minutes: such a file wasn't written by paperless-ngx. */
export const MAX_ITERATIONS = 50_000_000;

/** Encrypts and decrypts the secrets of one export. */
export interface Secrets {
  /** For metadata.json. */
  readonly crypto: CryptoParameters;
  /** Encrypts one secret.
   * @param text an empty one stays empty
   * @returns hex of the token's ASCII text: starts with `674141414141` */
  encrypt(text: string): string;
  /** Decrypts one secret.
   * @param hex as {@linkcode encrypt} returns it; empty stays empty
   * @throws {PaperwardError} exit `passphrase`, if the passphrase is wrong or the value isn't encrypted */
  decrypt(hex: string): string;
}

/** Derives the key of an export; takes about a second.
 * @param crypto from metadata.json when reading; absent when writing: a new salt
 * @throws {PaperwardError} exit `passphrase` for an empty one, `version` for parameters that can't be met */
export async function openSecrets(passphrase: string, crypto?: CryptoParameters): Promise<Secrets> {
  if (passphrase === "") {
    throw new PaperwardError("Cannot open the secrets of the export: the passphrase is empty", {
      exit: "passphrase",
    });
  }
  const parameters = crypto ?? {
    algorithm: "pbkdf2_sha256",
    iterations: DEFAULT_ITERATIONS,
    keySize: 32,
    salt: randomBytes(16).toString("hex"),
  };
  checkParameters(parameters);
  const key = await deriveKey(passphrase, parameters);
  return {
    crypto: parameters,
    encrypt: (text) => text === "" ? "" : toHex(fernetEncrypt(key, new TextEncoder().encode(text))),
    decrypt: (hex) => hex === "" ? "" : decryptHex(key, hex),
  };
}

function checkParameters(crypto: CryptoParameters): void {
  const refuse = (reason: string) => {
    throw new PaperwardError(`Cannot open the secrets of the export: ${reason}`, {
      exit: "version",
      hints: ["metadata.json of the export is damaged, or from a version that is not known yet"],
    });
  };
  if (crypto.algorithm !== "pbkdf2_sha256") refuse(`key algorithm ${crypto.algorithm} is unknown`);
  if (crypto.keySize !== 32) refuse(`a key of ${crypto.keySize} bytes does not fit the cipher`);
  if (!(crypto.iterations >= 1 && crypto.iterations <= MAX_ITERATIONS)) {
    refuse(`${crypto.iterations} iterations are outside 1–${MAX_ITERATIONS}`);
  }
  if (!/^(?:[0-9a-fA-F]{2}){1,1024}$/.test(crypto.salt)) refuse("the salt is not hex");
}

function deriveKey(passphrase: string, crypto: CryptoParameters): Promise<Uint8Array> {
  const salt = Buffer.from(crypto.salt, "hex");
  return new Promise((resolve, reject) =>
    pbkdf2(
      new TextEncoder().encode(passphrase),
      salt,
      crypto.iterations,
      crypto.keySize,
      "sha256",
      (error, key) => error ? reject(error) : resolve(key),
    )
  );
}

function decryptHex(key: Uint8Array, hex: string): string {
  if (!/^(?:[0-9a-fA-F]{2})+$/.test(hex)) {
    throw new PaperwardError("Cannot decrypt a secret of the export: it is not encrypted", {
      exit: "passphrase",
      hints: ["the export was written without a passphrase: run again without one"],
    });
  }
  try {
    const bytes = fernetDecrypt(key, Buffer.from(hex, "hex").toString("latin1"));
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    if (!(cause instanceof FernetError || cause instanceof TypeError)) throw cause;
    throw new PaperwardError("Cannot decrypt a secret of the export: wrong passphrase", {
      exit: "passphrase",
      hints: ["give the passphrase that the export was written with"],
      cause,
    });
  }
}

function toHex(token: string): string {
  return Buffer.from(token, "latin1").toString("hex");
}
