// Fernet tokens, version 0x80, as github.com/fernet/spec describes them: AES-128-CBC with PKCS#7,
// HMAC-SHA256 over everything before it, base64url. The HMAC is checked before anything is decrypted.

import { Buffer } from "node:buffer";
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";

const VERSION = 0x80;
const HEADER_BYTES = 1 + 8 + 16;
const HMAC_BYTES = 32;
const BLOCK_BYTES = 16;

/** 32 bytes: the first 16 sign, the last 16 encrypt. */
export type FernetKey = Uint8Array;

/** Why a token was refused. */
export class FernetError extends Error {
  /** The class's name. */
  override readonly name = "FernetError";
}

/** What may be fixed for a token, for tests. */
export interface FernetEncryptOptions {
  /** seconds since the epoch @default {now} */
  readonly time?: number;
  /** 16 bytes @default {random} */
  readonly iv?: Uint8Array;
}

/** What is checked beside the signature. */
export interface FernetDecryptOptions {
  /** Seconds that a token is good for; absent: for ever, as paperless-ngx has it. */
  readonly ttl?: number;
  /** seconds since the epoch @default {now} */
  readonly now?: number;
}

/** Encrypts bytes into a token: base64url text with padding. */
export function fernetEncrypt(
  key: FernetKey,
  data: Uint8Array,
  options: FernetEncryptOptions = {},
): string {
  const [signing, encrypting] = splitKey(key);
  const iv = options.iv ?? randomBytes(BLOCK_BYTES);
  const header = Buffer.alloc(HEADER_BYTES);
  header[0] = VERSION;
  header.writeBigUInt64BE(BigInt(options.time ?? Math.floor(Date.now() / 1000)), 1);
  header.set(iv, 9);
  const cipher = createCipheriv("aes-128-cbc", encrypting, iv);
  const signed = Buffer.concat([header, cipher.update(data), cipher.final()]);
  const hmac = createHmac("sha256", signing).update(signed).digest();
  return Buffer.concat([signed, hmac]).toString("base64").replaceAll("+", "-").replaceAll("/", "_");
}

/** Verifies and decrypts a token.
 * @throws {FernetError} if it is malformed, expired or not signed with this key */
export function fernetDecrypt(
  key: FernetKey,
  token: string,
  options: FernetDecryptOptions = {},
): Uint8Array {
  const [signing, encrypting] = splitKey(key);
  // Buffer skips what it can't decode, so the alphabet and the padding are checked first.
  if (!/^[A-Za-z0-9_-]*={0,2}$/.test(token) || token.length % 4 !== 0) {
    throw new FernetError("it is not base64url");
  }
  const bytes = Buffer.from(token, "base64url");
  const cipherBytes = bytes.length - HEADER_BYTES - HMAC_BYTES;
  if (cipherBytes < 0) throw new FernetError("it is too short");
  if (bytes[0] !== VERSION) throw new FernetError("its version is unknown");
  const time = Number(bytes.readBigUInt64BE(1));
  if (options.ttl !== undefined) {
    const now = options.now ?? Math.floor(Date.now() / 1000);
    if (time + options.ttl < now) throw new FernetError("it is too old");
    if (time > now + 60) throw new FernetError("it comes from the future");
  }
  const signed = bytes.subarray(0, bytes.length - HMAC_BYTES);
  const hmac = createHmac("sha256", signing).update(signed).digest();
  if (!timingSafeEqual(hmac, bytes.subarray(bytes.length - HMAC_BYTES))) {
    throw new FernetError("its signature does not fit the key");
  }
  if (cipherBytes === 0 || cipherBytes % BLOCK_BYTES !== 0) {
    throw new FernetError("its length is wrong");
  }
  const decipher = createDecipheriv("aes-128-cbc", encrypting, bytes.subarray(9, HEADER_BYTES));
  try {
    return Buffer.concat([decipher.update(signed.subarray(HEADER_BYTES)), decipher.final()]);
  } catch (cause) {
    throw new FernetError("its padding is wrong", { cause });
  }
}

function splitKey(key: FernetKey): readonly [signing: Uint8Array, encrypting: Uint8Array] {
  if (key.length !== 32) throw new FernetError("the key does not have 32 bytes");
  return [key.subarray(0, 16), key.subarray(16)];
}
