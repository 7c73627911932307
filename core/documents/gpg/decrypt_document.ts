// Documents that releases before paperless-ng 0.9 encrypted with a passphrase (OpenPGP, symmetric). Invariant:
// what comes out was decrypted whole; a wrong passphrase or a damaged file is an error, never an empty file.

import { config, decrypt, readMessage } from "openpgp";
import { PaperwardError } from "../../errors.ts";

/** Old installations may hold messages without integrity protection (RFC 4880, packet 9): the caller compares
 * the checksum of what comes out with the database. */
const LEGACY = { ...config, allowUnauthenticatedMessages: true };

const ARMOUR = "-----BEGIN PGP";

/**
 * Decrypts a document or a thumbnail, armoured or binary.
 *
 * @param bytes the encrypted file
 * @param path of the file, for messages
 * @returns the plain file; as a whole, for OpenPGP proves its integrity only at the end
 * @throws {PaperwardError} exit `passphrase` if the passphrase is wrong or the file damaged
 */
export async function decryptDocument(
  bytes: Uint8Array,
  passphrase: string,
  path: string,
): Promise<Uint8Array> {
  try {
    const isArmoured =
      new TextDecoder("latin1").decode(bytes.subarray(0, ARMOUR.length)) === ARMOUR;
    const message = isArmoured
      ? await readMessage({
        armoredMessage: new TextDecoder("latin1").decode(bytes),
        config: LEGACY,
      })
      : await readMessage({ binaryMessage: bytes, config: LEGACY });
    const { data } = await decrypt({
      message,
      passwords: [passphrase],
      format: "binary",
      config: LEGACY,
    });
    return data as Uint8Array;
  } catch (cause) {
    throw new PaperwardError(`Cannot decrypt ${path}: wrong passphrase, or the file is damaged`, {
      exit: "passphrase",
      hints: ["PAPERLESS_PASSPHRASE is the passphrase of encrypted documents"],
      cause,
    });
  }
}
