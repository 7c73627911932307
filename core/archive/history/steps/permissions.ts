// Who may do what: permissions that old exports list by number only, groups that they don't hold, and what
// upstream's upgrades grant to everyone who may add documents.

import type { RawJson, RawRecord } from "../../manifest/raw_record.ts";
import type { FewRecords, Reshaped, SetStep, StepLoss } from "../step.ts";
import { rawInteger, rawList, rawString } from "../../manifest/raw_values.ts";
import { editRecord, makeRecord } from "../edited_record.ts";
import { keysAfter } from "../_keys.ts";
import { rawKeys } from "../_json_slices.ts";
import { compareReleases } from "../releases.ts";
import {
  type NamedPermission,
  permissionNumbered,
  permissionsOf,
  type PermissionTable,
  permissionTableOf,
} from "./permission_tables.ts";

const TYPE = "contenttypes.contenttype";
const PERMISSION = "auth.permission";
const GROUP = "auth.group";
const USER = "auth.user";

/** Who holds permissions, and in which field. */
const HOLDERS: readonly (readonly [model: string, field: string])[] = [
  [GROUP, "permissions"],
  [USER, "user_permissions"],
];

type Losses = (StepLoss & { readonly model: string; readonly pk: RawJson | null })[];

/** Content types and permissions for exports that don't hold them: of those that groups and users list.
 * Stands first in the chain, so that later steps find them. */
export const permissionNumbers: SetStep = {
  since: "1.17.0",
  migration: "none: the exporter changed",
  models: [TYPE, PERMISSION, ...HOLDERS.map(([model]) => model)],
  reshape(few, { from }) {
    const table = permissionTableOf(from, compareReleases);
    if (!table || few.get(TYPE) || few.get(PERMISSION)) return undefined;
    const types = new Map<number, RawRecord>();
    const permissions = new Map<number, RawRecord>();
    const lost: Losses = [];
    const records = new Map<string, readonly RawRecord[]>();
    for (const [model, field] of HOLDERS) {
      const holders = few.get(model);
      if (!holders) continue;
      const changed = holders.map((holder) => {
        const { known, unknown } = lookUp(listOf(holder, field), table);
        for (const { id, contentType, permission } of known) {
          types.set(contentType, typeRecord(contentType, permission));
          permissions.set(id, permissionRecord(id, contentType, permission));
        }
        if (known.length > 0) lost.push(assumedPermissions(holder, field, known));
        if (unknown.length === 0) return holder;
        lost.push(unknownPermissions(holder, field, unknown));
        return editRecord(holder, {
          set: { [field]: rawKeys(known.map(({ id }) => String(id))) },
        });
      });
      records.set(model, changed);
    }
    records.set(TYPE, inOrder(types));
    records.set(PERMISSION, inOrder(permissions));
    return { records, lost };
  },
};

/** A number with what it means. */
interface Numbered {
  readonly id: number;
  readonly contentType: number;
  readonly permission: NamedPermission;
}

function lookUp(
  numbers: readonly RawJson[],
  table: PermissionTable,
): { readonly known: readonly Numbered[]; readonly unknown: readonly RawJson[] } {
  const known: Numbered[] = [];
  const unknown: RawJson[] = [];
  for (const raw of numbers) {
    const id = rawInteger(raw);
    const found = permissionNumbered(table, id);
    if (found) known.push({ id, ...found });
    else unknown.push(raw);
  }
  return { known, unknown };
}

function typeRecord(pk: number, { app, model }: NamedPermission): RawRecord {
  return makeRecord(TYPE, pk, { app_label: JSON.stringify(app), model: JSON.stringify(model) });
}

function permissionRecord(
  pk: number,
  contentType: number,
  { name, codename }: NamedPermission,
): RawRecord {
  return makeRecord(PERMISSION, pk, {
    name: JSON.stringify(name),
    content_type: String(contentType),
    codename: JSON.stringify(codename),
  });
}

/** Users' groups where groups are not in the export (up to ng-1.5). */
export const missingGroups: SetStep = {
  since: "1.6.0",
  migration: "none: the exporter changed",
  models: [GROUP, USER],
  reshape(few) {
    const users = few.get(USER);
    if (!users || few.get(GROUP)) return undefined;
    const lost: Losses = [];
    const without = users.map((user) => {
      const groups = listOf(user, "groups");
      if (groups.length === 0) return user;
      lost.push({
        model: USER,
        pk: user.pk,
        field: "groups",
        reason: `groups were not exported: the user was in ${groups.length}, numbered ${
          groups.join(", ")
        }`,
      });
      return editRecord(user, { set: { groups: "[]" } });
    });
    return { records: new Map([[USER, without]]), lost };
  },
};

/** Models whose permissions an upgrade gives to each group and user that may add documents. */
function granting(
  since: string,
  migration: string,
  models: readonly (readonly [model: string, verboseName: string])[],
): SetStep {
  return {
    since,
    migration,
    models: [TYPE, PERMISSION, ...HOLDERS.map(([model]) => model)],
    reshape: (few) => grant(few, models),
  };
}

/** 2.0.0: share links, custom fields. */
export const grantCustomFields: SetStep = granting("2.0.0", "documents.1038 and 1040", [
  ["sharelink", "share link"],
  ["customfield", "custom field"],
  ["customfieldinstance", "custom field instance"],
]);

/** 2.3.0: workflows. */
export const grantWorkflows: SetStep = granting("2.3.0", "documents.1044", [
  ["workflow", "workflow"],
  ["workflowaction", "workflow action"],
  ["workflowtrigger", "workflow trigger"],
]);

