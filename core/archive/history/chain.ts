// The chain of format changes, oldest first: what every release changed in its exports, as data. An export
// takes the steps whose `since` is newer than the release that wrote it.

import type { RawJson } from "../manifest/raw_record.ts";
import {
  applicationConfiguration,
  archiveFileGeneration,
} from "./steps/application_configuration.ts";
import { auditChanges } from "./steps/audit_changes.ts";
import { commentContentType, commentsToNotes } from "./steps/comments.ts";
import { consumptionTemplates } from "./steps/consumption_templates.ts";
import { createdDates } from "./steps/created_dates.ts";
import { archiveNames, mimeTypes, nullCharacters } from "./steps/documents_before_ngx.ts";
import { added, clamped, dropped, renamed } from "./steps/field_steps.ts";
import { queryFields, simpleSearches } from "./steps/filter_rules.ts";
import { assignTags, mailRuleOrder } from "./steps/mail_rules.ts";
import {
  grantCustomFields,
  grantShareLinkBundles,
  grantWorkflows,
  missingGroups,
  permissionNumbers,
  templatePermissions,
} from "./steps/permissions.ts";
import { savedViewVisibility } from "./steps/saved_view_visibility.ts";
import { selectOptions, selectValues } from "./steps/select_options.ts";
import { tagColours } from "./steps/tag_colours.ts";
import { tagTree } from "./steps/tag_tree.ts";
import { storagePathTemplates, workflowTitleTemplates } from "./steps/templates.ts";
import { actionOrder, missingActionParts } from "./steps/workflow_actions.ts";
import type { Step } from "./step.ts";

const NULL: RawJson = "null";

/** `{ a: raw, b: raw }` */
function all(raw: RawJson, ...names: readonly string[]): Readonly<Record<string, RawJson>> {
  return Object.fromEntries(names.map((name) => [name, raw]));
}

const SOFT_DELETE = all(NULL, "deleted_at", "restored_at", "transaction_id");

const MATCHING = [
  "documents.correspondent",
  "documents.tag",
  "documents.documenttype",
  "documents.storagepath",
] as const;

