// What was asked of a check, resolved; and how the texts of its flags are read.

import { PaperwardError } from "../errors.ts";
import type { Check } from "./check.ts";
import { CHECKS } from "./checks.ts";

/** Options of {@linkcode checkLibrary}, parsed. */
export interface SanityOptions {
  /** The checks that are carried out. */
  readonly checks: readonly Check[];
  /** Only these documents; undefined: the whole library. */
  readonly documents?: readonly number[];
  /** Decode thumbnails and open PDFs. */
  readonly deep: boolean;
  /** Of which documents the content is read. */
  readonly subset?: Subset;
  /** `inode`: in the order in which the files lie on the disk, roughly; `document`: as listed. */
  readonly order: "inode" | "document";
  /** Files read at once: 1 to 4. */
  readonly readers: number;
  /** bytes per second */
  readonly bandwidth?: number;
  /** ms to wait for media.lock; absent: as long as it takes */
  readonly lockTimeoutMs?: number;
  /** Absolute paths that this run uses itself: no orphans, wherever they are. */
  readonly ownPaths?: readonly string[];
}

/** A part of the library whose content is read. */
export type Subset =
  /** Document ids that leave this rest: `1/5` is part 1 of 5, a different fifth each day of the week. */
  | { readonly kind: "part"; readonly part: number; readonly of: number }
  /** A random share, 0 to 1. */
  | { readonly kind: "share"; readonly share: number }
  /** A random share of about this size in bytes. */
  | { readonly kind: "size"; readonly bytes: number };

/** Reads `--read-data-subset`. @throws {PaperwardError} `usage` */
export function parseSubset(text: string): Subset {
  const part = /^(\d+)\/(\d+)$/.exec(text);
  if (part) {
    const [number, of] = [Number(part[1]), Number(part[2])];
    if (number >= 1 && number <= of) return { kind: "part", part: number, of };
  }
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text);
  if (percent && Number(percent[1]) <= 100) {
    return { kind: "share", share: Number(percent[1]) / 100 };
  }
  const bytes = parseSize(text);
  if (bytes !== undefined) return { kind: "size", bytes };
  throw new PaperwardError(`Cannot read a subset of ${JSON.stringify(text)}: it is none`, {
    exit: "usage",
    hints: ["give a part (1/7), a percentage (5%) or a size (20G)"],
  });
}

/** Reads `--bandwidth-limit`. @returns bytes per second @throws {PaperwardError} `usage` */
export function parseBandwidth(text: string): number {
  const bytes = parseSize(text);
  if (bytes) return bytes;
  throw new PaperwardError(`Cannot limit the bandwidth to ${JSON.stringify(text)}: it is no rate`, {
    exit: "usage",
    hints: ["give bytes per second: 20M, 1.5G, 500k"],
  });
}

/** Reads `--checks`. @throws {PaperwardError} `usage` */
export function parseChecks(text: string | undefined, deep: boolean): readonly Check[] {
  const available = CHECKS.filter(({ needs }) => deep || needs !== "deep");
  if (text === undefined) return available;
  const names = text.split(",").map((name) => name.trim()).filter((name) => name !== "");
  const unknown = names.filter((name) => !CHECKS.some((check) => check.name === name));
  if (unknown.length > 0 || names.length === 0) {
    throw new PaperwardError(
      `Cannot check ${unknown.join(", ") || "nothing"}: there is no such check`,
      {
        exit: "usage",
        hints: [`the checks are ${CHECKS.map(({ name }) => name).join(", ")}`],
      },
    );
  }
  const deepOnly = CHECKS.find(({ name, needs }) =>
    !deep && needs === "deep" && names.includes(name)
  );
  if (deepOnly) {
    throw new PaperwardError(`Cannot check ${deepOnly.name}: it needs --deep`, { exit: "usage" });
  }
  return available.filter(({ name }) => names.includes(name));
}

/** Reads `--document`: `3`, `3,7,10`. @throws {PaperwardError} `usage` */
export function parseDocuments(text: string): readonly number[] {
  const numbers = text.split(",").map((part) => part.trim()).map((part) =>
    /^\d+$/.test(part) ? Number(part) : NaN
  );
  if (numbers.every(Number.isSafeInteger)) return [...new Set(numbers)];
  throw new PaperwardError(`Cannot use --document ${text}: that is no number`, {
    exit: "usage",
    hints: ["give the numbers of documents: --document 3,7"],
  });
}

const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };

/** `20M`, `1.5g`, `4096`: decimal units. */
function parseSize(text: string): number | undefined {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)([kmgt]?)b?$/i.exec(text) ?? [];
  const factor = UNITS[unit.toLowerCase()];
  return number === undefined || factor === undefined ? undefined : Number(number) * factor;
}