/** 3.0.0: bundles of share links. */
export const grantShareLinkBundles: SetStep = granting("3.0.0", "documents.0007", [
  ["sharelinkbundle", "share link bundle"],
]);

/** The content type of consumption templates goes, and with it its permissions. */
export const templatePermissions: SetStep = {
  since: "2.3.0",
  migration: "documents.1044",
  models: [TYPE, PERMISSION, ...HOLDERS.map(([model]) => model)],
  reshape(few) {
    const gone = few.get(TYPE)?.find(isType("documents", "consumptiontemplate"));
    if (!gone) return undefined;
    const permissions = few.get(PERMISSION) ?? [];
    const isGone = ({ fields }: RawRecord) => fields.get("content_type") === gone.pk;
    const keys = new Map(
      permissions.filter(isGone).map(({ pk, fields }) => [pk, stringOf(fields, "codename")]),
    );
    const lost: Losses = [];
    const records = new Map<string, readonly RawRecord[]>([
      [TYPE, few.get(TYPE)?.filter((type) => type !== gone) ?? []],
      [PERMISSION, permissions.filter((permission) => !isGone(permission))],
    ]);
    for (const [model, field] of HOLDERS) {
      const holders = few.get(model);
      if (!holders) continue;
      records.set(
        model,
        holders.map((holder) => {
          const listed = listOf(holder, field);
          const kept = listed.filter((key) => !keys.has(key));
          if (kept.length === listed.length) return holder;
          const names = listed.flatMap((key) => keys.get(key) ?? []);
          lost.push({
            model,
            pk: holder.pk,
            field,
            reason: `${names.join(", ")}: there are no consumption templates any more`,
          });
          return editRecord(holder, { set: { [field]: rawKeys(kept) } });
        }),
      );
    }
    return { records, lost };
  },
};

function assumedPermissions(
  { model, pk }: RawRecord,
  field: string,
  known: readonly Numbered[],
): Losses[number] {
  const names = known.map(({ id, permission }) => `${permission.codename} (${id})`);
  return {
    kind: "assumed",
    model,
    pk,
    field,
    reason: `the export has numbers only; in a library that began with its release they are ${
      names.join(", ")
    }`,
  };
}

function unknownPermissions(
  { model, pk }: RawRecord,
  field: string,
  numbers: readonly RawJson[],
): Losses[number] {
  return {
    model,
    pk,
    field,
    reason: `a library that began with the export's release has no permissions numbered ${
      numbers.join(", ")
    }`,
  };
}

function grant(
  few: FewRecords,
  models: readonly (readonly [model: string, verboseName: string])[],
): Reshaped | undefined {
  const types = [...few.get(TYPE) ?? []];
  const permissions = [...few.get(PERMISSION) ?? []];
  const document = types.find(isType("documents", "document"));
  const addDocument = document &&
    permissions.find(({ fields }) =>
      fields.get("content_type") === document.pk && fields.get("codename") === '"add_document"'
    );
  if (!addDocument) return undefined;
  const mayAdd = (holder: RawRecord, field: string) =>
    listOf(holder, field).includes(addDocument.pk);
  const holders = HOLDERS.filter(([model, field]) =>
    few.get(model)?.some((holder) => mayAdd(holder, field))
  );
  if (holders.length === 0) return undefined;

  const granted = ensurePermissions(types, permissions, models);
  const records = new Map<string, readonly RawRecord[]>([[TYPE, types], [PERMISSION, permissions]]);
  for (const [model, field] of holders) {
    records.set(
      model,
      (few.get(model) ?? []).map((holder) => {
        if (!mayAdd(holder, field)) return holder;
        const keys = new Set([...listOf(holder, field), ...granted]);
        return editRecord(holder, { set: { [field]: rawKeys(keys) } });
      }),
    );
  }
  return { records };
}

/** Adds what is missing of some models' content types and permissions. @returns the permissions' keys */
function ensurePermissions(
  types: RawRecord[],
  permissions: RawRecord[],
  models: readonly (readonly [model: string, verboseName: string])[],
): RawJson[] {
  const nextType = keysAfter(types);
  const nextPermission = keysAfter(permissions);
  return models.flatMap(([model, verboseName]) => {
    let type = types.find(isType("documents", model));
    if (!type) {
      type = makeRecord(TYPE, nextType(), {
        app_label: '"documents"',
        model: JSON.stringify(model),
      });
      types.push(type);
    }
    const { pk } = type;
    return permissionsOf(["documents", model, verboseName]).map(({ codename, name }) => {
      const raw = JSON.stringify(codename);
      let permission = permissions.find(({ fields }) =>
        fields.get("content_type") === pk && fields.get("codename") === raw
      );
      if (!permission) {
        permission = makeRecord(PERMISSION, nextPermission(), {
          name: JSON.stringify(name),
          content_type: pk,
          codename: raw,
        });
        permissions.push(permission);
      }
      return permission.pk;
    });
  });
}

function isType(app: string, model: string): (record: RawRecord) => boolean {
  return ({ fields }) =>
    fields.get("app_label") === JSON.stringify(app) &&
    fields.get("model") === JSON.stringify(model);
}

function listOf({ fields }: RawRecord, field: string): RawJson[] {
  return rawList(fields.get(field) ?? "[]");
}

function stringOf(fields: ReadonlyMap<string, RawJson>, name: string): string {
  return rawString(fields.get(name) ?? '""');
}

function inOrder(records: ReadonlyMap<number, RawRecord>): RawRecord[] {
  return [...records].sort(([a], [b]) => a - b).map(([, record]) => record);
}
