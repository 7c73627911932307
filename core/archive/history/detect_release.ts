// Tells which release wrote an export that has no version file (older than 1.8.0, or the file was lost) from
// what its records hold. The answer is a lower bound: the newest release that added something that is there.

import type { RawRecord } from "../manifest/raw_record.ts";
import type { Release } from "./releases.ts";
import { compareReleases } from "./releases.ts";

/** What an export of nothing that is known counts as: the oldest release there is. */
export const OLDEST_RELEASE: Release = "0.9.0";

/** Something that only exports of a release and later ones have. */
interface Marker {
  readonly since: Release;
  readonly model: string;
  /** Fields that are all there; none: the model itself is the sign. */
  readonly has?: readonly string[];
  readonly lacks?: string;
  /** What the value of the first of `has` looks like. */
  readonly like?: RegExp;
}

const MARKERS: readonly Marker[] = [
  { since: "0.9.2", model: "documents.document", has: ["mime_type"] },
  { since: "0.9.5", model: "documents.document", has: ["archive_checksum"] },
  { since: "0.9.6", model: "documents.correspondent", has: ["name"], lacks: "slug" },
  { since: "0.9.6", model: "documents.tag", has: ["name"], lacks: "slug" },
  { since: "1.1.1", model: "documents.document", has: ["archive_filename"] },
  { since: "1.3.0", model: "documents.tag", has: ["color"] },
  { since: "1.3.2", model: "auth.user" },
  { since: "1.3.2", model: "documents.savedview" },
  { since: "1.3.2", model: "paperless_mail.mailaccount" },
  { since: "1.6.0", model: "auth.group" },
  { since: "1.7.0", model: "paperless_mail.mailrule", has: ["assign_tags"] },
  { since: "1.8.0", model: "documents.document", has: ["storage_path"] },
  { since: "1.8.0", model: "documents.uisettings" },
  { since: "1.9.0", model: "documents.document", has: ["original_filename"] },
  { since: "1.9.0", model: "documents.storagepath" },
  { since: "1.9.0", model: "documents.comment" },
  { since: "1.11.0", model: "paperless_mail.mailrule", has: ["consumption_scope"] },
  { since: "1.14.0", model: "documents.document", has: ["owner"] },
  { since: "1.14.0", model: "documents.tag", has: ["owner"] },
  { since: "1.14.0", model: "documents.correspondent", has: ["owner"] },
  { since: "1.14.0", model: "documents.note" },
  { since: "1.14.0", model: "documents.savedview", has: ["owner"] },
  { since: "1.17.0", model: "contenttypes.contenttype" },
  { since: "2.0.0", model: "paperless_mail.mailrule", has: ["assign_owner_from_rule"] },
  { since: "2.1.0", model: "documents.customfield" },
  { since: "2.1.0", model: "documents.consumptiontemplate" },
  { since: "2.1.0", model: "paperless_mail.mailrule", has: ["filter_attachment_filename_include"] },
  { since: "2.3.0", model: "documents.workflow" },
  { since: "2.3.0", model: "paperless.applicationconfiguration" },
  { since: "2.4.0", model: "paperless.applicationconfiguration", has: ["app_logo"] },
  { since: "2.6.0", model: "documents.workflowaction", has: ["remove_all_tags"] },
  { since: "2.7.0", model: "auditlog.logentry" },
  { since: "2.8.0", model: "documents.savedview", has: ["display_mode"] },
  { since: "2.8.0", model: "auditlog.logentry", has: ["changes_text"] },
  { since: "2.10.0", model: "documents.document", has: ["deleted_at"] },
  { since: "2.11.0", model: "documents.customfield", has: ["extra_data"] },
  { since: "2.11.5", model: "documents.document", has: ["transaction_id"] },
  { since: "2.13.0", model: "documents.document", has: ["page_count"] },
  { since: "2.13.0", model: "paperless_mail.mailrule", has: ["enabled"] },
  { since: "2.13.1", model: "documents.note", has: ["deleted_at"] },
  { since: "2.13.1", model: "documents.customfieldinstance", has: ["deleted_at"] },
  { since: "2.13.1", model: "socialaccount.socialaccount" },
  { since: "2.14.0", model: "documents.workflowtrigger", has: ["schedule_offset_days"] },
  { since: "2.14.0", model: "documents.workflowaction", has: ["webhook"] },
  { since: "2.14.0", model: "documents.customfieldinstance", has: ["value_select"], like: /^"/ },
  { since: "2.14.0", model: "mfa.authenticator" },
  { since: "2.14.4", model: "documents.workflowactionemail" },
  { since: "2.14.4", model: "documents.workflowactionwebhook" },
  { since: "2.15.0", model: "paperless_mail.mailrule", has: ["pdf_layout"] },
  { since: "2.15.0", model: "documents.workflowaction", has: ["assign_custom_fields_values"] },
  { since: "2.16.0", model: "documents.document", has: ["created"], like: /^"\d{4}-\d\d-\d\d"$/ },
  { since: "2.16.0", model: "paperless.applicationconfiguration", has: ["barcodes_enabled"] },
  { since: "2.19.0", model: "documents.tag", has: ["tn_parent"] },
  { since: "2.19.0", model: "documents.customfieldinstance", has: ["value_long_text"] },
  { since: "2.19.0", model: "documents.workflowtrigger", has: ["filter_has_all_tags"] },
  { since: "2.20.5", model: "documents.workflowaction", has: ["order"] },
  { since: "3.0.0", model: "documents.document", has: ["root_document"] },
  { since: "3.0.0", model: "documents.savedview", has: ["sort_field"], lacks: "show_on_dashboard" },
  { since: "3.0.0", model: "paperless_mail.mailrule", has: ["stop_processing"] },
  { since: "3.0.0", model: "documents.workflowaction", has: ["passwords"] },
  {
    since: "3.0.0",
    model: "paperless.applicationconfiguration",
    has: ["archive_file_generation"],
  },
  { since: "3.0.0", model: "documents.sharelink" },
  { since: "3.0.0", model: "documents.sharelinkbundle" },
];

const BY_MODEL: ReadonlyMap<string, readonly Marker[]> = Map.groupBy(MARKERS, ({ model }) => model);

/** The release that records look like, looked at one by one. */
export interface ReleaseDetector {
  /** Cheap: asks for names, decodes at most one short value. */
  look(record: RawRecord): void;
  /** At least this release wrote what was looked at. */
  readonly release: Release;
}

/** Starts with nothing looked at: the oldest release. */
export function detectRelease(): ReleaseDetector {
  let release = OLDEST_RELEASE;
  return {
    look(record) {
      for (const marker of BY_MODEL.get(record.model) ?? []) {
        if (compareReleases(marker.since, release) > 0 && shows(record, marker)) {
          release = marker.since;
        }
      }
    },
    get release() {
      return release;
    },
  };
}

function shows({ fields }: RawRecord, { has = [], lacks, like }: Marker): boolean {
  if (!has.every((name) => fields.has(name))) return false;
  if (lacks !== undefined && fields.has(lacks)) return false;
  return like === undefined || like.test(fields.get(has[0] ?? "") ?? "");
}
