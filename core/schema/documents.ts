// The models of paperless-ngx's app `documents`: documents, what is matched to them, workflows.
// Fields stand in Django's order, which is the order of the keys in exports (2.20.15 and 3.0.5).

import {
  boolean,
  char,
  date,
  datetime,
  decimal,
  float,
  foreignKey,
  id,
  integer,
  json,
  multiSelect,
  positiveInteger,
  text,
  uuid,
} from "./field.ts";
import { manyToMany, model } from "./model.ts";

/** `documents_correspondent` */
export const correspondent = model("documents.correspondent", {
  table: "documents_correspondent",
  ordering: ["name"],
  fields: [
    id,
    foreignKey("owner", "auth.user", "setNull", { null: true }),
    char("name", 128),
    char("match", 256),
    positiveInteger("matching_algorithm", {
      default: { value: 1 },
      changes: [{ since: "3.0", kind: "positiveSmallInteger" }],
    }),
    boolean("is_insensitive", { default: { value: true } }),
  ],
});

/** `documents_customfield` */
export const customField = model("documents.customfield", {
  table: "documents_customfield",
  ordering: ["created"],
  fields: [
    id,
    datetime("created", { default: "now", index: true }),
    char("name", 128, { unique: true }),
    char("data_type", 50),
    json("extra_data", { null: true }),
  ],
});

/** `documents_customfieldinstance` */
export const customFieldInstance = model("documents.customfieldinstance", {
  table: "documents_customfieldinstance",
  ordering: ["created"],
  fields: [
    id,
    datetime("deleted_at", { null: true }),
    datetime("restored_at", { null: true }),
    uuid("transaction_id", { null: true }),
    datetime("created", { default: "now", index: true }),
    foreignKey("document", "documents.document", "cascade"),
    foreignKey("field", "documents.customfield", "cascade"),
    char("value_text", 128, { null: true }),
    boolean("value_bool", { null: true }),
    char("value_url", 200, { null: true }),
    date("value_date", { null: true }),
    integer("value_int", { null: true }),
    float("value_float", { null: true }),
    char("value_monetary", 128, { null: true }),
    decimal("value_monetary_amount", { null: true, generated: true }),
    json("value_document_ids", { null: true }),
    char("value_select", 16, { null: true }),
    text("value_long_text", { null: true }),
  ],
});

/** `documents_document` */
export const document = model("documents.document", {
  table: "documents_document",
  ordering: ["-created"],
  fields: [
    id,
    datetime("deleted_at", { null: true }),
    datetime("restored_at", { null: true }),
    uuid("transaction_id", { null: true }),
    foreignKey("owner", "auth.user", "setNull", { null: true }),
    foreignKey("correspondent", "documents.correspondent", "setNull", { null: true }),
    foreignKey("storage_path", "documents.storagepath", "setNull", { null: true }),
    char("title", 128, { index: true }),
    foreignKey("document_type", "documents.documenttype", "setNull", { null: true }),
    text("content"),
    positiveInteger("content_length", {
      null: true,
      generated: true,
      since: "3.0",
    }),
    char("mime_type", 256),
    char("checksum", 32, {
      unique: true,
      changes: [{ since: "3.0", maxLength: 64, unique: false, index: true }],
    }),
    char("archive_checksum", 32, { null: true, changes: [{ since: "3.0", maxLength: 64 }] }),
    positiveInteger("page_count", { null: true, changes: [{ since: "3.0", index: true }] }),
    date("created", { default: "today", index: true }),
    datetime("modified", { default: "savedNow", index: true }),
    char("storage_type", 11, { default: { value: "unencrypted" }, until: "3.0" }),
    datetime("added", { default: "now", index: true }),
    char("filename", 1024, { null: true, unique: true }),
    char("archive_filename", 1024, { null: true, unique: true }),
    char("original_filename", 1024, { null: true }),
    positiveInteger("archive_serial_number", { null: true, unique: true }),
    foreignKey("root_document", "documents.document", "cascade", { null: true, since: "3.0" }),
    positiveInteger("version_index", { null: true, index: true, since: "3.0" }),
    char("version_label", 64, { null: true, since: "3.0" }),
  ],
  manyToMany: [
    manyToMany("documents.document", "tags", "documents.tag"),
  ],
});

/** `documents_documenttype` */
export const documentType = model("documents.documenttype", {
  table: "documents_documenttype",
  ordering: ["name"],
  fields: [
    id,
    foreignKey("owner", "auth.user", "setNull", { null: true }),
    char("name", 128),
    char("match", 256),
    positiveInteger("matching_algorithm", {
      default: { value: 1 },
      changes: [{ since: "3.0", kind: "positiveSmallInteger" }],
    }),
    boolean("is_insensitive", { default: { value: true } }),
  ],
});

