// What document_fuzzy_match is asked for, resolved and checked before anything is read.

import { PaperwardError } from "../../errors.ts";
import { startOfDay } from "../../library/start_of_day.ts";

/** Which document of a group stays. */
export type KeepRule = "default" | "oldest" | "newest" | "lowest-id" | "most-metadata";

/** The values of `--keep`. */
export const KEEP_RULES = ["oldest", "newest", "lowest-id", "most-metadata"] as const;

/** Which documents count as newer. */
export type Since =
  /** Ids above this one. */
  | { readonly id: bigint }
  /** Added at this moment (UTC, as the database writes it) or later. */
  | { readonly added: string };

/** What the command is asked for. */
export interface DuplicateOptions {
  /** 0–100: from this ratio on two documents match. */
  readonly ratio: number;
  /** Workers. */
  readonly processes: number;
  /** Only pairs with a newer document; absent: all pairs. */
  readonly since?: Since;
  /** Compares only pairs that are likely to match. */
  readonly approximate: boolean;
  /** Absolute path. */
  readonly checkpoint?: string;
  /** Absolute path. */
  readonly html?: string;
  /** Which document of a group stays. */
  readonly keep: KeepRule;
  /** Documents whose numbers differ may go too; otherwise they are left for review. */
  readonly includeNumericDifferences: boolean;
  /** Moves the duplicates to the trash; absent: they are only listed. */
  readonly delete?: {
    /** Shows the plan and changes nothing. */
    readonly dryRun: boolean;
    /** Doesn't ask. */
    readonly yes: boolean;
    /** The command line, for the journal. */
    readonly arguments: readonly string[];
  };
}

/** Reads `--since`: an id, or a date in the library's time zone.
 * @throws {PaperwardError} exit `usage` */
export function parseSince(text: string, timeZone: string): Since {
  if (/^\d{1,18}$/.test(text)) return { id: BigInt(text) };
  const midnight = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN;
  // Date.parse takes 30 February for 1 March.
  if (!Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(text)) {
    const moment = new Date(startOfDay(text, timeZone)).toISOString();
    return { added: moment.slice(0, 19).replace("T", " ") };
  }
  throw new PaperwardError(`Cannot use --since ${JSON.stringify(text)}: it is no id and no date`, {
    exit: "usage",
    hints: [
      "--since 1200 for documents with an id above 1200, --since 2024-05-31 for those added since that day",
    ],
  });
}
