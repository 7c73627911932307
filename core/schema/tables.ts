// Kysely's view of the database: row types derived from the registry, one per table. Columns that exist in
// one generation only are there too: name them only where the generation is known.

import type { ColumnType, Generated } from "kysely";
import type { Field, FieldKind } from "./field.ts";
import type { TypedModel } from "./model.ts";
import type { MODELS } from "./registry.ts";

/** What an ordinary query gives for each kind of field. Integers beyond 2⁵³ come as bigint at run time. */
interface ValueOfKind extends Record<FieldKind, unknown> {
  readonly auto: number;
  readonly char: string;
  readonly text: string;
  readonly boolean: number | boolean;
  readonly integer: number;
  readonly smallInteger: number;
  readonly positiveInteger: number;
  readonly positiveSmallInteger: number;
  readonly bigInteger: number | bigint;
  readonly float: number;
  readonly decimal: number | string;
  readonly date: string;
  readonly datetime: string;
  readonly uuid: string;
  readonly json: string;
  readonly foreignKey: number;
  readonly multiSelect: string;
  readonly ip: string;
  readonly file: string;
}

type Value<F extends Field> = F["null"] extends true ? ValueOfKind[F["kind"]] | null
  : ValueOfKind[F["kind"]];

type Column<F extends Field> = F["kind"] extends "auto" ? Generated<number>
  : F extends { readonly generated: true } ? ColumnType<Value<F>, never, never>
  : Value<F>;

/** A row of a table as Kysely knows it. */
export type Row<F extends readonly Field[]> = { [C in F[number] as C["column"]]: Column<C> };

/** A row of a many-to-many link table. */
export type LinkRow<From extends string, To extends string> =
  & { readonly id: Generated<number> }
  & { [C in From | To]: number };

/**
 * The tables of all models.
 *
 * @internal
 */
type ModelTables = {
  [M in (typeof MODELS)[number] as M["table"]]: M extends TypedModel<infer F, string> ? Row<F>
    : never;
};

/** The link tables of many-to-many lists. */
export interface LinkTables {
  /** Permissions of groups. */
  readonly auth_group_permissions: LinkRow<"group_id", "permission_id">;
  /** Groups of users. */
  readonly auth_user_groups: LinkRow<"user_id", "group_id">;
  /** Permissions that users have themselves, not by a group. */
  readonly auth_user_user_permissions: LinkRow<"user_id", "permission_id">;
  /** Tags of documents. */
  readonly documents_document_tags: LinkRow<"document_id", "tag_id">;
  /** Documents of share link bundles (v3). */
  readonly documents_sharelinkbundle_documents: LinkRow<"sharelinkbundle_id", "document_id">;
  /** Actions of workflows. */
  readonly documents_workflow_actions: LinkRow<"workflow_id", "workflowaction_id">;
  /** Triggers of workflows. */
  readonly documents_workflow_triggers: LinkRow<"workflow_id", "workflowtrigger_id">;
  /** Groups that an action lets change a document. */
  readonly documents_workflowaction_assign_change_groups: LinkRow<"workflowaction_id", "group_id">;
  /** Users that an action lets change a document. */
  readonly documents_workflowaction_assign_change_users: LinkRow<"workflowaction_id", "user_id">;
  /** Custom fields that an action gives a document. */
  readonly documents_workflowaction_assign_custom_fields: LinkRow<
    "workflowaction_id",
    "customfield_id"
  >;
  /** Tags that an action gives a document. */
  readonly documents_workflowaction_assign_tags: LinkRow<"workflowaction_id", "tag_id">;
  /** Groups that an action lets view a document. */
  readonly documents_workflowaction_assign_view_groups: LinkRow<"workflowaction_id", "group_id">;
  /** Users that an action lets view a document. */
  readonly documents_workflowaction_assign_view_users: LinkRow<"workflowaction_id", "user_id">;
  /** Groups from which an action takes the right to change a document. */
  readonly documents_workflowaction_remove_change_groups: LinkRow<"workflowaction_id", "group_id">;
  /** Users from which an action takes the right to change a document. */
  readonly documents_workflowaction_remove_change_users: LinkRow<"workflowaction_id", "user_id">;
  /** Correspondents that an action takes from a document. */
  readonly documents_workflowaction_remove_correspondents: LinkRow<
    "workflowaction_id",
    "correspondent_id"
  >;
  /** Custom fields that an action takes from a document. */
  readonly documents_workflowaction_remove_custom_fields: LinkRow<
    "workflowaction_id",
    "customfield_id"
  >;
  /** Document types that an action takes from a document. */
  readonly documents_workflowaction_remove_document_types: LinkRow<
    "workflowaction_id",
    "documenttype_id"
  >;
  /** Owners that an action takes from a document. */
  readonly documents_workflowaction_remove_owners: LinkRow<"workflowaction_id", "user_id">;
  /** Storage paths that an action takes from a document. */
  readonly documents_workflowaction_remove_storage_paths: LinkRow<
    "workflowaction_id",
    "storagepath_id"
  >;
  /** Tags that an action takes from a document. */
  readonly documents_workflowaction_remove_tags: LinkRow<"workflowaction_id", "tag_id">;
  /** Groups from which an action takes the right to view a document. */
  readonly documents_workflowaction_remove_view_groups: LinkRow<"workflowaction_id", "group_id">;
  /** Users from which an action takes the right to view a document. */
  readonly documents_workflowaction_remove_view_users: LinkRow<"workflowaction_id", "user_id">;
  /** Tags that a document must have, all of them, for the trigger. */
  readonly documents_workflowtrigger_filter_has_all_tags: LinkRow<"workflowtrigger_id", "tag_id">;
  /** Correspondents of which a document must have one for the trigger. */
  readonly documents_workflowtrigger_filter_has_any_correspondents: LinkRow<
    "workflowtrigger_id",
    "correspondent_id"
  >;
  /** Document types of which a document must have one for the trigger. */
  readonly documents_workflowtrigger_filter_has_any_document_types: LinkRow<
    "workflowtrigger_id",
    "documenttype_id"
  >;
  /** Storage paths of which a document must have one for the trigger. */
  readonly documents_workflowtrigger_filter_has_any_storage_paths: LinkRow<
    "workflowtrigger_id",
    "storagepath_id"
  >;
  /** Correspondents of which a document must have none for the trigger. */
  readonly documents_workflowtrigger_filter_has_not_correspondents: LinkRow<
    "workflowtrigger_id",
    "correspondent_id"
  >;
  /** Document types of which a document must have none for the trigger. */
  readonly documents_workflowtrigger_filter_has_not_document_types: LinkRow<
    "workflowtrigger_id",
    "documenttype_id"
  >;
  /** Storage paths of which a document must have none for the trigger. */
  readonly documents_workflowtrigger_filter_has_not_storage_paths: LinkRow<
    "workflowtrigger_id",
    "storagepath_id"
  >;
  /** Tags of which a document must have none for the trigger. */
  readonly documents_workflowtrigger_filter_has_not_tags: LinkRow<"workflowtrigger_id", "tag_id">;
  /** Tags of which a document must have one for the trigger. */
  readonly documents_workflowtrigger_filter_has_tags: LinkRow<"workflowtrigger_id", "tag_id">;
  /** Tags that a mail rule gives what it fetches. */
  readonly paperless_mail_mailrule_assign_tags: LinkRow<"mailrule_id", "tag_id">;
}

/** Every table of a library. */
export interface Tables extends ModelTables, LinkTables {}