/** `documents_note` */
export const note = model("documents.note", {
  table: "documents_note",
  ordering: ["created"],
  fields: [
    id,
    datetime("deleted_at", { null: true }),
    datetime("restored_at", { null: true }),
    uuid("transaction_id", { null: true }),
    text("note"),
    datetime("created", { default: "now", index: true }),
    foreignKey("document", "documents.document", "cascade", { null: true }),
    foreignKey("user", "auth.user", "setNull", { null: true }),
  ],
});

/** `documents_paperlesstask` */
export const paperlessTask = model("documents.paperlesstask", {
  table: "documents_paperlesstask",
  fields: [
    id,
    foreignKey("owner", "auth.user", "setNull", { null: true }),
    char("task_id", 255, { unique: true, changes: [{ since: "3.0", maxLength: 72 }] }),
    char("task_type", 50, { index: true, since: "3.0" }),
    char("trigger_source", 50, { index: true, since: "3.0" }),
    char("task_file_name", 255, { null: true, until: "3.0" }),
    char("task_name", 255, { null: true, until: "3.0" }),
    char("status", 30, {
      default: { value: "PENDING" },
      changes: [{ since: "3.0", index: true, default: { value: "pending" } }],
    }),
    boolean("acknowledged", {
      default: { value: false },
      changes: [{ since: "3.0", index: true }],
    }),
    datetime("date_created", {
      null: true,
      default: "now",
      changes: [{ since: "3.0", null: false, index: true }],
    }),
    datetime("date_started", { null: true }),
    datetime("date_done", { null: true, changes: [{ since: "3.0", index: true }] }),
    float("duration_seconds", { null: true, since: "3.0" }),
    float("wait_time_seconds", { null: true, since: "3.0" }),
    json("input_data", { default: { value: {} }, since: "3.0" }),
    json("result_data", { null: true, since: "3.0" }),
    text("result", { null: true, until: "3.0" }),
    char("type", 30, { default: { value: "auto_task" }, until: "3.0" }),
  ],
});

/** `documents_savedview` */
export const savedView = model("documents.savedview", {
  table: "documents_savedview",
  ordering: ["name"],
  fields: [
    id,
    foreignKey("owner", "auth.user", "setNull", { null: true }),
    char("name", 128),
    boolean("show_on_dashboard", { until: "3.0" }),
    boolean("show_in_sidebar", { until: "3.0" }),
    char("sort_field", 128, { null: true }),
    boolean("sort_reverse", { default: { value: false } }),
    positiveInteger("page_size", { null: true }),
    char("display_mode", 128, { null: true }),
    json("display_fields", { null: true }),
  ],
});

/** `documents_savedviewfilterrule` */
export const savedViewFilterRule = model("documents.savedviewfilterrule", {
  table: "documents_savedviewfilterrule",
  fields: [
    id,
    foreignKey("saved_view", "documents.savedview", "cascade"),
    positiveInteger("rule_type", { changes: [{ since: "3.0", kind: "positiveSmallInteger" }] }),
    char("value", 255, { null: true }),
  ],
});

/** `documents_sharelink` */
export const shareLink = model("documents.sharelink", {
  table: "documents_sharelink",
  ordering: ["created"],
  fields: [
    id,
    datetime("deleted_at", { null: true }),
    datetime("restored_at", { null: true }),
    uuid("transaction_id", { null: true }),
    datetime("created", { default: "now", index: true }),
    datetime("expiration", { null: true, index: true }),
    char("slug", 50, { unique: true }),
    foreignKey("document", "documents.document", "cascade"),
    char("file_version", 50, { default: { value: "archive" } }),
    foreignKey("owner", "auth.user", "setNull", { null: true }),
  ],
});

/** `documents_storagepath` */
export const storagePath = model("documents.storagepath", {
  table: "documents_storagepath",
  ordering: ["name"],
  fields: [
    id,
    foreignKey("owner", "auth.user", "setNull", { null: true }),
    char("name", 128),
    char("match", 256),
    positiveInteger("matching_algorithm", {
      default: { value: 1 },
      changes: [{ since: "3.0", kind: "positiveSmallInteger" }],
    }),
    boolean("is_insensitive", { default: { value: true } }),
    text("path"),
  ],
});

