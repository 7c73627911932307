// Which saved views are on the dashboard and in the sidebar: a property of the view in version 2, a setting of
// each user in version 3.

import type { RawJson, RawRecord } from "../../manifest/raw_record.ts";
import type { SetStep, StepLoss } from "../step.ts";
import { editRecord, makeRecord } from "../edited_record.ts";
import { keysAfter } from "../_keys.ts";
import { isRawObject, rawKeys, rawMember, withRawMember } from "../_json_slices.ts";
import { rawBigInt, rawIsNull } from "../../manifest/raw_values.ts";
import { SERVICE_USERS } from "../../records/export_models.ts";

const VIEW = "documents.savedview";
const SETTINGS = "documents.uisettings";

/** The view's field, and the member of the settings' `saved_views` that takes its place. */
const PLACES: readonly (readonly [field: string, member: string])[] = [
  ["show_on_dashboard", "dashboard_views_visible_ids"],
  ["show_in_sidebar", "sidebar_views_visible_ids"],
];

/** A user's settings with the views that are visible, by member. Lists that are there already stay: the user
 * chose them since. */
export function withVisibleViews(
  settings: RawJson | undefined,
  visible: ReadonlyMap<string, readonly RawJson[]>,
): RawJson {
  const all = isRawObject(settings) ? settings : "{}";
  const old = rawMember(all, "saved_views");
  let views = isRawObject(old) ? old : "{}";
  for (const [, member] of PLACES) {
    if (!rawIsNull(rawMember(views, member))) continue;
    views = withRawMember(views, member, rawKeys(visible.get(member) ?? []));
  }
  return withRawMember(all, "saved_views", views);
}

/** Every user but paperless-ngx's own gets the lists, and settings to hold them. */
export const savedViewVisibility: SetStep = {
  since: "3.0.0",
  migration: "documents.0014",
  models: [VIEW, SETTINGS, "auth.user"],
  reshape(few) {
    const views = few.get(VIEW) ?? [];
    const users = [...few.get("auth.user") ?? []].sort(byKey);
    const settings = [...few.get(SETTINGS) ?? []];
    const lost: (StepLoss & { model: string; pk: RawJson })[] = [];

    const visible = new Map<RawJson, Map<string, RawJson[]>>();
    for (const { model, pk, fields } of [...views].sort(byKey)) {
      const owner = fields.get("owner");
      for (const [field, member] of PLACES) {
        if (fields.get(field) !== "true") continue;
        if (rawIsNull(owner)) {
          lost.push({ model, pk, field, reason: "the view has no owner who could see it" });
          continue;
        }
        const ofOwner = visible.get(owner) ?? new Map<string, RawJson[]>();
        visible.set(owner, ofOwner);
        ofOwner.set(member, [...ofOwner.get(member) ?? [], pk]);
      }
    }

    const noViews: ReadonlyMap<string, readonly RawJson[]> = new Map();
    const nextKey = keysAfter(settings);
    const placeOf = new Map(settings.map(({ fields }, at) => [fields.get("user"), at]));
    for (const { pk, fields } of users) {
      // Nobody looks at their dashboards; exports of version 3 leave such rows out.
      if (SERVICE_USERS.some((name) => fields.get("username") === JSON.stringify(name))) continue;
      const at = placeOf.get(pk);
      const old = at === undefined ? undefined : settings[at];
      const now = withVisibleViews(old?.fields.get("settings"), visible.get(pk) ?? noViews);
      if (at !== undefined && old) settings[at] = editRecord(old, { set: { settings: now } });
      else settings.push(makeRecord(SETTINGS, nextKey(), { user: pk, settings: now }));
    }

    const drop = PLACES.map(([field]) => field);
    return {
      records: new Map([
        [VIEW, views.map((view) => editRecord(view, { drop }))],
        [SETTINGS, settings],
      ]),
      lost,
    };
  },
};

function byKey(a: RawRecord, b: RawRecord): number {
  const [left, right] = [rawBigInt(a.pk), rawBigInt(b.pk)];
  return left < right ? -1 : left > right ? 1 : 0;
}
