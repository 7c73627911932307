// Rows of different databases, compared: each value in one form, whatever the database made of it. Invariant:
// rows that paperless-ngx would take for the same have the same checksum, others don't.

import { createHash } from "node:crypto";
import type { FieldKind } from "../schema/field.ts";
import type { StorageValue } from "./storage_value.ts";
import { canonicalJson } from "./canonical_json.ts";

type Form = (value: Exclude<StorageValue, null>) => string;

/** The form of each kind; of others it is the value as it is. */
const FORMS: Readonly<Partial<Record<FieldKind, Form>>> = {
  // SQLite keeps 5.0 as it was given: as a float or as an integer.
  float: (value) => typeof value === "bigint" ? String(Number(value)) : String(value),
  datetime: (value) => canonicalMoment(String(value)),
  uuid: (value) => String(value).replaceAll("-", "").toLowerCase(),
  // PostgreSQL lays JSON out anew, and orders its keys.
  json: (value) => typeof value === "string" ? canonicalJson(value) : String(value),
  ip: (value) => canonicalAddress(String(value)),
};

/** A moment with six digits of fraction or none. */
function canonicalMoment(text: string): string {
  const [, whole = text, fraction = ""] = /^(.*?)(?:\.(\d{1,6}))?$/s.exec(text.replace("T", " ")) ??
    [];
  return /[1-9]/.test(fraction) ? `${whole}.${fraction.padEnd(6, "0")}` : whole;
}

/** An IPv6 address in its shortest form. */
function canonicalAddress(text: string): string {
  if (!text.includes(":")) return text;
  try {
    return new URL(`http://[${text}]`).hostname.slice(1, -1);
  } catch {
    return text.toLowerCase();
  }
}

/** A value in the form that is the same in all databases. */
export function canonicalValue(kind: FieldKind, value: StorageValue): string | Uint8Array | null {
  if (value === null) return null;
  const form = FORMS[kind];
  if (form) return form(value);
  return value instanceof Uint8Array ? value : String(value);
}

const encoder = new TextEncoder();

/** Adds up the checksums of rows, in any order: databases sort text differently. */
export class RowSum {
  readonly #kinds: readonly FieldKind[];
  #rows = 0;
  #sum = 0n;

  /** @param kinds of the columns */
  constructor(kinds: readonly FieldKind[]) {
    this.#kinds = kinds;
  }

  /** Rows so far. */
  get rows(): number {
    return this.#rows;
  }

  /** 32 hexadecimal digits: the sum of the rows' SHA-256, modulo 2¹²⁸. */
  get checksum(): string {
    return this.#sum.toString(16).padStart(32, "0");
  }

  /** @param row in the order of the columns */
  add(row: readonly StorageValue[]): void {
    const sha = createHash("sha256");
    for (const [index, kind] of this.#kinds.entries()) {
      const value = canonicalValue(kind, row[index] ?? null);
      if (value === null) {
        sha.update("-");
        continue;
      }
      const bytes = typeof value === "string" ? encoder.encode(value) : value;
      // With its length in front, so that no two rows look the same in a row.
      sha.update(`${bytes.length}:`).update(bytes);
    }
    const digest = sha.digest();
    const number = digest.readBigUInt64BE(0) << 64n | digest.readBigUInt64BE(8);
    this.#sum = BigInt.asUintN(128, this.#sum + number);
    this.#rows++;
  }
}
