// The table of checks, in the order in which they look at one thing: upstream's first.

import { archiveFields } from "./archive_fields.ts";
import type { Check } from "./check.ts";
import { checksumMismatch } from "./checksum_mismatch.ts";
import { documentLinks } from "./document_links.ts";
import { emptyFile } from "./empty_file.ts";
import { encryptedFile } from "./encrypted_file.ts";
import { foreignKeys } from "./foreign_keys.ts";
import { missingBundle } from "./missing_bundle.ts";
import { missingFile } from "./missing_file.ts";
import { nameVariant } from "./name_variant.ts";
import { nasLitter } from "./nas_litter.ts";
import { noContent } from "./no_content.ts";
import { orphanFile } from "./orphan_file.ts";
import { permissionTargets } from "./permission_targets.ts";
import { sharedFile } from "./shared_file.ts";
import { staleChecksum } from "./stale_checksum.ts";
import { undecodableThumbnail } from "./undecodable_thumbnail.ts";
import { unopenablePdf } from "./unopenable_pdf.ts";
import { unreadableFile } from "./unreadable_file.ts";

/** Every check. */
export const CHECKS: readonly Check[] = [
  missingFile,
  unreadableFile,
  emptyFile,
  checksumMismatch,
  staleChecksum,
  undecodableThumbnail,
  unopenablePdf,
  sharedFile,
  archiveFields,
  noContent,
  encryptedFile,
  orphanFile,
  nameVariant,
  nasLitter,
  missingBundle,
  foreignKeys,
  documentLinks,
  permissionTargets,
];