/** `documents_tag` */
export const tag = model("documents.tag", {
  table: "documents_tag",
  ordering: ["name"],
  fields: [
    id,
    text("tn_ancestors_pks", { default: { value: "" } }),
    positiveInteger("tn_ancestors_count", { default: { value: 0 } }),
    text("tn_children_pks", { default: { value: "" } }),
    positiveInteger("tn_children_count", { default: { value: 0 } }),
    positiveInteger("tn_depth", { default: { value: 0 } }),
    text("tn_descendants_pks", { default: { value: "" } }),
    positiveInteger("tn_descendants_count", { default: { value: 0 } }),
    positiveInteger("tn_index", { default: { value: 0 } }),
    positiveInteger("tn_level", { default: { value: 1 } }),
    foreignKey("tn_parent", "documents.tag", "cascade", { null: true }),
    positiveInteger("tn_priority", { default: { value: 0 } }),
    positiveInteger("tn_order", { default: { value: 0 } }),
    text("tn_siblings_pks", { default: { value: "" } }),
    positiveInteger("tn_siblings_count", { default: { value: 0 } }),
    foreignKey("owner", "auth.user", "setNull", { null: true }),
    char("name", 128),
    char("match", 256),
    positiveInteger("matching_algorithm", {
      default: { value: 1 },
      changes: [{ since: "3.0", kind: "positiveSmallInteger" }],
    }),
    boolean("is_insensitive", { default: { value: true } }),
    char("color", 7, { default: { value: "#a6cee3" } }),
    boolean("is_inbox_tag", { default: { value: false } }),
  ],
});

/** `documents_uisettings` */
export const uiSettings = model("documents.uisettings", {
  table: "documents_uisettings",
  fields: [
    id,
    foreignKey("user", "auth.user", "cascade", { unique: true }),
    json("settings", { null: true }),
  ],
});

/** `documents_workflow` */
export const workflow = model("documents.workflow", {
  table: "documents_workflow",
  fields: [
    id,
    char("name", 256, { unique: true }),
    integer("order", { default: { value: 0 } }),
    boolean("enabled", { default: { value: true } }),
  ],
  manyToMany: [
    manyToMany("documents.workflow", "triggers", "documents.workflowtrigger"),
    manyToMany("documents.workflow", "actions", "documents.workflowaction"),
  ],
});

/** `documents_workflowaction` */
export const workflowAction = model("documents.workflowaction", {
  table: "documents_workflowaction",
  fields: [
    id,
    positiveInteger("type", {
      default: { value: 1 },
      changes: [{ since: "3.0", kind: "positiveSmallInteger" }],
    }),
    positiveInteger("order", { default: { value: 0 } }),
    text("assign_title", { null: true }),
    foreignKey("assign_document_type", "documents.documenttype", "setNull", { null: true }),
    foreignKey("assign_correspondent", "documents.correspondent", "setNull", { null: true }),
    foreignKey("assign_storage_path", "documents.storagepath", "setNull", { null: true }),
    foreignKey("assign_owner", "auth.user", "setNull", { null: true }),
    json("assign_custom_fields_values", { null: true, default: { value: {} } }),
    boolean("remove_all_tags", { default: { value: false } }),
    boolean("remove_all_document_types", { default: { value: false } }),
    boolean("remove_all_correspondents", { default: { value: false } }),
    boolean("remove_all_storage_paths", { default: { value: false } }),
    boolean("remove_all_owners", { default: { value: false } }),
    boolean("remove_all_permissions", { default: { value: false } }),
    boolean("remove_all_custom_fields", { default: { value: false } }),
    foreignKey("email", "documents.workflowactionemail", "setNull", { null: true }),
    foreignKey("webhook", "documents.workflowactionwebhook", "setNull", { null: true }),
    json("passwords", { null: true, since: "3.0" }),
  ],
  manyToMany: [
    manyToMany("documents.workflowaction", "assign_tags", "documents.tag"),
    manyToMany("documents.workflowaction", "assign_view_users", "auth.user"),
    manyToMany("documents.workflowaction", "assign_view_groups", "auth.group"),
    manyToMany("documents.workflowaction", "assign_change_users", "auth.user"),
    manyToMany("documents.workflowaction", "assign_change_groups", "auth.group"),
    manyToMany("documents.workflowaction", "assign_custom_fields", "documents.customfield"),
    manyToMany("documents.workflowaction", "remove_tags", "documents.tag"),
    manyToMany("documents.workflowaction", "remove_document_types", "documents.documenttype"),
    manyToMany("documents.workflowaction", "remove_correspondents", "documents.correspondent"),
    manyToMany("documents.workflowaction", "remove_storage_paths", "documents.storagepath"),
    manyToMany("documents.workflowaction", "remove_owners", "auth.user"),
    manyToMany("documents.workflowaction", "remove_view_users", "auth.user"),
    manyToMany("documents.workflowaction", "remove_view_groups", "auth.group"),
    manyToMany("documents.workflowaction", "remove_change_users", "auth.user"),
    manyToMany("documents.workflowaction", "remove_change_groups", "auth.group"),
    manyToMany("documents.workflowaction", "remove_custom_fields", "documents.customfield"),
  ],
});

/** `documents_workflowactionemail` */
export const workflowActionEmail = model("documents.workflowactionemail", {
  table: "documents_workflowactionemail",
  fields: [
    id,
    char("subject", 256),
    text("body"),
    text("to"),
    boolean("include_document", { default: { value: false } }),
  ],
});

