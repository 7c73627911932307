// The objects that rules belong to: correspondents, document types, tags, storage paths, and who may see which.
// Invariant: lists are in the database's own order of names, as upstream's are.

import { sql } from "kysely";
import type { Snapshot } from "../database/database.ts";
import { decodeText } from "../database/decode_text.ts";
import type { StorageValue } from "../database/storage_value.ts";
import { compileRule, type Rule, type RuleColumns } from "./match_rule.ts";

/** Kinds of objects with rules, in the order in which the retagger looks at them. */
export const OBJECT_KINDS = ["correspondent", "documentType", "tag", "storagePath"] as const;
/** A kind of objects with rules. */
export type ObjectKind = typeof OBJECT_KINDS[number];

/** Table of each kind, and its name in permissions. */
const KIND_FACTS: Readonly<Record<ObjectKind, { readonly table: string; readonly model: string }>> =
  {
    correspondent: { table: "documents_correspondent", model: "correspondent" },
    documentType: { table: "documents_documenttype", model: "documenttype" },
    tag: { table: "documents_tag", model: "tag" },
    storagePath: { table: "documents_storagepath", model: "storagepath" },
  };

/** An object with a rule. */
export interface MatchingObject {
  readonly kind: ObjectKind;
  readonly id: number;
  readonly name: string;
  readonly columns: RuleColumns;
  readonly rule: Rule;
  readonly owner: number | null;
  /** Tags: whether documents get it when they come in. */
  readonly isInbox: boolean;
  /** Tags: the ids of those above it. */
  readonly ancestors: readonly number[];
}

/** Reads all objects of the kinds. */
export async function readMatchingObjects(
  snapshot: Snapshot,
  kinds: readonly ObjectKind[],
): Promise<MatchingObject[]> {
  const objects: MatchingObject[] = [];
  for (const kind of kinds) {
    const isTag = kind === "tag";
    const rows = snapshot.rows({
      table: KIND_FACTS[kind].table,
      columns: [
        { column: "id", kind: "auto" },
        { column: "name", kind: "char" },
        { column: "match", kind: "char" },
        { column: "matching_algorithm", kind: "positiveInteger" },
        { column: "is_insensitive", kind: "boolean" },
        { column: "owner_id", kind: "foreignKey" },
        ...(isTag
          ? [
            { column: "is_inbox_tag", kind: "boolean" },
            { column: "tn_ancestors_pks", kind: "text" },
          ] as const
          : []),
      ],
      orderBy: sql`name, id`,
    }, 500);
    for await (const batch of rows) {
      for (const [id, name, match, algorithm, insensitive, owner, inbox, ancestors] of batch) {
        const columns: RuleColumns = {
          match: text(match),
          algorithm: Number(algorithm),
          insensitive: Number(insensitive) !== 0,
        };
        objects.push({
          kind,
          id: Number(id),
          name: text(name),
          columns,
          rule: compileRule(columns),
          owner: owner === null ? null : Number(owner),
          isInbox: isTag && Number(inbox) !== 0,
          ancestors: isTag ? ids(text(ancestors)) : [],
        });
      }
    }
  }
  return objects;
}

/** Which objects a document's owner may see: only these are candidates. */
export interface Visibility {
  /** @param owner of the document; null: all are */
  sees(owner: number | null, object: MatchingObject): boolean;
}

/** Reads who may see which objects: owners, users with permission on the object and their groups, superusers. */
export async function readVisibility(
  snapshot: Snapshot,
  kinds: readonly ObjectKind[],
): Promise<Visibility> {
  const { kysely, tables } = snapshot;
  const superusers = new Set(
    (await sql<{ readonly id: number }>`select id from auth_user where is_superuser`
      .execute(kysely)).rows.map(({ id }) => Number(id)),
  );
  /** `kind:object` → users. */
  const granted = new Map<string, Set<number>>();
  for (const kind of kinds) {
    const codename = `view_${KIND_FACTS[kind].model}`;
    const grant = (user: unknown, object: unknown) => {
      const key = `${kind}:${object}`;
      granted.set(key, (granted.get(key) ?? new Set()).add(Number(user)));
    };
    type Grant = { readonly user: number; readonly object: string };
    if (tables.has("guardian_userobjectpermission")) {
      const { rows } = await sql<Grant>`select g.user_id as "user", g.object_pk as object
        from guardian_userobjectpermission g join auth_permission p on p.id = g.permission_id
        join django_content_type c on c.id = p.content_type_id
        where p.codename = ${codename} and c.app_label = 'documents'`.execute(kysely);
      for (const { user, object } of rows) grant(user, object);
    }
    if (tables.has("guardian_groupobjectpermission")) {
      const { rows } = await sql<Grant>`select m.user_id as "user", g.object_pk as object
        from guardian_groupobjectpermission g join auth_permission p on p.id = g.permission_id
        join django_content_type c on c.id = p.content_type_id
        join auth_user_groups m on m.group_id = g.group_id
        where p.codename = ${codename} and c.app_label = 'documents'`.execute(kysely);
      for (const { user, object } of rows) grant(user, object);
    }
  }
  return {
    sees: (owner, object) =>
      owner === null || object.owner === null || object.owner === owner ||
      superusers.has(owner) || (granted.get(`${object.kind}:${object.id}`)?.has(owner) ?? false),
  };
}

function text(value: StorageValue | undefined): string {
  return value instanceof Uint8Array ? decodeText(value) : String(value ?? "");
}

function ids(list: string): number[] {
  return list.split(",").map((id) => id.trim()).filter((id) => /^\d+$/.test(id)).map(Number);
}
