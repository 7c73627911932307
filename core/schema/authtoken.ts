// The model of Django REST framework's `authtoken`: API tokens. Never exported.
// Fields stand in Django's order, which is the order of the keys in exports (2.20.15 and 3.0.5).

import { char, datetime, foreignKey } from "./field.ts";
import { model } from "./model.ts";

/** `authtoken_token` */
export const token = model("authtoken.token", {
  table: "authtoken_token",
  fields: [
    char("key", 40, { unique: true }),
    foreignKey("user", "auth.user", "cascade", { unique: true }),
    datetime("created", { default: "now" }),
  ],
});
