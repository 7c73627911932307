// The table of what is looked for in an export: how bad it is, what it means, how the run ends.

import type { ExitName } from "../../exit_codes.ts";
import type { VerifyLevel } from "./finding.ts";

/** One row of the table. */
export interface VerifyCheck {
  readonly level: VerifyLevel;
  /** One sentence: what is wrong where something is found. */
  readonly summary: string;
  /** How a run ends that found nothing worse. @default `findings` for errors, `done` for the rest */
  readonly exit?: ExitName;
  /** The flag without which it is not looked for. */
  readonly needs?: "deep" | "rehearse" | "against";
  /** It can only be said where every manifest was read to its end. */
  readonly needsAll?: true;
}

/** Everything that is looked for, in the order of reports. */
export const CHECKS = {
  container: {
    level: "error",
    summary: "The folder or zip can't be read as an export: not there, damaged, or hostile.",
  },
  "interrupted-export": {
    level: "error",
    summary: "A run of the exporter was killed half way; --mend brings it to its end.",
  },
  version: {
    level: "error",
    summary: "The export was written by a release that is not known yet.",
    exit: "version",
  },
  passphrase: {
    level: "error",
    summary: "The secrets can't be decrypted: the passphrase is missing or wrong.",
    exit: "passphrase",
  },
  metadata: { level: "error", summary: "metadata.json is missing, damaged or contradicts itself." },
  manifest: { level: "error", summary: "A manifest is missing, damaged or cut short." },
  record: { level: "error", summary: "A record holds what its model can't: it can't be imported." },
  "duplicate-key": { level: "error", summary: "Two records have one number." },
  "duplicate-value": {
    level: "error",
    summary: "Two records share what must differ: only one of them can be restored.",
    needsAll: true,
  },
  "dangling-reference": {
    level: "error",
    summary: "A record points to a record that the export does not hold.",
    needsAll: true,
  },
  "stale-reference": {
    level: "warning",
    summary:
      "A permission, link, rule or view names something that is gone. paperless-ngx itself " +
      "leaves such references behind.",
    needsAll: true,
  },
  "unsafe-path": {
    level: "error",
    summary: "A name leads out of the export: it is not followed.",
  },
  "unnamed-file": {
    level: "error",
    summary: "The manifest names no file for a document, but does so for others.",
    needsAll: true,
  },
  "missing-file": { level: "error", summary: "A file that the manifest names is not there." },
  "unreadable-file": {
    level: "error",
    summary: "A file is there, but could not be read.",
    exit: "partial",
  },
  "damaged-entry": {
    level: "error",
    summary: "An entry of the zip is damaged: CRC-32, size or compressed data.",
  },
  "empty-file": { level: "error", summary: "A file that the manifest names holds nothing." },
  "checksum-mismatch": {
    level: "error",
    summary: "A file's content is not the one that the manifest has the checksum of.",
  },
  "size-mismatch": {
    level: "error",
    summary: "A share link bundle has not the size that its record says.",
  },
  "shared-file": {
    level: "warning",
    summary: "Two documents name one file: older exporters let the last one win.",
    needsAll: true,
  },
  "undecodable-thumbnail": {
    level: "error",
    summary: "A thumbnail can't be decoded.",
    needs: "deep",
  },
  "unopenable-pdf": { level: "error", summary: "A PDF can't be opened.", needs: "deep" },
  "extra-file": {
    level: "error",
    summary: "A file that no manifest names: a document may have lost its record.",
    needsAll: true,
  },
  comparison: {
    level: "error",
    summary: "The comparison with the other export failed.",
    exit: "partial",
    needs: "against",
  },
  litter: { level: "info", summary: "What a NAS or a desktop leaves in folders." },
  "old-export": {
    level: "info",
    summary: "An older release wrote it: this can't be carried over as it stands.",
  },
  rehearsal: {
    level: "error",
    summary: "A library restored from the export is not what the export says.",
    needs: "rehearse",
  },
  "not-rehearsed": {
    level: "error",
    summary: "The rehearsal came to no end, for want of room or of permission: it says nothing " +
      "about the export.",
    exit: "partial",
    needs: "rehearse",
  },
} as const satisfies Readonly<Record<string, VerifyCheck>>;

/** The name of a check. */
export type CheckName = keyof typeof CHECKS;

/** The names, in the order of the table. */
export const CHECK_NAMES = Object.keys(CHECKS) as readonly CheckName[];

/** A row of the table. */
export function checkNamed(name: CheckName): VerifyCheck {
  return CHECKS[name];
}
