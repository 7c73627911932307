// The tables of the app `documents` that 2.20.15 and 3.0.5 have in common, as upstream's migrations leave them.

import {
  auto,
  boolean,
  char,
  datetime,
  foreignKey,
  integer,
  json,
  link,
  table,
  text,
} from "../columns.ts";
import type { Table } from "../operation.ts";

/** The tables that both generations share. */
export const tables: readonly Table[] = [
  table("documents_customfield", {
    id: auto(),
    created: datetime({ index: true }),
    name: char(128),
    data_type: char(50),
    extra_data: json({ null: true }),
  }, { constraints: { documents_customfield_unique_name: ["name"] } }),
  link("documents_document_tags", { document_id: "documents_document", tag_id: "documents_tag" }),
  table("documents_uisettings", {
    id: auto(),
    settings: json({ null: true }),
    user_id: foreignKey("auth_user", { unique: true }),
  }),
  table("documents_workflow", {
    id: auto(),
    name: char(256, { unique: true }),
    order: integer(),
    enabled: boolean(),
  }),
  link("documents_workflow_actions", {
    workflow_id: "documents_workflow",
    workflowaction_id: "documents_workflowaction",
  }),
  link("documents_workflow_triggers", {
    workflow_id: "documents_workflow",
    workflowtrigger_id: "documents_workflowtrigger",
  }),
  link("documents_workflowaction_assign_change_groups", {
    workflowaction_id: "documents_workflowaction",
    group_id: "auth_group",
  }),
  link("documents_workflowaction_assign_change_users", {
    workflowaction_id: "documents_workflowaction",
    user_id: "auth_user",
  }),
  link("documents_workflowaction_assign_custom_fields", {
    workflowaction_id: "documents_workflowaction",
    customfield_id: "documents_customfield",
  }),
  link("documents_workflowaction_assign_tags", {
    workflowaction_id: "documents_workflowaction",
    tag_id: "documents_tag",
  }),
  link("documents_workflowaction_assign_view_groups", {
    workflowaction_id: "documents_workflowaction",
    group_id: "auth_group",
  }),
  link("documents_workflowaction_assign_view_users", {
    workflowaction_id: "documents_workflowaction",
    user_id: "auth_user",
  }),
  link("documents_workflowaction_remove_change_groups", {
    workflowaction_id: "documents_workflowaction",
    group_id: "auth_group",
  }),
  link("documents_workflowaction_remove_change_users", {
    workflowaction_id: "documents_workflowaction",
    user_id: "auth_user",
  }),
  link("documents_workflowaction_remove_correspondents", {
    workflowaction_id: "documents_workflowaction",
    correspondent_id: "documents_correspondent",
  }),
  link("documents_workflowaction_remove_custom_fields", {
    workflowaction_id: "documents_workflowaction",
    customfield_id: "documents_customfield",
  }),
  link("documents_workflowaction_remove_document_types", {
    workflowaction_id: "documents_workflowaction",
    documenttype_id: "documents_documenttype",
  }),
  link("documents_workflowaction_remove_owners", {
    workflowaction_id: "documents_workflowaction",
    user_id: "auth_user",
  }),
  link("documents_workflowaction_remove_storage_paths", {
    workflowaction_id: "documents_workflowaction",
    storagepath_id: "documents_storagepath",
  }),
  link("documents_workflowaction_remove_tags", {
    workflowaction_id: "documents_workflowaction",
    tag_id: "documents_tag",
  }),
  link("documents_workflowaction_remove_view_groups", {
    workflowaction_id: "documents_workflowaction",
    group_id: "auth_group",
  }),
  link("documents_workflowaction_remove_view_users", {
    workflowaction_id: "documents_workflowaction",
    user_id: "auth_user",
  }),
  table("documents_workflowactionemail", {
    id: auto(),
    subject: char(256),
    body: text(),
    to: text(),
    include_document: boolean(),
  }),
  link("documents_workflowtrigger_filter_has_all_tags", {
    workflowtrigger_id: "documents_workflowtrigger",
    tag_id: "documents_tag",
  }),
  link("documents_workflowtrigger_filter_has_not_correspondents", {
    workflowtrigger_id: "documents_workflowtrigger",
    correspondent_id: "documents_correspondent",
  }),
  link("documents_workflowtrigger_filter_has_not_document_types", {
    workflowtrigger_id: "documents_workflowtrigger",
    documenttype_id: "documents_documenttype",
  }),
  link("documents_workflowtrigger_filter_has_not_storage_paths", {
    workflowtrigger_id: "documents_workflowtrigger",
    storagepath_id: "documents_storagepath",
  }),
  link("documents_workflowtrigger_filter_has_not_tags", {
    workflowtrigger_id: "documents_workflowtrigger",
    tag_id: "documents_tag",
  }),
  link("documents_workflowtrigger_filter_has_tags", {
    workflowtrigger_id: "documents_workflowtrigger",
    tag_id: "documents_tag",
  }),
];
