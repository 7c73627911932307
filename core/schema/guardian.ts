// The models of django-guardian: permissions on single objects.
// Fields stand in Django's order, which is the order of the keys in exports (2.20.15 and 3.0.5).

import { char, foreignKey, id } from "./field.ts";
import { model } from "./model.ts";

/** `guardian_groupobjectpermission` */
export const groupObjectPermission = model("guardian.groupobjectpermission", {
  table: "guardian_groupobjectpermission",
  fields: [
    id,
    foreignKey("permission", "auth.permission", "cascade"),
    foreignKey("content_type", "contenttypes.contenttype", "cascade"),
    char("object_pk", 255),
    foreignKey("group", "auth.group", "cascade"),
  ],
});

/** `guardian_userobjectpermission` */
export const userObjectPermission = model("guardian.userobjectpermission", {
  table: "guardian_userobjectpermission",
  fields: [
    id,
    foreignKey("permission", "auth.permission", "cascade"),
    foreignKey("content_type", "contenttypes.contenttype", "cascade"),
    char("object_pk", 255),
    foreignKey("user", "auth.user", "cascade"),
  ],
});