/** Sorted by `since`, but for the first, on which permission steps of earlier releases build. */
export const CHAIN: readonly Step[] = [
  permissionNumbers,

  added("0.9.0", "documents.1000", "documents.document", {
    ...all(NULL, "document_type", "archive_serial_number", "filename"),
    storage_type: '"unencrypted"',
  }),
  added("0.9.0", "documents.1000", "documents.tag", { is_inbox_tag: "false" }),
  mimeTypes,
  added("0.9.5", "documents.1005", "documents.document", { archive_checksum: NULL }),
  ...["documents.correspondent", "documents.tag", "documents.documenttype"].map((model) =>
    dropped("0.9.6", "documents.1006", model, "slug")
  ),
  archiveNames,
  tagColours,
  nullCharacters,
  added("1.4.4", "paperless_mail.0008", "paperless_mail.mailaccount", { character_set: '"UTF-8"' }),
  missingGroups,
  assignTags,
  added("1.8.0", "documents.1019", "documents.document", { storage_path: NULL }),
  added("1.9.0", "documents.1024", "documents.document", { original_filename: NULL }),
  added("1.11.0", "paperless_mail.0016", "paperless_mail.mailrule", { consumption_scope: "1" }),

  renamed("1.14.0", "documents.1031", "documents.savedview", "user", "owner"),
  ...[...MATCHING, "documents.document"].map((model) =>
    added("1.14.0", "documents.1031", model, { owner: NULL })
  ),
  commentsToNotes,
  commentContentType,
  added("1.14.0", "paperless_mail.0017 and 0020", "paperless_mail.mailaccount", {
    owner: NULL,
    is_token: "false",
  }),
  added(
    "1.14.0",
    "paperless_mail.0017 and 0019",
    "paperless_mail.mailrule",
    all(NULL, "owner", "filter_to"),
  ),

  added("2.0.0", "paperless_mail.0022", "paperless_mail.mailrule", {
    assign_owner_from_rule: "true",
  }),
  grantCustomFields,
  renamed(
    "2.1.0",
    "paperless_mail.0023",
    "paperless_mail.mailrule",
    "filter_attachment_filename",
    "filter_attachment_filename_include",
  ),
  added(
    "2.1.0",
    "paperless_mail.0023",
    "paperless_mail.mailrule",
    all(NULL, "filter_attachment_filename_include", "filter_attachment_filename_exclude"),
  ),
  added("2.1.0", "documents.1042", "documents.customfieldinstance", { value_document_ids: NULL }),
  grantWorkflows,
  templatePermissions,
  consumptionTemplates,
  applicationConfiguration,
  added("2.4.0", "paperless.0002", "paperless.applicationconfiguration", {
    app_title: NULL,
    app_logo: '""',
  }),
  added("2.6.0", "documents.1046", "documents.workflowaction", {
    ...all(
      "false",
      "remove_all_tags",
      "remove_all_document_types",
      "remove_all_correspondents",
      "remove_all_storage_paths",
      "remove_all_owners",
      "remove_all_permissions",
      "remove_all_custom_fields",
    ),
    ...all(
      "[]",
      "remove_tags",
      "remove_document_types",
      "remove_correspondents",
      "remove_storage_paths",
      "remove_owners",
      "remove_view_users",
      "remove_view_groups",
      "remove_change_users",
      "remove_change_groups",
      "remove_custom_fields",
    ),
  }),
  added(
    "2.8.0",
    "documents.1047",
    "documents.savedview",
    all(NULL, "page_size", "display_mode", "display_fields"),
  ),
  auditChanges,
  added("2.8.0", "auditlog.0015", "auditlog.logentry", { changes_text: '""', cid: NULL }),
  added("2.10.0", "documents.1049", "documents.document", all(NULL, "deleted_at", "restored_at")),
  added("2.11.0", "documents.1050", "documents.customfield", { extra_data: NULL }),
  added("2.11.0", "documents.1050", "documents.customfieldinstance", { value_select: NULL }),
  added("2.11.5", "documents.1052", "documents.document", { transaction_id: NULL }),
  added("2.13.0", "documents.1053", "documents.document", { page_count: NULL }),
  storagePathTemplates,
  added("2.13.0", "paperless_mail.0027", "paperless_mail.mailaccount", {
    account_type: "1",
    ...all(NULL, "refresh_token", "expiration"),
  }),
  added("2.13.0", "paperless_mail.0026", "paperless_mail.mailrule", { enabled: "true" }),
  added("2.13.1", "documents.1056", "documents.note", SOFT_DELETE),
  added("2.13.1", "documents.1056", "documents.customfieldinstance", SOFT_DELETE),
  added("2.14.0", "documents.1058", "documents.workflowtrigger", {
    schedule_offset_days: "0",
    schedule_is_recurring: "false",
    schedule_recurring_interval_days: "1",
    schedule_date_field: '"added"',
    schedule_date_custom_field: NULL,
  }),
  added("2.14.0", "documents.1059", "documents.workflowaction", all(NULL, "email", "webhook")),
  selectOptions,
  selectValues,
  added("2.14.4", "documents.1061", "documents.workflowactionwebhook", { as_json: "false" }),
  missingActionParts,
  added("2.15.0", "documents.1065", "documents.workflowaction", {
    assign_custom_fields_values: "{}",
  }),
  added("2.15.0", "paperless_mail.0029", "paperless_mail.mailrule", { pdf_layout: "0" }),
  createdDates,
  added(
    "2.16.0",
    "paperless.0004",
    "paperless.applicationconfiguration",
    all(
      NULL,
      "barcodes_enabled",
      "barcode_enable_tiff_support",
      "barcode_string",
      "barcode_retain_split_pages",
      "barcode_enable_asn",
      "barcode_asn_prefix",
      "barcode_upscale",
      "barcode_dpi",
      "barcode_max_pages",
      "barcode_enable_tag",
      "barcode_tag_mapping",
    ),
  ),
  added(
    "2.16.0",
    "auditlog.0016 and 0017",
    "auditlog.logentry",
    all(NULL, "remote_port", "actor_email"),
  ),
  added("2.19.0", "documents.1069 and 1072", "documents.workflowtrigger", {
    ...all(NULL, "filter_has_storage_path", "filter_custom_field_query"),
    ...all(
      "[]",
      "filter_has_all_tags",
      "filter_has_not_tags",
      "filter_has_not_document_types",
      "filter_has_not_correspondents",
      "filter_has_not_storage_paths",
    ),
  }),
  added("2.19.0", "documents.1070", "documents.customfieldinstance", { value_long_text: NULL }),
  tagTree,
  workflowTitleTemplates,
  actionOrder,

  dropped("3.0.0", "documents.0003", "documents.document", "storage_type"),
  added(
    "3.0.0",
    "documents.0004",
    "documents.workflowtrigger",
    all(
      "[]",
      "filter_has_any_correspondents",
      "filter_has_any_document_types",
      "filter_has_any_storage_paths",
    ),
  ),
  grantShareLinkBundles,
  added("3.0.0", "documents.0008", "documents.workflowaction", { passwords: NULL }),
  added(
    "3.0.0",
    "documents.0012 and 0015",
    "documents.document",
    all(NULL, "root_document", "version_index", "version_label"),
  ),
  savedViewVisibility,
  queryFields,
  simpleSearches,
  clamped(
    "3.0.0",
    "paperless.0007",
    "paperless.applicationconfiguration",
    32767,
    "pages",
    "image_dpi",
    "barcode_dpi",
    "barcode_max_pages",
  ),
  archiveFileGeneration,
  added("3.0.0", "paperless.0005 to 0013", "paperless.applicationconfiguration", {
    ...all(
      NULL,
      "barcode_tag_split",
      "llm_embedding_backend",
      "llm_embedding_model",
      "llm_embedding_endpoint",
      "llm_embedding_chunk_size",
      "llm_context_size",
      "llm_backend",
      "llm_model",
      "llm_api_key",
      "llm_endpoint",
      "llm_output_language",
      "llm_request_timeout",
    ),
    ai_enabled: "false",
  }),
  clamped("3.0.0", "paperless_mail.0002", "paperless_mail.mailrule", 32767, "maximum_age"),
  mailRuleOrder,
  added("3.0.0", "paperless_mail.0003", "paperless_mail.mailrule", { stop_processing: "false" }),
];
