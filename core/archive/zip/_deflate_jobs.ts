// What passes between the zip code and its Workers, and the work itself, so that it also runs without one.

import { createHash } from "node:crypto";
import { crc32, deflateRawSync, inflateRawSync } from "node:zlib";

/** Checksum of the source that may be computed on the way. */
export type ZipDigest = "md5" | "sha256";

/** Compress one small file. */
export interface DeflateJob {
  readonly kind: "deflate";
  readonly data: Uint8Array<ArrayBuffer>;
  /** 0 stores, 1–9 */
  readonly level: number;
  readonly digest?: ZipDigest;
}

/** Check one small entry. */
export interface CheckJob {
  readonly kind: "check";
  readonly data: Uint8Array<ArrayBuffer>;
  readonly stored: boolean;
  /** What the directory says. */
  readonly size: number;
  readonly crc32: number;
}

/** What a compression yields. */
export interface Deflated {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly stored: boolean;
  readonly crc32: number;
  /** hex */
  readonly digest?: string;
}

/** Why an entry is damaged, or undefined if it isn't. */
export type Checked = { readonly damage?: string };

/** A job with its number. */
export type NumberedJob = (DeflateJob | CheckJob) & { readonly id: number };

/** A result with its number. */
export type NumberedResult = { readonly id: number } & (Deflated | Checked | { error: string });

/** Bytes of one sample, and of the stretch of a file that it stands for. */
const SAMPLE_BYTES = 16 * 1024;
const SAMPLED_BYTES = 256 * 1024;
/** The share of the samples' size that must go. */
const WORTH = 0.02;

/** Whether a file is likely to shrink, told from samples between its start and its end. Most of a library's
 * bytes are compressed already (JPEG in PDF, WebP): trying them whole costs the time of all the rest.
 * Measured on the recorded libraries this gives away half a percent of the archive's size. */
export function isWorthDeflating(data: Uint8Array): boolean {
  if (data.length <= 4 * SAMPLE_BYTES) return data.length > 0;
  const samples = Math.max(3, Math.ceil(data.length / SAMPLED_BYTES));
  let size = 0;
  for (let sample = 0; sample < samples; sample++) {
    const start = Math.floor((data.length - SAMPLE_BYTES) * sample / (samples - 1));
    size += deflateRawSync(data.subarray(start, start + SAMPLE_BYTES), { level: 1 }).length;
  }
  return size <= (1 - WORTH) * samples * SAMPLE_BYTES;
}

/** Compresses; what doesn't get smaller is stored. */
export function runDeflate(job: DeflateJob): Deflated {
  const { data, level } = job;
  const digest = job.digest && createHash(job.digest).update(data).digest("hex");
  const sum = crc32(data);
  const deflated = level > 0 && isWorthDeflating(data)
    ? deflateRawSync(data, { level, memLevel: 9 })
    : undefined;
  const smaller = deflated !== undefined && deflated.length < data.length;
  return {
    data: smaller ? ownBuffer(deflated) : data,
    stored: !smaller,
    crc32: sum,
    ...(digest === undefined ? {} : { digest }),
  };
}

/** Checks size and CRC-32 of an entry's data. */
export function runCheck(job: CheckJob): Checked {
  try {
    const data = job.stored ? job.data : inflateWhole(job.data, job.size);
    if (data.length !== job.size) return { damage: "its size is not the one of the directory" };
    if (crc32(data) !== job.crc32) return { damage: "its CRC-32 is wrong" };
    return {};
  } catch {
    return { damage: "its compressed data is damaged" };
  }
}

/** Inflates data whose size is known; more than that is an error, not memory. */
export function inflateWhole(data: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  return ownBuffer(inflateRawSync(data, { maxOutputLength: size + 1 }));
}

/** An array that owns its buffer whole, so that it can be handed over to another thread. */
function ownBuffer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  const whole = buffer instanceof ArrayBuffer && bytes.byteLength === buffer.byteLength;
  return whole ? new Uint8Array(buffer) : new Uint8Array(bytes);
}