/** `documents_workflowactionwebhook` */
export const workflowActionWebhook = model("documents.workflowactionwebhook", {
  table: "documents_workflowactionwebhook",
  fields: [
    id,
    char("url", 256),
    boolean("use_params", { default: { value: true } }),
    boolean("as_json", { default: { value: false } }),
    json("params", { null: true }),
    text("body", { null: true }),
    json("headers", { null: true }),
    boolean("include_document", { default: { value: false } }),
  ],
});

/** `documents_workflowrun` */
export const workflowRun = model("documents.workflowrun", {
  table: "documents_workflowrun",
  fields: [
    id,
    datetime("deleted_at", { null: true }),
    datetime("restored_at", { null: true }),
    uuid("transaction_id", { null: true }),
    foreignKey("workflow", "documents.workflow", "cascade"),
    positiveInteger("type", {
      null: true,
      changes: [{ since: "3.0", kind: "positiveSmallInteger" }],
    }),
    foreignKey("document", "documents.document", "cascade", { null: true }),
    datetime("run_at", { default: "now", index: true }),
  ],
});

/** `documents_workflowtrigger` */
export const workflowTrigger = model("documents.workflowtrigger", {
  table: "documents_workflowtrigger",
  fields: [
    id,
    positiveInteger("type", {
      default: { value: 1 },
      changes: [{ since: "3.0", kind: "positiveSmallInteger" }],
    }),
    multiSelect("sources", 7, { default: { value: "1,2,3,4" } }),
    char("filter_path", 256, { null: true }),
    char("filter_filename", 256, { null: true }),
    foreignKey("filter_mailrule", "paperless_mail.mailrule", "setNull", { null: true }),
    char("match", 256),
    positiveInteger("matching_algorithm", {
      default: { value: 0 },
      changes: [{ since: "3.0", kind: "positiveSmallInteger" }],
    }),
    boolean("is_insensitive", { default: { value: true } }),
    foreignKey("filter_has_document_type", "documents.documenttype", "setNull", { null: true }),
    foreignKey("filter_has_correspondent", "documents.correspondent", "setNull", { null: true }),
    foreignKey("filter_has_storage_path", "documents.storagepath", "setNull", { null: true }),
    text("filter_custom_field_query", { null: true }),
    integer("schedule_offset_days", { default: { value: 0 } }),
    boolean("schedule_is_recurring", { default: { value: false } }),
    positiveInteger("schedule_recurring_interval_days", { default: { value: 1 } }),
    char("schedule_date_field", 20, { default: { value: "added" } }),
    foreignKey("schedule_date_custom_field", "documents.customfield", "setNull", { null: true }),
  ],
  manyToMany: [
    manyToMany("documents.workflowtrigger", "filter_has_tags", "documents.tag"),
    manyToMany("documents.workflowtrigger", "filter_has_all_tags", "documents.tag"),
    manyToMany("documents.workflowtrigger", "filter_has_not_tags", "documents.tag"),
    manyToMany(
      "documents.workflowtrigger",
      "filter_has_any_document_types",
      "documents.documenttype",
      { since: "3.0" },
    ),
    manyToMany(
      "documents.workflowtrigger",
      "filter_has_not_document_types",
      "documents.documenttype",
    ),
    manyToMany(
      "documents.workflowtrigger",
      "filter_has_not_correspondents",
      "documents.correspondent",
    ),
    manyToMany(
      "documents.workflowtrigger",
      "filter_has_any_correspondents",
      "documents.correspondent",
      { since: "3.0" },
    ),
    manyToMany(
      "documents.workflowtrigger",
      "filter_has_any_storage_paths",
      "documents.storagepath",
      { since: "3.0" },
    ),
    manyToMany(
      "documents.workflowtrigger",
      "filter_has_not_storage_paths",
      "documents.storagepath",
    ),
  ],
});

/** `documents_sharelinkbundle` */
export const shareLinkBundle = model("documents.sharelinkbundle", {
  table: "documents_sharelinkbundle",
  since: "3.0",
  ordering: ["-created"],
  fields: [
    id,
    datetime("created", { default: "now", index: true }),
    datetime("expiration", { null: true, index: true }),
    char("slug", 50, { unique: true }),
    foreignKey("owner", "auth.user", "setNull", { null: true }),
    char("file_version", 50, { default: { value: "archive" } }),
    char("status", 50, { default: { value: "pending" } }),
    positiveInteger("size_bytes", { null: true }),
    json("last_error", { null: true }),
    char("file_path", 512),
    datetime("built_at", { null: true }),
  ],
  manyToMany: [
    manyToMany("documents.sharelinkbundle", "documents", "documents.document", { since: "3.0" }),
  ],
});
